#!/usr/bin/env python3
"""srank against DuckDB: QUALIFY ROW_NUMBER() / RANK() <= N over the same seeded records.

Ties are broken by event time, then arrival, as srank documents; records come shuffled. And srank
--running: its changelog, applied, is that answer for every prefix of the records.

usage: rank_oracle.py [SEED...]
"""
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", ROOT / "build")).resolve()
COLUMNS = "n BIGINT, t BIGINT, k VARCHAR, v DOUBLE, s VARCHAR"
ORDERS = {
    "v": "v ASC NULLS FIRST",
    "v DESC": "v DESC NULLS LAST",
    "v DESC NULLS FIRST, s": "v DESC NULLS FIRST, s ASC NULLS FIRST",
    "s asc nulls last, v * 2 desc": "s ASC NULLS LAST, v * 2 DESC NULLS LAST",
}
WINDOWS = {"10s": (10, 10), "hop:20s,10s": (20, 10), "hop:25s,10s": (25, 10), "cumulate:30s,10s": (30, 10),
           "all": None}


def make(seed, count):
    r = random.Random(seed)
    records = []
    for n in range(count):
        record = {"n": n, "t": r.randrange(0, 300), "k": r.choice("abcdefgh")}
        if r.random() < 0.9:
            record["v"] = r.choice([r.randrange(-5, 6), r.randrange(-50, 50) / 4, None])
        if r.random() < 0.9:
            record["s"] = r.choice(["", "a", "B", "é", "zz", None])
        records.append(record)
    return records


def windows_sql(name):
    if name == "all":
        return "SELECT *, 0 AS w FROM records"
    size, slide = WINDOWS[name]
    if name.startswith("cumulate"):
        return f"""SELECT r.*, e.w FROM records r, (SELECT unnest(range({slide}, 400, {slide})) AS w) e
                   WHERE e.w > r.t AND r.t >= (e.w - {slide}) // {size} * {size}"""
    return f"""SELECT r.*, e.w FROM records r, (SELECT unnest(range(-100, 400, {slide})) + {size} AS w) e
               WHERE e.w > r.t AND r.t >= e.w - {size}"""


def expected(db, order, window, keyed, keep, limit):
    partition = "w, k" if keyed else "w"
    by = ORDERS[order]
    function = f"rank() OVER (PARTITION BY {partition} ORDER BY {by})" if keep else \
        f"row_number() OVER (PARTITION BY {partition} ORDER BY {by}, t, n)"
    rows = db.execute(f"SELECT w, n, {function} AS place FROM ({windows_sql(window)}) "
                      f"QUALIFY place <= {limit}").fetchall()
    return sorted(rows)


def actual(path, order, window, keyed, keep, limit):
    command = [BUILD / "bin/srank", "-t", "t", "-n", str(limit), "--by", order, "-w", window,
               "--ties", "keep" if keep else "first"] + (["-k", "k"] if keyed else []) + [path]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = []
    for line in out.splitlines():
        row = json.loads(line)
        minutes, seconds = row["window_end"][14:19].split(":")
        rows.append((0 if window == "all" else int(minutes) * 60 + int(seconds), row["n"], row["rank"]))
    return sorted(rows)


def applied(lines, by_rank):
    """The table that the changelog makes: rows (k, rank, n), sorted."""
    table = {}
    for line in lines:
        row = json.loads(line)
        entry = (row["k"], row["rank"], row["n"])
        key = entry[:2] if by_rank else entry
        if row["@op"] in ("retract", "delete"):
            if table.pop(key, None) != entry:
                sys.exit(f"rank_oracle: {line} takes away what was not there")
        elif row["@op"] != "upsert" and key in table:
            sys.exit(f"rank_oracle: {line} is there already")
        else:
            table[key] = entry
    return sorted(table.values())


def check_running(seed, count):
    records = make(seed, count)
    lines = [json.dumps(r) for r in records]
    compared = 0
    db = duckdb.connect()
    db.execute(f"CREATE TABLE records ({COLUMNS})")
    db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)",
                   [[r["n"], r["t"], r["k"], r.get("v"), r.get("s")] for r in records])
    for order, by in ORDERS.items():
        for limit, more in (1, []), (3, []), (3, ["--retract"]), (4, ["--retract", "--ties", "keep"]):
            keep = "keep" in more
            function = "rank()" if keep else "row_number()"
            run = [BUILD / "bin/srank", "-t", "t", "-n", str(limit), "--by", order, "-k", "k",
                   "--running", *more]
            whole = subprocess.run(run, input="\n".join(lines), check=True, capture_output=True,
                                   text=True).stdout.splitlines()
            for prefix in sorted({1, 2, 5, 20, count // 2, count - 1, count} - {0}):
                out = subprocess.run(run, input="\n".join(lines[:prefix]), check=True,
                                     capture_output=True, text=True).stdout.splitlines()
                if out != whole[:len(out)]:
                    sys.exit(f"rank_oracle: --running: {prefix} records say what more take back")
                want = db.execute(f"""SELECT k, {function} OVER (PARTITION BY k ORDER BY {by}
                                      {"" if keep else ", t, n"}) AS place, n
                                      FROM records WHERE n < {prefix} QUALIFY place <= {limit}""").fetchall()
                got = applied(out, not keep)
                if sorted(want) != got:
                    sys.exit(f"rank_oracle: seed {seed}, --running {order} {limit} {more}, {prefix} "
                             f"records: DuckDB says {sorted(want)}, srank {got}")
                compared += 1
    return compared


def check(seed, count):
    records = make(seed, count)
    db = duckdb.connect()
    db.execute(f"CREATE TABLE records ({COLUMNS})")
    db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)",
                   [[r["n"], r["t"], r["k"], r.get("v"), r.get("s")] for r in records])
    compared = 0
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        file.write("".join(json.dumps(r) + "\n" for r in records))
        file.flush()
        for order in ORDERS:
            for window in WINDOWS:
                for keyed, keep, limit in [(0, 0, 1), (1, 0, 3), (0, 1, 5), (1, 1, 1), (0, 0, 1000)]:
                    case = (order, window, keyed, keep, limit)
                    want, got = expected(db, *case), actual(file.name, *case)
                    if want != got:
                        sys.exit(f"rank_oracle: seed {seed}, {case}: missing "
                                 f"{sorted(set(want) - set(got))[:5]}, extra {sorted(set(got) - set(want))[:5]}")
                    compared += len(want)
    return compared


if __name__ == "__main__":
    total = sum(check(int(seed), count) for seed in (sys.argv[1:] or ["1", "2"]) for count in (1, 50, 1000))
    total += sum(check_running(int(seed), 200) for seed in (sys.argv[1:] or ["1", "2"]))
    print(f"rank_oracle: {total} passed, 0 failed")
