#!/usr/bin/env bats
# Damaged logs: what is wrong is noticed, what is given before it is right.

@test "every bit flipped" {
    run python3 "$BATS_TEST_DIRNAME/property/log_damage.py" flips 11
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "a segment cut at every byte: noticed, whole lines before it read" {
    run python3 "$BATS_TEST_DIRNAME/property/log_damage.py" cuts
    echo "$output"
    [ "$status" -eq 0 ]
}
