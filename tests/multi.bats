#!/usr/bin/env bats
# Several inputs: those held back are drained, so nobody who writes to them is ever stopped.
# Each test runs under `timeout`: what would be a deadlock is a failure.

load live

setup()
{
    cd "$BATS_TEST_TMPDIR"
    export TMPDIR="$BATS_TEST_TMPDIR"
    mkfifo a b
}

teardown()
{
    exec 7>&- 8>&-
    end_jobs
}

# records [COUNT]: one a second, 200 bytes each (6 MB: many times what pipes hold).
records()
{
    awk -v n="${1:-30000}" 'BEGIN {
        pad = sprintf("%130s", ""); gsub(/ /, "x", pad)
        for (i = 0; i < n; i++)
            printf "{\"t\":%d,\"n\":%d,\"pad\":\"%s\"}\n", 1767261600 + i, i, pad
    }'
}

# Both branches of the diamond hold each number exactly once.
both_whole()
{
    grep '"n"' merged | jq -c .n | sort -n | uniq -c | awk '$1 != 2 { bad = 1 } END { exit bad || NR != n }' n="${1:-30000}"
}

# Reads all before it writes anything, as sort does.
sponge()
{
    perl -e 'local $/; my $all = <STDIN>; print $all'
}

@test "diamond: one branch gives nothing before the other has been read to its end" {
    records | swatermark -t t -d 0 | tee a | sponge >b &
    run timeout 600 bash -c 'sunion --max-drift 10s a b >merged'
    [ "$status" -eq 0 ]
    both_whole
}

@test "diamond: -d 1h on one branch" {
    records | tee >(swatermark -t t -d 1h >a) | swatermark -t t -d 0 >b &
    run timeout 600 bash -c 'sunion --max-drift 10s a b >merged'
    [ "$status" -eq 0 ]
    both_whole
}

@test "diamond: an input that stands at its barrier is drained" {
    { records 100; echo '{"@barrier":1767261600000}'; records; echo '{"@watermark":"end"}'; } | tee a | sponge >b &
    run timeout 600 bash -c 'sunion --control=always a b >merged'
    [ "$status" -eq 0 ]
    [ "$(grep -c @barrier merged)" -eq 1 ]
    # All before the barrier stands before it, of both branches.
    [ "$(sed '/@barrier/q' merged | grep -c '"n"')" -eq 200 ]
    [ "$(grep -c '"n"' merged)" -eq 60200 ]
}

@test "diamond: pipes of one page" {
    cat >small.py <<'EOF'
import fcntl, shutil, sys
sizes = [open(name, "wb", buffering=0) for name in sys.argv[1:]]
for pipe in sizes:
    fcntl.fcntl(pipe, 1031, 4096)  # F_SETPIPE_SZ
while True:
    block = sys.stdin.buffer.read(4096)
    if not block:
        break
    for pipe in sizes:
        view = memoryview(block)
        while view:
            view = view[pipe.write(view):]
EOF
    mkfifo c
    { records 5000 | swatermark -t t -d 0 | python3 small.py a c; } &
    sponge <c >b &
    run timeout 600 bash -c 'sunion --max-drift 10s a b >merged'
    [ "$status" -eq 0 ]
    both_whole 5000
}

@test "diamond: ssort with --max-drift puts both in order" {
    records | swatermark -t t -d 0 | tee a | sponge >b &
    run timeout 600 bash -c 'ssort -t t --max-drift 10s a b >merged'
    [ "$status" -eq 0 ]
    both_whole
    grep '"n"' merged | jq -c .t | sort -n -c
}

@test "FIFOs are opened in either order" {
    for order in "a b" "b a"; do
        (for fifo in $order; do records 3000 >"$fifo"; done) &
        run timeout 600 bash -c 'sunion a b >merged'
        [ "$status" -eq 0 ]
        both_whole 3000
    done
}

