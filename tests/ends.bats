#!/usr/bin/env bats
# How streams end (DESIGN section 2), by real pipes: complete, suspended, plain, cut.

load live

setup()
{
    cd "$BATS_TEST_TMPDIR"
    for second in 00 20 40; do
        for minute in 00 01 02; do
            printf '{"@timestamp":"2026-01-01T10:%s:%sZ","k":"a"}\n' $minute $second
        done
    done | sort >records
}

# The status is that of the last stage.
run_pipe()
{
    run bash -c "$1"
}

@test "complete: end closes every window, exit status 0" {
    run_pipe 'swatermark -d 5s records | swindow -w 1m | sto ndjson'
    [ "$status" -eq 0 ]
    [ "$(grep -c '"count":3' <<<"$output")" -eq 3 ]
}

@test "no control line ever: the end of file is the end" {
    run_pipe 'cat records | swindow -w 1m'
    [ "$status" -eq 0 ]
    [ "$(grep -c '"count":3' <<<"$output")" -eq 3 ]
}

@test "no control lines come out when none went in" {
    run_pipe 'swindow -d 5s -w 1m records | cat'
    [[ "$output" != *'"@watermark"'* ]]
}

@test "an empty stream is complete" {
    run_pipe 'swatermark -d 5s </dev/null | swindow -w 1m | sto ndjson'
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

suspended='{"@watermark":"start"}\n{"@timestamp":"2026-01-01T10:00:00Z"}\n{"@barrier":7,"last":true}\n'

@test "a last barrier suspends: passed on, exit status 0" {
    run_pipe "printf '$suspended' | sunion | cat"
    [ "${lines[2]}" = '{"@barrier":7,"last":true}' ]
    run_pipe "printf '$suspended' | sunion | sto ndjson"
    [ "$status" -eq 0 ]
    [ "$output" = "{}" ]
}

@test "a last barrier: the rows that a table held are shown" {
    run_pipe "printf '$suspended' | sto table --all"
    [ "$status" -eq 0 ]
    [[ "$output" == *2026-01-01T10:00:00Z* ]]
}

@test "complete, then a last barrier: the end is passed on, too" {
    run_pipe "printf '%s\n' '{\"@watermark\":\"start\"}' '{\"a\":1}' '{\"@watermark\":\"end\"}' '{\"@barrier\":7,\"last\":true}' | sunion | cat"
    [ "${lines[2]}" = '{"@watermark":"end","rejected":0,"late":0}' ]
    [ "${lines[3]}" = '{"@barrier":7,"last":true}' ]
}

@test "complete, then a last barrier: an array is closed" {
    run_pipe "printf '%s\n' '{\"@watermark\":\"start\"}' '{\"a\":1}' '{\"@watermark\":\"end\"}' '{\"@barrier\":7,\"last\":true}' | sto json"
    [ "$status" -eq 0 ]
    [ "${lines[2]}" = "]" ]
}

@test "nothing comes behind a last barrier" {
    run_pipe "printf '$suspended{\"a\":1}\n' | sunion | cat; exit \${PIPESTATUS[1]}"
    [ "$status" -eq 3 ]
    [[ "$output" == *'goes on after'* ]]
}

@test "a stateful stage without state refuses a barrier: exit status 2" {
    run_pipe "printf '$suspended' | swindow -w 1m"
    [ "$status" -eq 2 ]
    [[ "$output" == *"swindow: a barrier asks for saved state: -S DIR says where (or \$TIDEPIPE_STATE)" ]]
}

# Starts swatermark | swindow on the FIFO `in`, held open by us: $maker and $window. What passes between
# them is in `seen` once swindow was given it.
start_pipe()
{
    mkfifo in made through
    swatermark -d 5s in >made 3>&- &
    maker=$!
    tee seen <made >through 3>&- &
    swindow -w 1m <through >out 2>err 3>&- &
    window=$!
    exec 7>in
}

@test "cut by kill -9 in the middle: open windows are not printed, exit status 3" {
    start_pipe
    cat records >&7
    wait_for out '10:01:59.999Z'
    kill -9 $maker
    status=0
    wait $window || status=$?
    exec 7>&-
    [ $status -eq 3 ]
    [ "$(grep -c '"count":3' out)" -eq 2 ]
    [ "$(cat err)" = 'swindow: stdin ended without "end": upstream died, or head/grep/jq removed it; 1 open window not printed' ]
}

@test "cut by kill -9 before the first record" {
    start_pipe
    wait_for seen '{"@watermark":"start"'
    kill -9 $maker
    status=0
    wait $window || status=$?
    exec 7>&-
    [ $status -eq 3 ]
    [ ! -s out ]
    [ "$(cat err)" = 'swindow: stdin ended without "end": upstream died, or head/grep/jq removed it' ]
}

@test "head in between cuts" {
    run_pipe 'swatermark -d 5s records | head -n 5 | swindow -w 1m'
    [ "$status" -eq 3 ]
    [[ "$output" == *'swindow: stdin ended without "end"'*'open window'*'not printed'* ]]
    [[ "$output" != *'"count"'* ]]
}

@test "cut: the stage behind the one that noticed says so, too" {
    run_pipe 'swatermark -d 5s records | head -n 9 | swindow -w 1m | sunion | sto table'
    [ "$status" -eq 3 ]
    [[ "$output" == *'sto: stdin ended without "end"'* ]]
}

@test "cut: a table shows the rows that were proven" {
    run_pipe 'swatermark -d 5s records | head -n 14 | swindow -w 1m 2>/dev/null | sto table 2>/dev/null'
    [[ "$output" == *'2026-01-01T10:00:00.000Z'* ]]
}

@test "grep that removes the control lines but not the start: cut" {
    run_pipe "swatermark -d 5s records | grep -v '\"end\"' | swindow -w 1m"
    [ "$status" -eq 3 ]
}

@test "grep that removes all control lines leaves plain records" {
    run_pipe "swatermark -d 5s records | grep -v '^{\"@watermark\"' | swindow -w 1m"
    [ "$status" -eq 0 ]
    [ "$(grep -c '"count":3' <<<"$output")" -eq 3 ]
}

@test "--eof=end takes what was cut as complete" {
    run_pipe 'swatermark -d 5s records | head -n 5 | swindow -w 1m --eof=end'
    [ "$status" -eq 0 ]
    [[ "$output" == *'"count":'* ]]
}

@test "files joined by cat are told from one stream" {
    swatermark --control=always -d 5s records >saved
    run_pipe 'cat saved saved | swindow -w 1m'
    [ "$status" -eq 3 ]
    [[ "$output" == *'goes on after "end": files joined by cat? give them as operands'* ]]
    run_pipe 'swindow -w 1m saved saved | sto ndjson'
    [ "$status" -eq 0 ]
    [ "$(grep -c '"count":6' <<<"$output")" -eq 3 ]
}

@test "the ledger: what was lost upstream is in the last stage's exit status, without pipefail" {
    run_pipe '(cat records; echo broken) | swatermark -d 5s 2>/dev/null | swindow -w 1m | sto ndjson'
    [ "$status" -eq 1 ]
    run_pipe '(cat records; echo broken) | swatermark -d 5s 2>/dev/null | swindow -w 1m | tail -n 1'
    [ "$output" = '{"@watermark":"end","rejected":1,"late":0}' ]
}

@test "the ledger: each stage adds its own" {
    echo '{"@timestamp":"2026-01-01T09:00:00Z"}' >>records
    run_pipe '(cat records; echo broken) | swatermark -d 5s -q | sed "4s/.*/x/" | swindow -w 1m -q | tail -n 1'
    [ "$output" = '{"@watermark":"end","rejected":2,"late":1}' ]
}

@test "kept aside is not lost" {
    run_pipe '(cat records; echo broken) | swatermark -d 5s --rejects bad | swindow -w 1m | sto ndjson'
    [ "$status" -eq 0 ]
    [ "$(wc -l <bad)" -eq 1 ]
}

@test "/dev/full: a message and exit status 3, from every filter" {
    for filter in 'swatermark -d 5s' 'swindow -w 1m' sunion 'sto ndjson' 'sto table' 'sto csv' 'sto json'; do
        run_pipe "$filter <records >/dev/full"
        echo "$filter: $status $output"
        [ "$status" -eq 3 ]
        [ "$output" = "${filter%% *}: standard output: No space left on device" ]
    done
}

@test "closed standard output: a message and exit status 3" {
    for filter in 'swatermark -d 5s' 'swindow -w 1m' sunion 'sto ndjson'; do
        run_pipe "$filter <records >&-"
        echo "$filter: $status $output"
        [ "$status" -eq 3 ]
        [ "$output" = "${filter%% *}: standard output: Bad file descriptor" ]
    done
}

@test "a closed pipe kills, and says nothing" {
    run_pipe "yes '{\"@timestamp\":\"2026-01-01T10:00:00Z\"}' | swatermark -d 0 | head -n 2 >/dev/null; echo \${PIPESTATUS[1]}"
    [ "$output" = 141 ]
}

@test "results of before a failure are written" {
    run_pipe '(cat records; echo broken) | swindow -d 0 -w 1m --strict 2>/dev/null'
    [ "$status" -eq 3 ]
    [ "$(grep -c '"count":3' <<<"$output")" -eq 2 ]
}
