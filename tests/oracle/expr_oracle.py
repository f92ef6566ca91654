#!/usr/bin/env python3
"""Compares expressions with DuckDB: the same SQL over the same records gives the same values.

usage: expr_oracle.py PROBE [SEED [COUNT]]

PROBE is tests/oracle/expr_probe.c, built. COUNT expressions (2500) are generated with SEED (1);
the same seed asks the same questions. Each is checked three ways:

  values    over every record the value is DuckDB's; where one fails the other fails
  printing  what tp_expr_write_sql prints gives the same values again
  binding   where both dialects agree word for word, DuckDB is also given what we print, which has
            only the parentheses it needs: precedence is the same

Where tidepipe follows Flink instead (tidepipe-expr.7, COMPATIBILITY), an expression is written in
two ways: see the calls of `E` with two texts.
"""
import datetime
import decimal
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile

import duckdb

RECORDS = 40
BATCH = 40


class E:
    """An expression in both dialects, and whether these are the same text."""

    def __init__(self, ours, theirs=None, same=True):
        self.ours = ours
        self.theirs = ours if theirs is None else theirs
        self.same = same and theirs is None


def fill(template, arguments):
    """Not str.format: regular expressions have braces of their own."""
    pieces = template.split("{}")
    return pieces[0] + "".join(a + piece for a, piece in zip(arguments, pieces[1:]))


def form(template, *args, theirs=None):
    """TEMPLATE with {} for arguments, in parentheses where they are operators."""
    e = E(fill(template, [a.ours for a in args]), fill(theirs or template, [a.theirs for a in args]))
    e.same = theirs is None and all(a.same for a in args)
    return e


TEXTS = ["", "a", "A", "ab", "aB c", " x ", "Zoë", "ÄÖ", "a,b,c", "/api/x", "50%", "a_b", "1", "-17",
         "abcabc", "日本", "it's", "b\\d", "aaa"]
PATTERNS = ["%", "a%", "%b", "%b%", "_", "a_b", "%,%,%", "A%", "", "__%", "%ä%", "a%c%c", "%%", "ë", "%日_"]
REGEXPS = ["a", "^a", "b$", "[0-9]+", "(a|b)+c?", "^$", "\\\\.", "[^a-z]", "a{2,3}", "^/api/", "x|y|ë"]
DAYS = ["2026-01-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z", "1969-12-31T23:00:00.500Z",
        "2026-11-21T10:20:30.123Z", "2027-01-01T12:00:00.000Z", "2000-02-29T00:00:00.001Z"]
UNITS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"]
PARTS = ["year", "month", "day", "hour", "minute", "doy", "isodow", "week", "quarter"]
COLUMNS = {
    "int": ["i1", "i2", "i3"], "real": ["r1", "r2"], "text": ["s1", "s2", "s3"],
    "bool": ["b1", "b2"], "time": ["t1", "t2"],
}
KINDS = list(COLUMNS)


def quote(text):
    return "'" + text.replace("'", "''") + "'"


