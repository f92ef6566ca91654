#!/usr/bin/env bats
# tidepipe.jq under jq and gojq: control lines pass, the program sees the rest.

setup()
{
    share=$BATS_TEST_DIRNAME/../share
    cd "$BATS_TEST_TMPDIR"
    printf '%s\n' '{"@watermark":"start","delay":"5s"}' '{"status":500,"a":1.5}' '{"status":200,"a":2}' \
        '{"@watermark":"2026-11-21T12:00:00.000Z","held_by":"b"}' '{"@watermark":"idle"}' \
        '{ "@barrier" : 1763712000000, "restore":{"sread":3}, "last":true}' '{"status":503}' \
        '{"@watermark":"end","rejected":12,"late":3}' >stream
}

# What PROGRAM makes of the stream; members sorted, as gojq has them.
made_of()
{
    "$1" -c -L "$share" "$2" stream | jq -cS .
}

filtered='{"@watermark":"start","delay":"5s"}
{"a":1.5,"status":500}
{"@watermark":"2026-11-21T12:00:00.000Z","held_by":"b"}
{"@watermark":"idle"}
{"@barrier":1763712000000,"last":true,"restore":{"sread":3}}
{"status":503}
{"@watermark":"end","late":3,"rejected":12}'

need() { command -v "$1" >/dev/null || skip "$1 is missing"; }

@test "jq: include" {
    need jq
    [ "$(made_of jq 'include "tidepipe"; data(select(.status >= 500))')" = "$filtered" ]
}

@test "jq: import" {
    need jq
    [ "$(made_of jq 'import "tidepipe" as tp; tp::data(select(.status >= 500))')" = "$filtered" ]
}

@test "gojq: include" {
    need gojq
    [ "$(made_of gojq 'include "tidepipe"; data(select(.status >= 500))')" = "$filtered" ]
}

@test "gojq: import" {
    need gojq
    [ "$(made_of gojq 'import "tidepipe" as tp; tp::data(select(.status >= 500))')" = "$filtered" ]
}

@test "control lines stay control lines: the first member stays the first" {
    for program in jq gojq; do
        command -v $program >/dev/null || continue
        [ "$($program -c -L "$share" 'include "tidepipe"; data(empty)' stream | grep -cE '^\{"@(watermark|barrier)":')" -eq 5 ]
    done
}

@test "several answers, none, and other values than objects" {
    for program in jq gojq; do
        command -v $program >/dev/null || continue
        got=$(printf '%s\n' '{"@watermark":"start"}' '[1,2]' '3' 'null' '"@watermark"' '{}' |
            $program -c -L "$share" 'include "tidepipe"; data(arrays[], objects, strings)')
        [ "$got" = '{"@watermark":"start"}
1
2
"@watermark"
{}' ]
    done
}

@test "jq: a record with the name behind others is data" {
    need jq
    got=$(echo '{"a":1,"@watermark":"x"}' | jq -c -L "$share" 'include "tidepipe"; data({b: .a})')
    [ "$got" = '{"b":1}' ]
}

@test "between stages: the windows are those of the filtered records" {
    need jq
    printf '{"@timestamp":"2026-01-01T10:0%d:30Z","status":%d}\n' 0 500 0 200 1 503 2 500 2 200 >records
    run bash -c "swatermark -d 5s records |
        jq -c --unbuffered -L '$share' 'include \"tidepipe\"; data(select(.status >= 500))' |
        swindow -w 1m | sto ndjson | jq -c .count; echo \"\${PIPESTATUS[*]}\""
    [ "${lines[*]}" = "1 1 1 0 0 0 0 0" ]
}

@test "a program that drops the end line is noticed" {
    need jq
    printf '{"@timestamp":"2026-01-01T10:0%d:30Z","status":%d}\n' 0 500 1 503 >records
    run bash -c "swatermark -d 5s records | jq -c 'select(.\"@watermark\" != \"end\")' |
        swindow -w 1m >/dev/null"
    [ "$status" -eq 3 ]
}
