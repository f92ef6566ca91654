#!/usr/bin/env python3
"""Property of swindow with many keys: that records wait there while memory is fetched is not seen.

min() looks at what a group holds before it takes a record, so beside it no record waits. The rows
of the same windows with and without it must be the same but for its column: in the same order, with
the same watermarks between them, the same records late and rejected.

usage: many_keys.py [SEED]    with the filters first in PATH. Prints what fails, and a count.
"""
import json
import random
import subprocess
import sys

KEYS, RECORDS = 12_000, 60_000
DELAY = 3000
START = 1_795_219_200_000
# Sessions of 20 ms are there by the thousand only while the watermark is behind.
RUNS = [["10s"], ["10s", "--lateness", "2s"], ["hop:10s,5s"], ["session:20ms"], ["session:3s"], ["all"]]
SUMS = "count, count(v) AS n, sum(v) AS sum, avg(v * 0.1) AS avg"


def records(rng):
    """Twenty seconds, three records a millisecond; some keys often, most of them seldom; some late, a few bad.

    Every other one comes when the watermark is about to reach it, and prolongs a session of 3 s that is about to
    be said.
    """
    keys = []
    for i in range(RECORDS):
        key = rng.randrange(KEYS) if rng.random() < 0.8 else rng.randrange(40)
        at = i // 3
        if i > 6 * DELAY and rng.random() < 0.5:
            behind = rng.randrange(-2, 120)
            key = keys[i - 6 * DELAY + max(0, 3 * behind) + rng.randrange(90)]
            at -= DELAY - behind
        elif rng.random() < 0.3:
            at -= int(rng.expovariate(1 / 700))
        keys.append(key)
        value = rng.choice(['"text"', "null", "[]"]) if rng.random() < 0.001 else f"{rng.uniform(-9, 9):.3f}"
        name = f'"user{key:09d}"' if key % 7 else str(key)
        yield f'{{"k":{name},"t":{START + at},"v":{value}}}\n'


def run(given, window, aggregates):
    command = ["swindow", "-t", "t", "--time-format", "epoch_ms", "-d", f"{DELAY}ms", "-k", "k", "-a", aggregates,
               "--max-ahead", "none", "-w", *window]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    return done.stdout, done.stderr, done.returncode


def without_least(output):
    for line in output.splitlines():
        row = json.loads(line, parse_float=str)
        row.pop("least", None)
        yield row


def main():
    rng = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    given = "".join(records(rng))
    passed = failed = 0
    for window in RUNS:
        rows, said, status = run(given, window, SUMS)
        others, said_too, status_too = run(given, window, SUMS + ", min(v) AS least")
        same = list(without_least(rows)) == list(without_least(others))
        if rows.count("\n") > KEYS // 2 and same and (said, status) == (said_too, status_too):
            passed += 1
            continue
        failed += 1
        print(f"{' '.join(window)}: {rows.count(chr(10))} rows, {'the same' if same else 'others'}, "
              f"status {status} and {status_too}: {said[:300]} / {said_too[:300]}")
    print(f"many keys: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
