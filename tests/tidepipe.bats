#!/usr/bin/env bats
# tidepipe: what it lists, and its verbs.

load live

setup()
{
    cd "$BATS_TEST_TMPDIR"
    PATH=$BUILD/tests/state:$PATH
    unset TIDEPIPE_STATE TIDEPIPE_EVERY
}

filters()
{
    tidepipe | awk 'NF == 0 { part++ } part == 1 && NF { print $1 }'
}

@test "tidepipe lists every filter with the purpose that its --help states" {
    for program in "$BUILD"/bin/*; do
        name=${program##*/}
        [ "$name" != tidepipe ] || continue
        purpose=$("$name" --help | sed -n "s/^$name: //p")
        [ -n "$purpose" ]
        tidepipe | grep -qxF "$(printf '  %-12s %s' "$name" "$purpose")"
    done
    [ "$(filters | sort)" = "$(cd "$BUILD/bin" && ls | grep -vx tidepipe | sort)" ]
}

@test "tidepipe help finds the page installed beside it, else says what --help says" {
    mkdir -p root/bin root/share/man/man1
    cp "$BUILD/bin/tidepipe" "$BUILD/bin/sunion" root/bin
    printf '#!/bin/sh\necho "$MANPATH" "$@"\n' >man
    chmod +x man
    PATH=$PWD:$PATH
    [ "$(root/bin/tidepipe help sunion)" = "$PWD/root/bin/../share/man: 1 sunion" ]
    [ "$(MANPATH=/m root/bin/tidepipe help)" = "$PWD/root/bin/../share/man:/m 7 tidepipe" ]
    printf '#!/bin/sh\nexit 16\n' >man
    [ "$(root/bin/tidepipe help sunion)" = "$(sunion --help)" ]
}

@test "tidepipe refuses what it does not know, with what was meant" {
    run tidepipe hlep
    [ "$status" -eq 2 ]
    [ "$output" = 'tidepipe: no verb "hlep" (did you mean help?)' ]
    run tidepipe swindow
    [ "$status" -eq 2 ]
    [[ "$output" == *"a program of its own"* ]]
}

@test "tidepipe -h and --version" {
    tidepipe -h | grep -q '^usage: tidepipe'
    tidepipe --help | grep -q '^usage: tidepipe'
    tidepipe --version | grep -q '^tidepipe [0-9]'
    run bash -c 'tidepipe >/dev/full'
    [ "$status" -eq 3 ]
}

# --- tidepipe run

teardown()
{
    local jobs
    jobs=$(jobs -p)
    [ -z "$jobs" ] || kill -9 $jobs 2>/dev/null || true
    wait
    # A test that failed may have left stages behind.
    cat "$BATS_TEST_TMPDIR"/state/*.lock 2>/dev/null | xargs -r kill -9 2>/dev/null || true
}

make_input()
{
    seq 1700000001 $((1700000000 + $1)) | sed 's/.*/{"t":&,"n":1}/' >in
}

# All of the input has come out, once.
same()
{
    sed 's/"@timestamp":"[^"]*",//' out | cmp - in
}

# The second goes on for a minute and more: whoever is to meet it at work meets it.
pipe="tsource in | swatermark -t t -d 3s | tsink out"
slow="tsource --pause 100ms in | swatermark -t t -d 3s | tsink out"

supervisor()
{
    cut -d ' ' -f 1 state/.run.lock
}

committed()
{
    grep -qs '"@commit"' state/COMMIT && [ "$(wc -l <out)" -ge "${1:-1}" ]
}

# How often PID slept.
slept()
{
    awk '/^voluntary_ctxt/ { print $2 }' "/proc/$1/status"
}

slept_more()
{
    [ "$(slept "$1")" -gt "$2" ]
}

# PID, a process of this shell, ends with STATUS.
ends_with()
{
    local status=0
    wait "$1" || status=$?
    [ "$status" -eq "$2" ] || { echo "status $status, not $2"; cat err; return 1; }
}

ledger()
{
    jq -r "$1" state/runs.ndjson
}

@test "tidepipe run: a run that ends, and what the ledger says of it" {
    make_input 500
    tidepipe run -S state -c "$pipe # with a comment" 3>&-
    same
    [ "$(ledger '[.how, .status, .records, .from, .attempt] | join(" ")')" = "done 0 500 0 1" ]
    [ "$(ledger '[.stages[] | .name, .status] | join(" ")')" = "tsource 0 swatermark 0 tsink 0" ]
    [ "$(ledger '.sources.tsource[0].lines')" = 500 ]
    [ "$(ledger .to)" = "$(head -n 1 state/COMMIT | jq '.["@commit"]')" ]
    # A program, its own arguments and $TIDEPIPE_STATE; complete, so nothing comes twice.
    printf '#!/bin/sh\ntsource in | swatermark -t t -d 3s | tsink "$1"\n' >program
    chmod +x program
    TIDEPIPE_STATE=state tidepipe run ./program out 3>&-
    same
}

