# For tests of live streams: load live. Nothing here is a stopwatch: a wait ends as soon as what it
# waits for is there, and fails only on a hang, however slow the machine is.

HANG=300 # seconds

# Waits until COMMAND succeeds.
wait_until()
{
    local end=$((SECONDS + HANG))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || { echo "never true: $*"; return 1; }
        sleep 0.02
    done
}

# Waits until FILE holds TEXT.
wait_for()
{
    wait_until grep -qF -- "$2" "$1" && return 0
    echo "in $1 instead:"
    cat "$1"
    return 1
}

# Waits until FILE holds TEXT, and nothing else.
wait_for_all()
{
    wait_until holds "$@" && return 0
    diff "$1" <(printf '%s\n' "$2")
}

holds()
{
    [ "$(cat "$1")" = "$2" ]
}

# For teardown: ends what a test left running.
end_jobs()
{
    local jobs
    jobs=$(jobs -p)
    [ -z "$jobs" ] || kill $jobs 2>/dev/null || true
    wait
}
