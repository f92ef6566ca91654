#!/bin/sh
# run-cases must pass what is right, fail each kind of difference, and rewrite on UPDATE=1.
runner=$(cd "$(dirname "$0")/.." && pwd)/run-cases
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
mkdir -p build/bin
BUILD=$scratch/build
export BUILD

# A filter of sorts: copies its input; -e TEXT to stderr, -s STATUS, -o FILE TEXT, -k kills itself.
cat >build/bin/sdummy <<'FILTER'
#!/bin/sh
status=0
while [ $# -gt 0 ]; do
    case $1 in
    -e) echo "$2" >&2; shift 2 ;;
    -s) status=$2; shift 2 ;;
    -o) echo "$3" >>"$2"; shift 3 ;;
    -v) eval "echo \$$2"; shift 2 ;;
    -k) kill -9 $$ ;;
    -t) sleep "$2"; shift 2 ;;
    *) break ;;
    esac
done
cat "$@"
exit $status
FILTER
chmod +x build/bin/sdummy

run() { python3 "$runner" --cases cases "$@" >log 2>&1; }
die() { echo "$1"; cat log; exit 1; }
# case_is NAME ARGS IN OUT ERR STATUS; "" leaves a file out.
case_is()
{
    rm -rf cases
    mkdir -p "cases/sdummy/$1"
    cd "cases/sdummy/$1" || exit 1
    printf '%s\n' "$2" >args
    [ -z "$3" ] || printf '%s' "$3" >in
    [ -z "$4" ] || printf '%s' "$4" >out
    [ -z "$5" ] || printf '%s\n' "$5" >err
    [ -z "$6" ] || echo "$6" >status
    cd "$scratch" || exit 1
}
passes() { case_is "$@"; run || die "refused: $1"; grep -q '1 passed, 0 failed' log || die "count of $1"; }
fails() { case_is "$@"; ! run || die "accepted: $1"; grep -q '0 passed, 1 failed' log || die "count of $1"; }

passes copies "" "a
b" "a
b" "" ""
passes nothing "" "" "" "" ""
passes words "-e 'two  words' -s 3" "x" "x" "two  words" 3
passes killed "-k" "" "" "" 137
passes environment "-v TZ" "" "UTC
" "" ""
fails output "" "a" "b" "" ""
fails newline "" "a" "a
" "" ""
fails silent "" "a" "" "" ""
fails errors "-e x" "" "" "y" ""
fails no-errors "" "" "" "y" ""
fails noise "-e x" "" "" "" ""
fails status "-s 1" "" "" "" ""
fails no-status "" "" "" "" 1

case_is operand "extra in" "I" "EI" "" ""
printf E >cases/sdummy/operand/extra
run || die "operands were not copied"

case_is side "-o side.txt text" "" "" "" ""
mkdir cases/sdummy/side/files
echo text >cases/sdummy/side/files/side.txt
run || die "a right side file was refused"
[ ! -e cases/sdummy/side/side.txt ] || die "the case directory was written to"
echo other >cases/sdummy/side/files/side.txt
! run || die "a wrong side file was accepted"
mv cases/sdummy/side/files/side.txt cases/sdummy/side/files/none.txt
! run || die "a missing side file was accepted"

case_is grep "-e 'swhat: 17 late; 3 lost'" "" "" "" ""
printf '17 late\n3 lost\n' >cases/sdummy/grep/err.grep
run || die "err.grep was refused"
echo '4 lost' >>cases/sdummy/grep/err.grep
! run || die "err.grep accepted a missing line"

case_is pipe "" "a" "A" "" ""
rm cases/sdummy/pipe/args
echo "sdummy | tr a A | sdummy" >cases/sdummy/pipe/cmd
run || die "cmd was refused"
WRAP="env WRAPPED=yes" run || die "WRAP broke a pipeline"
case_is wrap "-v WRAPPED" "" "yes
" "" ""
WRAP="env WRAPPED=yes" run || die "WRAP did not wrap"

case_is env "-v MINE" "" "a b
" "" ""
echo 'MINE=a b' >cases/sdummy/env/env
run || die "env was not set"

case_is slow "-t 5" "" "" "" ""
! TIMEOUT=0.3 run || die "a hung case passed"
grep -q 'killed after' log || die "the time limit was not said"

case_is chunk "" "one
two" "one
two" "" ""
run --chunk 1 || die "chunks"

case_is update "-s 1 -e text" "new" "old" "" ""
! UPDATE=1 run && die "UPDATE=1 still failed"
run || die "UPDATE=1 did not rewrite"
[ "$(cat cases/sdummy/update/out)" = new ] && [ "$(cat cases/sdummy/update/status)" = 1 ] || die "update wrote"

mkdir -p cases/sdummy/empty
! run sdummy/empty || die "a directory without args passed"
! run nosuch || die "an unknown name passed"
mkdir -p cases/snone/case
: >cases/snone/case/args
! run snone || die "a missing program passed"
exit 0
