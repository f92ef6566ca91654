#!/usr/bin/env python3
"""ssort --by and ssort beyond its memory against DuckDB's ORDER BY and sort -s; sunion --sorted
against sort -m; sdedup --on-change against DuckDB's lag, without -k against Python's reading of JSON,
--approx against its promise; FIFOs filled in any manner.

Seeded records; memory so small that runs are spilled. Lines must come out byte for byte, those with
equal keys in the order they came.

usage: multi_oracle.py [SEED...]
"""
import json
import random
import sys
import tempfile

import duckdb

sys.dont_write_bytecode = True
from shared.lines import Tally, run

tally = Tally()
check = tally.check


def records(draw, count):
    lines, time = [], 1_767_261_600
    for number in range(count):
        time += draw.choice([0, 0, 1, 1, 2])
        host = draw.choice(["null", '"a"', '"b"', '"ä"', '"ab"', '"a b"'])
        size = draw.choice(["null", "1", "1.0", "10", "2.5", "-3", "1e2", str(draw.randrange(10**6))])
        lines.append(f'{{"t":{time},"n":{number},"host":{host},"size":{size},'
                     f'"pad":"{"x" * draw.randrange(200)}"}}')
    return lines


def duck(file, order):
    return [row[0] for row in duckdb.sql(
        f"""SELECT line FROM (SELECT line, (line->>'$.n')::BIGINT AS n, line->>'$.host' AS host,
            (line->>'$.size')::DOUBLE AS size, (line->>'$.t')::BIGINT AS t
            FROM read_csv('{file}', columns={{'line': 'VARCHAR'}}, delim='\\x01', quote='',
            escape='', header=false)) ORDER BY {order}, n""").fetchall()]


def by(draw, seed):
    lines = records(draw, 20_000)
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        file.write("".join(line + "\n" for line in lines))
        file.flush()
        for ours, theirs in [
                ("size", "size NULLS FIRST"),
                ("size DESC, host", "size DESC NULLS LAST, host NULLS FIRST"),
                ("host DESC NULLS FIRST, size NULLS LAST",
                 "host DESC NULLS FIRST, size ASC NULLS LAST"),
                ("upper(host), -size", "upper(host) NULLS FIRST, -size NULLS FIRST")]:
            theirs = duck(file.name, theirs)
            for memory in ["1M", "256M"]:
                check(f"{seed}: --by '{ours}' --max-memory {memory}",
                      run(f"ssort --by '{ours}' --max-memory {memory} {file.name}"), theirs)


def by_time(draw, seed):
    lines = records(draw, 30_000)
    late = draw.choice([60, 3600, 20_000])
    stamped = sorted(((i + draw.uniform(0, late), line) for i, line in enumerate(lines)),
                     key=lambda pair: pair[0])
    lines = [line for _, line in stamped]
    keyed = [line.split(":", 1)[1].split(",", 1)[0] + "\t" + line for line in lines]
    theirs = [line.split("\t", 1)[1] for line in run("sort -s -n -k1,1", keyed)]
    for delay in ["", f"-d {2 * late}s"]:
        check(f"{seed}: by time, {delay or 'bounded'}, late {late}",
              run(f"ssort -t t {delay} --max-memory 1M", lines), theirs)


def sorted_union(draw, seed):
    """Ties: by the number of the input, as sort -s -m has it."""
    inputs = [[] for _ in range(draw.choice([2, 7, 40]))]
    for line in records(draw, 20_000):
        inputs[min(int(draw.expovariate(0.3)), len(inputs) - 1)].append(line)
    with tempfile.TemporaryDirectory() as folder:
        for kind, write in [("lines", lambda line: line),
                            ("keyed", lambda line: line[5:15] + "\t" + line)]:
            for i, lines in enumerate(inputs):
                with open(f"{folder}/{kind}{i:03}", "w") as file:
                    file.write("".join(write(line) + "\n" for line in lines))
        theirs = run(f"sort -s -m -n -k1,1 {folder}/keyed* | cut -f2-")
        check(f"{seed}: sunion --sorted", run(f"sunion --sorted -t t {folder}/lines*"), theirs)
        check(f"{seed}: sunion --sorted, few descriptors, small blocks",
              run(f"ulimit -n 70; TIDEPIPE_BLOCK=500 sunion --sorted -t t {folder}/lines*"), theirs)
        fifos = " ".join(f"<(cat {folder}/lines{i:03})" for i in range(len(inputs)))
        check(f"{seed}: sunion --sorted of pipes", run(f"sunion --sorted -t t {fifos}"), theirs)


