#!/usr/bin/env python3
"""Properties of smap over generated records: map.py SEED

Python's json says what each row must hold; and bytes that need not change do not.
"""
import json
import os
import random
import subprocess
import sys

TEXTS = ["", "a", "Zoë", "tab\t", 'q"\\', "\u0000", "x" * 300, "🌊", "{", "},", '":"']
NUMBERS = ["0", "-1", "1.10", "42", "1E400", "9007199254740993", "-0.0", "123456789012345678901234567890"]
NAMES = ["a", "b", "c", "u", "odd name", "Zoë", 'q"', "@timestamp", "@op"]


def value(draw, depth):
    kind = draw.randrange(9 if depth < 4 else 6)
    if kind == 0:
        return draw.choice(["null", "true", "false"])
    if kind < 4:
        return draw.choice(NUMBERS)
    if kind < 6:
        return json.dumps(draw.choice(TEXTS), ensure_ascii=draw.random() < 0.5)
    if kind == 6:
        return "[" + ", ".join(value(draw, depth + 1) for _ in range(draw.randrange(4))) + "]"
    return record(draw, depth + 1)


def record(draw, depth=0):
    space = draw.choice(["", "", "", " ", "\t "])
    members = [f"{json.dumps(name)}{space}:{space}{value(draw, depth)}"
               for name in draw.sample(NAMES, draw.randrange(6))]
    return "{" + space + f"{space},{space}".join(members) + space + "}"


def smap(arguments, lines, block="262144"):
    done = subprocess.run(["smap", "-q", *arguments], input="".join(line + "\n" for line in lines).encode(),
                          capture_output=True, env=dict(os.environ, TIDEPIPE_BLOCK=block))
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout.decode().splitlines()


def load(line):
    """Numbers as their text, so that nothing is rounded."""
    return json.loads(line, parse_int=lambda text: "#" + text, parse_float=lambda text: "#" + text)


def flat(row, prefix=""):
    out = {}
    for name, inner in row.items():
        if isinstance(inner, dict) and inner:
            out |= flat(inner, f"{prefix}{name}.")
        else:
            out[prefix + name] = inner
    return out


def same(lines, rows, wanted):
    """ROWS hold, member by member and in order, what WANTED makes of the records LINES."""
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows):
        want, got = wanted(load(line)), load(row)
        assert json.dumps(got) == json.dumps(want), (line, row, want)


def without(row, *names):
    return {name: inner for name, inner in row.items() if name not in names}


def listed(row):
    kept = {name: row[name] for name in ["@timestamp"] if name in row}
    kept |= {"b": row.get("b"), "x": {"y": row.get("odd name"), "z": "#1"}}
    return kept | ({"@op": row["@op"]} if "@op" in row else {})


def replaced(row):
    return row | {"a": "#7", "new": row.get("b")}


def inner(row):
    u = row["u"]
    return without(row, "u") | {"u": without(u, "a")} if isinstance(u, dict) else row


def main():
    draw = random.Random(int(sys.argv[1]))
    lines = [record(draw) for _ in range(400)]
    assert smap(["*"], lines) == lines
    assert smap(["--drop", "absent", "*"], lines) == lines
    same(lines, smap(["b, \"odd name\" AS x.y, 1 AS x.z"], lines), listed)
    same(lines, smap(["* EXCEPT (a, u)"], lines), lambda row: without(row, "a", "u"))
    same(lines, smap(["--drop", "a,\"odd name\"", "*"], lines), lambda row: without(row, "a", "odd name"))
    same(lines, smap(["--drop", "@*", "*"], lines), lambda row: without(row, "@timestamp", "@op"))
    same(lines, smap(["--set", "a = 7, new = b"], lines), replaced)
    with_u = [line for line in lines if "u" in load(line)]
    for line, row in zip(with_u, smap(["* EXCEPT (u.a)"], with_u)):
        assert load(row) == inner(load(line)), (line, row)
    same(lines, smap(["--flatten"], lines), flat)
    for line, row in zip(lines, smap(["--unflatten"], smap(["--flatten"], lines))):
        assert json.dumps(load(row)) == json.dumps(load(line)), (line, row)
    # What --set adds, --drop takes away, and the rest is as it was.
    added = smap(["--set", "new = 1, v.w = b"], lines)
    assert [row.replace(" ", "").replace("\t", "") for row in smap(["--drop", "new,v", "*"], added)] == [
        line.replace(" ", "").replace("\t", "") for line in lines]
    # Setting a member to itself changes nothing.
    with_b = [line for line in lines if "b" in load(line)]
    assert smap(["--set", "b = b"], with_b) == with_b
    for options in (["--flatten"], ["--set", "a = 1, u = b"], ["a, b, *"]):
        assert smap(options, lines, block=str(draw.randrange(1, 700))) == smap(options, lines)


main()
