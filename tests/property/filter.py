#!/usr/bin/env python3
"""Properties of sfilter over generated records: filter.py SEED

What passes with a condition and what passes with -v are the input, each line once, in order; -c
counts the same; chunks and blocks of any size change nothing; a condition is its own negation's
complement but for the unknown.
"""
import json
import os
import random
import subprocess
import sys

TEXTS = ["", "a", "GET", "/api/x", "Zoë", "tab\t", 'q"', "\u0000", "x" * 300, "1", "🌊"]
NUMBERS = ["0", "-1", "1.10", "7", "42", "1E400", "9007199254740993", "-0.0", "3e-5"]
CONDITIONS = ["n", "s", "n is null", "n > 3", "n > 3 or s = 'a'", "s like '%a%'", "s ~ '^[a-zG]'",
              "n in (0, 7, 42)", "o.n < 10 and s <> 'a'", "case when n > 3 then s end = 'a'",
              "length(s) > 3", "coalesce(n, 0) = 0", "n between -1 and 7", "t[0] = 1", "n + 1 > 4",
              "true", "null", "s is not distinct from 'a'"]


def value(draw, depth=0):
    kind = draw.randrange(8 if depth < 2 else 6)
    if kind == 0:
        return draw.choice(["null", "true", "false"])
    if kind < 4:
        return draw.choice(NUMBERS)
    if kind < 6:
        return json.dumps(draw.choice(TEXTS), ensure_ascii=draw.random() < 0.5)
    if kind == 6:
        return "[" + ",".join(value(draw, depth + 1) for _ in range(draw.randrange(4))) + "]"
    return record(draw, depth + 1)


def record(draw, depth=0):
    space = draw.choice(["", "", " ", "\t"])
    members = [f'"{name}"{space}:{space}{value(draw, depth)}'
               for name in draw.sample(["n", "s", "o", "t", "x", "odd name"], draw.randrange(5))]
    return "{" + space + f",{space}".join(members) + space + "}"


def sfilter(arguments, text, block="262144"):
    done = subprocess.run(["sfilter", "-q", *arguments], input=text.encode(), capture_output=True,
                          env=dict(os.environ, TIDEPIPE_BLOCK=block))
    assert done.returncode in (0, 1), (arguments, done)
    return done.stdout.decode().splitlines()


def merged(lines, one, other, rejected):
    """ONE and OTHER are parts of LINES, and the lines of neither are REJECTED."""
    one, other, left = iter(one + [None]), iter(other + [None]), 0
    a, b = next(one), next(other)
    for line in lines:
        if a == line:
            a = next(one)
        elif b == line:
            b = next(other)
        else:
            left += 1
    return a is None and b is None and left == rejected


def main():
    draw = random.Random(int(sys.argv[1]))
    for condition in CONDITIONS:
        # Each line has a name of its own, so that the parts cannot be mistaken.
        lines = [record(draw)[:-1].rstrip() for _ in range(200)]
        lines = [f'{line}{"," if line[-1] not in "{" else ""}"line":{i}}}' for i, line in enumerate(lines)]
        text = "\n".join(lines) + "\n"
        try:
            met = sfilter([condition], text)
        except AssertionError as usage:
            assert "expected a condition" in str(usage), usage
            continue
        others = sfilter(["-v", condition], text)
        assert merged(lines, met, others, len(lines) - len(met) - len(others)), condition
        assert sfilter(["-c", condition], text) == [str(len(met))], condition
        assert sfilter(["-cv", condition], text) == [str(len(others))], condition
        assert sfilter([condition], text, block=str(draw.randrange(1, 700))) == met, condition
        limit = draw.randrange(5)
        assert sfilter(["-m", str(limit), condition], text) == met[:limit], condition
        explained = sfilter(["--explain", condition], "")[0]
        assert sfilter([explained], text) == met, (condition, explained)
        known = sfilter([f"({condition}) IS TRUE OR ({condition}) IS FALSE"], text)
        negated = sfilter([f"NOT ({condition})"], text)
        assert sorted(met + negated) == sorted(known), condition


main()
