#!/usr/bin/env python3
"""Property of swindow --partial and --merge: however records are split into parts, what is merged
is the answer of one stage, byte for byte (rows sorted: the order of keys is that of arrival).

Every aggregate of the language; windows of every kind that can be parted; parts of parts; parts
merged into longer windows; parts under watermarks, late records and all. approx_topk has so few
values that all have a counter: beyond, its answer may be another within its bound.

usage: partial.py [SEED]    with the filters first in PATH. Prints what fails, and a count.
"""
import random
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import window  # noqa: E402

AGGREGATES = (
    "count, count(i) AS n, count(DISTINCT s) AS ds, count_distinct(i), sum(i), sum(d), avg(i), avg(d), min(d), "
    "max(d), min(s) AS min_s, first(i), last(s), var(d), stddev(i), var_pop(i), stddev_pop(d), median(d), "
    "quantile(i, 0.9), p99.9(d), arg_min(s, d), arg_max(i, d), list(s), set(i), mode(s), topk(s, 3), "
    "histogram(s) AS h, rate(i), bool_and(i > 0) AS every, bool_or(i > 90) AS some, approx_quantile(d, 0.5), "
    "approx_count_distinct(i), approx_topk(s, 3), count FILTER (WHERE i > 0) AS few, "
    "sum(i * 2) FILTER (WHERE s = 'a') AS twice"
)
WINDOWS = ["10s", "hop:1m,20s", "hop:50s,20s", "cumulate:1m,10s", "1d@Europe/Berlin", "all"]


def distinct_times(records):
    """Among equal times the order of arrival decides, which parts do not know of each other."""
    seen, kept = set(), []
    for record in records:
        if record.time not in seen:  # the instant, however it is spelled
            seen.add(record.time)
            kept.append(record.line)
    return kept


def command(spec, *more):
    keys = ["-k", "host, upper(s) AS \"a b\""] if "all" not in spec else ["-k", "host"]
    return ["timeout", "600", "swindow", "-w", spec, *keys, "-a", AGGREGATES, *window.FREE, *more]


def run(arguments, given=b""):
    done = window.run(arguments, given)
    if done.returncode > 1:
        print("FAILED:", done.stderr.decode())
    return done.stdout


class Parts:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.lines = distinct_times(window.make_records(seed, count=300))
        self.passed = self.failed = 0

    def split(self, count):
        parts = [[] for _ in range(count)]
        for line in self.lines:
            self.rng.choice(parts).append(line)
        return parts

    def same(self, what, got, want):
        if sorted(got.splitlines()) == sorted(want.splitlines()):
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED: {what}")
        for mine, other in list(zip(sorted(got.splitlines()), sorted(want.splitlines())))[:2]:
            print("  got ", mine.decode()[:600], "\n  want", other.decode()[:600])

    def merged(self, parts, spec, into=None, *more):
        with tempfile.TemporaryDirectory() as scratch:
            names = []
            for i, part in enumerate(parts):
                names.append(f"{scratch}/{i}")
                Path(names[-1]).write_bytes(
                    run(command(spec, "--partial", "-t", "time"), window.joined(part))
                )
            return run(command(into or spec, "--merge", *more, *names))

    def splits(self):
        for spec in WINDOWS:
            whole = run(command(spec, "-t", "time"), window.joined(self.lines))
            for count in (1, 2, self.rng.randint(3, 7)):
                self.same(f"{spec} in {count} parts", self.merged(self.split(count), spec), whole)

    def longer(self):
        """What is parted by short windows makes long ones."""
        for spec, into in (("10s", "1m"), ("10s", "hop:1m,20s"), ("hop:1m,20s", "cumulate:1m,20s"), ("1m", "1d@UTC")):
            whole = run(command(into, "-t", "time"), window.joined(self.lines))
            self.same(f"{spec} to {into}", self.merged(self.split(3), spec, into), whole)

    def again(self):
        """Parts of parts, and a part merged from one."""
        for spec in ("hop:1m,20s", "all"):
            whole = run(command(spec, "-t", "time"), window.joined(self.lines))
            once = self.merged(self.split(4), spec, None, "--partial")
            self.same(f"{spec}: parts of parts", run(command(spec, "--merge"), once), whole)

    def late(self):
        """In one pipe, the same records are late, late rows correct the same windows."""
        delay = ["-d", "15s", "-t", "time"]
        for spec in ("10s", "hop:1m,20s", "hop:50s,20s", "cumulate:1m,10s"):
            for more in ([], ["--lateness", "20s"], ["--lateness", "20s", "--retract"], ["--empty=key"]):
                marked = run(["timeout", "600", "swatermark", *delay, *window.FREE, "--control", "always"],
                             window.joined(self.lines))
                want = run(command(spec, "-t", "time", *more), marked)
                lateness = more[:2] if "--lateness" in more else []
                parts = run(command(spec, "--partial", "-t", "time", "--control", "always", *lateness), marked)
                self.same(f"{spec} {more} under watermarks", run(command(spec, "--merge", *more), parts), want)


def main():
    parts = Parts(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    parts.splits()
    parts.longer()
    parts.again()
    parts.late()
    print(f"parts: {parts.passed} passed, {parts.failed} failed")
    return parts.failed > 0


if __name__ == "__main__":
    sys.exit(main())
