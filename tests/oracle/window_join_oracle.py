#!/usr/bin/env python3
"""sjoin -w against DuckDB: the same pairs and unmatched records, window by window, for every type.

DuckDB computes the windows of each record (tumbling and hopping by arithmetic, sessions with window
functions over both sides) and joins by (window, key). Bounded, and with a -d that nothing is later
than, through two FIFOs whose writers take turns at random.

usage: window_join_oracle.py [SEED...]
"""
import collections
import datetime
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

TYPES = ["inner", "left", "right", "full", "semi", "anti"]
WINDOWS = [("10s", 10, 10), ("hop:20s,5s", 20, 5), ("hop:7s,3s", 7, 3), ("session:4s", None, 4)]
START = 1767225600  # 2026-01-01
KEYS = [None, 1, 2, "1", "x"]


def synthetic(rng, count, disorder):
    return [{"t": START + n // 2 - rng.randint(0, disorder), "k": rng.choice(KEYS), "n": n} for n in range(count)]


def load(db, sides):
    db.execute("CREATE TABLE both_sides (side VARCHAR, n INT, t BIGINT, k VARCHAR)")
    for name, rows in zip("lr", sides):
        db.executemany("INSERT INTO both_sides VALUES (?, ?, ?, ?)",
                       [(name, r["n"], r["t"], None if r["k"] is None else json.dumps(r["k"])) for r in rows])


def windows(db, size, slide):
    """Table w(side, n, k, ends): each record in each of its windows."""
    if size:
        # Windows begin at multiples of the slide.
        db.execute(f"""CREATE TABLE w AS SELECT side, n, k, starts + {size} AS ends FROM both_sides,
            LATERAL (SELECT unnest(range((t // {slide}) * {slide}, t - {size}, -{slide})) AS starts)""")
        return
    # A record without a key makes a session of its own.
    db.execute(f"""CREATE TABLE w AS
        WITH marked AS (SELECT *, coalesce(t - lag(t) OVER s > {slide}, true) AS fresh FROM both_sides
                        WHERE k IS NOT NULL WINDOW s AS (PARTITION BY k ORDER BY t)),
        counted AS (SELECT *, count(*) FILTER (WHERE fresh) OVER (PARTITION BY k ORDER BY t) AS session FROM marked)
        SELECT side, n, k, max(t) OVER (PARTITION BY k, session) + {slide} AS ends FROM counted
        UNION ALL SELECT side, n, k, t + {slide} FROM both_sides WHERE k IS NULL""")


def expected(sides, size, slide, kind):
    db = duckdb.connect(config={"threads": 1})
    load(db, sides)
    windows(db, size, slide)
    db.execute("CREATE TABLE l AS SELECT * FROM w WHERE side = 'l'")
    db.execute("CREATE TABLE r AS SELECT * FROM w WHERE side = 'r'")
    columns = "l.n, NULL, l.ends" if kind in ("semi", "anti") else "l.n, r.n, coalesce(l.ends, r.ends)"
    return collections.Counter(
        db.execute(f"SELECT {columns} FROM l {kind.upper()} JOIN r ON l.k = r.k AND l.ends = r.ends").fetchall())


def seconds(stamp):
    return int(datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp())


def sjoin(files, spec, kind, *options):
    command = ["sjoin", "-q", "-w", spec, "-k", "k", "-t", "t", "-j", kind, *options, *map(str, files)]
    if kind not in ("semi", "anti"):
        command += ["--nest", "l,r"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.returncode}: {done.stderr}")
    rows, last = collections.Counter(), 0
    for line in done.stdout.splitlines():
        row = json.loads(line)
        ends = seconds(row["window_end"])
        if ends < last:
            raise RuntimeError(f"{command}: windows out of order")
        last = ends
        if kind in ("semi", "anti"):
            rows[(row["n"], None, ends)] += 1
        else:
            rows[(row["l"] and row["l"]["n"], row["r"] and row["r"]["n"], ends)] += 1
    return rows


def main():
    tally = joins.Tally()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        files = [directory / "l", directory / "r"]
        for seed in [int(arg) for arg in sys.argv[1:]] or [1, 2, 3]:
            rng = random.Random(seed)
            for disorder in (0, 10):
                sides = [synthetic(rng, rng.randint(20, 150), disorder) for _ in "lr"]
                for path, rows in zip(files, sides):
                    joins.write(path, rows)
                for spec, size, slide in WINDOWS:
                    for kind in rng.sample(TYPES, 3):
                        want = expected(sides, size, slide, kind)
                        what = f"seed {seed} disorder {disorder} {spec} {kind}"
                        tally.check(f"{what} bounded", sjoin(files, spec, kind), want)
                        live = joins.interleaved(directory, files, rng,
                                                 lambda fifos: sjoin(fifos, spec, kind, "-d", "10s"))
                        tally.check(f"{what} live", live, want)
    return tally.end()


sys.exit(main())
