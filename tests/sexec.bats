#!/usr/bin/env bats
# sexec on live pipes: prompt answers, deaths, commands that buffer, full pipes.

load live

setup()
{
    cd "$BATS_TEST_TMPDIR"
}

# live ARG...: sexec ARG... between the FIFO on descriptor 9 and the file `out`.
live()
{
    mkfifo fifo
    sexec "$@" <fifo 2>err | cat >out 3>&- &
    exec 9>fifo
}

@test "each answer comes at once on a live pipe, and so do control lines" {
    live sed -u 's/}/,"b":1}/'
    echo '{"a":1}' >&9
    wait_for out '{"a":1,"b":1}'
    echo '{"@watermark":"2026-11-21T12:00:00.000Z"}' >&9
    wait_for out '{"@watermark":"2026-11-21T12:00:00.000Z"}'
    echo '{"a":2}' >&9
    wait_for out '{"a":2,"b":1}'
    exec 9>&-
    wait
    [ "$(cat out)" = '{"a":1,"b":1}
{"@watermark":"start"}
{"@watermark":"2026-11-21T12:00:00.000Z"}
{"a":2,"b":1}' ]
}

@test "a slow answer does not hold back those before it" {
    live 'while read -r line; do
        case $line in *2*) until [ -e go ]; do sleep 0.05; done ;; esac
        echo "$line"
    done'
    printf '{"a":1}\n{"a":2}\n' >&9
    wait_for out '{"a":1}'
    [ "$(wc -l <out)" -eq 1 ]
    touch go
    wait_for out '{"a":2}'
    exec 9>&-
    wait
}

@test "--batch: the run ends with the control line, not with the input" {
    live --batch "jq -cs '{sum: map(.a) | add}'"
    printf '{"a":1}\n{"a":2}\n{"@watermark":"2026-11-21T12:00:00.000Z"}\n' >&9
    wait_for out '{"sum":3}'
    wait_for out '{"@watermark":"2026-11-21T12:00:00.000Z"}'
    exec 9>&-
}

@test "--batch: what a run writes before its end comes at once" {
    live --batch sed -u p
    echo '{"a":1}' >&9
    wait_for out '{"a":1}'
    exec 9>&-
}

@test "the command's death is told while the input is quiet" {
    mkfifo fifo
    sexec 'read line; echo "$line"; exit 5' <fifo 2>err &
    stage=$!
    exec 9>fifo
    echo '{"a":1}' >&9
    status=0
    wait $stage || status=$?
    exec 9>&-
    [ $status -eq 3 ]
    grep -q 'exit status 5$' err
}

@test "a death in the middle of much input is an error, not a broken pipe" {
    seq 500000 | sed 's/.*/{"a":&}/' >many
    run bash -c "sexec 'head -n 1000; exit 9' <many 2>err | wc -l; exit \${PIPESTATUS[0]}"
    [ "$status" -eq 3 ]
    [ "$output" -eq 1000 ]
    grep -qE 'exit status 9; it owed [0-9]+ lines$' err
}

@test "a command that ends in order, too early: an error only when more comes" {
    printf '{"a":1}\n' | sexec sed -u 1q
    mkfifo fifo
    sexec sed -u 1q <fifo >out 2>err &
    stage=$!
    exec 9>fifo
    echo '{"a":1}' >&9
    wait_for out '{"a":1}'
    sleep 0.2
    echo '{"a":2}' >&9
    exec 9>&-
    ! wait $stage
    grep -qE 'ended(, and owed 1 line| before its input did)$' err
}

