#!/usr/bin/env python3
"""sgap against DuckDB: the same gaps (lead), and the same filled records (generate_series, ASOF).

Seeded streams of keys that fall silent now and then, with equal times, arrive shuffled within a
delay, once with -d and once as bounded input. Gaps must be the same bytes whatever the order of
arrival; and with --ttl a key is another after a long silence.

usage: gap_oracle.py [SEED...]
"""
import datetime
import json
import random
import shlex
import subprocess
import sys

import duckdb

ROWS = 1200
DELAY = 60  # ms
AFTER = 40
LONG = 150
START = 1_700_000_000_000
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def stream(seed):
    """Records (k, t, v), v being the order of arrival: times at most DELAY behind the largest."""
    rng = random.Random(seed)
    records = []
    for k in "abcdefghij":
        t = START + rng.randrange(50)
        for _ in range(ROWS // 10):
            records.append((k, t))
            t += rng.choice([0, 5, 10, 10, 10, 20, AFTER, AFTER + 1, 60, 100, LONG, LONG + 1, 400])
    records.sort(key=lambda r: r[1] + rng.randrange(DELAY))
    return [(k, t, v) for v, (k, t) in enumerate(records)]


def lines_of(records):
    return "".join(json.dumps({"t": t, "k": k, "v": v}) + "\n" for k, t, v in records)


def sgap(records, *options):
    done = subprocess.run(["sgap", "-t", "t", "-k", "k", "--step", "1ms", *options],
                          input=lines_of(records), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"sgap {options}: status {done.returncode}: {done.stderr}")
    return done.stdout


def table(records):
    db = duckdb.connect()
    db.execute("SET threads = 1; CREATE TABLE d (k TEXT, t BIGINT, v BIGINT)")
    db.execute("INSERT INTO d VALUES " + ", ".join(f"('{k}', {t}, {v})" for k, t, v in records))
    return db


def gaps(db, ttl):
    """Rows (told, key, kind, start, end) in the order that sgap promises."""
    return db.execute(f"""
        WITH n AS (SELECT k, t, lead(t) OVER (PARTITION BY k ORDER BY t) AS u FROM d),
        g AS (SELECT * FROM n WHERE coalesce(u - t, 1e15) > {AFTER}),
        told AS (SELECT t + {AFTER} AS moment, k, 'begin' AS kind, t, NULL AS u FROM g
                 WHERE t + {AFTER} < (SELECT max(t) FROM d)
                 UNION ALL SELECT u, k, 'end', t, u FROM g WHERE u - t <= {ttl})
        SELECT * FROM told ORDER BY moment, k""").fetchall()


def millis(text):
    if text is None:
        return None
    since = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH
    return round(since / datetime.timedelta(milliseconds=1))


def compare(what, ours, theirs):
    if ours == theirs:
        return 0
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
    print(f"{what}: {len(ours)} rows, DuckDB has {len(theirs)}; row {at}: {ours[at:at + 1]}, "
          f"DuckDB says {theirs[at:at + 1]}")
    return 1


def check_gaps(seed, records, db):
    failed = 0
    for more, ttl in ([], 10**15), (["--ttl", f"{LONG}ms"], LONG):
        options = ["--after", f"{AFTER}ms", *more]
        out = sgap(records, *options)
        rows = [json.loads(line) for line in out.splitlines()]
        ours = [(millis(r["@timestamp"]), r["k"], r["gap"], millis(r["gap_start"]),
                 millis(r.get("gap_end"))) for r in rows]
        failed += compare(f"seed {seed} {options}", ours, gaps(db, ttl))
        shuffled = random.Random(seed).sample(records, len(records))
        for what, other in ("-d", sgap(records, *options, "-d", f"{DELAY}ms")), \
                ("shuffled", sgap(shuffled, *options)), ("sorted", sgap(sorted(records), *options)):
            if other != out:
                print(f"seed {seed} {options}: other bytes with {what}")
                failed += 1
    return 8, failed


STEP = 15


def filled(db, how, after, ttl):
    """Rows (key, instant, value) that --fill adds."""
    to = "u" if how == "linear" else "coalesce(u, (SELECT max(t) + 1 FROM d))"
    holes = f"""n AS (SELECT k, t, v, lead(t) OVER w AS u, lead(v) OVER w AS next FROM d
                       WINDOW w AS (PARTITION BY k ORDER BY t, v)),
                 i AS (SELECT k, unnest(generate_series(t + {STEP}, {to} - 1, {STEP})) AS i
                       FROM n WHERE {to} - t > {after} AND ('{how}' <> 'linear' OR u - t <= {ttl}))"""
    value = {"previous": "n.v", "null": "NULL",
             "linear": "n.v + (n.next - n.v) * (i - t) / (u - t)"}[how]
    return db.execute(f"""
        WITH {holes} SELECT i.k, i, {value} FROM i ASOF JOIN
             (SELECT * FROM n WHERE u IS NULL OR u > t) AS n ON i.k = n.k AND i.i >= n.t
        WHERE i - t <= {ttl} ORDER BY ALL""").fetchall()


def check_promises(seed, records):
    """The same bytes whatever the watermarks; and nothing behind a watermark that was forwarded."""
    failed = 0
    for how, after in ("previous", STEP), ("previous", AFTER), ("null", LONG), ("linear", STEP):
        options = ["--fill", f"{STEP}ms", "--after", f"{after}ms", "--fill-with", how,
                   "--ttl", f"{LONG}ms"]
        out = sgap(records, *options)
        marked = sgap(records, *options, "-d", f"{DELAY}ms")
        if how != "linear" and marked != out:
            print(f"seed {seed} {options}: other bytes with -d")
            failed += 1
        done = subprocess.run(["bash", "-c", f"""swatermark -t t -d {DELAY}ms --step 1ms |
                               sgap -t t -k k {shlex.join(options)} | ssort -t t --late-fail"""],
                              input=lines_of(records), capture_output=True, text=True, check=False)
        if done.returncode or '"@watermark":"end"' not in done.stdout or done.stdout.count("@fill") != out.count("@fill"):
            print(f"seed {seed} {options}: behind a watermark: {done.stderr}")
            failed += 1
    return 8, failed


def check_filled(seed, records, db):
    count = failed = 0
    for how in "previous", "linear", "null":
        for after in STEP, AFTER:
            for more, ttl in ([], 10**15), (["--ttl", f"{LONG}ms"], LONG):
                for delay in [], ["-d", f"{DELAY}ms"]:
                    if delay and not more and how == "linear":
                        continue
                    options = ["--fill", f"{STEP}ms", "--after", f"{after}ms", "--fill-with", how,
                               *more, *delay]
                    rows = [json.loads(line) for line in sgap(records, *options).splitlines()]
                    ours = sorted((r["k"], r["t"], r["v"]) for r in rows if r.get("@fill") == how)
                    theirs = filled(db, how, after, ttl)
                    if how == "linear":
                        ours, theirs = [[(k, t, round(v, 6)) for k, t, v in r] for r in (ours, theirs)]
                    count += 2
                    failed += compare(f"seed {seed} {options}", ours, theirs)
                    failed += compare(f"seed {seed} {options}: passed on", sorted(records),
                                      sorted((r["k"], r["t"], r["v"]) for r in rows if "@fill" not in r))
    return count, failed


def main():
    passed = failed = 0
    for seed in map(int, sys.argv[1:] or ["1", "2", "3"]):
        records = stream(seed)
        db = table(records)
        for count, wrong in (check_gaps(seed, records, db), check_filled(seed, records, db),
                             check_promises(seed, records)):
            passed += count - wrong
            failed += wrong
    print(f"gap: {passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
