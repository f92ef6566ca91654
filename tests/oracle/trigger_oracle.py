#!/usr/bin/env python3
"""swindow against DuckDB, where rows are said by number, again, or of nothing: count windows (by
row_number), late and early rows (what stands in the end; what discarding rows add up to), windows
without records (by generate_series), and parts that are merged.

usage: trigger_oracle.py [SEED...]
"""
import itertools
import json
import random
import subprocess
import sys

import duckdb

BASE = 1_767_225_600_000  # 2026-01-01T00:00:00Z, in milliseconds, as all times here
HOST = ["ada", "bo", "cy"]
AGGREGATES = "count AS n, sum(v) AS s, min(v) AS low, max(v) AS high"
SELECTED = "count(*), sum(v), min(v), max(v)"


def records_of(seed, count=1200):
    rng = random.Random(seed)
    time, records = BASE, []
    for n in range(count):
        time += rng.choice([0, 1, 300, 900, 2000]) + (90_000 if rng.random() < 0.01 else 0)
        late = rng.choice([0, 0, 0, 500, 8_000, 40_000])
        records.append((n, time - late, rng.choice(HOST[: 2 + (n > 200)]), rng.randrange(-50, 1000)))
    return records


def lines(records):
    return "".join(json.dumps({"t": t, "k": k, "v": v}) + "\n" for _, t, k, v in records)


def rows_of(arguments, given):
    command = ["timeout", "600", "swindow", "-q", *arguments, "-a", AGGREGATES]
    done = subprocess.run(command, input=given, capture_output=True, text=True)
    if done.returncode > 1:
        raise SystemExit(f"{command}: {done.stderr}")
    rows = (json.loads(line) for line in done.stdout.splitlines())
    return [row for row in rows if "@watermark" not in row]


TIMED = ["-t", "t", "--time-format", "epoch_ms", "--max-ahead", "none"]


def told(row):
    return (row["window_start"], row["window_end"], row.get("k")), tuple(row[name] for name in ("n", "s", "low", "high"))


def standing(rows):
    """What a changelog leaves."""
    rows_by_bounds = {}
    for row in rows:
        bounds, values = told(row)
        if row.get("@op") in ("retract", "delete"):
            assert rows_by_bounds.pop(bounds) == values
        else:
            rows_by_bounds[bounds] = values
    return rows_by_bounds


def added(rows):
    """What discarding rows add up to; a row of nothing has no extremes."""
    sums = {}
    for row in rows:
        bounds, values = told(row)
        sums.setdefault(bounds, []).append(values)
    return {
        bounds: (sum(v[0] for v in each), sum(v[1] or 0 for v in each),
                 min(v[2] for v in each if v[0]), max(v[3] for v in each if v[0]))
        for bounds, each in sums.items()
    }


