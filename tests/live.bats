#!/usr/bin/env bats
# Live streams: promptness without stdbuf, silence, several inputs. Nothing here is a stopwatch: a
# wait ends as soon as what it waits for is there, and fails only on a hang.

load live

setup()
{
    cd "$BATS_TEST_TMPDIR"
}

teardown()
{
    exec 7>&- 8>&-
    end_jobs
}

at() # a record: at SECONDS past ten [MORE MEMBERS]
{
    printf '{"@timestamp":"2026-01-01T10:%02d:%02dZ"%s}\n' $(($1 / 60)) $(($1 % 60)) "$2"
}

@test "start is there before any input" {
    mkfifo in through
    swatermark -d 5s in >through 3>&- &
    cat through >out 3>&- &
    wait_for out '{"@watermark":"start"'
    exec 7>in
}

@test "start goes through every stage at once" {
    mkfifo in one two
    swatermark -d 5s in >one 3>&- &
    swindow -w 1m <one >two 3>&- &
    cat two >out 3>&- &
    wait_for out '{"@watermark":"start"'
    exec 7>in
}

@test "a record passes at once, while the writer keeps the pipe open" {
    mkfifo in one two
    swatermark -d 5s in >one 3>&- &
    sunion <one >two 3>&- &
    cat two >out 3>&- &
    exec 7>in
    at 1 ',"n":1' >&7
    wait_for out '"n":1'
    at 2 ',"n":2' >&7
    wait_for out '"n":2'
    wait_for out '{"@watermark":"2026-01-01T09:59:57.000Z"}'
}

@test "a row comes as soon as the watermark allows it" {
    mkfifo in one two
    swatermark -d 5s in >one 3>&- &
    swindow -w 10s <one >two 3>&- &
    sto ndjson <two >out 3>&- &
    exec 7>in
    at 1 >&7
    at 14 >&7
    sleep 0.3
    [ ! -s out ]
    at 15 >&7
    wait_for out '"window_start":"2026-01-01T10:00:00.000Z"'
    at 25 >&7
    wait_for out '"window_start":"2026-01-01T10:00:10.000Z"'
}

@test "a table follows a live stream" {
    mkfifo in one
    swindow -d 0 -w 10s in >one 3>&- &
    sto table --all <one >out 3>&- &
    exec 7>in
    at 1 >&7
    at 10 >&7
    wait_for out '2026-01-01T10:00:09.999Z'
    at 20 >&7
    wait_for out '2026-01-01T10:00:19.999Z'
}

@test "bad and late records are said and kept at once" {
    mkfifo in
    swindow -d 0 -w 10s --rejects bad --late-to late in >out 3>&- &
    exec 7>in
    echo broken >&7
    wait_for bad '"line":"broken"'
    at 30 >&7
    at 1 >&7
    wait_for late '"@late"'
}

@test "after five seconds without -d: why nothing comes" {
    mkfifo in
    swindow -w 10s in >out 2>err 3>&- &
    exec 7>in
    at 1 >&7
    at 30 >&7
    wait_for err '-d 5s, say, gives results as time goes on'
    at 31 >&7
    exec 7>&-
    wait_for out '"count":2'
    [ "$(grep -c . err)" -eq 1 ]
}

@test "--idle: a silent partition is not waited for, and announced" {
    mkfifo in through
    swatermark -d 0 --per k --idle 300ms in >through 3>&- &
    cat through >out 3>&- &
    exec 7>in
    at 0 ',"k":"a"' >&7
    at 0 ',"k":"b"' >&7
    at 30 ',"k":"a"' >&7
    wait_for out '{"@watermark":"2026-01-01T10:00:30.000Z"'
    wait_for out '{"@watermark":"idle"}'
    at 40 ',"k":"b"' >&7
    wait_for out '{"@watermark":"2026-01-01T10:00:40.000Z"'
}

@test "without --idle a silent partition holds all back" {
    mkfifo in through
    swatermark -d 0 --per k in >through 3>&- &
    cat through >out 3>&- &
    exec 7>in
    at 0 ',"k":"a"' >&7
    at 0 ',"k":"b"' >&7
    at 30 ',"k":"a"' >&7
    wait_for out '10:00:30Z'
    sleep 0.5
    run grep -c '"@watermark":"2026-01-01T10:00:30' out
    [ "$output" = 0 ]
    exec 7>&-
    wait_for out '"end"'
}

