# For tests of live streams: load live. Nothing here is a stopwatch: a wait ends as soon as what it
# waits for is there, and fails only on a hang.

# Waits until FILE holds TEXT.
wait_for()
{
    for _ in $(seq 200); do
        grep -qF -- "$2" "$1" 2>/dev/null && return 0
        sleep 0.05
    done
    echo "never came: $2; instead:"
    cat "$1"
    return 1
}

# For teardown: ends what a test left running.
end_jobs()
{
    local jobs
    jobs=$(jobs -p)
    [ -z "$jobs" ] || kill $jobs 2>/dev/null || true
    wait
}