class Generator:
    def __init__(self, rng):
        self.rng = rng

    def pick(self, *choices):
        return self.rng.choice(choices)

    def make(self, kind, depth):
        if depth <= 0 or self.rng.random() < 0.12:
            return self.leaf(kind)
        if self.rng.random() < 0.15:
            return self.any_kind(kind, depth - 1)
        return getattr(self, "make_" + kind)(depth - 1)

    def leaf(self, kind):
        rng = self.rng
        if rng.random() < 0.7:
            column = rng.choice(COLUMNS[kind])
            if kind == "time":
                return E(f"CAST({column} AS TIMESTAMP)", column)
            return E(column)
        if rng.random() < 0.08:
            name = {"int": "BIGINT", "real": "DOUBLE", "text": "VARCHAR", "bool": "BOOLEAN",
                    "time": "TIMESTAMP"}[kind]
            return E("NULL", f"CAST(NULL AS {name})")
        if kind == "int":
            value = rng.choice([0, 1, 2, 3, 7, 10, 100, 999])
            return E(str(value))
        if kind == "real":
            value = rng.choice(["0.5", "2.0", "1.25", "1e2", "3.75"])
            return E(value, f"CAST({value} AS DOUBLE)")
        if kind == "text":
            return E(quote(rng.choice(TEXTS)))
        if kind == "bool":
            return E(rng.choice(["TRUE", "FALSE"]))
        day = rng.choice(DAYS)
        return E(f"TIMESTAMP '{day}'", f"TIMESTAMP '{day[:-1]}'")

    def condition(self, depth):
        return self.make("bool", depth)

    def any_kind(self, kind, depth):
        a, b = self.make(kind, depth), self.make(kind, depth)
        choice = self.rng.randrange(6)
        if choice == 0:
            return form("CASE WHEN {} THEN {} ELSE {} END", self.condition(depth), a, b)
        if choice == 1:
            other = self.pick(*KINDS)
            x, y = self.make(other, depth), self.make(other, depth)
            return form("CASE {} WHEN {} THEN {} WHEN {} THEN {} END", x, y, a, self.leaf(other), b)
        if choice == 2:
            return form("COALESCE({}, {})", a, b)
        if choice == 3:
            return form("NULLIF({}, {})", a, b)
        name = self.pick("GREATEST", "LEAST")
        e = form(name + "({}, {})", a, b)
        e.theirs = (f"CASE WHEN ({a.theirs}) IS NULL OR ({b.theirs}) IS NULL THEN NULL "
                    f"ELSE {name}({a.theirs}, {b.theirs}) END")
        e.same = False
        return e

    def make_bool(self, depth):
        kind = self.pick(*KINDS)
        a, b, c = (self.make(kind, depth) for _ in range(3))
        s, u = self.make("text", depth), self.make("text", depth)
        p, q, r = (self.make("bool", depth) for _ in range(3))
        choice = self.rng.randrange(20)
        if choice < 5:
            return form("({}) " + self.pick("=", "<>", "<", "<=", ">", ">=") + " ({})", a, b)
        if choice == 5:
            return form("({}) AND ({})", p, q)
        if choice == 6:
            return form("({}) OR ({})", p, q)
        if choice == 7:
            return form("(({}) OR ({})) AND ({})", p, q, r)
        if choice == 8:
            return form("NOT ({})", p)
        if choice == 9:
            return form("({}) " + self.pick("", "NOT ") + "IN ({}, {})", a, b, c)
        if choice == 10:
            return form("({}) " + self.pick("", "NOT ") + "BETWEEN ({}) AND ({})", a, b, c)
        if choice == 11:
            return form("({}) IS " + self.pick("", "NOT ") + "NULL", a)
        if choice == 12:
            return form("({}) IS " + self.pick("", "NOT ") + self.pick("TRUE", "FALSE"), p)
        if choice == 13:
            return form("({}) IS " + self.pick("", "NOT ") + "DISTINCT FROM ({})", a, b)
        if choice in (14, 15):
            pattern = quote(self.pick(*PATTERNS))
            operator = self.pick("LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE")
            return form("({}) " + operator + " " + pattern, s)
        if choice == 16:
            return form("({}) " + self.pick("", "NOT ") + "LIKE '%!_%' ESCAPE '!'", s)
        if choice == 17:
            pattern = quote(self.pick(*REGEXPS))
            operator, start = self.pick(("~", ""), ("!~", "NOT "))
            return form("({}) " + operator + " " + pattern, s,
                        theirs=start + "regexp_matches(({}), " + pattern + ")")
        return form(self.pick("starts_with", "ends_with", "contains") + "({}, {})", s, u)

    def make_int(self, depth):
        a, b = self.make("int", depth), self.make("int", depth)
        s, u = self.make("text", depth), self.make("text", depth)
        r, t = self.make("real", depth), self.make("time", depth)
        choice = self.rng.randrange(15)
        if choice < 5:
            return form("({}) " + self.pick("+", "-", "*") + " ({})", a, b)
        if choice == 5:
            return form("({}) / ({})", a, b, theirs="CAST(({}) AS BIGINT) // CAST(({}) AS BIGINT)")
        if choice == 6:
            return form("({}) % ({})", a, b)
        if choice == 7:
            return form("-({})", a)
        if choice == 8:
            return form(self.pick("abs", "sign") + "({})", a)
        if choice == 9:
            return form("length({})", s)
        if choice == 10:
            return form("position(({}) IN ({}))", u, s)
        if choice == 11:
            return form("TRY_CAST({} AS BIGINT)", E("s3"))
        if choice == 12:
            return form("CAST({} AS BIGINT)", r, theirs="CAST(trunc({}) AS BIGINT)")
        if choice == 13:
            return form("epoch_ms({})", t)
        return form("extract(" + self.pick(*PARTS) + " FROM {})", t)

    def make_real(self, depth):
        a, b = self.make("real", depth), self.make("real", depth)
        i = self.make("int", depth)
        choice = self.rng.randrange(9)
        if choice < 4:
            return form("({}) " + self.pick("+", "-", "*", "/") + " ({})", a, b)
        if choice == 4:
            return form("({}) " + self.pick("+", "-", "*", "/") + " ({})", a, i)
        if choice == 5:
            return form("CAST({} AS DOUBLE)", i)
        if choice == 6:
            return form(self.pick("floor", "ceil", "round", "abs", "trunc") + "({})", a)
        if choice == 7:
            return form("sqrt(abs({}))", a)
        return form("-({})", a)

    def make_text(self, depth):
        s, u, v = (self.make("text", depth) for _ in range(3))
        i = self.make("int", depth)
        choice = self.rng.randrange(18)
        n = self.rng.randrange(1, 5)
        if choice < 3:
            return form("({}) || ({})", s, u)
        if choice == 3:
            return form(self.pick("lower", "upper", "reverse") + "({})", s)
        if choice == 4:
            return form(self.pick("trim", "ltrim", "rtrim") + "({})", s)
        if choice == 5:
            return form(self.pick("trim", "ltrim", "rtrim") + "({}, 'abë ')", s)
        if choice == 6:
            return form(f"substr({{}}, {n})", s)
        if choice == 7:
            return form(f"substr({{}}, {n}, {self.rng.randrange(4)})", s)
        if choice == 8:
            return form(self.pick("left", "right") + f"({{}}, {n - 1})", s)
        if choice == 9:
            return form("replace({}, {}, {})", s, E(quote(self.pick("a", "b", "ë", "ab"))), u)
        if choice == 10:
            return form(f"split_part({{}}, ',', {self.pick(1, 2, 3, 4, -1, -2, -5)})", s)
        if choice == 11:
            return form(self.pick("lpad", "rpad") + f"({{}}, {n + 1}, {quote(self.pick('*', 'ë-'))})", s)
        if choice == 12:
            return form(f"repeat({{}}, {n - 1})", s)
        if choice == 13:
            pattern = quote(self.pick("a", "[a-z]+", "(a)(b)", "^.", "\\s"))
            return form(f"regexp_replace({{}}, {pattern}, '<$0>')", s,
                        theirs=f"regexp_replace({{}}, {pattern}, '<\\0>', 'g')")
        if choice == 14:
            pattern = quote(self.pick("a+", "([a-z])([a-z])?", "[0-9]+"))
            e = form(f"regexp_extract({{}}, {pattern})", s)
            e.theirs = (f"CASE WHEN regexp_matches({s.theirs}, {pattern}) "
                        f"THEN regexp_extract({s.theirs}, {pattern}) END")
            e.same = False
            return e
        if choice == 15:
            return form("concat_ws('-', {}, {}, {})", s, u, v)
        if choice == 16:
            return form("concat({}, {})", s, i, theirs="({}) || ({})")
        return form("CAST({} AS VARCHAR)", self.make(self.pick("int", "bool"), depth))

    def make_time(self, depth):
        t = self.make("time", depth)
        choice = self.rng.randrange(3)
        if choice == 0:
            return form(f"date_trunc('{self.pick(*UNITS)}', {{}})", t)
        if choice == 1:
            width = self.pick("15 minutes", "1 hour", "10 seconds", "1 day")
            number, unit = width.split()
            return form(f"time_bucket(INTERVAL '{number}' {unit}, {{}})", t)
        number, unit = self.pick((90, "MINUTE"), (1, "DAY"), (5, "SECOND"))
        return form("({}) " + self.pick("+", "-") + f" INTERVAL '{number}' {unit}", t)


