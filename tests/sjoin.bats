#!/usr/bin/env bats
# sjoin on live inputs: tables that change, sides that come late, never or not whole. A wait ends as
# soon as what it waits for is there, and fails only on a hang.

load live

setup()
{
    cd "$BATS_TEST_TMPDIR"
}

teardown()
{
    exec 7>&- 8>&-
    end_jobs
}

at() # a record: at SECONDS past ten [MORE MEMBERS]
{
    printf '{"@timestamp":"2026-01-01T10:%02d:%02dZ"%s}\n' $(($1 / 60)) $(($1 % 60)) "$2"
}

table() # NAME=VALUE...: replaces hosts.csv at once
{
    printf 'ip,name\n' >hosts.new
    printf '%s\n' "$@" | tr = , >>hosts.new
    mv hosts.new hosts.csv
}

@test "lookup: a table that is replaced is used from the next record on" {
    table 1=one
    mkfifo in
    sjoin --lookup -j left -k ip in hosts.csv >out 2>err 3>&- &
    exec 7>in
    echo '{"ip":1,"n":1}' >&7
    wait_for out '{"ip":1,"n":1,"name":"one"}'
    table 1=uno 2=due
    echo '{"ip":1,"n":2}' >&7
    wait_for out '{"ip":1,"n":2,"name":"uno"}'
    echo '{"ip":2,"n":3}' >&7
    wait_for out '{"ip":2,"n":3,"name":"due"}'
    exec 7>&-
    wait
    [ ! -s err ]
}

@test "lookup: a new member of the table that records have, too, gets its prefix" {
    table 1=one
    mkfifo in
    sjoin --lookup -k ip in hosts.csv >out 3>&- &
    exec 7>in
    echo '{"ip":1,"n":1}' >&7
    wait_for out '{"ip":1,"n":1,"name":"one"}'
    printf 'ip,n\n1,7\n' >hosts.new
    mv hosts.new hosts.csv
    echo '{"ip":1,"n":2}' >&7
    wait_for out '{"ip":1,"n":2,"right_n":7}'
}

@test "lookup: a bad table is said once, and the old one stays" {
    table 1=one
    mkfifo in
    sjoin --lookup -k ip in hosts.csv >out 2>err 3>&- &
    exec 7>in
    echo '{"ip":1,"n":1}' >&7
    wait_for out '"n":1,"name":"one"'
    printf 'ip,name\n1,"never closed\n' >hosts.new
    mv hosts.new hosts.csv
    echo '{"ip":1,"n":2}' >&7
    wait_for out '"n":2,"name":"one"'
    wait_for err 'sjoin: hosts.csv:2: no closing '\''"'\'': the table as it was read before stays in use'
    echo '{"ip":1,"n":3}' >&7
    wait_for out '"n":3,"name":"one"'
    rm hosts.csv
    echo '{"ip":1,"n":4}' >&7
    wait_for out '"n":4,"name":"one"'
    wait_for err 'sjoin: hosts.csv: No such file or directory: the table as it was read before stays in use'
    table 1=again
    echo '{"ip":1,"n":5}' >&7
    wait_for out '"n":5,"name":"again"'
    [ "$(wc -l <err)" = 2 ]
}

@test "lookup: a table from a process substitution is read once" {
    run bash -c 'echo "{\"ip\":1}" | sjoin --lookup --lookup-format csv -k ip - <(printf "ip,x\n1,2\n")'
    [ "$output" = '{"ip":1,"x":2}' ]
}

@test "lookup: tail -F as the left side" {
    table 1=one
    : >hits.ndjson
    mkfifo in
    tail -F -s 0.1 hits.ndjson >in 2>/dev/null 3>&- &
    sjoin --lookup -k ip - hosts.csv <in >out 3>&- &
    echo '{"ip":1,"n":1}' >>hits.ndjson
    wait_for out '"n":1,"name":"one"'
}

