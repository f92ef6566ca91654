#!/bin/sh
# check-layers must find each kind of wrong include, and nothing in a right tree.
check=$(cd "$(dirname "$0")/.." && pwd)/check-layers
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
mkdir -p lib/base lib/value lib/record bin tests/unit
cat >tests/layers <<'TABLE'
base: err str buf (core) hash
value: value time time_of_day
record: scan
<jansson.h> value/time
TABLE
: >lib/base/str.h
printf '#include "base/str.h"\n' >lib/base/core.h
: >lib/value/time_zone.h
printf '#include "base/str.h"\n' >lib/base/buf.h
printf '#include "base/buf.h"\n#include "value/time_zone.h"\n#include <jansson.h>\n' >lib/value/time.c
printf '#include "base/core.h"\n#include "base/buf_x.h"\n' >lib/base/hash.c
: >lib/base/buf_x.h
: >lib/value/time_of_day.h
printf '#include "value/time_of_day.h"\n' >bin/sclock.c
printf '#include "value/time_zone.h"\n' >tests/unit/test_time.c

python3 "$check" . >log || { echo "a right tree was refused"; cat log; exit 1; }

# refused FILE LINE-OF-CODE RULE: with that line in FILE, check-layers fails and says FILE:1 and RULE.
refused()
{
    mkdir -p "$(dirname "$1")"
    cp "$1" saved 2>/dev/null || : >saved
    printf '%s\n' "$2" >"$1"
    if python3 "$check" . >log; then
        echo "accepted in $1: $2"
        exit 1
    fi
    grep -q "^$1:1: .*$3" log || { echo "$1: $2: not said: $3"; cat log; exit 1; }
    if [ -s saved ]; then mv saved "$1"; else rm "$1"; fi
}
refused lib/base/buf.h '#include "value/time.h"' 'floor value stands above floor base'
refused lib/base/err.c '#include "base/str.h"' 'room str stands to the right of err'
refused lib/base/buf.h '# include "base/nowhere.h"' 'no room of tests/layers'
refused lib/base/buf.h '#include "str.h"' 'write floor/room.h'
refused lib/base/other.c '' 'no room of tests/layers has this file'
refused lib/attic/err.c '' 'no room of tests/layers has this file'
refused lib/value/value.c '#include "value/time_zone.h"' 'room time stands to the right of value'
refused lib/value/value.c '#include <jansson.h>' 'belongs to value/time'
refused lib/value/time.h '#include "base/core.h"' 'private to floor base'
refused lib/record/scan.c '#include "value/time_zone.h"' 'private to floor value'
refused bin/stool.c '#include "base/core.h"' 'private to floor base'
refused bin/stool.c '#include "value/time_zone.h"' 'private to floor value'
refused tests/unit/test_time.c '#include "value/none.h"' 'no room of tests/layers'
python3 "$check" . >log || { echo "the mended tree was refused"; cat log; exit 1; }
