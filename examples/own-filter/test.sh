#!/bin/sh
# test.sh DIR: tries the filter built in DIR; exit status 0 when its answers are right.
filter=$1/snth
out=$(printf '{"a":1}\n{"a":1.20}\n{"@watermark":"2026-11-21T12:00:00.000Z"}\n{"a":3}\n{"a":4}\n{"@watermark":"end"}\n' |
    $filter -n 2) || exit
[ "$(echo "$out" | grep -v '"@watermark"')" = '{"a":1.20}
{"a":4}' ] || { echo "passed on: $out"; exit 1; }
echo "$out" | grep -q '^{"@watermark":"2026-11-21T12:00:00.000Z"}$' || { echo "lost the watermark"; exit 1; }
echo 'not JSON' | $filter 2>/dev/null
[ $? -eq 1 ] || { echo "a bad line did not give 1"; exit 1; }