def on_change(draw, seed):
    lines = [f'{{"n":{n},"k":{draw.randrange(30)},"v":{draw.choice(["1", "2", "null", "2.0"])}}}'
             for n in range(20_000)]
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        file.write("".join(line + "\n" for line in lines))
        file.flush()
        theirs = [row[0] for row in duckdb.sql(
            f"""SELECT line FROM (SELECT line, n, v IS DISTINCT FROM lag(v) OVER w
                    OR row_number() OVER w = 1 AS news
                FROM (SELECT line, (line->>'$.n')::BIGINT AS n, (line->>'$.k')::BIGINT AS k,
                      (line->>'$.v')::DOUBLE AS v
                      FROM read_csv('{file.name}', columns={{'line': 'VARCHAR'}}, delim='\\x01',
                      quote='', escape='', header=false))
                WINDOW w AS (PARTITION BY k ORDER BY n)) WHERE news ORDER BY n""").fetchall()]
        for verify in ["", "--verify"]:
            check(f"{seed}: sdedup --on-change v {verify}",
                  run(f"sdedup -k k --on-change v {verify} {file.name}"), theirs)


def whole(draw, seed):
    def value(depth):
        kind = draw.randrange(8 if depth else 5)
        if kind == 5:
            return "[" + ",".join(value(depth - 1) for _ in range(draw.randrange(3))) + "]"
        if kind > 5:
            return members(depth - 1)
        return draw.choice(["1", "1.0", "10e-1", "2", "null", "true", '"x"', '"\\u0078"', '"1"'])

    def members(depth):
        names = [draw.choice(["a", "b", "\\u0061"]) for _ in range(draw.randrange(3))]
        return "{" + ", ".join(f'"{name}" : {value(depth)}' for name in names) + "}"

    def plain(x):
        """Python takes True for 1."""
        if isinstance(x, dict):
            return "{", tuple(sorted((name, plain(y)) for name, y in x.items()))
        if isinstance(x, list):
            return "[", tuple(map(plain, x))
        return (type(x).__name__ if isinstance(x, (bool, str, type(None))) else "number",
                repr(float(x)) if isinstance(x, (int, float)) else repr(x))

    lines, seen, theirs = [members(2) for _ in range(20_000)], set(), []
    for line in lines:
        key = plain(json.loads(line))
        if key not in seen:
            seen.add(key)
            theirs.append(line)
    for verify in ["", "--verify"]:
        check(f"{seed}: sdedup of whole records {verify}", run(f"sdedup {verify}", lines), theirs)


def approx(draw, seed):
    """All are new, twice: some are lost, no more than promised, and nothing comes a second time."""
    start = draw.randrange(10**6)
    lines = [f'{{"id":{start + n}}}' for n in range(200_000)]
    for percent in [5, 1, 0.1]:
        kept = run(f"sdedup -k id --approx {percent}%", lines + lines)
        promised = len(lines) * percent / 100
        good = (len(lines) - len(kept) <= promised + 4 * promised**0.5 + 1
                and len(set(kept)) == len(kept))
        if not tally.count(good):
            print(f"FAILED {seed}: --approx {percent}%: {len(kept)} of {len(lines)}")


def pipes(draw, seed):
    """However the pipes are filled: the same records, and in order when nothing is late."""
    lines = records(draw, 8_000)
    parts = [[], [], []]
    for line in lines:
        draw.choice(parts).append(line)
    with tempfile.TemporaryDirectory() as folder:
        for i, part in enumerate(parts):
            with open(f"{folder}/{i}", "w") as file:
                file.write("".join(line + "\n" for line in part))
        slow = [f"<(dd if={folder}/{i} bs={draw.choice([57, 4096, 100_000])} status=none; "
                f"sleep 0.{draw.randrange(3)})" for i in range(3)]
        for command in ["sunion", "sunion -t t -d 0 --max-drift 5s", "ssort -t t -d 0",
                        "ssort -t t -d 0 --max-drift 60s --max-memory 1M"]:
            ours = run(f"{command} {' '.join(slow)}")
            check(f"{seed}: {command}: the same records", sorted(ours), sorted(lines))
            if command.startswith("ssort"):
                times = [int(line[5:15]) for line in ours]
                check(f"{seed}: {command}: in order", times, sorted(times))


for seed in [int(arg) for arg in sys.argv[1:]] or [1, 2, 3]:
    draw = random.Random(seed)
    by(draw, seed)
    by_time(draw, seed)
    sorted_union(draw, seed)
    on_change(draw, seed)
    whole(draw, seed)
    approx(draw, seed)
    pipes(draw, seed)
print(f"multi_oracle: {tally.passed} passed, {tally.failed} failed")
sys.exit(tally.failed > 0)