@test "tidepipe run: killed stages, again and again, and the same bytes" {
    make_input 700
    tidepipe run -S state --every 20ms --backoff 5ms -c "$slow" 2>err 3>&- &
    run=$!
    for stage in tsource swatermark tsink swatermark tsource tsink; do
        n=$(committed && wc -l <out || echo 0)
        wait_until committed $((n + 2))
        kill -9 "$(cat state/$stage.lock)" || true
        sleep 0.05
    done
    kill -TERM $run
    wait $run || true
    tidepipe run -S state -c "$pipe" 3>&-
    same
    [ "$(ledger .how | head -n 1)" = failed ]
    [ "$(ledger .how | tail -n 1)" = done ]
    ledger 'select(.how == "failed").why' | grep -qx 'stage [123] (.*): killed by signal 9'
    # Each run begins where the one before ended.
    [ "$(ledger .from | tail -n +2)" = "$(ledger .to | head -n -1)" ]
    [ "$(ledger .attempt | paste -sd ' ')" = "$(echo $(seq "$(ledger .how | sed \$d | wc -l)") 1)" ]
}

@test "tidepipe run: SIGTERM is one last barrier and a clean stop" {
    make_input 2000
    tidepipe run -S state --every 1h -c "$slow" 2>err 3>&- &
    run=$!
    wait_until test -e state/tsink.0.ndjson
    sleep 0.3 # some records, but nothing is committed
    kill -TERM $run
    ends_with $run 0
    [ "$(ledger .how)" = stopped ]
    n=$(wc -l <out)
    [ "$n" -lt 2000 ]
    [ "$(ledger .records)" = "$n" ]
    tidepipe run -S state -c "$pipe" 3>&-
    same
}

@test "tidepipe run: two at once are refused, and the holder is named" {
    make_input 2000
    tidepipe run -S state -c "$slow" 2>err 3>&- &
    wait_until grep -q ' ' state/.run.lock
    run tidepipe run --once -S state -c "$pipe"
    [ "$status" -eq 4 ]
    [ "$output" = "tidepipe run: state: process $(supervisor) runs a pipeline there" ]
    kill -TERM %1
    wait
    # A stage that somebody started by hand.
    tsource --pause 1h -S state in >/dev/null 3>&- &
    wait_until kill -0 $!
    wait_until grep -qx $! state/tsource.lock
    run tidepipe run -S state -c "$pipe"
    [ "$status" -eq 4 ]
    [[ "$output" == *"the stage tsource, process $!, is at work"* ]]
}

@test "tidepipe run: the stages of a run that lost its supervisor are ended" {
    make_input 700
    tidepipe run -S state --every 20ms -c "$slow" 2>err 3>&- &
    wait_until committed 5
    kill -9 $!
    wait $! || true
    kill -0 "$(cat state/tsource.lock)"
    tidepipe run -S state --every 20ms -c "$pipe" 2>err 3>&-
    grep -qx 'tidepipe run: an earlier run lost its supervisor: its stages are ended' err
    same
    [ "$(ledger .how | paste -sd ' ')" = "abandoned done" ]
}

@test "tidepipe run: a stage is gone while its source only waits: the others are ended" {
    make_input 3
    tidepipe run -S state --once -c "tsource --pause 1h in | swatermark -t t -d 3s | tsink out" 2>err 3>&- &
    run=$!
    wait_until test -e state/tsink.0.ndjson
    wait_until grep -qx "[0-9]*" state/tsink.lock
    slept=$(slept $run)
    wait_until slept_more $run $((slept + 2)) # between two looks at its stages it sleeps
    kill -9 "$(cat state/tsink.lock)"
    ends_with $run 3
    grep -q '^tidepipe run: failed: the stage [a-z]* is gone while its source lives; stage 3 (tsink): killed by signal 9' err || { cat err; return 1; }
    run kill -0 "$(cat state/tsource.lock)"
    [ "$status" -ne 0 ]
}

@test "tidepipe run: what does not end is killed; what fails is started again, so often" {
    printf '#!/bin/sh\ntrap "" TERM\ntouch deaf\nsleep 600 & sleep 600\n' >stubborn
    chmod +x stubborn
    tidepipe run -S state --grace 200ms ./stubborn 2>err 3>&- &
    run=$!
    wait_until test -e deaf
    kill -TERM $run
    ends_with $run 3
    grep -q 'stopped: killed by signal 9; killed, as it did not end in time' err
    rm -r state
    run tidepipe run -S state --restarts 2 --backoff 1ms -c 'echo said >&2; exit 3'
    [ "$status" -eq 3 ]
    [ "$(ledger .attempt | paste -sd ' ')" = "1 2 3" ]
    [ "$(ledger '.said[0]' | uniq)" = said ]
    [[ "$output" == *"given up: 3 times in a row without a commit" ]]
}

