#!/usr/bin/env python3
"""sstep against DuckDB's window functions: the same values for every record, in the same order.

Seeded streams with equal times, NULLs and several keys arrive shuffled within a delay; the values
are multiples of 1/4, so that sums of doubles are exact too. Once with -d, once as bounded input.

usage: step_oracle.py [SEED...]
"""
import json
import random
import subprocess
import sys

import duckdb

ROWS = 1500
DELAY = 50  # ms
TTL = 100

# column: (sstep, DuckDB over table d(i, t, k, x), i being the order of arrival)
ROW = "OVER (PARTITION BY k ORDER BY t, i {})"
RANGE = "OVER (PARTITION BY k ORDER BY t {})"
SO_FAR = ROW.format("ROWS UNBOUNDED PRECEDING")
EARLIER = "(SELECT arg_max({'x': b.x}, (b.t, b.i)).x FROM d AS b WHERE b.k = d.k AND b.t <= d.t - 35)"
AGED = "(SELECT {} FROM d AS b WHERE b.k = d.k AND (b.t, b.i) <= (d.t, d.i) AND b.x IS NOT NULL)"
WEIGHT = "pow(0.5, (d.t - b.t) / 20.0)"
COLUMNS = {
    "row_number()": f"row_number() {ROW.format('')}",
    "lag(x)": f"lag(x) {ROW.format('')}",
    "lag(x, 7)": f"lag(x, 7) {ROW.format('')}",
    "lag(x, 35ms)": EARLIER,
    "lead(x) WITHIN 30ms": f"CASE WHEN lead(t) {ROW.format('')} - t <= 30 THEN lead(x) {ROW.format('')} END",
    "lead(x, 4) within 90ms":
        f"CASE WHEN lead(t, 4) {ROW.format('')} - t <= 90 THEN lead(x, 4) {ROW.format('')} END",
    "delta(x)": f"x - lag(x) {ROW.format('')}",
    "rate(x)": f"CASE WHEN t > lag(t) {ROW.format('')} THEN (x - lag(x) {ROW.format('')}) * 1000"
               f" / (t - lag(t) {ROW.format('')}) END",
    "first_value(x)": f"first_value(x IGNORE NULLS) {SO_FAR}",
    "last_value(x)": "last_value(x IGNORE NULLS) "
                     + ROW.format("ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"),
    "changed(x)": f"x IS DISTINCT FROM lag(x) {ROW.format('')} OR row_number() {ROW.format('')} = 1",
    "ewma(x, 20ms)": f"{AGED.format(f'sum(b.x * {WEIGHT})')} / {AGED.format(f'sum({WEIGHT})')}",
}
COLUMNS["twa(x, 60ms)"] = """(
    SELECT sum(b.x * s) / nullif(sum(s), 0)
    FROM (SELECT h.x, greatest(0, least(h.u, d.t) - greatest(h.t, d.t - 60)) AS s
          FROM h WHERE h.k = d.k AND h.t <= d.t) AS b)"""
for name in "sum", "avg", "min", "max", "count":
    for frame, over in {
        "": SO_FAR,
        "OVER (ROWS 1)": ROW.format("ROWS 0 PRECEDING"),
        "OVER (ROWS 5)": ROW.format("ROWS 4 PRECEDING"),
        "OVER (ROWS 40 PRECEDING)": ROW.format("ROWS 40 PRECEDING"),
        "OVER (RANGE 20ms)": RANGE.format("RANGE BETWEEN 20 PRECEDING AND CURRENT ROW"),
        "OVER (RANGE UNBOUNDED)": RANGE.format("RANGE UNBOUNDED PRECEDING"),
    }.items():
        COLUMNS[f"{name}(x) {frame}"] = f"{name}(x) {over}"


