#!/usr/bin/env bats
# splot on a terminal (tests/screen shows what stands there at the end), and its pictures.

load live

setup()
{
    cd "$BATS_TEST_TMPDIR"
    screen=$BATS_TEST_DIRNAME/screen
    root=$(dirname "$BATS_TEST_DIRNAME")
    export NO_COLOR=1
}

point() # SECOND VALUE
{
    printf '{"@timestamp":"2026-01-01T00:00:%02dZ","v":%s}\n' "$1" "$2"
}

@test "a terminal is filled, and the last frame stays" {
    { point 0 1; point 10 3; point 20 2; } >in
    run "$screen" 40 12 splot v in
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 11 ]
    [[ "${lines[0]}" == v*"2026-01-01 00:00:00–00:00:20 UTC" ]]
    [[ "$output" != *"(off)"* ]]
}

@test "a quiet stream is drawn again in place" {
    mkfifo in
    { point 0 1; sleep 0.5; point 10 3; sleep 0.5; point 20 2; } >in 3>&- &
    run "$screen" 40 12 splot v in
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 11 ]
    [ "$output" = "$({ point 0 1; point 10 3; point 20 2; } | splot v --size 40x11)" ]
}

@test "a busy stream is drawn now and then, not for every record" {
    seq 200000 | sed 's/.*/{"v":&}/' >in
    script -qec 'splot hist v in' /dev/null >shown </dev/null
    [ "$(grep -c 'UTC\|^v' shown)" -lt 10000 ] # ten a second, on however slow a machine
}

@test "a terminal that is too small says so, and no line is too wide" {
    { point 0 1; point 10 3; } >in
    run "$screen" 12 4 splot v in
    [ "$status" -eq 0 ]
    [ "$output" = "a plot need…" ]
    for columns in 20 21 25 33; do
        run "$screen" "$columns" 7 splot v in
        [ "$status" -eq 0 ]
        [[ "$output" == *"└"* ]]
    done
}

@test "colour on a terminal, unless NO_COLOR says no" {
    point 0 1 >in
    NO_COLOR='' TERM=xterm script -qec 'splot v in' /dev/null >coloured </dev/null
    grep -q $'\033\[38;5;32m' coloured
    script -qec 'splot v in' /dev/null >plain </dev/null
    ! grep -q $'\033\[38' plain
}

drawn_again()
{
    [ "$(grep -c '└' shown)" -ge 2 ]
}

@test "a terminal that changes its size is drawn anew" {
    mkfifo in
    exec 7<>in
    { point 0 1; point 10 3; } >&7
    script -qec 'stty cols 50 rows 14; tty >terminal; exec splot v in' /dev/null >shown </dev/null 3>&- 7>&- &
    wait_for shown '└'
    stty -F "$(cat terminal)" cols 70 rows 20
    wait_for shown $'\033[H'
    wait_until drawn_again
    exec 7>&-
    wait
}

@test "an input that is cut off leaves what came, and says so" {
    { echo '{"@watermark":"start"}'; point 0 1; point 10 3; } >in
    run "$screen" 90 22 splot v in
    [ "$status" -eq 3 ]
    [[ "$output" == *"so far: the input did not end"* ]]
}

@test "the picture of the README is what its command makes" {
    ssim sensors --count 35000 --every 5s |
        sfilter "time between '2026' and '2027' and sensor in ('t04', 't07', 't09', 't16')" |
        splot -t time celsius -k sensor --size 90x20 --svg plot.svg
    cmp plot.svg "$root/doc/plot.svg"
    grep -qF "splot -t time celsius -k sensor --size 90x20 --svg plot.svg" "$root/README.md"
}

@test "SVG of every kind is XML, whatever the keys say" {
    for n in $(seq 9); do
        printf '{"@timestamp":"2026-01-01T00:00:0%dZ","k":"<&\\"\\u0007>%d","v":%d}\n' "$n" "$((n % 3))" "$n"
    done >in
    for kind in line bar spark heat; do
        splot "$kind" v -k k --svg - in >"$kind.svg"
        python3 -c 'import sys, xml.dom.minidom as d; d.parse(sys.argv[1])' "$kind.svg"
        grep -q '&lt;&amp;"&gt;' "$kind.svg"
    done
    splot hist v --svg hist.svg in
    splot heat v --svg count.svg in
    splot line v --svg empty.svg </dev/null
    for picture in hist count empty; do
        python3 -c 'import sys, xml.dom.minidom as d; d.parse(sys.argv[1])' "$picture.svg"
    done
    grep -q "nothing to plot" empty.svg
}

@test "PNG where cairo is, a reason where it is not" {
    { point 0 1; point 10 3; } >in
    run splot v --png plot.png in
    if [ "$status" -eq 2 ]; then
        [[ "$output" == *"built without cairo"* ]]
        return
    fi
    [ "$status" -eq 0 ]
    [ "$(head -c 4 plot.png | tail -c 3)" = PNG ]
    [ "$(od -An -j16 -N8 -tu1 plot.png | tr -s ' ')" = " 0 0 3 32 0 0 1 224" ] # 800 by 480
}

@test "a picture that cannot be written ends the run" {
    point 0 1 >in
    run splot v --svg /nonexistent/plot.svg in
    [ "$status" -eq 3 ]
    [[ "$output" == *"/nonexistent/plot.svg: No such file or directory"* ]]
    run splot v --svg /dev/full in
    [ "$status" -eq 3 ]
}

@test "a picture is kept up to date while the stream goes on, and is never half" {
    mkfifo in
    splot v --svg plot.svg --every 10ms in 3>&- &
    exec 7>in
    point 0 1 >&7
    wait_for plot.svg '2026-01-01 00:00:00 UTC'
    for n in $(seq 59); do
        point "$n" "$n" >&7
        [[ "$(cat plot.svg)" == '<svg '*'</svg>' ]]
    done
    wait_for plot.svg '00:00:59 UTC' # though nothing comes behind it
    cp plot.svg last.svg
    exec 7>&-
    wait
    cmp last.svg plot.svg
    [ "$(ls)" = "$(printf '%s\n' in last.svg plot.svg)" ] # nothing is left beside it
}

@test "a picture of a stream that never pauses is kept up to date, too" {
    yes "$(point 0 1)" | splot v --svg plot.svg --every 10ms 3>&- &
    wait_for plot.svg '</svg>'
    rm plot.svg
    wait_for plot.svg '</svg>'
    kill $!
    wait || true
}

@test "a pipe and standard output get one picture, at the end" {
    splot v --png plot.png </dev/null || skip "built without cairo"
    rm plot.png
    mkfifo in out
    cat out >piped 3>&- &
    splot v --svg - --png plot.png --every 10ms in >one.svg 3>&- &
    exec 7>in
    point 0 1 >&7
    wait_until test -s plot.png
    [ ! -s one.svg ]
    point 10 3 >&7
    exec 7>&-
    wait $!
    [ "$(grep -c '<svg ' one.svg)" -eq 1 ]
    { point 0 1; point 10 3; } | splot v --svg out
    wait
    cmp one.svg piped
}
