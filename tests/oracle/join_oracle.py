#!/usr/bin/env python3
"""sjoin against DuckDB: the same pairs and the same records without partner, for every type.

Seeded synthetic data, in order and shuffled, as files, with -d, and fed through two FIFOs whose
writers take turns at random: any interleaving gives the same multiset; so does the changelog of
--updates, when it is carried out. Where records are late, those
are left out that the model of the watermark (DESIGN: largest time - delay, of their own input) says.
Real data, where SHARED_DATA names a directory that has it: Zeek streams by uid.

usage: join_oracle.py [SEED...]
"""
import collections
import json
import os
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
BOUNDS = [(-20, 0), (0, 0), (-5, 5), (3, 9), (-9, -3), (0, 1000000)]
START = 1767225600  # 2026-01-01


def synthetic(rng, count, disorder):
    """(time in s, key or None) in the order of arrival."""
    keys = [None, 1, 2, 3, 4, "1", "x", True]
    rows = [(i // 3 - rng.randint(0, disorder), rng.choice(keys)) for i in range(count)]
    return [{"t": START + t, "k": key, "n": n} for n, (t, key) in enumerate(rows)]


def typed(key):
    """As SQL text that tells types apart: JSON of the key."""
    return "NULL" if key is None else f"'{json.dumps(key)}'"


def tables(left, right):
    db = duckdb.connect(config={"threads": 1})
    for name, rows in (("l", left), ("r", right)):
        db.execute(f"CREATE TABLE {name} (n INT, t BIGINT, k VARCHAR)")
        if rows:
            values = ", ".join(f"({r['n']}, {r['t']}, {typed(r['k'])})" for r in rows)
            db.execute(f"INSERT INTO {name} VALUES {values}")
    return db


def expected(left, right, bounds, kind):
    db = tables(left, right)
    on = f"l.k = r.k AND r.t - l.t BETWEEN {bounds[0]} AND {bounds[1]}"
    if kind in ("semi", "anti"):
        sql = f"SELECT l.n, NULL, l.t FROM l {kind.upper()} JOIN r ON {on}"
    else:
        sql = f"SELECT l.n, r.n, coalesce(greatest(l.t, r.t), l.t, r.t) FROM l {kind.upper()} JOIN r ON {on}"
    return collections.Counter(db.execute(sql).fetchall())


def best(left, right, bounds, side, order):
    """The best pair of each record of SIDE; of equal ones the earliest, of those the first to arrive."""
    other = {"l": "r", "r": "l"}[side]
    db = tables(left, right)
    return collections.Counter(db.execute(f"""
        SELECT l_n, r_n, t FROM (SELECT l.n AS l_n, r.n AS r_n, greatest(l.t, r.t) AS t, row_number() OVER (
            PARTITION BY {side}.n ORDER BY {order}, {other}.t, {other}.n) AS place
        FROM l JOIN r ON l.k = r.k AND r.t - l.t BETWEEN {bounds[0]} AND {bounds[1]}) WHERE place = 1""").fetchall())


def rows_of(output, kind):
    rows = collections.Counter()
    for line in output.splitlines():
        row = json.loads(line)
        if "@watermark" in row:
            continue
        sign = -1 if row.get("@op") in ("retract", "delete") else 1
        if kind in ("semi", "anti"):
            rows[(row["n"], None, row["t"])] += sign
            continue
        left, right = row["l"], row["r"]
        times = [side["t"] for side in (left, right) if side]
        rows[(left and left["n"], right and right["n"], max(times))] += sign
    return +rows


def sjoin(left, right, bounds, kind, *options):
    command = ["sjoin", "-q", "--within", f"{bounds[0]}s,{bounds[1]}s", "-k", "k", "-t", "t", "-j", kind, *options]
    if kind not in ("semi", "anti"):
        command += ["--nest", "l,r"]
    done = subprocess.run([*command, str(left), str(right)], capture_output=True, text=True, timeout=600)
    if done.returncode not in (0, 1) or "internal" in done.stderr:
        raise RuntimeError(f"{command}: {done.returncode}: {done.stderr}")
    return rows_of(done.stdout, kind)


def check_synthetic(tally, seed, directory):
    rng = random.Random(seed)
    files = [directory / "l", directory / "r"]
    for disorder, delay in ((0, 0), (10, 10), (25, 10), (200, 5)):
        sides = [synthetic(rng, rng.randint(50, 300), disorder) for _ in range(2)]
        punctual = [joins.in_time(rows, delay) for rows in sides]
        for path, rows in zip(files, sides):
            joins.write(path, rows)
        for bounds in BOUNDS:
            kind = rng.choice(TYPES)
            what = f"seed {seed} disorder {disorder} {bounds} {kind}"
            tally.check(what, sjoin(*files, bounds, kind), expected(*sides, bounds, kind))
            want = expected(*punctual, bounds, kind)
            tally.check(f"{what} -d {delay}s", sjoin(*files, bounds, kind, "-d", f"{delay}s"), want)
            got = sjoin(*files, bounds, kind, "-d", f"{delay}s", "--updates")
            tally.check(f"{what} -d {delay}s --updates", got, want)
            got = joins.interleaved(directory, files, rng,
                                    lambda fifos: sjoin(*fifos, bounds, kind, "-d", f"{delay}s"))
            tally.check(f"{what} -d {delay}s interleaved", got, want)


ORDERS = ("l.n % 7 DESC", "r.n % 5, l.n % 3 DESC", "abs(l.n - r.n)", "abs(l.t - r.t) DESC", "l.n % 2, r.n")


def check_best(tally, seed, directory):
    rng = random.Random(seed)
    files = [directory / "l", directory / "r"]
    for disorder, delay in ((0, 0), (10, 10), (200, 5)):
        sides = [synthetic(rng, rng.randint(50, 300), disorder) for _ in range(2)]
        punctual = [joins.in_time(rows, delay) for rows in sides]
        for path, rows in zip(files, sides):
            joins.write(path, rows)
        for bounds in BOUNDS:
            side, order = rng.choice("lr"), rng.choice(ORDERS)
            what = f"seed {seed} disorder {disorder} {bounds} --each {side} --by '{order}'"
            options = ("--each", side, "--by", order)
            tally.check(what, sjoin(*files, bounds, "inner", *options), best(*sides, bounds, side, order))
            want = best(*punctual, bounds, side, order)
            late = ("-d", f"{delay}s")
            tally.check(f"{what} -d {delay}s", sjoin(*files, bounds, "inner", *options, *late), want)
            got = joins.interleaved(directory, files, rng,
                                    lambda fifos: sjoin(*fifos, bounds, "inner", *options, *late))
            tally.check(f"{what} -d {delay}s interleaved", got, want)


def check_zeek(tally, path, directory):
    streams = collections.defaultdict(list)
    with open(path) as file:
        for line in file:
            record = json.loads(line)
            if "ts" in record and "@stream" in record:
                streams[record["@stream"]].append({"t": int(float(record["ts"])), "k": record.get("uid"),
                                                   "n": len(streams[record["@stream"]])})
    names = sorted(streams, key=lambda name: -len(streams[name]))[:4]
    for left in names:
        for right in names:
            for bounds, kind in (((-60, 60), "full"), ((0, 3600), "left"), ((-3600, 0), "anti")):
                files = [directory / "l", directory / "r"]
                joins.write(files[0], streams[left])
                joins.write(files[1], streams[right])
                tally.check(f"zeek {left} {right} {bounds} {kind}", sjoin(*files, bounds, kind),
                            expected(streams[left], streams[right], bounds, kind))


def main():
    tally = joins.Tally()
    seeds = [int(arg) for arg in sys.argv[1:]] or [1, 2, 3]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for seed in seeds:
            check_synthetic(tally, seed, directory)
            check_best(tally, seed, directory)
        zeek = Path(os.environ.get("SHARED_DATA", "/nonexistent")) / "logs" / "zeek_day1.ndjson"
        if zeek.exists():
            check_zeek(tally, zeek, directory)
        else:
            print("skipped: the Zeek streams (SHARED_DATA)")
    return tally.end()


sys.exit(main())