def stream(seed):
    """Records in the order they arrive: times at most DELAY behind the largest so far."""
    rng = random.Random(seed)
    times = sorted(rng.randrange(ROWS * 4) for _ in range(ROWS))
    times.sort(key=lambda t: t + rng.randrange(DELAY))
    return [(i, t, rng.choice("aaabbcdefghij"),
             None if rng.random() < 0.1 else rng.randrange(-40, 40) / 4)
            for i, t in enumerate(times)]


def sstep(records, *options):
    lines = "".join(json.dumps({"t": t, "i": i, "k": k, "x": x}) + "\n" for i, t, k, x in records)
    done = subprocess.run(["sstep", "-t", "t", "--time-format", "epoch_ms", "-k", "k", "--step", "1ms",
                           *options], input=lines, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"sstep {options}: status {done.returncode}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def same(ours, theirs):
    if isinstance(ours, float) and theirs is not None:
        return abs(ours - theirs) <= 1e-9 * max(1, abs(theirs))
    return ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool)


def compare(what, ours, theirs):
    """Both as lists of rows (i, value...). 1 where they differ."""
    if len(ours) != len(theirs):
        print(f"{what}: {len(ours)} rows, DuckDB has {len(theirs)}")
        return 1
    for mine, other in zip(ours, theirs):
        for at, (a, b) in enumerate(zip(mine, other)):
            if not same(a, b):
                print(f"{what}: record {mine[0]}, column {at}: {a!r}, DuckDB says {b!r}")
                return 1
    return 0


def main():
    failed = passed = 0
    names = [f"c{n}" for n in range(len(COLUMNS))]
    wanted = ", ".join(f"{ours} AS {name}" for name, ours in zip(names, COLUMNS))
    for seed in map(int, sys.argv[1:] or ["1", "2"]):
        records = stream(seed)
        db = duckdb.connect()
        db.execute("SET threads = 1; CREATE TABLE d (i INT, t BIGINT, k TEXT, x DOUBLE)")
        rows = ", ".join("(%d, %d, '%s', %s)" % (i, t, k, "NULL" if x is None else x)
                         for i, t, k, x in records)
        db.execute(f"INSERT INTO d VALUES {rows}")
        # h: a value and until when it holds
        db.execute(f"""CREATE TABLE h AS SELECT *, coalesce(lead(t) {ROW.format('')}, 1000000000) AS u
                       FROM d WHERE x IS NOT NULL""")
        columns = ", ".join(COLUMNS.values())
        theirs = db.execute(f"SELECT i, {columns} FROM d ORDER BY t, i").fetchall()
        for options in ["-d", f"{DELAY}ms"], []:
            ours = [(row["i"], *(row[name] for name in names))
                    for row in sstep(records, "-a", wanted, *options)]
            for at, column in enumerate(COLUMNS, 1):
                wrong = compare(f"seed {seed} {options}: {column}", [(r[0], r[at]) for r in ours],
                                [(r[0], r[at]) for r in theirs])
                failed += wrong
                passed += not wrong
            theirs_ttl = db.execute(f"""
                WITH gaps AS (SELECT *, coalesce(t - lag(t) {ROW.format('')} > {TTL}, false) AS gap FROM d),
                lives AS (SELECT *, sum(gap::INT) {SO_FAR} AS life FROM gaps)
                SELECT i, row_number() OVER w, sum(x) OVER w,
                       lead(x, 2) OVER (PARTITION BY k, life ORDER BY t, i) FROM lives
                WINDOW w AS (PARTITION BY k, life ORDER BY t, i ROWS UNBOUNDED PRECEDING)
                ORDER BY t, i""").fetchall()
            ours = [(row["i"], row["n"], row["s"], row["l"]) for row in
                    sstep(records, "-a", "row_number() AS n, sum(x) AS s, lead(x, 2) WITHIN 1h AS l", "--ttl", f"{TTL}ms", *options)]
            wrong = compare(f"seed {seed} {options}: --ttl", ours, theirs_ttl)
            failed += wrong
            passed += not wrong
    print(f"step: {passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