def make_records(rng):
    records = []
    for _ in range(RECORDS):
        record = {}
        for kind, names in COLUMNS.items():
            for name in names:
                if rng.random() < 0.15:
                    if rng.random() < 0.5:
                        record[name] = None
                    continue
                record[name] = {
                    "int": lambda: rng.choice([0, 1, -1, 2, 3, 7, -7, 100, 12345, 2**31, 2**62, -2**62])
                    if name == "i3" else rng.randrange(-9, 10),
                    "real": lambda: rng.randrange(-40, 40) / 4,
                    "text": lambda: rng.choice(["12", "-3", "x", " 7 ", "1.", ""]) if name == "s3"
                    else rng.choice(TEXTS),
                    "bool": lambda: rng.random() < 0.5,
                    "time": lambda: rng.choice(DAYS),
                }[kind]()
        records.append(record)
    return records


def load(records):
    types = {"int": "BIGINT", "real": "DOUBLE", "text": "VARCHAR", "bool": "BOOLEAN",
             "time": "TIMESTAMP"}
    columns = [(name, types[kind]) for kind, names in COLUMNS.items() for name in names]
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    db.execute("CREATE TABLE r (n BIGINT, %s)" % ", ".join(f"{n} {t}" for n, t in columns))
    for number, record in enumerate(records):
        row = [record.get(n) if t != "TIMESTAMP" or record.get(n) is None else record[n][:-1]
               for n, t in columns]
        db.execute("INSERT INTO r VALUES (?, %s)" % ", ".join("?" for _ in columns), [number] + row)
    return db


