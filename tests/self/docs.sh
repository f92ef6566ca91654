#!/bin/sh
# check-docs must run examples, see wrong output and wrong usage texts, and respect "not run".
tests=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
mkdir -p tests man examples build/bin
cp "$tests/check-docs" tests/
echo sample >examples/sample.txt
BUILD=$scratch/build
export BUILD
die() { echo "$1"; cat log; exit 1; }
passes() { python3 tests/check-docs >log 2>&1 || die "refused: $1"; grep -q "^docs: $2 passed, 0 failed" log || die "count: $1"; }
fails() { ! python3 tests/check-docs >log 2>&1 || die "accepted: $1"; }
readme() { printf '%s\n' "$@" >README.md; }

readme '```console' '$ cat sample.txt' 'sample' '$ echo one \' '>   two' 'one two' '$ seq 9' '1' '...' '9' '```'
passes console 3
readme '```console' '$ cat sample.txt' 'simple' '```'
fails "wrong output"
readme '```console' '$ cat sample.txt' '```'
fails "output not shown"
readme '```sh' 'cat sample.txt' '```' '```json' '{"not": run}' '```'
passes "sh block" 1
readme '```sh' 'false' 'true' '```'
fails "failing sh block"
readme '<!-- not run: endless -->' '```sh' 'false' '```'
passes "not run" 0
grep -q '1 not run' log || die "not run is not counted"
rm README.md

page() { { printf '.Dd November 21, 2026\n.Dt SDUMMY 1\n.Os\n.Sh NAME\n.Nm sdummy\n.Nd test\n.Sh SYNOPSIS\n.Nm\n.Op Fl d Ar dur\n.Op Ar\n.Sh DESCRIPTION\nText.\n'; [ $# -eq 0 ] || printf '%s\n' "$@"; } >man/sdummy.1; }
usage() { printf '#!/bin/sh\nprintf "%s\\n\\nMore.\\n"\n' "$1" >build/bin/sdummy; chmod +x build/bin/sdummy; }
usage 'usage: sdummy [-d dur] [file ...]'
page '.Sh EXAMPLES' '.Bd -literal' '$ printf "a\(rsn"' 'a' '.Ed' '.Pp' '.Dl $ true'
passes man 4
page '.Sh EXAMPLES' '.Bd -literal' '$ echo a' 'b' '.Ed'
fails "wrong output in a man page"
page '.Sh EXAMPLES' '.Bd -literal' 'sdummy' '.Ed'
fails "an example that is not runnable"
page '.Sh EXAMPLES' '.\" not run: endless' '.Bd -literal' 'sdummy' '.Ed'
passes "not run in a man page" 2
page '.Sh EXAMPLES' '.Nosuch macro'
fails "lint"
page
usage 'usage: sdummy [-d delay] [file ...]'
fails "another usage"
usage 'usage: sdummy [-d dur] [file ...]'
passes "usage" 2
rm man/sdummy.1
fails "no man page"
exit 0