@test "as-of: two live pipes; an answer comes when both watermarks have passed it" {
    mkfifo left right
    swatermark -d 0 left 3>&- | sjoin --as-of -k k - <(swatermark -d 0 right) >out 2>err 3>&- &
    exec 7>left 8>right
    at 10 ',"k":1,"v":"a"' >&8
    at 11 ',"k":1,"n":1' >&7
    at 20 ',"k":1,"n":2' >&7
    sleep 0.3
    [ ! -s out ]
    at 12 ',"k":1,"v":"b"' >&8
    wait_for out '"n":1,"v":"a"'
    exec 7>&- 8>&-
    wait_for out '"n":2,"v":"b"'
}

@test "a right side that never arrives: pairs wait, unmatched rows too, and the end names it" {
    mkfifo left right
    sjoin --within -5s,5s -j left -d 0 -k k left right >out 2>err 3>&- &
    exec 7>left 8>right
    at 10 ',"k":1,"n":1' >&7
    at 60 ',"k":1,"n":2' >&7
    sleep 0.3
    ! grep -q '"n"' out
    exec 7>&- 8>&-
    wait_for out '"n":2'
    wait_for err 'sjoin: right had no records: nothing could match'
}

@test "an input that dies midway is named, and what waits for it is not said" {
    mkfifo left right
    sjoin --within -5s,5s -j left --control=never -k k left right >out 2>err 3>&- &
    pid=$!
    exec 7>left 8>right
    echo '{"@watermark":"start"}' >&7
    echo '{"@watermark":"start"}' >&8
    at 10 ',"k":1,"n":1' >&7
    at 10 ',"k":1,"v":1' >&8
    at 11 ',"k":2,"n":2' >&7
    wait_for out '"n":1,"v":1'
    exec 8>&-
    echo '{"@watermark":"end"}' >&7
    exec 7>&-
    status=0
    wait $pid || status=$?
    [ "$status" = 3 ]
    wait_for err 'sjoin: right ended without "end"'
    wait_for err '1 waiting record not printed'
    ! grep -q '"n":2' out
}

@test "bids with their auctions, each bidder once, in order" {
    { at 30 ',"auction":1,"bidder":7'; at 29 ',"auction":1.0,"bidder":8'; at 31 ',"auction":1,"bidder":7'; } >bids.ndjson
    { at 10 ',"id":1,"item":"x"'; at 8 ',"id":1,"item":"too old"'; at 12 ',"id":null'; } >auctions.ndjson
    run bash -c 'sjoin --within -20s,0s -k auction=id -d 5s bids.ndjson auctions.ndjson |
        sdedup -k auction,bidder --within 1h -d 5s | ssort -d 5s'
    echo "$output"
    [ "$status" = 0 ]
    [ "${lines[0]}" = '{"@timestamp":"2026-01-01T10:00:29.000Z","auction":1.0,"bidder":8,"id":1,"item":"x"}' ]
    [ "${lines[1]}" = '{"@timestamp":"2026-01-01T10:00:30.000Z","auction":1,"bidder":7,"id":1,"item":"x"}' ]
    [ "${#lines[@]}" = 2 ]
}

@test "tail -F of orders, with the rates of their time" {
    { at 0 ',"currency":"EUR","rate":1.10'; at 20 ',"currency":"EUR","rate":1.12'; } >rates.ndjson
    : >orders.ndjson
    mkfifo in
    tail -F -s 0.1 orders.ndjson >in 2>/dev/null 3>&- &
    swatermark -t ts -d 5s <in 3>&- | sjoin --as-of -k currency - rates.ndjson >out 3>&- &
    printf '{"ts":"2026-01-01T10:00:%d","order":%d,"currency":"EUR"}\n' 19 1 20 2 40 3 >>orders.ndjson
    wait_for out '"order":1,"currency":"EUR","rate":1.10'
    wait_for out '"order":2,"currency":"EUR","rate":1.12'
}
