#!/usr/bin/env bats
# sto on a terminal: tests/screen shows what stands there at the end.

setup()
{
    cd "$BATS_TEST_TMPDIR"
    screen=$BATS_TEST_DIRNAME/screen
    export NO_COLOR=1
}

row() # HOST N
{
    printf '{"host":"%s","n":%s}\n' "$1" "$2"
}

@test "--live keeps one row a key, in the order of first sight" {
    { row b 1; row a 22; row b 3; } >in
    run "$screen" 40 10 sto table --live -k host in
    [ "$status" -eq 0 ]
    [ "$output" = "host   n
b      3
a     22" ]
}

@test "--live draws again in place when a quiet stream goes on" {
    mkfifo in
    { row a 1; sleep 0.3; row b 2; sleep 0.3; row a 3; } >in 3>&- &
    run "$screen" 40 10 sto table --live -k host in
    [ "$status" -eq 0 ]
    [ "$output" = "host  n
a     3
b     2" ]
}

@test "--live takes a row out when its key is deleted" {
    { row a 1; row b 2; echo '{"host":"a","@op":"delete"}'; } >in
    run "$screen" 40 10 sto table --live -k host in
    [ "$output" = "host  n
b     2" ]
}

@test "--live fits the terminal, and says how many more rows there are" {
    mkfifo in
    exec 7<>in # nor does it end
    for n in $(seq 30); do row "h$n" "$n"; done >&7
    run "$screen" -u more 40 8 sto table --live -k host in
    exec 7>&-
    [ "$status" -eq 137 ] # killed while it went on
    [[ "$output" != *"(off)"* ]]
    [[ "${lines[0]}" == "host "* ]]
    [ "${#lines[@]}" -le 7 ]
}

@test "--live leaves all rows behind at the end" {
    for n in $(seq 30); do row "h$n" "$n"; done >in
    run "$screen" 40 8 sto table --live -k host in
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "(off) host   n" ]
    [ "${lines[30]}" = "h30   30" ]
    [ "${#lines[@]}" -eq 31 ]
}

@test "--live shortens what is wider than the terminal" {
    row a "\"$(printf 'x%.0s' {1..100})\"" >in
    run "$screen" 30 8 sto table --live -k host in
    [ "$status" -eq 0 ] # tests/screen fails when a line is too wide
    [[ "$output" == *"xxx"* ]]
}

@test "a table on a terminal is coloured unless NO_COLOR says no" {
    unset NO_COLOR
    row a 1 >in
    script -qec 'sto table in' /dev/null >coloured </dev/null
    grep -q $'\033\[' coloured
    NO_COLOR=1 script -qec 'sto table in' /dev/null >plain </dev/null
    ! grep -q $'\033' plain
}