@test "several inputs: the minimum counts, and the one that holds back is named" {
    mkfifo a b through
    swindow -d 0 -w 10s a b >through 3>&- &
    sto ndjson <through >out 3>&- &
    exec 7>a 8>b
    at 1 >&7
    at 60 >&7
    at 5 >&8
    sleep 0.3
    [ ! -s out ]
    at 12 >&8
    wait_for out '"count":2'
    mkfifo c d named
    swatermark -d 0 c d >named 3>&- &
    cat named >marks 3>&- &
    exec 7>c 8>d
    at 60 >&7
    at 5 >&8
    wait_for marks '{"@watermark":"2026-01-01T10:00:05.000Z","held_by":"d"}'
}

@test "FIFOs may be opened in either order" {
    mkfifo a b through
    sunion a b >through 3>&- &
    cat through >out 3>&- &
    exec 8>b
    at 1 ',"from":"b"' >&8
    wait_for out '"from":"b"'
    exec 7>a
    at 1 ',"from":"a"' >&7
    wait_for out '"from":"a"'
}

@test "an input that nobody opens does not keep the others from passing" {
    mkfifo a b through
    sunion a b >through 3>&- &
    cat through >out 3>&- &
    exec 7>a
    for n in 1 2 3; do
        at $n ",\"n\":$n" >&7
        wait_for out "\"n\":$n"
    done
}

@test "an idle input is not waited for, one that ended neither" {
    mkfifo a b through
    swindow -w 10s a b >through 3>&- &
    sto ndjson <through >out 3>&- &
    exec 7>a 8>b
    printf '%s\n' '{"@watermark":"start"}' '{"@watermark":"idle"}' >&8
    printf '%s\n' '{"@watermark":"start"}' "$(at 1)" '{"@watermark":"2026-01-01T10:00:10Z"}' >&7
    wait_for out '"count":1'
    printf '%s\n' '{"@watermark":"end"}' >&8
    exec 8>&-
    printf '%s\n' "$(at 11)" "$(at 12)" '{"@watermark":"2026-01-01T10:00:20Z"}' >&7
    wait_for out '"count":2'
}

@test "an input that is cut closes no window that it might have filled" {
    mkfifo a b through
    { swindow -w 10s a b 2>err 3>&- || echo $? >status; } >through &
    sto ndjson <through >out 2>/dev/null 3>&- &
    exec 7>a 8>b
    printf '%s\n' '{"@watermark":"start"}' "$(at 1)" '{"@watermark":"end"}' >&7
    printf '%s\n' '{"@watermark":"start"}' "$(at 2)" >&8
    exec 7>&- 8>&-
    wait_for status 3
    [ ! -s out ]
    grep -q 'b ended without "end"' err
    grep -q '1 open window not printed' err
}

@test "--arrival: a window ends by the clock, though nothing follows" {
    mkfifo in one two
    swatermark --arrival in >one 3>&- &
    swindow -w 1s -a 'list(n)' <one >two 3>&- &
    cat two >out 3>&- &
    exec 7>in
    printf '{"n":1}\n' >&7
    wait_for out '[1]'
    printf '{"n":2}\n' >&7
    wait_for out '[2]'
}

@test "--arrival: stamps lie between before and after, in order, and none before its watermark" {
    before=$(date -u +%FT%T.%3NZ)
    mkfifo in one
    swatermark --arrival --step 100ms in >one 3>&- &
    cat one >out 3>&- &
    exec 7>in
    for n in 1 2 3 4 5 6; do
        echo "{\"n\":$n}" >&7
        wait_for out "\"n\":$n"
        sleep 0.1 # so that the next one comes at another time
    done
    exec 7>&-
    wait
    after=$(date -u +%FT%T.%3NZ)
    [ "$(grep -c '^{"@timestamp"' out)" -eq 6 ]
    grep -o '^{"@timestamp":"[^"]*' out | sed 's/.*"//' >stamps
    [ "$(sort -u stamps | wc -l)" -eq 6 ]
    (echo "$before"; cat stamps; echo "$after") | LC_ALL=C sort -c
    awk -F'"' '/"end"|"start"/ { next }
               $2 == "@timestamp" && $4 < most { exit 1 }
               $4 > most { most = $4 }' out
}

@test "--arrival: time goes on from what was saved, whatever the clock says" {
    export TIDEPIPE_STATE=state
    printf '{"n":%s}\n' 1 2 >in
    sread --once in | swatermark --arrival --now 2026-01-01T10:00:01.5Z | swrite out
    printf '{"n":%s}\n' 3 >>in
    sread --once in | swatermark --arrival --now 2026-01-01T09:00:00Z | swrite out
    printf '{"n":%s}\n' 4 >>in
    sread --once in | swatermark --arrival --now 2026-01-01T11:00:00Z | swrite out
    printf '{"@timestamp":"2026-01-01T%sZ","n":%s}\n' 10:00:01.500 1 10:00:01.500 2 10:00:01.500 3 \
        11:00:00.000 4 | diff - out
}
