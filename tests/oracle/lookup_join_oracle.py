#!/usr/bin/env python3
"""sjoin --lookup against DuckDB: the same rows for every type, from NDJSON and from CSV tables.

usage: lookup_join_oracle.py [SEED...]
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

TYPES = ["inner", "left", "semi", "anti"]
KEYS = [None, 1, 2, 30, 4.5, "1", "x", "a,b", 'q"q', True]


def typed(key):
    return None if key is None else json.dumps(key)


def expected(left, right, kind):
    db = duckdb.connect(config={"threads": 1})
    for name, rows in (("l", left), ("r", right)):
        db.execute(f"CREATE TABLE {name} (n INT, k VARCHAR)")
        db.executemany(f"INSERT INTO {name} VALUES (?, ?)", [(row["n"], typed(row["k"])) for row in rows])
    columns = "l.n, NULL" if kind in ("semi", "anti") else "l.n, r.n"
    return collections.Counter(db.execute(f"SELECT {columns} FROM l {kind.upper()} JOIN r ON l.k = r.k").fetchall())


def field(value):
    """As CSV: strings always in quotes, so that they stay strings."""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return "" if value is None else json.dumps(value)


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for seed in [int(arg) for arg in sys.argv[1:]] or range(1, 9):
            rng = random.Random(seed)
            left, right = ([{"k": rng.choice(KEYS), "n": n} for n in range(rng.randint(1, 200))] for _ in "lr")
            (directory / "l").write_text("".join(json.dumps(row) + "\n" for row in left))
            (directory / "t.ndjson").write_text("".join(json.dumps(row) + "\n" for row in right))
            (directory / "t.csv").write_text("k,n\n" + "".join(f"{field(r['k'])},{r['n']}\n" for r in right))
            for kind in TYPES:
                for table in ("t.ndjson", "t.csv"):
                    done = subprocess.run(["sjoin", "-q", "--lookup", "-k", "k", "-j", kind, "l", table],
                                          cwd=directory, capture_output=True, text=True, timeout=600)
                    rows = [json.loads(line) for line in done.stdout.splitlines()]
                    got = collections.Counter((row["n"], row.get("right_n")) for row in rows)
                    good = done.returncode == 0 and got == expected(left, right, kind)
                    passed += good
                    failed += not good
                    if not good:
                        print(f"FAILED seed {seed} {kind} {table}: {done.stderr}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
