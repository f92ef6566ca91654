#!/usr/bin/env python3
"""Properties of swindow's early, late, retracting and discarding rows, and of its windows by count.

However often a window says its row, what stands in the end is the row that is said once; what
discarding rows say adds up to it.

usage: triggers.py [SEED]    with the filters first in PATH. Prints what fails, and a count.
"""
import collections
import decimal
import json
import random
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import window  # noqa: E402

WINDOWS = ["10s", "hop:1m,20s", "hop:50s,20s", "cumulate:1m,10s", "1d@Europe/Berlin", "session:7s"]
EARLY = [[], ["--early", "1"], ["--early", "3"], ["--early", "4s"], ["--early", "11s"]]
DISORDER = ["-d", window.delay(window.DISORDER)]
SUMS = "count, count(i) AS n, sum(i) AS i, sum(d) AS d"


def rows_of(output):
    lines = [json.loads(line, parse_float=decimal.Decimal) for line in output.split(b"\n")[:-1]]
    return [row for row in lines if "@watermark" not in row]


def identity(row):
    return row["window_start"], row["window_end"], json.dumps(row["host"])


def bare(row):
    return {name: value for name, value in row.items() if name not in ("@op", "@pane")}


class Standing:
    """Applies a changelog, and holds it to its own words."""

    def __init__(self, rows):
        self.rows, self.wrong, self.said, self.left = {}, [], collections.Counter(), set()
        for row in rows:
            self.apply(row, identity(row), row.get("@op", "new"))

    def apply(self, row, key, op):
        standing = self.rows.get(key)
        if op in ("retract", "delete"):
            if standing != bare(row):
                self.wrong.append(f"takes back what does not stand: {row}")
            self.rows.pop(key, None)
            if op == "delete":
                self.left.add(key)
            return
        if op in ("new", "insert") and standing:
            self.wrong.append(f"not new: {row}")
        self.rows[key] = bare(row)
        pane = row.get("@pane")
        if pane and pane["n"] == 0 and key in self.left:
            self.said[key] = 0  # a session with the bounds of one that was is another; a window is the same
        self.left.discard(key)
        if pane and pane["n"] != self.said[key]:
            self.wrong.append(f"n is not {self.said[key]}: {row}")
        if pane and self.said[key] < 0:
            self.wrong.append(f"follows the last: {row}")
        self.said[key] = -1 if pane and pane["last"] else self.said[key] + 1

    def lines(self):
        return sorted(json.dumps(row, default=str) for row in self.rows.values())


def cut(records, gap, longest, start, end):
    """(start, end, host, count, sum) of sessions that end by the gap, by length and by what records say."""
    open_ones, done = {}, []

    def close(host, at):
        first, last, ended, count, total = open_ones.pop(host)
        ends = [last + gap] + ([first + longest] if longest else []) + ([at] if at is not None else [])
        done.append((first, max(min(ends), last + 1000) if not ended else last + 1000, host, count, total))

    for record in sorted(records, key=lambda r: r.time):
        row = json.loads(record.line)
        host, i, at = json.dumps(row.get("host")), row.get("i"), record.time // 1000 * 1000
        starts, ends = (bool(every and i is not None and i % every == 0) for every in (start, end))
        if host in open_ones:
            first, last, ended, _, _ = open_ones[host]
            if starts or ended or at > last + gap or (longest and at >= first + longest):
                close(host, at)
        first, _, _, count, total = open_ones.get(host, (at, 0, False, 0, 0))
        open_ones[host] = (first, at, ends, count + 1, total + (i or 0))
    for host in list(open_ones):
        close(host, None)
    return done