@test "--max-drift keeps the held state small: a file does not run ahead of a pipe" {
    records 20000 >file
    records 20000 | head -n 10 | swatermark -t t -d 0 >a &
    run timeout 600 bash -c 'sunion -t t -d 0 --max-drift 5s --control=always a file >merged'
    [ "$status" -eq 0 ]
    # Before the slow one has spoken of its last second, nothing of the file further than 5 s (and a
    # watermark's step) ahead has come.
    [ "$(sed '/"n":9,/q' merged | grep -c '"n":1[6-9],')" -eq 0 ]
}

@test "an idle input holds nobody back under --max-drift" {
    records 20000 | swatermark -t t -d 0 >b 3>&- &
    sunion --max-drift 1s a b >merged 3>&- &
    exec 7>a
    printf '%s\n' '{"@watermark":"start"}' '{"@watermark":"idle"}' >&7
    wait_for merged '"n":19999,'
    echo '{"@watermark":"end"}' >&7
    exec 7>&-
    wait $!
}

@test "no room in the directory for temporary files is said with its name" {
    export TMPDIR="$BATS_TEST_TMPDIR/missing"
    records | swatermark -t t -d 0 | tee a 2>/dev/null | sponge >b &
    run timeout 600 bash -c 'sunion --max-drift 10s a b 2>&1 >merged'
    [ "$status" -eq 3 ]
    [[ "$output" == *"$TMPDIR"*"No such file or directory"* ]]
}

# many COUNT: files f0000 ... of records dealt out at random, each file in order.
many()
{
    mkdir many
    awk -v files="$1" 'BEGIN {
        srand(3)
        for (i = 0; i < files; i++)
            printf "" >sprintf("many/f%05d", i)
        for (i = 0; i < 3 * files; i++) {
            name = sprintf("many/f%05d", int(rand() * files))
            printf "{\"t\":%d,\"n\":%d}\n", 1767261600 + int(i / 3), i >>name
            close(name)
        }
    }'
}

@test "sunion --sorted of 10,000 files with 256 descriptors" {
    many 10000
    cd many
    run bash -c 'ulimit -n 256; timeout 600 sunion --sorted -t t f* >../merged'
    [ "$status" -eq 0 ]
    [ "$(wc -l <../merged)" -eq 30000 ]
    jq .t ../merged | sort -n -c
    [ "$(cat f* | sort | md5sum)" = "$(sort ../merged | md5sum)" ]
}

@test "a file that is replaced while it has no descriptor is noticed" {
    many 300
    cd many
    yes '{"t":1767261601,"n":1}' | head -n 300000 >f00000
    mkfifo slow
    (ulimit -n 64; sunion --sorted -t t f* slow 2>err >../merged 3>&-) &
    exec 7>slow
    echo '{"t":1767261600,"n":-1}' >&7
    wait_for ../merged '"n":-1' # so the first records of all were read
    cp f00000 copy
    mv copy f00000
    echo '{"t":1767265600,"n":0}' >&7
    exec 7>&-
    status=0
    wait $! || status=$?
    [ "$status" -eq 3 ]
    grep -q 'f00000: was replaced while it was being read' err
}

@test "sunion --sorted writes at once what a silent input's watermark lets go" {
    sunion --sorted -t t a b >merged 3>&- &
    exec 7>a 8>b
    printf '%s\n' '{"@watermark":"start"}' '{"@watermark":"2026-01-01T11:00:00.000Z"}' >&7
    records 5 >&8
    wait_for merged '"n":4,'
    [ "$(grep -c '"n"' merged)" -eq 5 ]
}

@test "sunion --sorted: whatever way FIFOs are filled, the result is the same" {
    records 4000 | awk 'NR % 2' >odd
    records 4000 | awk 'NR % 2 == 0' >even
    records 4000 >all
    for chunk in 1000 70000; do
        dd if=odd of=a bs=$chunk 2>/dev/null &
        (sleep 0.2; dd if=even of=b bs=333 2>/dev/null) &
        timeout 600 sunion --sorted -t t a b | cmp - all
    done
}