@test "tidepipe run: exit statuses: 1 and 2 are final" {
    make_input 3
    echo broken >>in
    run tidepipe run -S state -c "tsource in | swatermark -q -t t -d 3s | tsink out"
    [ "$status" -eq 1 ]
    run tidepipe run -S state -c "tsource in | swatermark -t t -d 3x | tsink out"
    [ "$status" -eq 2 ]
    [ "$(ledger '[.how, .why] | join(" ")' | tail -n 1)" = "refused stage 2 (swatermark): exit status 2" ]
    for wrong in "" "-c true true" "-S state" "--every 0 -c true" "--onec -c true"; do
        run tidepipe run $wrong
        [ "$status" -eq 2 ]
        [[ "$output" == *"usage: tidepipe run"* ]]
    done
    run tidepipe run -c true
    [ "$status" -eq 2 ]
    run tidepipe run -S state ./nothing-there
    [ "$status" -eq 2 ]
}

@test "tidepipe run: without bash the last stage's status is what is seen, and that is said" {
    make_input 300
    mkdir bin
    for program in sh tsource swatermark tsink tidepipe; do
        ln -s "$(command -v $program)" bin/$program
    done
    PATH=$PWD/bin run tidepipe run -S state -c "tsource in | swatermark -t t -d 3s | tsink out"
    [ "$status" -eq 0 ]
    [ "$output" = "tidepipe run: there is no bash: of the pipeline only its last stage's exit status is seen" ]
    same
    [ "$(ledger 'has("stages")')" = false ]
    rm -r state out
    PATH=$PWD/bin run tidepipe run --once -S state -c "tsource nothing-there | swatermark -t t -d 3s | tsink out"
    [ "$status" -eq 3 ]
    [ "$(ledger .why | tail -n 1)" = "exit status 3" ]
}

# --- tidepipe status, tidepipe state

@test "tidepipe status: alive and gone, commit, counts, runs" {
    make_input 2000
    tidepipe run -S state --every 20ms --once -c "$slow" 2>err 3>&- &
    run=$!
    wait_until committed 5
    tidepipe status --json state >now
    [ "$(jq -r '[.stages[] | .name, .alive] | join(" ")' now)" = "swatermark true tsink true tsource true" ]
    [ "$(jq -r '.stages[2].pid' now)" = "$(cat state/tsource.lock)" ]
    [ "$(jq '[.commit > .previous, .stages[1].in == .stages[2].rows, .stages[0].snapshot == .commit] | all' now)" = true ]
    [ "$(jq '.stages[0] | .in_per_second >= 0 and .lag_seconds > 1e6' now)" = true ]
    kill -9 "$(cat state/tsink.lock)"
    ends_with $run 3
    tidepipe status state >then
    grep -qE '^name .* in/s  watermark +lag$' then
    grep -q "^commit $(ledger .to), [0-9]*s ago" then
    grep -qE '^swatermark +stage +[0-9]+  gone ' then
    grep -qE "failed +$(ledger .to) +$(ledger .records)  stage 3 \(tsink\): killed by signal 9" then
    run tidepipe status nothing
    [ "$status" -eq 3 ]
    mkdir empty
    [ "$(tidepipe status empty)" = "no stage has kept state here yet" ]
}

# Columns of the table: NAME COLUMN
cell()
{
    awk -v name="$1" -v column="$2" '/^name / { for (i = 1; i <= NF; i++) at[$i] = i }
        $1 == name { print $at[column] }' table
}

@test "tidepipe status: where records went and wait, and who holds the watermark back" {
    make_input 500
    tidepipe run -S state -c "tsource --until 200 in | swatermark -t t -d 3s | sfilter 't % 2 = 0' |
        ssort -t t | sdedup -k t --keep last --within 10s | tsink out" 3>&-
    tidepipe status state | sed 's/holds back/holds_back/' >table
    [ "$(cell sfilter in) $(cell sfilter filtered) $(cell ssort in)" = "200 100 100" ]
    [ "$(cell ssort held)" -gt 0 ]
    [ "$(cell sdedup held)" -gt 0 ]
    [ "$((100 - $(cell ssort held) - $(cell sdedup held)))" -eq "$(cell tsink in)" ]
    [ "$(cell ssort holds_back) $(cell sdedup holds_back) $(cell tsink holds_back)" = "- 10s -" ]
    tidepipe status --json state >now
    [ "$(jq -c '.stages[] | select(.name == "sfilter") | [.in, .filtered, .held, .repeats]' now)" = "[200,100,0,0]" ]
    [ "$(jq '.stages[] | select(.name == "sdedup") | .watermark < .reached' now)" = true ]
}

