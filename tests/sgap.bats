#!/usr/bin/env bats
# sgap --live: silence is told when nothing comes at all. No stopwatch: a wait ends as soon as what
# it waits for is there, and fails only on a hang.

load live

setup()
{
    cd "$BATS_TEST_TMPDIR"
    mkfifo in
}

teardown()
{
    exec 7>&-
    end_jobs
}

at() # HOST SECONDS: a record past ten
{
    printf '{"@timestamp":"2026-01-01T10:00:%sZ","host":"%s"}\n' "$2" "$1" >&7
}

@test "sgap --live: a gap begins while all are silent, and ends" {
    sgap -k host -d 0 --after 300ms --live in >out 3>&- &
    exec 7>in
    at a 00
    at b 00.100
    wait_for out '"host":"b","gap":"begin"'
    [ "$(head -n 1 out)" = '{"@timestamp":"2026-01-01T10:00:00.300Z","host":"a","gap":"begin","gap_start":"2026-01-01T10:00:00.000Z"}' ]
    at b 02
    at b 02.100
    wait_for out '"gap_end":"2026-01-01T10:00:02.000Z","gap_ms":1900'
    ! grep -q '"host":"a","gap":"end"' out
}

@test "sgap without --live: time is that of the records" {
    sgap -k host -d 0 --after 300ms in >out 3>&- &
    exec 7>in
    at a 00
    at b 01
    wait_for out '"host":"a","gap":"begin"'
    sleep 0.6
    [ "$(wc -l <out)" -eq 1 ]
    exec 7>&-
    wait $!
    [ "$(wc -l <out)" -eq 1 ]
}

@test "sgap --live: a record of before the gap was told ends it, one of before it began does not" {
    sgap -k host -d 1s --step 1ms --after 100ms --live in >out 3>&- &
    exec 7>in
    at a 10
    wait_for out '"gap":"begin","gap_start":"2026-01-01T10:00:10.000Z"'
    at a 09.500
    at a 10.050
    at b 16
    wait_for out '"host":"a","gap":"end","gap_start":"2026-01-01T10:00:10.000Z","gap_end":"2026-01-01T10:00:10.050Z","gap_ms":50'
    [ "$(grep -c '"gap":"end"' out)" -eq 1 ]
}

@test "sgap --live behind swatermark, which says that its input is idle" {
    mkfifo through
    swatermark -d 0 --idle 100ms in >through 3>&- &
    sgap -k host --after 300ms --live --control never <through >out 3>&- &
    exec 7>in
    at a 00
    wait_for out '"host":"a","gap":"begin"'
    at a 05
    wait_for out '"gap":"end"'
    exec 7>&-
    wait
    [ "$(wc -l <out)" -ge 2 ]
}

@test "sgap --fill: what time has come to is written while the input is quiet" {
    sgap -k host -d 0 --fill 1s in >out 3>&- &
    exec 7>in
    at a 00
    at b 02.500
    wait_for out '"host":"a","@fill":"previous"'
    [ "$(wc -l <out)" -eq 2 ]
}
