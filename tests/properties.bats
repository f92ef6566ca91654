#!/usr/bin/env bats
# What must not change the answer: chunks, order within the delay, ways in, composition, lateness.

@test "properties of swatermark and swindow" {
    for seed in 11 12; do
        run python3 "$BATS_TEST_DIRNAME/property/window.py" $seed
        echo "$output"
        [ "$status" -eq 0 ]
    done
}

@test "properties of swindow's triggers and counts" {
    run python3 "$BATS_TEST_DIRNAME/property/triggers.py" 11
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "properties of swindow with many keys" {
    run python3 "$BATS_TEST_DIRNAME/property/many_keys.py" 11
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "properties of swindow's parts" {
    run python3 "$BATS_TEST_DIRNAME/property/partial.py" 11
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "swindow(1)'s table of special input" {
    run python3 "$BATS_TEST_DIRNAME/property/special.py"
    echo "$output"
    [ "$status" -eq 0 ]
}
