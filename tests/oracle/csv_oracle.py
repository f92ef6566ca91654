#!/usr/bin/env python3
"""sfrom csv and sto csv against Python's csv module: each reads what the other one writes.

Seeded tables of awkward texts: separators, quotes, newlines, carriage returns, NUL, other alphabets,
numbers and what looks like one, empty fields, rows of one to many bytes; lines end with LF or CRLF,
the last one perhaps with nothing; blocks are of any size down to single bytes.

usage: csv_oracle.py [SEED...]
"""
import csv
import io
import json
import os
import random
import subprocess
import sys

from shared.lines import Tally

TABLES = 40
ROWS = 60
COLUMNS = ["a", "b \"c\"", "a name that is longer than sixteen bytes", "d,e", "ü"]
AWKWARD = ",;\t\"\n\r \\a1\0é漢😀"
PLAIN = "abcdefghijklmnopqrstuvwxyz 0123456789.:/-"
FIXED = ["", "0", "-1.50", "1e3", "007", "true", "false", "null", "-", " ", "\"", "\"\"", "2026-11-21T00:00:00Z"]


def text(rng):
    """A field; none with a CR at its end, which Python leaves without quotes before LF."""
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(FIXED)
    letters, most = (AWKWARD, 30) if kind < 0.5 else (PLAIN, rng.choice([8, 40, 150]))
    return "".join(rng.choice(letters) for _ in range(rng.randrange(most))).rstrip("\r")


def run(command, data, block):
    environment = dict(os.environ, TIDEPIPE_BLOCK=str(block))
    done = subprocess.run(command, input=data, capture_output=True, env=environment, check=False)
    if done.returncode:
        sys.exit(f"{command}: status {done.returncode}: {done.stderr[-500:].decode()}")
    return done.stdout.decode()


def written_by_python(rows, rng, separator):
    out = io.StringIO()
    quoting = rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    end = rng.choice(["\n", "\r\n"])
    csv.writer(out, delimiter=separator, quoting=quoting, lineterminator=end).writerows([COLUMNS, *rows])
    data = out.getvalue().encode()
    return data if rng.random() < 0.7 else data[:-len(end)]


def records(ndjson):
    return [list(json.loads(line).values()) for line in ndjson.split("\n")[:-1]]


def table(tally, seed, number):
    rng = random.Random(f"{seed} {number}")
    rows = [[text(rng) for _ in COLUMNS] for _ in range(rng.randrange(1, ROWS))]
    separator = rng.choice([",", ",", ";", "\t"])
    block = rng.choice([1, 7, 64, 1000, 262144])
    data = written_by_python(rows, rng, separator)
    name = f"seed {seed}, table {number}"
    tally.check(f"{name}, read", records(run(["sfrom", "csv", "--text", "--sep", separator], data, block)), rows)
    lines = "".join(json.dumps(dict(zip(COLUMNS, row)), ensure_ascii=False) + "\n" for row in rows)
    back = run(["sto", "csv"], lines.encode(), block)
    tally.check(f"{name}, written", list(csv.reader(io.StringIO(back, newline=""), strict=True)), [COLUMNS, *rows])


def main():
    tally = Tally()
    for seed in sys.argv[1:] or ["1"]:
        for number in range(TABLES):
            table(tally, seed, number)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return tally.failed > 0


if __name__ == "__main__":
    sys.exit(main())
