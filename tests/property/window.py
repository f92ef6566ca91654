#!/usr/bin/env python3
"""Properties of swatermark and swindow on seeded records: what must not change the answer.

usage: window.py [SEED]    with the filters first in PATH. Prints what fails, and a count.
"""
import collections
import gzip
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracle"))
from windows import data, model  # noqa: E402

SECOND, MINUTE = data.SECOND, data.MINUTE
DISORDER = 90 * SECOND
FREE = ["--max-ahead", "none"]
# Not first and last: among equal times the order of arrival decides.
AGGREGATES = "count, count(i), sum(i), sum(d), avg(i), min(s), max(f), median(i), p99.9(i), count_distinct(s)"
WINDOWS = ["10s", "hop:1m,20s", "hop:50s,20s", "cumulate:1m,10s", "1d@Europe/Berlin", "session:7s"]


def run(command, given=b"", env=None, shell=False):
    return subprocess.run(
        command, input=given, capture_output=True, shell=shell, env={**os.environ, **(env or {})}
    )


def joined(lines):
    return "".join(line + "\n" for line in lines).encode()


def decimals(records, rng):
    """Adds a member of short decimals: their sums are exact."""
    return [r._replace(line=r.line[:-1] + ',"d":%s}' % (rng.randrange(-999, 999) / 100)) for r in records]


def make_records(seed, count=400):
    return decimals(data.synthetic(seed, count=count, disorder=DISORDER), random.Random(seed))


def lines_of(records):
    return [record.line for record in records]


def swindow(spec, *more):
    return ["swindow", "-t", "time", "-w", spec, "-k", "host", "-a", AGGREGATES, *FREE, *more]


def rows(output):
    """Without the order among keys, which is that of arrival."""
    return sorted(line for line in output.split(b"\n") if line and not line.startswith(b'{"@watermark"'))


def delay(time):
    return f"{time}us"