@test "a command that buffers: said after 5 s, once, and its answers come at the end" {
    mkfifo fifo
    sexec jq -c . <fifo >out 2>err &
    stage=$!
    exec 9>fifo
    printf '%s\n' '{"a":1}' '{"@watermark":"2026-11-21T12:00:00.000Z"}' '{"a":2}' >&9
    wait_for err 'jq -c .: no answer for 5 s (it owes 2)'
    grep -q -- '--batch.*--unbuffered' err
    [ ! -s out ]
    printf '{"@watermark":"end"}\n' >&9
    exec 9>&-
    wait $stage
    [ "$(cat out)" = '{"a":1}
{"a":2}' ]
    [ "$(wc -l <err)" -eq 1 ]
}

@test "a command that buffers still gets what it needs to fill its buffer, and order holds" {
    seq 100000 | awk 'BEGIN { print "{\"@watermark\":\"start\"}" }
        { print "{\"a\":" $1 "}" }
        $1 % 1000 == 0 { printf "{\"@watermark\":\"2026-11-21T12:%02d:%02d.000Z\"}\n", $1 / 60000, $1 / 1000 % 60 }
        END { print "{\"@watermark\":\"end\",\"rejected\":0,\"late\":0}" }' >stream
    run timeout 600 bash -c 'sexec jq -c . <stream | cmp - stream'
    [ "$status" -eq 0 ]
}

@test "100,000 lines of 10 kB" {
    long=$(printf '%010000d' 0)
    run timeout 600 bash -c "yes '{\"p\":\"$long\"}' | head -n 100000 | sexec cat | wc -lc"
    [ "$status" -eq 0 ]
    [ "$(echo $output)" = "100000 1000900000" ]
}

@test "10,000 lines of 10 kB through pipes of one page" {
    command -v python3 >/dev/null || skip "python3 is missing"
    long=$(printf '%010000d' 0)
    cat >copy.py <<'END'
import fcntl, sys
for fd in (0, 1):
    try:
        fcntl.fcntl(fd, 1031, 4096)  # F_SETPIPE_SZ
    except OSError:
        pass
while portion := sys.stdin.buffer.read1(70001):
    sys.stdout.buffer.write(portion)
END
    yes "{\"p\":\"$long\"}" | head -n 10000 >many
    run timeout 600 bash -c "sexec python3 copy.py <many | cmp - many"
    [ "$status" -eq 0 ]
}

@test "memory stays small when the command is slow" {
    yes '{"p":"0123456789012345678901234567890123456789"}' | head -n 2000000 >many
    run bash -c 'ulimit -v 60000; sexec "sleep 0.5; cat" <many | cksum'
    [ "$output" = "$(cksum <many)" ]
}

@test "the reader's death ends sexec by SIGPIPE, and the command with it" {
    run bash -c 'yes "{\"a\":1}" | sexec cat | head -n 1; echo "${PIPESTATUS[*]}"'
    [ "${lines[1]}" = "141 141 0" ]
}

@test "a full disk is an error with its name" {
    run bash -c 'echo "{\"a\":1}" | sexec cat >/dev/full'
    [ "$status" -eq 3 ]
    [[ "$output" == *"standard output: No space left on device"* ]]
}

@test "the command inherits no descriptor of ours" {
    # Those that bats itself has open are not ours.
    run bash -c 'ls /proc/self/fd >mine </dev/null; echo "{\"a\":1}" | sexec --batch "ls /proc/self/fd >theirs; cat"'
    [ "$status" -eq 0 ]
    cmp mine theirs
}

@test "closed standard streams stay closed" {
    run bash -c 'sexec cat <&- 2>&1'
    [ "$status" -eq 2 ] || [ "$status" -eq 3 ]
    run bash -c 'echo "{\"a\":1}" | sexec cat 2>&1 >&-'
    [ "$status" -eq 3 ]
}

@test "a stage between stages: windows behind a foreign command" {
    printf '{"@timestamp":"2026-01-01T10:0%d:30Z","n":%d}\n' 0 1 0 2 1 3 2 4 >records
    run bash -c "swatermark -d 5s records | sexec jq -c --unbuffered '.n *= 10' | swindow -w 1m -a 'sum(n)' | sto ndjson | jq -c .sum_n"
    [ "$status" -eq 0 ]
    [ "${lines[*]}" = "30 30 40" ]
}
