#!/usr/bin/env bats
# smap: what rows hold (by Python's json), agreement with jq, hostile shapes.

load live

setup()
{
    cd "$BATS_TEST_TMPDIR"
}

@test "rows hold what Python's json says, and other bytes stay" {
    for seed in 1 2 3; do
        run python3 "$BATS_TEST_DIRNAME/property/map.py" $seed
        echo "$output"
        [ "$status" -eq 0 ]
    done
}

# The rows of a list are those that jq makes.
agrees()
{
    smap "$1" log.ndjson >ours
    jq -c "$2" log.ndjson | cmp - ours
}

@test "the same rows as jq" {
    sfrom -q combined "$BATS_TEST_DIRNAME/../examples/data/access.log" >log.ndjson || true
    agrees "ip, status, path" '{"@timestamp", ip, status, path}'
    agrees "bytes / 1000 AS kb, coalesce(user, '-') AS who" \
        '{"@timestamp", kb: (if .bytes then .bytes / 1000 | floor else null end), who: (.user // "-")}'
    agrees "method || ' ' || path AS request.line, status AS request.status" \
        '{"@timestamp", request: {line: (if .method then .method + " " + .path else null end), status}}'
    smap --set "path = split_part(path, '?', 1)" log.ndjson >ours
    jq -c '.path |= split("?")[0]' log.ndjson | cmp - ours
}

@test "deep and wide objects take neither forever nor the stack" {
    python3 -c 'print("{\"a\":" * 999 + "1" + "}" * 999)' >deep
    smap --flatten deep >flat
    smap --unflatten flat | cmp - deep
    smap --drop x '*' deep | cmp - deep
    python3 -c 'print("{" + ",".join(f"\"a.b{i}\":{i}" for i in range(200000)) + "}")' >wide
    smap --unflatten wide | smap --flatten | cmp - wide
    python3 -c 'print("{\"" + "n" * 1000000 + "\":{" + ",".join(f"\"b{i}\":1" for i in range(10000)) + "}}")' >bomb
    run smap --flatten bomb
    [ "$status" -eq 1 ]
    [[ "$output" == *"the row would be longer than 64 MiB"* ]]
}

@test "a row comes as soon as its record" {
    mkfifo in
    smap "n * 2 AS n" in >out 3>&- &
    exec 7>in
    echo '{"n":1}' >&7
    wait_until test -s out
    [ "$(cat out)" = '{"n":2}' ]
    exec 7>&-
    wait
}