class Properties:
    def __init__(self, seed):
        self.seed = seed
        self.rng = random.Random(seed)
        self.records = make_records(seed)
        self.passed = self.failed = 0

    def same(self, what, got, want):
        if got == want:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED seed {self.seed}: {what}")
        got, want = got if isinstance(got, list) else [got], want if isinstance(want, list) else [want]
        for side, other, name in ((want, got, "missing"), (got, want, "unexpected")):
            for line in [line for line in side if line not in other][:2]:
                print(f"    {name}: {line[:400] if isinstance(line, bytes) else line}")

    # --- chunks

    def messy(self):
        """Records with all that may stand between them."""
        lines = lines_of(self.records[:120])
        for odd in ["", "  ", "broken", '{"time":', '{"time":"never"}', "[]", '{"a":1}\r', '"' * 50]:
            lines.insert(self.rng.randrange(len(lines)), odd)
        return joined(lines)[:-1]

    def any_chunks(self):
        given = self.messy()
        commands = [
            ["swatermark", "-t", "time", "-d", "20s", "--control", "always", *FREE],
            ["swatermark", "-t", "time", "-d", "3s", "--per", "host", "--control", "always", *FREE],
            *[swindow(spec, "-d", "20s", "--stats") for spec in WINDOWS],
            swindow("10s", "-d", "0", "--lateness", "1m"),
        ]
        for command in commands:
            whole = run(command, given)
            for size in ("1", "7", "700"):
                got = run(command, given, {"TIDEPIPE_BLOCK": size})
                self.same(f"blocks of {size}: {command}", (got.stdout, got.returncode), (whole.stdout, whole.returncode))
                self.same(f"messages, blocks of {size}", got.stderr, whole.stderr)

    def trickle(self):
        given = self.messy()
        command = " ".join(["swatermark", "-t", "time", "-d", "20s", "--control", "always", *FREE])
        whole = run(command.split(), given).stdout
        self.same("dd bs=1", run(f"dd bs=1 status=none | {command}", given, shell=True).stdout, whole)
        if shutil.which("pv"):
            self.same("pv -L", run(f"pv -qL 200k | {command}", given, shell=True).stdout, whole)

    # --- order

    def shuffled_within(self, bound):
        return sorted(self.records, key=lambda r: r.time + self.rng.randrange(bound + 1))

    def any_order(self):
        span = max(r.time for r in self.records) - min(r.time for r in self.records)
        for spec in WINDOWS + ["all"]:
            want = rows(run(swindow(spec), joined(lines_of(self.records))).stdout)
            for bound in (DISORDER, span):
                late = ["-d", delay(bound)]
                mixed = self.shuffled_within(bound) if bound < span else self.rng.sample(self.records, len(self.records))
                got = run(swindow(spec, *late), joined(lines_of(mixed)))
                self.same(f"-w {spec} shuffled within {bound} us", rows(got.stdout), want)
                self.same(f"-w {spec} shuffled: status", (got.returncode, got.stderr), (0, b""))

    # --- windows of windows

    def cascades(self):
        """Rows carry the time of their window's end less 1 ms, so the next stage needs no option."""
        first = "'count AS n, sum(d) AS d, min(s) AS lo, max(f) AS hi'"
        again = "'sum(n) AS n, sum(d) AS d, min(lo) AS lo, max(hi) AS hi'"
        given = joined(lines_of(self.records))
        for late in ("", f"-d {delay(DISORDER)}"):
            start = f"swindow -t time --max-ahead none {late} -k host"
            follow = "swindow --max-ahead none -k host"
            for steps in (["1s", "1m", "1h"], ["10s", "1m", "hop:1h,20m"], ["1m", "1h", "1d@Europe/Berlin"]):
                stages = [f"{start} -w {steps[0]} -a {first}"]
                stages += [f"{follow} -w {step} -a {again}" for step in steps[1:]]
                got = run(" | ".join(stages), given, shell=True)
                want = run(f"{start} -w {steps[-1]} -a {first}", given, shell=True)
                self.same(f"{' -> '.join(steps)} {late}", rows(got.stdout), rows(want.stdout))
                self.same(f"{' -> '.join(steps)} {late}: messages", got.stderr, b"")

    # --- ways in

    def any_way_in(self):
        given = joined(lines_of(self.records))
        command = swindow("10s", "-d", "20s")
        want = run(command, given).stdout
        with tempfile.TemporaryDirectory() as name:
            plain, packed, zst = (Path(name) / part for part in ("r", "r.gz", "r.zst"))
            plain.write_bytes(given)
            packed.write_bytes(gzip.compress(given[:5000]) + gzip.compress(given[5000:]))
            self.same("FILE", run([*command, str(plain)]).stdout, want)
            self.same("gzip FILE", run([*command, str(packed)]).stdout, want)
            self.same("gzip on stdin", run(command, packed.read_bytes()).stdout, want)
            if shutil.which("zstd"):
                run(["zstd", "-q", str(plain), "-o", str(zst)])
                self.same("zstd FILE", run([*command, str(zst)]).stdout, want)
                self.same("zstd on stdin", run(command, zst.read_bytes()).stdout, want)

    # --- composition

    def swatermark_in_front(self):
        given = joined(lines_of(self.records))
        for spec in WINDOWS:
            for late in ("0", "5s", "90s"):
                alone = run(swindow(spec, "-d", late, "-q"), given)
                piped = run(
                    f"swatermark -t time -d {late} --max-ahead none | swindow -q -w {spec} -k host -a '{AGGREGATES}' "
                    "| sto ndjson --all",
                    given,
                    shell=True,
                )
                self.same(f"swatermark -d {late} | swindow -w {spec}", piped.stdout, alone.stdout)
                self.same(f"its status, -d {late}", piped.returncode, alone.returncode)

    def windows_over_windows(self):
        given = joined(lines_of(self.records))
        for late in ("", "-d 90s", "-d 5s"):
            direct = run(f"swindow -q -t time {late} --max-ahead none -w 1h -k host", given, shell=True).stdout
            late_too = late == "-d 5s"
            cascade = run(
                f"swindow -q -t time {late} --max-ahead none --control always -w 1s -k host "
                "| swindow -w 1m -k host -a 'sum(count) AS count' | swindow -w 1h -k host -a 'sum(count) AS count' "
                "| sto ndjson --all",
                given,
                shell=True,
            )
            if late_too:  # what is late for a second is in time for an hour: fewer, never more
                self.same(f"cascade {late}: no more", total(cascade.stdout) <= total(direct), True)
            else:
                self.same(f"cascade {late}", rows(cascade.stdout), rows(direct))

    # --- lateness

    def late_updates(self):
        for spec in WINDOWS:
            for allowed in ("2m", "1h"):
                if allowed == "2m" and spec.startswith("session"):
                    continue  # a session may be dropped in the middle of what became one
                mixed = self.shuffled_within(DISORDER)
                want = final(run(swindow(spec), joined(lines_of(self.records))).stdout)
                got = run(swindow(spec, "-d", "0", "--lateness", allowed), joined(lines_of(mixed)))
                self.same(f"-w {spec} --lateness {allowed}: final state", final(got.stdout), want)
                self.same(f"-w {spec} --lateness {allowed}: status", got.returncode, 0)

    # --- suggestions

    def suggested_delay(self):
        """The -d of the late report keeps all."""
        for spec in WINDOWS + ["1ms", "250ms", "session:100ms"]:
            for late in ("0", "7s"):
                first = run(swindow(spec, "-d", late), joined(lines_of(self.records)))
                found = re.search(rb"(-d \S+) all", first.stderr)
                if not found:
                    continue
                again = run(swindow(spec, *found[1].decode().split()), joined(lines_of(self.records)))
                self.same(f"-w {spec} {found[1].decode()} keeps all", again.stderr, b"")

    def measured_delay(self):
        for per in ([], ["--per", "host"]):
            measured = run(["swatermark", "-t", "time", "--measure", *per, *FREE], joined(lines_of(self.records)))
            last = json.loads(rows(measured.stdout)[0])  # 100 comes first as text
            self.same("measure: records", last["records"], len(self.records))
            if per:
                continue
            largest, most, behind = model.NEVER, 0, 0
            for record in self.records:
                largest = max(largest, record.time)
                most, behind = max(most, largest - record.time), behind + (record.time < largest)
            self.same("measure: behind", last["behind"], behind)
            got = run(swindow("1ms", "-d", last["delay"]), joined(lines_of(self.records)))
            self.same(f"measure: -d {last['delay']} keeps all", got.returncode, 0)

    # --- watermarks by partition, against a model

    def per_partition(self):
        keys = [json.loads(record.line).get("host") for record in self.records]
        distinct = len(set(keys))
        for extra, wait in (([], 0), (["--partitions", str(distinct)], distinct), (["--partitions", "3"], 3)):
            got = run(
                ["swatermark", "-t", "time", "-d", "3s", "--per", "host", "--control", "always", *extra, *FREE],
                joined(lines_of(self.records)),
            )
            marks = [json.loads(line).get("@watermark") for line in got.stdout.split(b"\n")[:-1]]
            want = list(partition_marks(self.records, keys, 3 * SECOND, wait))
            self.same(f"--per {extra}", [data.microseconds(m) if m and m[0] in "12" else m for m in marks], want)

    # --- nothing breaks the count of records

    def garbage(self):
        lines = joined(lines_of(self.records[:40]))
        for number in range(120):
            rng = random.Random(number)
            broken = bytearray(lines)
            for _ in range(rng.randrange(1, 30)):
                at = rng.randrange(len(broken))
                broken[at] = rng.choice([0, 10, 13, 34, 44, 58, 92, 123, 125, 255, rng.randrange(256)])
            window = rng.choice(WINDOWS + ["all"])
            late = [] if window == "all" else ["--lateness", "1m"]  # nothing is late for all
            command = swindow(window, "-q", "--stats")
            command += rng.choice([[], ["-d", "5s"], ["-d", "0", *late]])
            got = run(command, bytes(broken), {"TIDEPIPE_BLOCK": str(rng.choice([1, 64, 700, 65536]))})
            self.same(f"garbage {number}: status", got.returncode in (0, 1), True)
            self.same(f"garbage {number}: {got.stderr[-200:]}", b"internal" in got.stderr, False)
            for line in got.stdout.split(b"\n")[:-1]:
                json.loads(line)


