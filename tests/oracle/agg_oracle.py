#!/usr/bin/env python3
"""swindow's aggregates that say values, orders and tallies against DuckDB, on seeded records.

DuckDB leaves ties and the order of lists open; here it is told what the man page promises: event
time, then arrival.

usage: agg_oracle.py [SEED...]
"""
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

LATEST = "ORDER BY t DESC, n DESC"
EARLIEST = "ORDER BY t, n"

EXPECTED = {
    "count": "count(*)",
    "arg_min(x, v)": "(list(x ORDER BY v, t, n) FILTER (x IS NOT NULL AND v IS NOT NULL))[1]",
    "arg_max(x, v)": "(list(x ORDER BY v DESC, t, n) FILTER (x IS NOT NULL AND v IS NOT NULL))[1]",
    "arg_max(v, x)": "(list(v ORDER BY x DESC, t, n) FILTER (x IS NOT NULL AND v IS NOT NULL))[1]",
    "list(x)": f"list(x {EARLIEST}) FILTER (x IS NOT NULL)",
    "list(v)": f"list(v {EARLIEST}) FILTER (v IS NOT NULL)",
    "set(x)": "list_sort(list(DISTINCT x) FILTER (x IS NOT NULL))",
    "set(v)": "list_sort(list(DISTINCT v) FILTER (v IS NOT NULL))",
    "histogram(v)": "histogram(v)",
    "histogram(x)": "histogram(x)",
    "bool_and(b)": "bool_and(b)",
    "bool_or(b)": "bool_or(b)",
    "count_distinct(v)": "count(DISTINCT v)",
    "list(x) FILTER (WHERE v > 3)": f"list(x {EARLIEST}) FILTER (x IS NOT NULL AND v > 3)",
    "rate(v)": f"(((list(v {LATEST}) FILTER (v IS NOT NULL))[1] - (list(v {EARLIEST}) FILTER "
    "(v IS NOT NULL))[1]) * 1000)::DOUBLE / nullif(max(t) FILTER (v IS NOT NULL) "
    "- min(t) FILTER (v IS NOT NULL), 0)",
}
RANKED = """SELECT k, list({{'value': {x}, 'count': c}} ORDER BY c DESC, t, n)
    FROM (SELECT k, {x}, count(*) AS c, min(t) AS t, arg_min(n, (t, n)) AS n
          FROM r WHERE {x} IS NOT NULL GROUP BY k, {x}) GROUP BY k"""


def make_records(rng, count):
    for n in range(count):
        yield {
            "n": n,
            "t": 1_700_000_000_000 + rng.randrange(5000),
            "k": rng.choice(["a", "b", "c", "rare"] if rng.random() < 0.01 else ["a", "b", "c"]),
            "x": rng.choice([None, "", "s", "tt", 'quote " and \\', "ü", "zz"]),
            "v": rng.choice([None, rng.randrange(8), rng.randrange(-100, 100)]),
            "b": rng.choice([None, True, True, False]),
        }


def stamp(ms):
    return f"2023-11-14T22:13:{20 + ms // 1000 - 1_700_000_000:02d}.{ms % 1000:03d}Z"


def ours(records):
    lines = "".join(json.dumps({**r, "@timestamp": stamp(r["t"])}) + "\n" for r in records)
    aggs = [f'{name} AS "{name}"' for name in EXPECTED]
    aggs += ["mode(x)", "mode(v)", "topk(x, 3)", "topk(v, 5)"]
    run = subprocess.run(
        ["swindow", "-w", "all", "-k", "k", "-a", ", ".join(aggs)],
        input=lines, capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    return {row["k"]: row for row in rows}


def theirs(records, directory):
    path = Path(directory) / "r.ndjson"
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    db = duckdb.connect(config={"threads": 1})
    db.execute(
        f"CREATE TABLE r AS SELECT * FROM read_json('{path}', format='newline_delimited', columns="
        "{n: 'BIGINT', t: 'BIGINT', k: 'VARCHAR', x: 'VARCHAR', v: 'BIGINT', b: 'BOOLEAN'})"
    )
    rows = db.execute(f"SELECT k, {', '.join(EXPECTED.values())} FROM r GROUP BY k").fetchall()
    result = {row[0]: dict(zip(EXPECTED, row[1:])) for row in rows}
    for x, most in (("x", 3), ("v", 5)):
        for key, ranked in db.execute(RANKED.format(x=x)).fetchall():
            result[key][f"topk_{x}_{most}"] = ranked[:most]
            result[key][f"mode_{x}"] = ranked[0]["value"]
    return result


def same(mine, other):
    if isinstance(other, dict):  # a histogram, in the order of its values
        counted = [{"value": v, "count": c} for v, c in sorted(other.items())]
        return mine == counted
    if isinstance(other, float):
        return mine is not None and abs(mine - other) <= 1e-12 * abs(other)
    return mine == other


def main():
    passed = failed = 0
    for seed in [int(arg) for arg in sys.argv[1:]] or [1, 2, 3]:
        rng = random.Random(seed)
        records = list(make_records(rng, rng.choice([7, 300, 3000])))
        with tempfile.TemporaryDirectory() as directory:
            expected = theirs(records, directory)
        got = ours(records)
        for key, columns in expected.items():
            for name, value in columns.items():
                if same(got[key].get(name), value):
                    passed += 1
                    continue
                failed += 1
                print(f"FAILED seed {seed} key {key} {name}: {got[key].get(name)}, not {value}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
