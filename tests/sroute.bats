# sroute: deaths in the middle of a stream, promptness, many parts, agreement with hash().

load live

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

# numbers N: N records, about 60 bytes each.
numbers() {
    seq "$1" | sed 's/.*/{"a":&,"k":"key-&","padding":"........................"}/'
}

@test "a part is hash(EXPR) % N, as a rule would say it" {
    numbers 1000 >in
    sroute --hash k --parts 3 'part-{n}' in
    sroute -r 'hash(k) % 3 = 0 => rule-0' -r 'hash(k) % 3 = 1 => rule-1' --else rule-2 in
    for n in 0 1 2; do
        [ -s part-$n ]
        cmp part-$n rule-$n
    done
}

@test "parts: nothing lost, nothing twice, whatever is open" {
    numbers 3000 >in
    run sroute --hash k --parts 500 'few/{n}' in
    [ "$status" -eq 2 ]
    mkdir few many
    sroute --max-open 7 --hash k --parts 500 'few/{n}' in
    sroute --max-open 1000 --hash k --parts 500 'many/{n}' in
    diff -r few many
    [ "$(ls few | wc -l)" -eq 500 ]
    sort in >want
    sort few/* | cmp - want
}

@test "a part with gzip" {
    numbers 1000 >in
    sroute --hash a --parts 2 '| gzip >{n}.gz' in
    sort in >want
    zcat 0.gz 1.gz | sort | cmp - want
}

@test "a command that dies in the middle ends the run, with its name" {
    numbers 100000 >in
    run sroute -r 'true => | head -n 1 >first; exit 5' in
    [ "$status" -eq 3 ]
    [ "$output" = "sroute: | head -n 1 >first; exit 5: exit status 5" ]
    [ "$(wc -l <first)" -eq 1 ]
}

@test "skip: said once, the rest goes on, what comes later is rejected" {
    # What fits the pipe and our buffer (1.3 MB at most) may have gone before the command was seen to be
    # dead; 3 MB are for it.
    numbers 100000 >in
    run sroute -q --on-target-fail skip --rejects rejects -r 'a % 2 = 0 => | exit 5' --else odd in
    [ "$status" -eq 1 ]
    [[ "$output" =~ ^'sroute: | exit 5: '('Broken pipe'|'exit status 5')'; the other targets go on'$ ]]
    [ "$(wc -l <odd)" -eq 50000 ]
    [ "$(wc -l <rejects)" -gt 25000 ]
    [ "$(jq -r '.["@reject"].reason' rejects | uniq)" = "its target has failed: | exit 5" ]
}

@test "skip: a command that lives on without reading does not hold up the others" {
    numbers 100000 >in
    run timeout 600 sroute -q --on-target-fail skip -r 'a % 2 = 0 => | exec <&-; sleep 1' --else odd in
    [ "$status" -eq 1 ]
    [ "$(wc -l <odd)" -eq 50000 ]
}

@test "without skip, standard output ends where the target died" {
    numbers 100000 >in
    run bash -c 'sroute -r "a < 50000 => | exit 1" in | wc -l'
    [ "${lines[-1]}" -lt 50001 ]
}

@test "each record arrives before the next one comes" {
    mkfifo in
    sroute -r 'a = 1 => | cat >>one' -r 'a = 2 => two' -r 'true => {a}' in &
    exec 7>in
    for a in 1 2 3; do
        echo "{\"a\":$a}" >&7
        case $a in 1) f=one ;; 2) f=two ;; *) f=3 ;; esac
        wait_until test -s $f
        [ "$(cat $f)" = "{\"a\":$a}" ]
    done
    exec 7>&-
    wait
}

@test "watermarks arrive at a stream that gets no record" {
    mkfifo in
    sroute --control=auto -r 'a = 1 => | cat >one' --else /dev/null in >/dev/null &
    exec 7>in
    printf '{"@watermark":"start"}\n{"a":2}\n{"@watermark":"2026-11-21T12:00:00.000Z"}\n' >&7
    wait_for one 12:00:00
    [ "$(wc -l <one)" -eq 2 ]
    echo '{"@watermark":"end"}' >&7
    exec 7>&-
    wait
    [ "$(wc -l <one)" -eq 3 ]
}

@test "a target can be a window of its own" {
    for s in 01 02 03 59; do
        echo "{\"@timestamp\":\"2026-11-21T12:00:${s}Z\",\"k\":\"a\"}"
        echo "{\"@timestamp\":\"2026-11-21T12:00:${s}Z\",\"k\":\"b\"}"
    done >in
    swatermark -d 5s in | sroute -r "true => | swindow -w 1m -a count >{k}.out" >/dev/null
    [ "$(jq .count a.out)" -eq 4 ]
    [ "$(jq .count b.out)" -eq 4 ]
}

@test "a descriptor, and a FILE that standard output is" {
    numbers 3 >in
    sroute -r 'a = 1 => /dev/fd/3' --else both in 3>three >>both
    [ "$(cat three)" = "$(head -n 1 in)" ]
    sed 1d in | cmp - both
}

@test "a command does not inherit the other commands' pipes" {
    numbers 10 >in
    timeout 600 sroute -r 'a = 1 => | ls -l /proc/self/fd >fds; cat >last' --all -r 'true => | cat >all' in
    : | ls -l /proc/self/fd >alone
    [ "$(grep -c 'pipe:' fds)" -eq "$(grep -c 'pipe:' alone)" ]
}

@test "the example of the plan" {
    numbers 100 | sed 's/$/ /' >in
    sroute -r 'a > 90 => big.ndjson' -r "k = 'key-3' => | gzip >three.gz" --else rest.ndjson in
    [ "$(wc -l <big.ndjson)" -eq 10 ]
    [ "$(zcat three.gz)" = "$(sed -n 3p in)" ]
    [ "$(wc -l <rest.ndjson)" -eq 89 ]
}

@test "state: a file is refused, and swrite as its command takes back what came behind a commit" {
    numbers 100 >in
    export TIDEPIPE_STATE=state
    run bash -c "sread --once in | sroute -r 'a > 90 => big' --else rest"
    [ "$status" -eq 2 ]
    [[ "$output" == *'--state: what goes into big would come again'* ]]
    [ ! -e big ]

    # The first run ends with a commit; what a killed one wrote behind it is thrown away.
    twice() { sread --once in |
        sroute -r 'a > 90 => | swrite --sinks 2 --name big big' --else '| swrite --sinks 2 --name rest rest'; }
    twice
    [ "$(wc -l <big)" -eq 10 ] && [ "$(wc -l <rest)" -eq 90 ]
    echo '{"a":91,"k":"behind the commit"}' >>big
    numbers 110 >in
    twice
    [ "$(wc -l <rest)" -eq 90 ]
    cat rest big | cmp - in
}