@test "tidepipe state: list, verify, diff" {
    make_input 500
    tidepipe run -S state -c "tsource --until 200 in | swatermark -t t -d 3s | tsink out" 3>&-
    cp -r state savepoint
    tidepipe state diff savepoint state
    tidepipe run -S state -c "$pipe" 3>&-
    run tidepipe state diff savepoint state
    [ "$status" -eq 1 ]
    [[ "$output" == *'tsource - {"offset":4600,"lines":200}'* ]]
    [[ "$output" == *'tsource + {"offset":11500,"lines":500}'* ]]
    tidepipe state list state >list
    [ "$(grep -c yes list)" -eq 3 ]
    [ "$(grep yes list | awk '{ print $2 }' | uniq)" = "$(jq -s '.[0]["@commit"]' state/COMMIT)" ]
    tidepipe state verify state | grep -q ', 0 damaged$'
    snapshot=$(ls state/swatermark.*.ndjson | tail -n 1)
    sed -i 's/"late":0/"late":1/' "$snapshot"
    run tidepipe state verify state
    [ "$status" -eq 3 ]
    [[ "$output" == *"${snapshot#*/}: damaged: its checksum does not fit"* ]]
    [[ "$output" == *"$(ls state/*.ndjson | grep -vc runs) snapshots, 1 damaged"* ]]
    tidepipe status state | grep -q '^swatermark.*damaged'
    for wrong in "" "list" "diff state" "verify state state" "rescale state"; do
        run tidepipe state $wrong
        [ "$status" -eq 2 ]
    done
}

# --- tidepipe doctor (its findings are in tests/cases/tidepipe)

@test "tidepipe doctor --for looks at an endless stream for a while" {
    mkfifo in
    exec 7<>in
    printf '%s\n' '{"@watermark":"start"}' '{"@timestamp":"2026-11-20T12:00:00Z"}' >&7
    { tidepipe doctor --for 200ms <in 7>&- || echo "status $?"; } >out
    exec 7>&-
    grep -q '; goes on$' out
    grep -q 'has not begun to move' out
    ! grep -q 'cut off' out
    grep -qx 'status 1' out
}

# --- completions

# The long options of `PROGRAM --help`.
options_of()
{
    "$@" --help | sed -nE 's/^  (-[A-Za-z0-9], |    )(--[a-z0-9-]+).*/\2/p'
}

# What bash offers for the WORDS, the last of which is begun.
offers()
{
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    "_tidepipe_$1"
    printf '%s\n' "${COMPREPLY[@]}"
}

# What zsh and fish have for NAME is LIST, sorted.
all_offer()
{
    [ "$(grep -oE "'--[a-z0-9-]+" made/zsh/_"$1" | cut -c 2- | sort -u)" = "$2" ]
    [ "$(sed -nE 's/.* -l ([a-z0-9-]+).*/--\1/p' made/fish/"$1".fish | sort -u)" = "$2" ]
}

@test "completions name every option of --help" {
    "$BATS_TEST_DIRNAME/../tools/completions" "$BUILD/bin" made
    for program in "$BUILD"/bin/*; do
        name=${program##*/}
        source made/bash/"$name"
        [ "$name" != tidepipe ] || continue
        list=$(options_of "$name" | sort -u)
        [ -n "$list" ]
        [ "$(offers "$name" -- | sort -u)" = "$list" ]
        all_offer "$name" "$list"
    done
    for verb in run status doctor; do
        [ "$(offers tidepipe "$verb" -- | sort)" = "$(options_of tidepipe "$verb" | sort)" ]
    done
    all_offer tidepipe "$(for v in run status state doctor; do options_of tidepipe $v; done | sort -u)"
    [ "$(offers tidepipe state rescale -- | sort)" = "$(options_of tidepipe state | sort)" ]
    [ "$(offers tidepipe st | paste -sd ' ')" = "status state" ]
    [ "$(offers tidepipe help swi)" = swindow ]
    [ "$(offers tidepipe state v)" = verify ]
    [ -z "$(offers swindow acc)" ]
    # Where the shells are there, they can read them.
    cat made/bash/* | bash -n
    ! command -v zsh >/dev/null || for file in made/zsh/*; do zsh -n "$file"; done
    ! command -v fish >/dev/null || fish --no-execute made/fish/*.fish
}