def ask(probe, path, texts, mode="values"):
    done = subprocess.run([probe, path, mode], input="\n".join(texts) + "\n", text=True,
                          stdout=subprocess.PIPE, check=True)
    lines = done.stdout.rstrip("\n").split("\n")
    assert len(lines) == len(texts), "an answer for each expression"
    return lines


FAILED = "failed"
EPOCH = datetime.datetime(1970, 1, 1)


def our_value(value):
    if not isinstance(value, dict):
        return value
    if "error" in value:
        return FAILED
    if "real" in value:
        return float(value["real"])
    if "time" in value:
        return (datetime.datetime.fromisoformat(value["time"].rstrip("Z")) - EPOCH) \
            // datetime.timedelta(microseconds=1)
    raise ValueError(value)


def their_value(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.datetime):
        return (value - EPOCH) // datetime.timedelta(microseconds=1)
    return value


def same(ours, theirs):
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
        if isinstance(ours, int) and isinstance(theirs, int):
            return ours == theirs
        if math.isnan(ours) or math.isnan(theirs):
            return math.isnan(ours) and math.isnan(theirs)
        return ours == theirs or math.isclose(ours, theirs, rel_tol=1e-12)
    return ours == theirs


def is_run_time(reason):
    return any(word in str(reason) for word in ("Out of Range", "Division by zero", "out of range"))


def duck_by_record(db, text):
    """TRY() does not catch every overflow; one record at a time what fails is only that one."""
    values = []
    for number in range(RECORDS):
        try:
            rows = db.execute(f"SELECT {text} FROM r WHERE n = {number}").fetchall()
            values.append(their_value(rows[0][0]))
        except duckdb.Error:
            values.append(None)
    return values


def duck(db, texts):
    """For each text, its values; FAILED for a row that fails; or the reason, for one refused."""
    columns = ", ".join(f"TRY({t})" for t in texts)
    try:
        rows = db.execute(f"SELECT {columns} FROM r ORDER BY n").fetchall()
        return [[their_value(row[i]) for row in rows] for i in range(len(texts))]
    except duckdb.Error as reason:
        if len(texts) == 1:
            return [duck_by_record(db, texts[0]) if is_run_time(reason) else str(reason)]
    return [answer for t in texts for answer in duck(db, [t])]


