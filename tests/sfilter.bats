#!/usr/bin/env bats
# sfilter: partition, agreement with jq, promptness, stopping.

load live

setup()
{
    cd "$BATS_TEST_TMPDIR"
}

# The lines that pass both, one condition written for sfilter and one for jq.
agrees()
{
    sfilter "$1" log.ndjson >ours
    jq -c "select($2)" log.ndjson >theirs
    jq -c . ours | cmp - theirs
    [ "$(sfilter -c "$1" log.ndjson)" -eq "$(wc -l <theirs)" ]
}

@test "what passes and what -v passes are the input" {
    for seed in 1 2 3; do
        run python3 "$BATS_TEST_DIRNAME/property/filter.py" $seed
        echo "$output"
        [ "$status" -eq 0 ]
    done
}

@test "the same records as jq's select" {
    sfrom -q combined "$BATS_TEST_DIRNAME/../examples/data/access.log" >log.ndjson || true
    ssim weblog --seed 5 --count 2000 --format json >>log.ndjson
    agrees "status >= 400" ".status >= 400"
    agrees "status BETWEEN 300 AND 399 OR bytes > 50000" \
        "(.status >= 300 and .status <= 399) or (.bytes != null and .bytes > 50000)"
    agrees "path LIKE '/api/%' AND method <> 'GET'" \
        '(.path | startswith("/api/")) and .method != null and .method != "GET"'
    agrees "path ~ '^/[a-z]+/[^/]*$'" '.path | test("^/[a-z]+/[^/]*$")'
    agrees "bytes IS NULL OR bytes % 7 = 3" ".bytes == null or .bytes % 7 == 3"
}

@test "a record passes as soon as it comes" {
    mkfifo in
    sfilter "n > 1" in >out 3>&- &
    exec 7>in
    echo '{"n":1}' >&7
    echo '{"n":2}' >&7
    wait_until test -s out
    [ "$(cat out)" = '{"n":2}' ]
    exec 7>&-
    wait
}

@test "-m stops while the input goes on" {
    mkfifo in
    sfilter -m 1 "n > 1" in >out 3>&- &
    stage=$!
    exec 7>in
    echo '{"n":1}' >&7
    echo '{"n":2}' >&7
    wait $stage
    [ "$(cat out)" = '{"n":2}' ]
    exec 7>&-
}

@test "a full disk is said" {
    [ -w /dev/full ] || skip "no /dev/full"
    run sh -c 'echo "{\"n\":1}" | sfilter true >/dev/full'
    [ "$status" -eq 3 ]
    [[ "$output" == "sfilter: standard output: No space left on device"* ]]
}