class Properties(window.Properties):
    def output(self, spec, *more, aggregates=window.AGGREGATES, records=None):
        command = ["swindow", "-t", "time", "-w", spec, "-k", "host", "-a", aggregates, *window.FREE, *more]
        given = window.joined(window.lines_of(records or self.records))
        return window.run(command, given)

    def once(self, spec, *more, **named):
        return Standing(rows_of(self.output(spec, *more, **named).stdout)).lines()

    def check_standing(self, what, got, want):
        standing = Standing(rows_of(got.stdout))
        self.same(what, standing.lines(), want)
        self.same(f"{what}: each row fits those before", standing.wrong, [])
        self.same(f"{what}: status", (got.returncode, got.stderr), (0, b""))

    def early_rows_end_as_one(self):
        for spec in WINDOWS:
            want = self.once(spec)
            for early in EARLY[1:]:
                for more in ([], ["--retract"], ["--lateness", "20s"], ["--lateness", "1h", "--retract"]):
                    self.check_standing(f"-w {spec} {early} {more}", self.output(spec, *DISORDER, *early, *more), want)

    def late_rows_end_as_one(self):
        for spec in WINDOWS:
            want = self.once(spec)
            for early in EARLY:
                for more in ([], ["--retract"]):
                    got = self.output(spec, "-d", "3s", "--lateness", "1h", *early, *more)
                    self.check_standing(f"-w {spec} -d 3s {early} {more}", got, want)

    def shuffles_end_alike(self):
        for spec in WINDOWS:
            want = self.once(spec)
            mixed = self.shuffled_within(window.DISORDER)
            got = self.output(spec, *DISORDER, "--early", "2", "--retract", records=mixed)
            self.check_standing(f"-w {spec} shuffled", got, want)

    def discarded_rows_add_up(self):
        for spec in WINDOWS:
            if spec.startswith("session"):
                continue  # rows have the bounds of the moment
            want = rows_of(self.output(spec, aggregates=SUMS).stdout)
            want = {identity(row): [row[name] or 0 for name in ("count", "n", "i", "d")] for row in want}
            for early in EARLY:
                got = self.output(spec, "-d", "3s", "--lateness", "1h", "--mode", "discard", *early, aggregates=SUMS)
                sums = {}
                for row in rows_of(got.stdout):
                    total = sums.setdefault(identity(row), [0] * 4)
                    for at, name in enumerate(("count", "n", "i", "d")):
                        total[at] += row[name] or 0
                self.same(f"-w {spec} discard {early}", sums, want)

    def discarded_sessions_add_up(self):
        want = sum(row["count"] for row in rows_of(self.output("session:7s").stdout))
        for early in EARLY:
            got = self.output("session:7s", "-d", "3s", "--lateness", "1h", "--mode", "discard", *early)
            self.same(f"session discard {early}", sum(row["count"] for row in rows_of(got.stdout)), want)

    def corrected_rows_cascade(self):
        """Rows that are taken back are taken out of the next stage's windows."""
        given = window.joined(window.lines_of(self.records))
        once = "'count AS n, sum(i) AS i, sum(d) AS d'"
        again = "'sum(n) AS n, sum(i) AS i, sum(d) AS d'"
        want = window.run(f"swindow -t time -w 1m -k host -a {once} --max-ahead none", given, shell=True)
        for first in ("--lateness 1h --retract", "--early 2 --retract", "--early 4s --lateness 1h --retract"):
            for delay in ("3s", "90s") if "lateness" in first else ("90s",):
                for then in (["--lateness 2h --retract", "--lateness 2h --early 3 --retract"]
                             if "lateness" in first else ["", "--early 3 --retract"]):
                    got = window.run(
                        f"swatermark -t time -d {delay} --max-ahead none | swindow -w 10s -k host -a {once} {first} "
                        f"| swindow -w 1m -k host -a {again} {then} | sto ndjson --all", given, shell=True)
                    self.check_standing(f"{first} -d {delay} | {then}", got, Standing(rows_of(want.stdout)).lines())

    def one_on_time_row_each(self):
        for spec in WINDOWS[:5]:
            for early in EARLY[1:]:
                got = rows_of(self.output(spec, *DISORDER, *early).stdout)
                on_time = collections.Counter(identity(r) for r in got if r["@pane"]["timing"] == "on-time")
                self.same(f"-w {spec} {early}: on time", set(on_time.values()), {1})
                self.same(f"-w {spec} {early}: all", set(on_time), {identity(row) for row in got})

    def any_chunks(self):
        given = self.messy()
        for more in (["--early", "3"], ["--early", "4s", "--retract"], ["--lateness", "1m", "--mode", "discard"]):
            for spec in WINDOWS + ["count:5,2"]:
                if spec.startswith("count"):
                    more = []
                command = window.swindow(spec, "-d", "5s", "--stats", *more)
                whole = window.run(command, given)
                for size in ("1", "700"):
                    got = window.run(command, given, {"TIDEPIPE_BLOCK": size})
                    self.same(f"blocks of {size}: {command}", (got.stdout, got.returncode), (whole.stdout, whole.returncode))

    def cut_sessions(self):
        """Against the definition, record by record in the order of event time."""
        for gap, longest, start, end in ((7, 0, None, 3), (7, 20, None, None), (20, 30, 5, None), (20, 0, 4, 6), (9, 11, 3, 2)):
            more = ["--max", f"{longest}s"] if longest else []
            more += ["--start", f"i % {start} = 0"] if start else []
            more += ["--end", f"i % {end} = 0"] if end else []
            mixed = self.shuffled_within(window.DISORDER)
            for records, late in ((self.records, []), (self.records, DISORDER), (mixed, DISORDER)):
                want = sorted(cut(records, gap * 10**6, longest * 10**6, start, end))
                got = self.output(f"session:{gap}s", *late, *more, aggregates="count, sum(i) AS i", records=records)
                rows = sorted((window.data.microseconds(r["window_start"]), window.data.microseconds(r["window_end"]),
                               json.dumps(r["host"]), r["count"], r["i"] or 0) for r in rows_of(got.stdout))
                self.same(f"session:{gap}s {more} {late}", rows, want)

    def counts(self):
        """Against the definition: window i of a key is its records i * slide + 1 .. i * slide + size."""
        for size, slide in ((1, 1), (4, 4), (10, 3), (7, 1), (6, 5)):
            got = self.output(f"count:{size},{slide}", aggregates="count, sum(i) AS i, min(f) AS f, list(i) AS l")
            by_host, want = collections.defaultdict(list), []
            for record in map(json.loads, window.lines_of(self.records)):
                host = json.dumps(record.get("host"))
                of = by_host[host]
                of.append(record)
                if len(of) >= size and (len(of) - size) % slide == 0:
                    values = [r["i"] for r in of[-size:] if r.get("i") is not None]
                    want.append((host, size, sum(values) if values else None, sorted(values) if values else None))
            rows = [(json.dumps(r["host"]), r["count"], r["i"], sorted(r["l"]) if r["l"] is not None else None)
                    for r in rows_of(got.stdout)]
            self.same(f"count:{size},{slide}", rows, want)


def main():
    properties = Properties(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
    inherited = set(dir(window.Properties)) - {"any_chunks"}
    for name in [name for name in dir(properties) if not name.startswith("_") and name not in inherited]:
        if callable(getattr(properties, name)) and name not in ("output", "once", "check_standing"):
            getattr(properties, name)()
    print(f"properties: {properties.passed} passed, {properties.failed} failed")
    return 1 if properties.failed else 0


if __name__ == "__main__":
    sys.exit(main())