def raises(db, text, where=""):
    try:
        db.execute(f"SELECT {text} FROM r {where}").fetchall()
        return None
    except duckdb.Error as reason:
        return str(reason)


class Report:
    def __init__(self):
        self.differences = 0
        self.values = self.failures = self.skips = self.bindings = self.refused = 0

    def difference(self, what, e, detail):
        self.differences += 1
        if self.differences <= 20:
            print(f"{what}:\n  ours:   {e.ours}\n  theirs: {e.theirs}\n  {detail}")


def may_skip(text):
    """Has it operands that we leave unevaluated when the answer is known, as AND does?"""
    return any(word in text for word in (" AND ", " OR ", " IN (", "BETWEEN", "COALESCE"))


def compare(report, db, what, e, ours, theirs):
    if isinstance(theirs, str):
        report.difference(what, e, f"DuckDB refuses it: {theirs[:300]}")
        return
    for number, (a, b) in enumerate(zip(ours, theirs)):
        # TRY() gives NULL for a failure.
        if a == FAILED and b is None:
            report.failures += 1
        elif same(a, b):
            report.values += 1
        # DuckDB drops what a constant NULL makes irrelevant, with its failures.
        elif a == FAILED and re.search(r"\bNULL\b", e.ours):
            report.skips += 1
        elif b is None and may_skip(e.ours) and raises(db, e.theirs, f"WHERE n = {number}"):
            report.skips += 1
        else:
            report.difference(what, e, f"record {number}: ours {a!r}, theirs {b!r}")
            return


def check_batch(report, db, probe, path, batch):
    answers = [json.loads(line) for line in ask(probe, path, [e.ours for e in batch])]
    kept = [(e, a) for e, a in zip(batch, answers)]
    for e, answer in kept:
        if not isinstance(answer, list):
            report.refused += 1
            # A constant part that always fails is refused when it is compiled.
            if not raises(db, e.theirs):
                report.difference("refused", e, answer)
    kept = [(e, [our_value(v) for v in a]) for e, a in kept if isinstance(a, list)]
    if not kept:
        return
    for (e, ours), theirs in zip(kept, duck(db, [e.theirs for e, _ in kept])):
        compare(report, db, "values", e, ours, theirs)
        if FAILED not in ours and not may_skip(e.ours) and (reason := raises(db, e.theirs)):
            report.difference("only theirs fails", e, reason[:300])
    printed = ask(probe, path, [e.ours for e, _ in kept], "sql")
    again = [json.loads(line) for line in ask(probe, path, printed)]
    for (e, ours), text, answer in zip(kept, printed, again):
        values = [our_value(v) for v in answer] if isinstance(answer, list) else answer
        if repr(values) != repr(ours):
            report.difference("printing", e, f"printed: {text}\n  {values}\n  {ours}")
    # The functions that we print by names that DuckDB has not, or takes otherwise.
    bindings = [(e, ours, text) for (e, ours), text in zip(kept, printed)
                if e.same and "date_part" not in text and "INTERVAL" not in text]
    for (e, ours, text), theirs in zip(bindings, duck(db, [b[2] for b in bindings]) if bindings else []):
        report.bindings += 1
        compare(report, db, f"binding of {text}", e, ours, theirs)


def main():
    probe = sys.argv[1]
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 2500
    records = make_records(rng)
    db = load(records)
    generator = Generator(rng)
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "records.ndjson")
        with open(path, "w") as file:
            for record in records:
                file.write(json.dumps(record, ensure_ascii=rng.random() < 0.5) + "\n")
        expressions = [generator.make(rng.choice(KINDS), rng.randrange(1, 5)) for _ in range(count)]
        for start in range(0, count, BATCH):
            check_batch(report, db, probe, path, expressions[start:start + BATCH])
    print(f"{count} expressions over {RECORDS} records: {report.values} values and {report.failures} "
          f"failures alike, {report.skips} left unevaluated by one, {report.bindings} also as printed, {report.refused} refused, "
          f"{report.differences} differences")
    print(f"expr_oracle: {report.values + report.failures} passed, {report.differences} failed")
    return report.differences != 0


if __name__ == "__main__":
    sys.exit(main())