def total(output):
    return sum(json.loads(line)["count"] for line in rows(output))


def final(output):
    """The rows that stand after upserts and deletes."""
    state = {}
    for line in output.split(b"\n")[:-1]:
        row = json.loads(line)
        operation = row.pop("@op", "insert")
        row.pop("@pane", None)
        key = (row["window_start"], row["window_end"], row["host"])
        if operation == "delete":
            state.pop(key)
        else:
            state[key] = json.dumps(row)
    return sorted(state.values())


def partition_marks(records, keys, late, wait):
    """Every line that swatermark --per writes: None for a record, watermarks, `start`, `end`."""
    largest = collections.OrderedDict()
    said = model.NEVER
    yield "start"
    for record, key in zip(records, keys):
        yield None
        largest[key] = max(largest.get(key, model.NEVER), record.time)
        marks = [time - late - (time - late) % SECOND for time in largest.values()]
        if len(largest) >= wait and min(marks) > said:
            said = min(marks)
            yield said
    yield "end"


def main():
    properties = Properties(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
    for name in [name for name in dir(Properties) if not name.startswith("_")]:
        if name not in ("same", "messy", "shuffled_within"):
            getattr(properties, name)()
    print(f"properties: {properties.passed} passed, {properties.failed} failed")
    return 1 if properties.failed else 0


if __name__ == "__main__":
    sys.exit(main())
