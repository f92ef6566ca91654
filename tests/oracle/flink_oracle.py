#!/usr/bin/env python3
"""tidepipe against Flink SQL: the same rows for windows, lateness, cascades, running values, top-N,
deduplication and joins, where both can say them.

The questions are flink/questions.py; Flink's answers, which flink/ask.py got, are kept in
flink/answers, so that no Java is needed here.

usage: flink_oracle.py [NAME...]
"""
import itertools
import json
import math
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent / "flink"
sys.path.insert(0, str(HERE))
import questions as asked


def flinks_rows(name):
    """The names of the columns, and the rows."""
    lines = (HERE / "answers" / f"{name}.ndjson").read_text().splitlines()
    columns, *rows = map(json.loads, lines)
    return columns, rows


def same(ours, theirs):
    """Sums and means of doubles may differ in their last digits."""
    if isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
        return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)
    return ours == theirs


def order(row):
    """Brings rows together that are the same but for last digits."""
    return [f"{v:.6g}" if isinstance(v, (int, float)) else json.dumps(v) for v in row]


def key_of(record):
    return json.dumps([record.get("window_start"), record.get("k"), record.get("r")])


def standing(records):
    """Rows with `@op` take the place of the row of their window, key and rank."""
    if not any("@op" in record for record in records):
        return records
    rows = {}
    for record in records:
        rows.pop(key_of(record), None)
        if record.get("@op") not in ("delete", "retract"):
            rows[key_of(record)] = record
    return rows.values()


def our_rows(question, columns, directory):
    inputs = {
        name: f"-t ts -d {delay}s --step 1ms {directory}/{name}.ndjson"
        for name, (_, delay, _) in asked.STREAMS.items()
    }
    command = question.command.format(**inputs)
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    records = [json.loads(line) for line in ran.stdout.splitlines()]
    records = [record for record in records if "@watermark" not in record]
    if ran.returncode not in (0, 1) or not records:
        print(ran.stderr)
    return [[record.get(column) for column in columns] for record in standing(records)]


def check(question, directory):
    columns, theirs = flinks_rows(question.name)
    ours = sorted(our_rows(question, columns, directory), key=order)
    theirs.sort(key=order)
    pairs = list(itertools.zip_longest(ours, theirs, fillvalue=[]))
    different = [
        (our, their)
        for our, their in pairs
        if len(our) != len(their) or not all(map(same, our, their))
    ]
    if not different:
        return True
    print(f"FAILED {question.name}: {question.command}")
    print(f"    {len(different)} of {len(pairs)} rows differ; {', '.join(columns)}")
    for our, their in different[:3]:
        print(f"    we {our}\n    Flink {their}")
    return False


def main():
    wanted = set(sys.argv[1:])
    tally = Counter()
    with tempfile.TemporaryDirectory() as directory:
        for name in asked.STREAMS:
            if name not in asked.REAL:
                asked.write_stream(name, Path(directory) / f"{name}.ndjson")
        for question in asked.questions():
            if question.name.split("_")[0] in asked.REAL and not asked.SHARED.exists():
                print(f"{question.name}: skipped: no shared data")
            elif not wanted or question.name in wanted:
                tally[check(question, directory)] += 1
    print(f"flink: {tally[True]} passed, {tally[False]} failed")
    return tally[False] > 0


sys.exit(main())
