#!/usr/bin/env bats
# smeter: on a terminal, while its neighbours stand still, and when they go.

load live

setup()
{
    cd "$BATS_TEST_TMPDIR"
    screen=$BATS_TEST_DIRNAME/screen
}

record() # SECOND
{
    printf '{"@timestamp":"2026-01-01T10:00:%02dZ"}\n' "$1"
}

@test "on a terminal one line, which stays at the end" {
    { record 1; sleep 0.3; record 2; } |
        "$screen" 200 5 sh -c 'smeter --every 50ms >out' >shown
    cat shown
    [ "$(wc -l <shown)" -eq 1 ]
    grep -q '| 2 records, 76B | .* | at 2026-01-01 10:00:02 | lag ' shown
    [ "$(wc -l <out)" -eq 2 ]
}

@test "the line is cut to the terminal's width, by whole fields" {
    for width in 23 24 30 35; do # screen fails on a line that is too long
        record 1 | "$screen" "$width" 5 sh -c 'smeter >out' >shown
        grep -qx '0s | 1 records, 38B' shown
    done
}

@test "progress of a regular file" {
    record 1 >in
    "$screen" 200 5 sh -c 'smeter <in >out' >shown </dev/null
    grep -q '| 100 %$' shown
}

@test "a record passes at once, and a silent input is reported" {
    mkfifo in
    smeter --every 50ms --to stats <in >out 3>&- &
    exec 7>in
    record 1 >&7
    wait_for out '10:00:01'
    wait_for stats '"records":1,"bytes":38,"records_rate":0,'
    exec 7>&-
    wait
}

@test "a reader that stands still is no reason to be silent" {
    mkfifo out
    yes | smeter --every 50ms --to stats >out 3>&- &
    exec 7<out
    wait_for stats '"bytes_rate":0,' # the pipe is full
    read -r line <&7
    [ "$line" = y ]
    exec 7<&-
    wait
    tail -n 1 stats | grep -q '"done":true'
}

@test "an alert is said each time it becomes true" {
    mkfifo in
    smeter --every 50ms --to stats --alert 'records % 2 = 1' <in >out 2>err 3>&- &
    exec 7>in
    record 1 >&7
    wait_for err "alert: records % 2 = 1"
    record 2 >&7
    wait_for stats '"records":2,'
    sleep 0.2
    record 3 >&7
    wait_for stats '"records":3,'
    exec 7>&-
    wait
    [ "$(grep -c alert err)" -eq 2 ]
}

@test "a command that fails is said, and the stream goes on" {
    record 1 | smeter --to stats --alert 'records > 0' --exec 'exit 7' >out 2>err
    grep -q -- '--exec: the command failed (status 7)' err
    [ "$(wc -l <out)" -eq 1 ]
}
