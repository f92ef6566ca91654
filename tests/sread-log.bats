#!/usr/bin/env bats
# sread of a log as it grows: over segments, crashes of its writer and runs of its own.

load live

setup()
{
    cd "$BATS_TEST_TMPDIR"
}

teardown()
{
    end_jobs
}

records() # records FROM TO: a minute apart
{
    seq "$1" "$2" | awk '{ printf "{\"@timestamp\":\"2026-01-01T%02d:%02d:00Z\",\"n\":%d}\n", $1 / 60, $1 % 60, $1 }'
}

# Waits until the file out holds these records, and no others.
wait_for_records()
{
    wait_for_all out "$(records "$1" "$2")" || { cat err; return 1; }
}

follow()
{
    : >out
    sread -F "$@" >out 2>err 3>&- &
    reader=$!
}

# Goes on with the file got.
go_on()
{
    sread -S state "$@" | swrite -S state got
}

# The follower says TEXT and ends with status 3.
expect_end()
{
    local status=0
    wait_for err "$1"
    wait "$reader" || status=$?
    [ "$status" -eq 3 ]
}

@test "followed over segments, from before its folder is there" {
    follow log/
    wait_for err 'log/ has no segments of a log yet: waiting for them'
    records 1 30 | swrite --log --roll 500 log
    wait_for_records 1 30
    records 31 31 | swrite --log --roll 500 log
    wait_for_records 1 31
    records 32 60 | swrite --log --roll 500 log
    wait_for_records 1 60
}

@test "archive first, then what comes, without a gap: from a time, from a byte, from the end" {
    records 1 30 >all
    swrite --log --roll 500 log <all
    follow --from 2026-01-01T00:11 log
    wait_for_records 11 30
    records 31 50 >>all
    records 31 50 | swrite --log --roll 500 log
    wait_for_records 11 50
    end_jobs
    follow --from 1000 log
    wait_for_all out "$(sread --control=never --from 1000 all)"
    end_jobs
    follow --from end log
    n=50
    until [ -s out ]; do # from whichever end it saw
        n=$((n + 1))
        records $n $n | swrite --log --roll 500 log
    done
    first=$(head -n 1 out | jq .n)
    [ "$first" -gt 50 ]
    records $((n + 1)) $((n + 20)) | swrite --log --roll 500 log
    wait_for_records "$first" $((n + 20))
}

@test "half a line of a writer that was killed is neither given nor joined to the next" {
    records 1 3 | swrite --log log
    follow log
    wait_for_records 1 3
    printf '{"@timestamp":"2026-01-01T00:04:00Z","n":4}\n{"@timest' >>log/00000000000000000000.ndjson
    wait_for_records 1 4
    records 5 6 | swrite -q --log log
    wait_for_records 1 6
    [ ! -s err ]
}

@test "damage that only shows later: a segment cut off while the next one is there" {
    records 1 30 | swrite --log --roll 500 log
    truncate -s -1 log/00000000000000000000.ndjson
    follow log
    expect_end '00000000000000000000.ndjson is damaged: whole lines up to byte 441 of 486, then half a line'
    cmp out <(records 1 10)
}

@test "damage: a segment that goes on where the next one begins" {
    records 1 30 | swrite --log --roll 500 log
    echo '{"n":"too much"}' >>log/00000000000000000000.ndjson
    run bash -c 'sread --control=never log 2>&1 >out'
    [ "$status" -eq 3 ]
    cmp out <(records 1 11)
    [[ $output == *"is damaged: it goes on behind byte 486, where the next one begins"* ]]
}

