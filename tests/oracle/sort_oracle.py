#!/usr/bin/env python3
"""ssort against sort -s and DuckDB's ORDER BY, sdedup against awk and QUALIFY: the same lines in the
same order.

Seeded records, shuffled within a delay; with -d, with watermarks from upstream, without either, and
with the input cut into blocks of any size. Lines with equal times must keep their order. Horizons
(--within) are judged by a list that is searched from end to end.

usage: sort_oracle.py [SEED...]
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


def shuffled(draw, count, delay):
    """COUNT records (ms, line) of growing times, each moved back by up to DELAY ms of arrival."""
    time, records = 1_767_261_600_000, []
    for number in range(count):
        time += draw.choice([0, 0, 1, 7, 300])
        line = f'{{"t":{time},"n":{number},"k":{draw.randrange(50)},"x":"{"x" * draw.randrange(90)}"}}'
        records.append((time + draw.uniform(0, delay), time, line))
    records.sort()
    return [(time, line) for _, time, line in records]


def coreutils(records):
    return [line.split("\t", 1)[1] for line in
            run("sort -s -n -k1,1", [f"{time}\t{line}" for time, line in records])]


def duck(lines):
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        file.write("".join(line + "\n" for line in lines))
        file.flush()
        rows = duckdb.sql(f"""
            SELECT n FROM (SELECT *, row_number() OVER () AS arrival
                           FROM read_ndjson('{file.name}', columns={{t: 'BIGINT', n: 'BIGINT'}}))
            ORDER BY t, arrival""").fetchall()
    return [n for n, in rows]


def check_sort(seed):
    draw = random.Random(seed)
    for delay in [0, 50, 5000, 10_000_000]:
        records = shuffled(draw, 2000, delay)
        lines = [line for _, line in records]
        sorted_lines = coreutils(records)
        check(f"seed {seed}: duckdb and sort", [json.loads(l)["n"] for l in sorted_lines], duck(lines))
        for command in [f"ssort -t t -d {delay}ms --step {draw.choice(['1ms', '20ms', '1s'])}",
                        f"swatermark -t t -d {delay}ms | ssort | sto ndjson", "ssort -t t"]:
            ours = run(f"set -o pipefail; {command}", lines, str(draw.choice([1, 7, 300, 262144])))
            check(f"seed {seed}: {command}", ours, sorted_lines)


def by_row_number(lines, order):
    """The numbers of the lines that ROW_NUMBER() = 1 keeps."""
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        file.write("".join(line + "\n" for line in lines))
        file.flush()
        rows = duckdb.sql(f"""
            SELECT n FROM (SELECT *, row_number() OVER () AS arrival FROM read_ndjson('{file.name}',
                           columns={{t: 'BIGINT', n: 'BIGINT', k: 'BIGINT'}}))
            QUALIFY row_number() OVER (PARTITION BY k ORDER BY t {order}, arrival {order}) = 1
            ORDER BY min(t) OVER (PARTITION BY k), first(arrival) OVER (PARTITION BY k ORDER BY t, arrival)""").fetchall()
    return [n for n, in rows]


def outside_horizons(lines, within):
    opened, kept = {}, []
    for line in lines:
        record = json.loads(line)
        times = opened.setdefault(record["k"], [])
        if all(abs(record["t"] - time) >= within for time in times):
            times.append(record["t"])
            kept.append(line)
    return kept


def last_of_horizons(lines, within):
    """Of sorted lines; in the order in which the horizons opened."""
    horizons, opened = [], {}
    for line in lines:
        record = json.loads(line)
        if record["k"] not in opened or record["t"] - opened[record["k"]][0] >= within:
            opened[record["k"]] = [record["t"], line]
            horizons.append(opened[record["k"]])
        opened[record["k"]][1] = line
    return [line for _, line in horizons]


def check_dedup(seed):
    draw = random.Random(seed)
    for delay in [0, 50, 5000, 300_000]:
        records = shuffled(draw, 2000, delay)
        lines, key_of = [line for _, line in records], lambda line: json.loads(line)["k"]
        block = str(draw.choice([1, 7, 300, 262144]))
        awk = [line.split("\t", 1)[1] for line in
               run("awk -F'\\t' '!seen[$1]++'", [f"{key_of(line)}\t{line}" for line in lines])]
        for verify in ["", " --verify"]:
            check(f"seed {seed}: awk", run(f"sdedup -k k{verify}", lines, block), awk)
        for keep, order in [("first", ""), ("last", "DESC")]:
            expected = by_row_number(lines, order)
            for command in [f"sdedup -t t -k k --keep {keep} -d {delay}ms", f"sdedup -t t -k k --keep {keep}"]:
                ours = [json.loads(line)["n"] for line in run(command, lines, block)]
                check(f"seed {seed}: {command}", ours, expected)
        for within in [1, 13, 400, 20_000, 10_000_000]:
            arrival = f"sdedup -t t -k k --within {within}ms -d {delay}ms --step 1ms"
            check(f"seed {seed}: {arrival}", run(arrival, lines, block), outside_horizons(lines, within))
            check(f"seed {seed}: {arrival} --keep first", run(arrival + " --keep first", lines, block),
                  outside_horizons(coreutils(records), within))
            check(f"seed {seed}: {arrival} --keep last", run(arrival + " --keep last", lines, block),
                  last_of_horizons(coreutils(records), within))


for seed in sys.argv[1:] or ["1", "2"]:
    check_sort(int(seed))
    check_dedup(int(seed))
print(f"{tally.passed} passed, {tally.failed} failed")
sys.exit(tally.failed > 0)