class Oracle:
    def __init__(self, seed):
        self.seed, self.passed, self.failed = seed, 0, 0
        records = records_of(seed)
        self.given = lines(records)
        self.db = duckdb.connect()
        self.db.execute("SET threads = 1; SET TimeZone = 'UTC'")
        self.db.execute("CREATE TABLE r (n INT, t BIGINT, k VARCHAR, v BIGINT)")
        self.db.executemany("INSERT INTO r VALUES (?, ?, ?, ?)", records)

    def same(self, what, got, want):
        if got == want:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED seed {self.seed}: {what}: {len(got)} rows, {len(want)} wanted")
        for bounds in list(dict.fromkeys([*got, *want])):
            if got.get(bounds) != want.get(bounds):
                print("  ", bounds, "got", got.get(bounds), "want", want.get(bounds))
                break

    def ask(self, sql):
        """Rows of (start, end, key, aggregates...) with times in milliseconds."""
        stamp = "strftime(make_timestamp({} * 1000), '%Y-%m-%dT%H:%M:%S.%gZ')"
        named = f"SELECT {stamp.format('a')}, {stamp.format('b')}, k, * EXCLUDE (a, b, k) FROM ({sql})"
        return {row[:3]: tuple(row[3:]) for row in self.db.execute(named).fetchall()}

    def counts(self):
        for size, slide in ((1, 1), (7, 7), (100, 100), (10, 3), (50, 49)):
            sql = f"""
                WITH numbered AS (SELECT *, row_number() OVER (PARTITION BY k ORDER BY n) - 1 AS place FROM r),
                windows AS (SELECT *, unnest(generate_series(greatest(0, (place - {size} + {slide}) // {slide}),
                                                             place // {slide})) AS w FROM numbered)
                SELECT w, k, min(t), max(t), {SELECTED} FROM windows
                WHERE place >= w * {slide} AND place < w * {slide} + {size}
                GROUP BY w, k HAVING count(*) = {size} ORDER BY k, w"""
            want = [(k, *values) for _, k, *values in self.db.execute(sql).fetchall()]
            rows = rows_of(["-w", f"count:{size},{slide}", "-k", "k", *TIMED], self.given)
            got = sorted((row for row in rows), key=lambda row: row["k"])
            stamp = self.db.execute("SELECT epoch_ms(x::TIMESTAMP) FROM unnest(?) AS u(x)",
                                    [[b for row in got for b in (row["window_start"][:-1], row["window_end"][:-1])]])
            times = iter([time for (time,) in stamp.fetchall()])
            got = [(row["k"], next(times), next(times), *told(row)[1]) for row in got]
            self.same(f"count:{size},{slide}", dict(enumerate(got)), dict(enumerate(want)))

    def windows(self, size, slide, delay, lateness):
        """The records of each window: those whose watermark, the greatest time before them less
        the delay, does not lie beyond its end and the lateness."""
        return f"""
            WITH marked AS (SELECT *, max(t) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                                      - {delay} AS mark FROM r),
            windows AS (SELECT *, (t // {slide} - i) * {slide} AS a
                        FROM marked, generate_series(0, {(size - 1) // slide}) AS g(i))
            SELECT a, a + {size} AS b, k, {SELECTED} FROM windows
            WHERE t < a + {size} AND (mark IS NULL OR a + {size} + {lateness} > mark) GROUP BY a, k"""

    def said_again(self):
        early = [[], ["--early", "1"], ["--early", "5"], ["--early", "3s"]]
        for (spec, size, slide), more, lateness in itertools.product(
            (("10s", 10_000, 10_000), ("hop:20s,5s", 20_000, 5_000), ("hop:7s,3s", 7_000, 3_000)), early, (0, 15_000)
        ):
            want = self.ask(self.windows(size, slide, 2_000, lateness))
            plain = ["-w", spec, "-k", "k", "-d", "2s", "--step", "1ms", *TIMED, *more]
            plain += ["--lateness", "15s"] if lateness else []
            self.same(f"{plain}", standing(rows_of(plain, self.given)), want)
            if lateness or more:
                self.same(f"{plain} retracting", standing(rows_of([*plain, "--retract"], self.given)), want)
                discarding = added(rows_of([*plain, "--mode", "discard"], self.given))
                self.same(f"{plain} discarding", discarding, want)

    def empty(self):
        grouped = f"SELECT t // 10000 * 10000 AS a, k, {SELECTED} FROM r GROUP BY a, k"
        sql = f"""
            WITH grouped (a, k, n, s, low, high) AS ({grouped}),
            whole AS (SELECT unnest(generate_series(min(a), max(a), 10000)) AS a FROM grouped),
            known AS (SELECT whole.a, first.k FROM whole JOIN (SELECT k, min(a) AS a FROM grouped GROUP BY k) first
                      ON whole.a >= first.a)
            SELECT known.a, known.a + 10000 AS b, known.k, coalesce(n, 0), s, low, high
            FROM known LEFT JOIN grouped USING (a, k)"""
        rows = rows_of(["-w", "10s", "-k", "k", "--empty=key", *TIMED], self.given)
        self.same("--empty=key", standing(rows), self.ask(sql))
        sql = f"""
            WITH grouped (a, n, s, low, high) AS (SELECT t // 10000 * 10000 AS a, {SELECTED} FROM r GROUP BY a),
            whole AS (SELECT unnest(generate_series(min(a), max(a), 10000)) AS a FROM grouped)
            SELECT a, a + 10000 AS b, NULL AS k, coalesce(n, 0), s, low, high FROM whole LEFT JOIN grouped USING (a)"""
        self.same("--empty", standing(rows_of(["-w", "10s", "--empty", *TIMED], self.given)), self.ask(sql))

    def parts(self):
        for spec, size, slide in (("10s", 10_000, 10_000), ("hop:7s,3s", 7_000, 3_000)):
            parts = rows_of(["-w", spec, "-k", "k", "--partial", *TIMED], self.given)
            given = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in parts)
            merged = rows_of(["-w", spec, "-k", "k", "--merge", "--max-ahead", "none"], given)
            self.same(f"{spec} merged", standing(merged), self.ask(self.windows(size, slide, 10**9, 0)))


def main():
    failed = passed = 0
    for seed in map(int, sys.argv[1:] or ["1", "2"]):
        oracle = Oracle(seed)
        for question in (oracle.counts, oracle.said_again, oracle.empty, oracle.parts):
            question()
        passed, failed = passed + oracle.passed, failed + oracle.failed
    print(f"triggers against DuckDB: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
