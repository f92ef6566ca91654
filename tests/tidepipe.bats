#!/usr/bin/env bats
# tidepipe: what it lists, and its verbs.

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
