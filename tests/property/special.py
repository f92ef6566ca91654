#!/usr/bin/env python3
"""The table of swindow(1) of what comes of special input (no value, NULL, infinity and NaN, mixed
types), cell by cell against what the program answers.

A row of the table without aggregates here, an aggregate of the manual in no row, and a word in a
cell whose meaning is not known all fail: so table, manual and program stay one.

usage: special.py    with the filters first in PATH. Prints what fails, and a count.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

MAN = Path(__file__).resolve().parents[2] / "man" / "swindow.1"
COLUMNS = ["no value", "NULL", "infinity, NaN", "mixed types"]

# Rows of the table to aggregates, X standing for the argument that the table speaks of.
ROWS = {
    "count": ["count(X)"],
    "count_distinct": ["count_distinct(X)", "count(DISTINCT X)"],
    "sum, avg": ["sum(X)", "avg(X)"],
    "var, stddev": ["var(X)", "stddev(X)", "var_pop(X)", "stddev_pop(X)", "var_samp(X)",
                    "stddev_samp(X)"],
    "min, max": ["min(X)", "max(X)"],
    "arg_min, arg_max": ["arg_min(n, X)", "arg_max(n, X)"],
    "quantiles": ["median(X)", "quantile(X, 0)", "quantile(X, 0.5)", "quantile(X, 1)", "p0(X)", "p50(X)",
                  "p100(X)"],
    "first, last": ["first(X)", "last(X)"],
    "list, set, mode": ["list(X)", "set(X)", "mode(X)"],
    "topk, histogram": ["topk(X, 3)", "histogram(X)"],
    "approx_quantile": ["approx_quantile(X, 0)", "approx_quantile(X, 0.5)", "approx_quantile(X, 1)"],
    "approx_count_distinct": ["approx_count_distinct(X)"],
    "approx_topk": ["approx_topk(X, 3)"],
    "rate": ["rate(X)"],
    "bool_and, bool_or": ["bool_and(X)", "bool_or(X)"],
}

INFINITE, MISSING, NAN = "1e400", object(), object()


class Failed(Exception):
    pass


def line_of(at, value):
    """The record number AT; the members of a NaN say how it is made."""
    record = '{"n":%d' % at
    if value is NAN:
        return record + ',"nan":-1}\n'
    if value is MISSING:
        return record + "}\n"
    return record + ',"x":%s}\n' % (value if isinstance(value, str) else json.dumps(value))


def answer(aggregate, values):
    """(the row's value, exit status, bad records, whether there is a row)"""
    argument = "CASE WHEN nan < 0 THEN sqrt(nan) ELSE x END" if NAN in values else "x"
    run = subprocess.run(
        ["swindow", "-q", "--stats", "-w", "all", "-t", "n", "--time-format", "epoch_s",
         "-a", aggregate.replace("X", argument) + " AS r"],
        input="".join(line_of(at, value) for at, value in enumerate(values, 1)),
        capture_output=True, text=True, timeout=600, check=False)
    rows = [json.loads(row) for row in run.stdout.splitlines() if '"r":' in row]
    rejected = re.search(r"rejected (\d+)", run.stderr)
    if len(rows) > 1 or not rejected:
        raise Failed("%d rows, %r" % (len(rows), run.stderr))
    return rows[0]["r"] if rows else None, run.returncode, int(rejected.group(1)), bool(rows)


def expect(aggregate, values, value, status=0, rejected=0):
    got = answer(aggregate, values)
    wanted = (value, status, rejected, True)
    close = (isinstance(value, (int, float)) and isinstance(got[0], (int, float)) and
             aggregate.startswith("approx_quantile") and abs(got[0] - value) <= abs(value) / 100)
    if got != wanted and not (close and got[1:] == wanted[1:]):
        raise Failed("of %s: %r and not %r" % ([v if isinstance(v, (str, int, float)) or v is None
                                                else "..." for v in values], got, wanted))


def plain_of(aggregate):
    return [True, False, True] if aggregate.startswith("bool") else [4, 9, 6]


def name_of(aggregate):
    return aggregate.split("(")[0]


def share_of(aggregate):
    """Of a quantile: its place between 0 and 1."""
    name = name_of(aggregate)
    if name == "median":
        return 0.5
    return int(name[1:]) / 100 if name[0] == "p" else float(re.search(r", ([0-9.]+)\)", aggregate).group(1))


# --- what the words mean ---------------------------------------------------------------------------


def nothing(aggregate, value):
    """Null, missing or filtered: a group without any value."""
    expect(aggregate, [None, None, None], value)
    expect(aggregate, [MISSING, MISSING], value)
    expect(aggregate + " FILTER (WHERE n > 5)", plain_of(aggregate), value)


def passed_over(aggregate):
    """At the same places of time, so that what looks at times sees the same."""
    plain = plain_of(aggregate)
    without = answer(aggregate + " FILTER (WHERE n NOT IN (2, 5))", plain[:1] + plain[:1] + plain[1:] + plain)
    for hole in (None, MISSING):
        if answer(aggregate, plain[:1] + [hole] + plain[1:2] + plain[2:] + [hole] + plain[1:]) != without:
            raise Failed("a hole counts")


def bad_record(aggregate, special):
    plain = plain_of(aggregate)
    alone = answer(aggregate, plain)[0]
    expect(aggregate, plain + [special], alone, 1, 1)


def infinity_is_extreme(aggregate):
    """Between the others in order of size: the greatest of three, and below zero the least."""
    name = name_of(aggregate)
    if name.startswith("arg_"):
        expect(aggregate, [4, INFINITE, 9], 2 if name == "arg_max" else 1)
        expect(aggregate, [4, NAN, 9], 2 if name == "arg_max" else 1)
        expect(aggregate, [4, "-1e400", 9], 2 if name == "arg_min" else 3)
        return
    share = {"min": 0, "max": 1}.get(name)
    share = share_of(aggregate) if share is None else share
    for values, order in (([4, INFINITE, 9], [4, 9, None]), ([4, NAN, 9], [4, 9, None]),
                          ([4, "-1e400", 9], [None, 4, 9])):
        value = order[int(share * 2)]
        expect(aggregate, values, value, 0 if value else 1)


def null_with_status(aggregate):
    for special in (INFINITE, "-1e400", NAN):
        values = [special, 4] if name_of(aggregate) == "first" else [4, special]
        expect(aggregate, values, None, 1)


def said_as_null(aggregate):
    name = name_of(aggregate)
    error = {"error": 0} if name == "approx_topk" else {}
    counted = [{"value": None, "count": 2, **error}, {"value": 4, "count": 1, **error}]
    wanted = {"list": [4, None, None], "set": [4, None], "mode": None, "topk": counted,
              "histogram": counted[::-1], "approx_topk": counted}[name]
    for special in (INFINITE, NAN):
        expect(aggregate, [4, special, special], wanted)


def told_apart(aggregate):
    name = name_of(aggregate)
    error = {"error": 0} if name == "approx_topk" else {}
    counted = [{"value": "1", "count": 2, **error}, {"value": 1, "count": 1, **error}]
    wanted = {"list": [1, "1", "1"], "set": ["1", 1], "mode": "1", "topk": counted, "histogram": counted,
              "approx_topk": counted}.get(name, 2)
    expect(aggregate, [1, '"1"', '"1"'], wanted)


def any_type(aggregate):
    wanted = {"first": 1, "last": "a"}[name_of(aggregate)]
    expect(aggregate, [1, True, '"a"'], wanted)


MEANINGS = {
    ("no value", "0"): lambda a: nothing(a, 0),
    ("no value", "null"): lambda a: nothing(a, None),
    ("NULL", "passed over"): passed_over,
    ("infinity, NaN", "counted"): lambda a: [expect(a, [4, s, s], 3) for s in (INFINITE, NAN)],
    ("infinity, NaN", "one value"): lambda a: [expect(a, [4, s, s], 2) for s in (INFINITE, NAN)],
    ("infinity, NaN", "null, status 1"): null_with_status,
    ("infinity, NaN", "least, greatest"): infinity_is_extreme,
    ("infinity, NaN", "y: least, greatest"): infinity_is_extreme,
    ("infinity, NaN", "said as null"): said_as_null,
    ("infinity, NaN", "bad record"): lambda a: bad_record(a, INFINITE),
    ("mixed types", "counted"): lambda a: expect(a, [4, '"a"', True], 3),
    ("mixed types", "told apart"): told_apart,
    ("mixed types", "any"): any_type,
    ("mixed types", "bad record"): lambda a: bad_record(a, '"a"' if "bool" not in a else 1),
    ("mixed types", "y: bad record"): lambda a: bad_record(a, '"a"'),
}


# --- the manual ------------------------------------------------------------------------------------


def table():
    text = MAN.read_text(encoding="utf-8")
    body = re.search(r'\n\.Bl -column "approx_count_distinct".*?\n(.*?)\.El\n', text, re.S).group(1)
    rows = [[cell.strip() for cell in line[len(".It "):].split(" Ta ")] for line in body.splitlines()]
    head = [cell.replace("Sy ", "") for cell in rows[0]]
    if head != ["function"] + COLUMNS:
        raise SystemExit("special: the table's head is %s" % head)
    return {row[0]: dict(zip(COLUMNS, row[1:])) for row in rows[1:]}


def named_in_manual():
    text = MAN.read_text(encoding="utf-8")
    part = text[text.index(".Sh AGGREGATES"):text.index("What comes of special input")]
    items = re.findall(r"^\.It (Cm .*)$", part, re.M)
    names = {name for item in items for name in re.findall(r"Cm (?:Ns )?([a-z_]+[a-z0-9_.]*)", item)}
    return names


def main():
    rows = table()
    failed = checked = 0
    known = {name_of(aggregate) for aggregates in ROWS.values() for aggregate in aggregates}
    strays = [name for name in named_in_manual() if name not in known and not re.match(r"p[0-9]", name)]
    strays += sorted(set(rows) ^ set(ROWS))
    for stray in strays:
        print("special: %s: in the manual or here, and not in both" % stray)
    for row, cells in rows.items():
        for column, word in cells.items():
            for aggregate in ROWS.get(row, []):
                checked += 1
                try:
                    MEANINGS[column, word](aggregate)
                except (Failed, KeyError) as why:
                    failed += 1
                    print("special: %s, %s: %r: %s" % (aggregate, column, word, why))
    if subprocess.run(["swindow", "-q", "-w", "all"], input="", capture_output=True, text=True,
                      check=True).stdout:
        failed += 1
        print("special: no records, and yet a row")
    print("special: %d cells, %d failed" % (checked, failed + len(strays)))
    return failed + len(strays) > 0


if __name__ == "__main__":
    sys.exit(main())
