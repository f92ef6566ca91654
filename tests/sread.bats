#!/usr/bin/env bats
# sread -F: rotation as it happens. A wait ends as soon as what it waits for is there.

load live

setup()
{
    cd "$BATS_TEST_TMPDIR"
}

teardown()
{
    end_jobs
}

follow()
{
    : >out
    sread -F "$@" >out 2>err 3>&- &
}

@test "a file that is not there yet, then grows" {
    follow x.log
    wait_for err 'x.log is not there yet: waiting for it'
    echo one >x.log
    wait_for_all out one
    printf tw >>x.log
    echo o >>x.log
    wait_for_all out $'one\ntwo'
}

@test "renamed: the old file is finished first, with what its writer still had" {
    echo one >x.log
    follow x.log
    wait_for_all out one
    exec 5>>x.log
    mv x.log x.log.1
    echo new >x.log
    for piece in p a rtia; do # a second of silence is its end
        printf $piece >&5
        sleep 0.1
    done
    echo l >&5
    exec 5>&-
    wait_for_all out $'one\npartial\nnew'
    [ ! -s err ]
}

@test "renamed with a partial line that nobody ends" {
    printf 'one\npart' >x.log
    follow x.log
    wait_for_all out one
    mv x.log x.log.1
    echo new >x.log
    wait_for_all out $'one\npart\nnew'
}

@test "rotated twice before the first one is left" {
    echo 1 >x.log
    follow x.log
    wait_for_all out 1
    mv x.log x.log.1
    echo 2 >x.log
    sleep 0.3
    mv x.log.1 x.log.2
    mv x.log x.log.1
    echo 3 >x.log
    wait_for_all out $'1\n2\n3'
}

@test "the old file packed by gzip while its successor is read" {
    seq 1000 >x.log
    follow x.log
    wait_for_all out "$(seq 1000)"
    mv x.log x.log.1
    echo new >x.log
    gzip x.log.1
    wait_for_all out "$(seq 1000; echo new)"
    echo more >>x.log
    wait_for_all out "$(seq 1000; printf 'new\nmore\n')"
}

@test "copytruncate: shorter than before" {
    seq 100 >x.log
    follow x.log
    wait_for_all out "$(seq 100)"
    cp x.log x.log.1
    : >x.log
    echo new >>x.log
    wait_for_all out "$(seq 100; echo new)"
    grep -q 'x.log was truncated: reading it from its start' err
}

@test "truncated and written anew to the same length, or longer" {
    printf 'aaaa\nbbbb\n' >x.log
    follow x.log
    wait_for_all out $'aaaa\nbbbb'
    printf 'cccc\ndddd\n' >x.log
    wait_for_all out $'aaaa\nbbbb\ncccc\ndddd'
    printf 'eeee\nffff\ngggg\n' >x.log
    wait_for_all out $'aaaa\nbbbb\ncccc\ndddd\neeee\nffff\ngggg'
}

@test "truncated within a line" {
    printf 'one\npart' >x.log
    follow x.log
    wait_for_all out one
    printf 'a\n' >x.log
    wait_for_all out $'one\npart\na'
}

@test "deleted and made again" {
    echo one >x.log
    follow x.log
    wait_for_all out one
    rm x.log
    sleep 0.2
    echo two >x.log
    wait_for_all out $'one\ntwo'
}

@test "a rotated set: the archive first, only the live file followed" {
    echo old | gzip >x.log.2.gz
    echo older >x.log.1
    echo live >x.log
    follow x.log*
    wait_for_all out $'old\nolder\nlive'
    mv x.log.1 x.log.3
    mv x.log x.log.1
    echo new >x.log
    wait_for_all out $'old\nolder\nlive\nnew'
}

@test "archive first, then live, from a time, without a gap" {
    record() { printf '{"@timestamp":"2026-10-0%dT00:00:00Z","n":%d}\n' "$1" "$1"; }
    { record 1; record 2; } | gzip >x.log.2.gz
    { record 3; record 4; } >x.log.1
    record 5 >x.log
    follow --from 2026-10-02 x.log*
    wait_for_all out "$(for n in 2 3 4 5; do record $n; done)"
    record 6 >>x.log
    wait_for_all out "$(for n in 2 3 4 5 6; do record $n; done)"
    mv x.log.1 x.log.3
    mv x.log x.log.1
    { record 1; record 7; } >x.log
    wait_for_all out "$(for n in 2 3 4 5 6 7; do record $n; done)"
    [ ! -s err ]
}

@test "two files, each as its lines come" {
    echo a1 >a.log
    echo b1 >b.log
    follow a.log b.log
    wait_for_all out $'a1\nb1'
    echo b2 >>b.log
    wait_for_all out $'a1\nb1\nb2'
    echo a2 >>a.log
    wait_for_all out $'a1\nb1\nb2\na2'
}

@test "a FIFO ends, a file goes on" {
    mkfifo pipe
    follow pipe a.log
    echo piped >pipe
    echo a1 >a.log
    wait_for_all out $'piped\na1'
}

@test "to a pipe: alive at once, and a killed source leaves no end" {
    mkfifo through
    sread -F x.log >through 2>/dev/null 3>&- &
    source=$!
    cat through >out 3>&- &
    wait_for_all out '{"@watermark":"none"}'
    kill $source
    wait $source || true
    wait_for_all out '{"@watermark":"none"}'
}

@test "a link that is pointed elsewhere" {
    echo one >one.log
    echo two >two.log
    ln -s one.log x.log
    follow x.log
    wait_for_all out one
    ln -sfn two.log x.log
    wait_for_all out $'one\ntwo'
}