@test "damage: any segment missing" {
    records 1 40 | swrite --log --roll 500 log
    cp -r log whole
    for segment in $(ls whole | grep ndjson | sed 1d); do
        rm "log/$segment"
        status=0
        sread --control=never log >out 2>err || status=$?
        if [ "$segment" != "$(ls whole | grep ndjson | tail -n 1)" ]; then
            [ "$status" -eq 3 ]
            grep -q 'is damaged: whole lines up to byte' err
        fi
        head -c "$((10#${segment%.ndjson}))" <(cat whole/*.ndjson) | cmp - out
        cp "whole/$segment" log
    done
}

@test "removed before it was read" {
    records 1 40 | swrite --log --roll 500 log
    go_on --once log
    records 41 99 | swrite --log --roll 500 --keep 500 log
    run go_on --once log
    [ "$status" -eq 3 ]
    [[ $output == *"log: bytes $(stat -c %s got) to "*" of the log were removed before they were read"* ]]
}

@test "taken back after it was read: said so, and not met by who reads what is committed" {
    unset TIDEPIPE_CONTROL
    records 1 20 >part
    sread --once -S state part | swrite -S state --log --roll 500 log
    cp -r log before
    records 21 30 >more
    cat more >>"$(ls log/*.ndjson | tail -n 1)"
    follow log
    wait_for_records 1 30
    cp out dirty
    sread --control=never --committed log | cmp - part
    sread --control=never log | cmp - dirty
    records 31 60 >>part
    sread -S state part | swrite -S state --log --roll 500 log
    expect_end "log does not hold what was read of it up to byte $(stat -c %s dirty)"
    sread --control=never --committed log | cmp - part
}

@test "committed only, followed: what comes behind the commit waits for it" {
    unset TIDEPIPE_CONTROL
    records 1 20 >part
    sread --once -S state part | swrite -S state --log --roll 500 log
    follow --committed log
    wait_for_records 1 20
    echo '{"n":"what no commit knows"}' >>"$(ls log/*.ndjson | tail -n 1)"
    printf '{"n":"nor' >log/00000000000000000909.ndjson
    sleep 0.3
    wait_for_records 1 20
    records 21 60 >>part
    sread -S state part | swrite -S state --log --roll 500 log
    wait_for_records 1 60
    [ ! -s err ]
}

@test "committed only, followed: a segment that no commit knows says nothing of where others end" {
    unset TIDEPIPE_CONTROL
    records 1 20 >part
    sread --once -S state part | swrite -S state --log --roll 500 log
    printf '{"n":"of a run that was killed"}\n' >log/00000000000000000910.ndjson
    follow --committed log
    wait_for_records 1 20
    records 21 60 >>part
    sread -S state part | swrite -S state --log --roll 500 log
    [ ! -e log/00000000000000000910.ndjson ]
    wait_for_records 1 60
    [ ! -s err ]
}

@test "committed only, followed from the end: what is committed from now on" {
    unset TIDEPIPE_CONTROL
    records 1 20 >part
    sread --once -S state part | swrite -S state --log --roll 500 log
    printf '{"n":"of a run that was killed"}\n' >log/00000000000000000910.ndjson
    follow --committed --from end log
    wait_until grep -q '^[0-9]* (sread) S' "/proc/$reader/stat" # it waits for more
    records 21 60 >>part
    sread -S state part | swrite -S state --log --roll 500 log
    wait_for_records 21 60
    [ ! -s err ]
}

@test "committed only, of a file: by the state of its pipeline" {
    records 1 20 >part
    mkdir made
    sread --once -S state part | swrite -S state made/x
    echo '{"n":"what no commit knows"}' >>made/x
    printf '{"n":"nor' >>made/x
    sread --control=never --committed=state made/x | cmp - part
    (cd made; sread --control=never --committed=../state x | cmp - ../part)
    cp -r state early
    cp part first
    follow --committed=state made/x
    wait_for_records 1 20
    sleep 0.2
    records 21 60 >>part
    sread --once -S state part | swrite -S state made/x
    wait_for_records 1 60
    sread --control=never --committed=early made/x | cmp - first
    records 61 70 >>part
    sread -S state part | swrite -S state made/x
    wait_for_records 1 70
    [ ! -s err ]
    end_jobs
    run sread --control=never --committed=state part
    [ "$status" -eq 2 ]
    [[ $output == *"what is committed in state says nothing of part: a file that is finished"* ]]
    run sread --control=never --committed made/x
    [ "$status" -eq 2 ]
    truncate -s 100 made/x
    run sread --control=never --committed=state made/x
    [ "$status" -eq 3 ]
    [[ $output == *"made/x has 100 bytes, and $(stat -c %s part) are committed"* ]]
}

@test "committed only, of a file whose writer is not there yet" {
    follow --committed=state data
    wait_for err 'data is not there yet'
    records 1 20 >part
    sread -S state part | swrite -S state data
    wait_for_records 1 20
}

@test "what is committed is missing" {
    unset TIDEPIPE_CONTROL
    records 1 20 >part
    sread --once -S state part | swrite -S state --log log
    rm log/*.index
    truncate -s -44 log/*.ndjson
    run sread --committed --control=never log
    [ "$status" -eq 3 ]
    [[ $output == *"is damaged: whole lines up to byte "*" of $(stat -c %s part)"* ]]
    sed -i s/committed/Committed/ log/committed
    run sread --committed --control=never log
    [ "$status" -eq 3 ]
    [[ $output == *"log/committed: "* ]]
}

@test "in many runs, each going on where the last one stopped" {
    from=1
    for to in 1 2 13 13 30 31 55 90; do
        records "$from" "$to" | swrite --log --roll 500 log
        from=$((to + 1))
        go_on --once log
        cmp got <(records 1 "$to")
    done
    go_on log
    cmp got <(records 1 90)
}

@test "half a line waits for the next run" {
    records 1 3 | swrite --log log
    rm log/*.index
    records 4 4 | head -c 20 >>log/00000000000000000000.ndjson
    go_on --once log
    cmp got <(records 1 3)
    records 4 4 | tail -c +21 >>log/00000000000000000000.ndjson
    go_on --once log
    cmp got <(records 1 4)
}

@test "going on in another log, or in a file" {
    records 1 30 | swrite --log log
    go_on --once log
    rm -r log
    records 101 190 | swrite --log log
    run go_on --once log
    [ "$status" -eq 3 ]
    [[ $output == *"log does not hold what was read of it up to byte $(stat -c %s got)"* ]]
    rm -r log
    records 1 40 >log
    run go_on --once log
    [ "$status" -eq 3 ]
    [[ $output == *"log was a log when it was read"* ]]
}

@test "packed files: gone on within, which the same bytes before the place must allow" {
    for packer in gzip zstd; do
        rm -rf state got saved x
        records 1 5000 >all
        $packer -c all >x
        sread --every 20ms --rate 50 -S state x 3>&- | swrite -S state got 3>&- &
        wait_until test -s got
        kill -TERM "$(cat state/sread.lock)"
        wait
        [ "$(wc -l <got)" -lt 5000 ]
        cp -r state saved
        cp got before
        go_on x
        cmp got all
        records 3001 8000 | $packer -c >x
        rm -rf state && cp -r saved state && cp before got
        run go_on x
        [ "$status" -eq 3 ]
        [[ $output == *"x is not the packed file of which $(stat -c %s before) bytes, unpacked, were read"* ]]
    done
}

@test "packed files: the same beginning is not enough" {
    printf '{"text":"%s"}\n' "$(head -c 3000 /dev/urandom | base64 -w 0)" >head
    { cat head; echo '{"n":1}'; } | gzip -nc >x
    go_on --once x
    { cat head; echo '{"n":2}'; echo '{"n":3}'; } | gzip -nc >x
    run go_on --once x
    [ "$status" -eq 3 ]
    [[ $output == *"x is not the packed file of which "* ]]
    cat head | gzip -nc >x
    run go_on --once x
    [ "$status" -eq 3 ]
}

@test "packed files: those that were read are not read again, one that grew is gone on with" {
    records 1 10 | gzip >a.gz
    records 11 20 | zstd -q >b.zst
    go_on --once a.gz b.zst
    cmp got <(records 1 20)
    go_on --once a.gz b.zst
    cmp got <(records 1 20)
    records 21 30 | zstd -q >>b.zst
    go_on --once a.gz b.zst
    cmp got <(records 1 30)
}
