#!/usr/bin/env bats
# Log directories: what swrite --log keeps, sread gives back, from any place, and notices what is
# missing.

load live

setup()
{
    cd "$BATS_TEST_TMPDIR"
    export TIDEPIPE_CONTROL=never
}

teardown()
{
    exec 7>&-
    end_jobs
}

records() # records FROM TO: a minute apart
{
    seq "$1" "$2" | awk '{ printf "{\"@timestamp\":\"2026-01-01T%02d:%02d:00Z\",\"n\":%d}\n", $1 / 60, $1 % 60, $1 }'
}

@test "what was written is read, over segments and runs" {
    records 1 50 | swrite --log --roll 500 log
    records 51 90 | swrite --log --roll 500 log
    sread log | cmp - <(records 1 90)
    [ "$(ls log/*.ndjson | wc -l)" -gt 5 ]
}

@test "from and to a byte, the same as of one file" {
    records 1 50 >all
    swrite --log --roll 500 log <all
    for at in 0 1 44 45 499 500 501 1234 2000; do
        sread --from $at log | cmp - <(sread --from $at all)
        sread --to $at log | cmp - <(sread --to $at all)
    done
}

@test "from a time, with the index and without" {
    ssim weblog --count 20000 --every 1s --disorder 5m --format json |
        jq -c '{"@timestamp": .time, path}' >all
    swrite --log --roll 1200K log <all
    grep -q '"offset"' log/*.index
    for t in 2025-12-31 2026-01-01T01:00Z 2026-01-01T03:20:30Z 2026-01-01T05:33Z 2026-01-02; do
        sread --from $t log | cmp - <(sread --from $t all)
    done
    rm log/*.index
    sread --from 2026-01-01T03:20:30Z log | cmp - <(sread --from 2026-01-01T03:20:30Z all)
}

@test "a crash: half a line is taken away, and the log goes on" {
    records 1 3 | swrite --log log
    printf '{"@timestamp":"2026-01-01T00:04:00Z","n":4}\n{"@timest' >>log/00000000000000000000.ndjson
    run swrite --log log < <(records 5 6)
    [ "$output" = "swrite: log: took away 9 bytes of a line that a crash cut off" ]
    sread log | cmp - <(records 1 6)
    sread --from 2026-01-01T00:04Z log | cmp - <(records 4 6)
}

@test "a damaged log is not written on" {
    records 1 20 | swrite --log --roll 300 log
    first=$(ls log/*.ndjson | head -n 1)
    truncate -s -1 "$first"
    run swrite --log log < <(records 21 22)
    [ "$status" -eq 3 ]
    [[ $output == *"$first is damaged: "* ]]
}

@test "retention by size and by event time" {
    records 1 100 | swrite --log --roll 450 --keep 900 log
    sread log >out
    cmp out <(records 1 100 | tail -c "$(stat -c %s out)")
    [ "$(stat -c %s out)" -ge 900 ] && [ "$(stat -c %s out)" -le 1800 ]
    records 1 300 | swrite --log --roll 450 --keep 30m timed
    sread timed >out
    grep -q '"n":270}' out
    ! grep -q '"n":240}' out
}

@test "saved state: cut back to the commit, and gone on with; not without it" {
    unset TIDEPIPE_CONTROL
    records 1 90 >all
    records 1 40 >part
    sread --once -S many part | swrite -S many --log --roll 500 log
    grep -q '^{"committed":'"$(stat -c %s part)"'}$' log/committed
    cp -r log before
    printf '{"n":41,"half' >>"$(ls log/*.ndjson | tail -n 1)"
    echo '{"n":"what no commit knows"}' >log/00000000000000009999.ndjson
    run swrite --log log <all
    [ "$status" -eq 2 ]
    [[ $output == *"saved state: -S DIR goes on with it"* ]]
    tail -n +41 all >>part
    sread -S many part | swrite -S many --log --roll 500 log
    sread -S one all | swrite -S one --log --roll 500 whole
    diff -r -x .lock log whole
    sread --control=never log | cmp - all
    truncate -s -1 "$(ls log/*.ndjson | head -n 1)"
    run bash -c 'sread -S many part | swrite -S many --log --roll 500 log'
    [ "$status" -eq 3 ]
    [[ $output == *"ndjson is damaged: "* ]]
}

@test "options that do not go together" {
    mkdir empty
    run sread empty
    [ "$status" -eq 2 ]
    run swrite --log --roll 1h log </dev/null
    [ "$status" -eq 2 ]
    run swrite --keep 1h out </dev/null
    [ "$status" -eq 2 ]
}

# --- one writer ---------------------------------------------------------------------------------

@test "a log has one writer at a time, and the other is named" {
    mkfifo in
    swrite --log log <in 2>err.first 3>&- &
    writer=$!
    exec 7>in
    records 1 3 >&7
    wait_until grep -q . log/.lock
    export TIDEPIPE_LOCK_WAIT=0.1
    status=0
    records 4 6 | swrite --log log 2>err || status=$?
    [ $status -eq 3 ]
    grep -q "log/.lock is held by process $(cat log/.lock): a log has one writer" err
    [ "$(cat log/.lock)" = "$writer" ]
    kill -9 "$writer"
    wait "$writer" || true
    sread log >before
    records 4 6 | swrite --log log
    sread log | cmp - <(cat before; records 4 6)
}

@test "a log has one writer at a time, of two pipelines with saved state" {
    unset TIDEPIPE_CONTROL
    records 1 5 >in
    mkdir logs
    sread -F -S one --every 20ms in 2>/dev/null 3>&- | swrite --log -S one logs 2>err.first 3>&- &
    wait_until test -s logs/.lock
    export TIDEPIPE_LOCK_WAIT=0.1
    run bash -c 'sread -S two in | swrite --log -S two logs'
    [[ "$output" == *"logs/.lock is held by process $(cat logs/.lock): "* ]]
    kill -9 "$(cat one/sread.lock)" "$(cat logs/.lock)"
    wait || true
    unset TIDEPIPE_LOCK_WAIT
    sread -S one in | swrite --log -S one logs
    sread --control never logs | cmp - in
}

@test "a file that state is kept of has one writer at a time" {
    unset TIDEPIPE_CONTROL
    records 1 5 >in
    sread -F -S one --every 20ms in 2>/dev/null 3>&- | swrite -S one out 2>err.first 3>&- &
    wait_until test -s one/swrite.lock
    wait_until test -s out
    export TIDEPIPE_LOCK_WAIT=0.1
    run bash -c 'sread -S two in | swrite -S two out'
    [[ "$output" == *"out is being written by process $(cat one/swrite.lock), with other saved state"* ]]
    cmp in out
    kill -9 "$(cat one/sread.lock)" "$(cat one/swrite.lock)"
    wait || true
    unset TIDEPIPE_LOCK_WAIT
    sread -S one in | swrite -S one out
    cmp in out
}
