#!/usr/bin/env python3
"""sjoin --as-of against DuckDB's ASOF JOIN: the same version for every left record.

Seeded synthetic data, in order and shuffled, with deletes, as files, with -d, and fed through two
FIFOs whose writers take turns at random. Late records of either side are left out as the model of
the watermark (DESIGN: largest time - delay, of their own input; late is time < watermark) says.

usage: asof_join_oracle.py [SEED...]
"""
import collections
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import duckdb
except ImportError:
    print("skipped: no duckdb")
    sys.exit(0)

sys.dont_write_bytecode = True
from shared import joins

START = 1767225600  # 2026-01-01
KEYS = [None, 1, 2, 3, "1", "x", True]


def synthetic(rng, count, disorder, changes):
    """Rows in the order of arrival, a member of each its number."""
    rows = []
    for n in range(count):
        row = {"t": START + n // 2 - rng.randint(0, disorder), "k": rng.choice(KEYS), "n": n}
        if changes and rng.random() < 0.2:
            row["@op"] = rng.choice(["delete", "upsert", "update"])
        rows.append(row)
    return rows


def expected(left, right, kind):
    db = duckdb.connect(config={"threads": 1})
    last = {}
    for row in right:  # of one key and time the last to arrive counts
        last[(json.dumps(row["k"]), row["t"])] = row
    for name, rows in (("l", left), ("r", list(last.values()))):
        db.execute(f"CREATE TABLE {name} (n INT, t BIGINT, k VARCHAR, ends BOOLEAN)")
        values = [(r["n"], r["t"], None if r["k"] is None else json.dumps(r["k"]), r.get("@op") == "delete")
                  for r in rows]
        if values:
            db.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?)", values)
    rows = db.execute("SELECT l.n, CASE WHEN r.ends THEN NULL ELSE r.n END FROM l ASOF LEFT JOIN r "
                      "ON l.k = r.k AND l.t >= r.t").fetchall()
    return collections.Counter(row for row in rows if kind == "left" or row[1] is not None)


def command(kind, *rest):
    return ["sjoin", "-q", "--as-of", "-k", "k", "-t", "t", "-j", kind, "--nest", "l,r", *map(str, rest)]


def rows_of(done):
    if done.returncode not in (0, 1) or "internal" in done.stderr:
        raise RuntimeError(f"{done.args}: {done.returncode}: {done.stderr}")
    rows, times = collections.Counter(), []
    for line in done.stdout.splitlines():
        row = json.loads(line)
        rows[(row["l"]["n"], row["r"] and row["r"]["n"])] += 1
        times.append(row["l"]["t"])
    if times != sorted(times):
        raise RuntimeError(f"{done.args}: not in the order of time")
    return rows


def sjoin(files, kind, *options):
    return rows_of(subprocess.run(command(kind, *options, *files), capture_output=True, text=True, timeout=600))


def check(tally, directory, rng, disorder, delay, what):
    files = [directory / "l", directory / "r"]
    sides = [synthetic(rng, rng.randint(50, 300), disorder, changes) for changes in (False, True)]
    punctual = [joins.in_time(rows, delay) for rows in sides]
    for path, rows in zip(files, sides):
        joins.write(path, rows)
    for kind in ("inner", "left"):
        tally.check(f"{what} {kind} bounded", sjoin(files, kind), expected(*sides, kind))
        want, options = expected(*punctual, kind), (kind, "-d", f"{delay}s")
        tally.check(f"{what} {kind} -d", sjoin(files, *options), want)
        live = joins.interleaved(directory, files, rng, lambda fifos: sjoin(fifos, *options))
        tally.check(f"{what} {kind} interleaved", live, want)


def main():
    tally = joins.Tally()
    with tempfile.TemporaryDirectory() as name:
        for seed in [int(arg) for arg in sys.argv[1:]] or [1, 2, 3, 4]:
            rng = random.Random(seed)
            for disorder, delay in ((0, 0), (10, 10), (25, 10), (200, 5)):
                check(tally, Path(name), rng, disorder, delay, f"seed {seed} disorder {disorder}")
    return tally.end()


sys.exit(main())
