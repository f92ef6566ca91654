"""Seeded records for the window oracle, and what both sides are told about them.

A Record is (sequence, time in microseconds, the JSON line). Times are what Python reads from the
line, not what tidepipe does.
"""
import json
import random
from collections import namedtuple
from datetime import datetime, timedelta, timezone
from decimal import Decimal

Record = namedtuple("Record", "sequence time line")

SECOND = 1_000_000
MINUTE = 60 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NAMES = ["", "a", "A", "zz", "été", "日本", 'quo"te', "back\\slash", "tab\t", "\u2028", "😀", "null"]


def microseconds(text):
    """Of RFC 3339 with a Z, at most microseconds."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    since = moment - EPOCH
    return (since.days * 86400 + since.seconds) * SECOND + since.microseconds


def iso(time, offset=timedelta(0)):
    text = (EPOCH + timedelta(microseconds=time)).astimezone(timezone(offset)).isoformat()
    return text.replace("+00:00", "Z")


def spelled_time(rng, time):
    """The same instant in one of the ways people write it."""
    if abs(time) < 100_000_000 * SECOND or rng.random() < 0.5:
        return json.dumps(iso(time))
    way = rng.randrange(4)
    if way == 0:
        return json.dumps(iso(time, timedelta(minutes=rng.choice([-570, -60, 60, 330, 765]))))
    if way == 1:
        return str(Decimal(time) / SECOND)
    if way == 2:
        return json.dumps(str(Decimal(time) / SECOND))
    return str(time)


def integer(rng):
    return rng.choice([0, 1, -1, rng.randrange(-50, 50), rng.randrange(-(10**6), 10**6)])


def big(rng):
    edge = rng.choice([2**53, 2**53 + 1, -(2**53) - 1, 2**62, 2**63 - 1, -(2**63)])
    return rng.choice([edge, rng.randrange(-(2**60), 2**60), rng.randrange(-9, 9)])


def decimal(rng):
    return rng.choice(
        [
            f"{rng.randrange(-99999, 99999) / 100:.2f}",
            f"{rng.randrange(0, 1000) / 10}",
            f"{rng.random() * 1000!r}",
            f"-{rng.random()!r}",
            f"{rng.randrange(1, 99)}e-{rng.randrange(1, 7)}",
            f"{rng.randrange(1, 99)}E+{rng.randrange(0, 5)}",
            f"{rng.randrange(-99, 99)}",
        ]
    )


def maybe(rng, member, text):
    """A member that is there, null, or missing."""
    die = rng.random()
    if die < 0.08:
        return []
    return [f'"{member}":null' if die < 0.15 else f'"{member}":{text}']


def line_of(rng, sequence, time):
    members = [f'"n":{sequence}']
    members += maybe(rng, "host", json.dumps(rng.choice(NAMES), ensure_ascii=rng.random() < 0.5))
    members += maybe(rng, "code", str(rng.choice([200, 404, -5, 2**53 + 1, 10**17])))
    members += maybe(rng, "u", '{"id":%s}' % rng.choice(['"x"', "7", "null", "true", "false", '"7"']))
    members += maybe(rng, "i", str(integer(rng)))
    members += maybe(rng, "b", str(big(rng)))
    members += maybe(rng, "f", decimal(rng))
    members += maybe(rng, "s", json.dumps(rng.choice(NAMES), ensure_ascii=rng.random() < 0.5))
    rng.shuffle(members)
    members.insert(rng.randrange(len(members) + 1), f'"time":{spelled_time(rng, time)}')
    space = rng.choice(["", "", " "])
    return "{" + f"{space},{space}".join(members) + "}"


def times(rng, count, base, disorder):
    """In order of arrival; each at most DISORDER behind the largest before it."""
    largest = now = base
    for _ in range(count):
        step = rng.choice([0, 0, 1000, 7_000, 250_000, 1_000_000, 10_000_000, 10_001_000, 60_000_000])
        now += step
        time = now
        if rng.random() < 0.2:  # exactly on a boundary
            time = now - now % rng.choice([SECOND, MINUTE])
        if rng.random() < 0.1:
            time += rng.randrange(1000)
        if rng.random() < 0.3:
            time = now - rng.randrange(0, disorder + 1, 1000)
        if rng.random() < 0.02:  # silence: sessions end
            now += rng.choice([10 * MINUTE, 2 * MINUTE])
        time = max(time, largest - disorder)
        largest = max(largest, time)
        yield time


def synthetic(seed, count=1500, base="2026-03-28T22:58:30Z", disorder=90 * SECOND):
    rng = random.Random(seed)
    records = []
    for time in times(rng, count, microseconds(base), disorder):
        records.append(Record(len(records), time, line_of(rng, len(records), time)))
        if rng.random() < 0.03:  # the same line again
            records.append(records[-1]._replace(sequence=len(records)))
    return records


def from_lines(lines, member):
    records = []
    for line in lines:
        time = json.loads(line, parse_float=Decimal)[member]
        if not isinstance(time, str):
            records.append(Record(len(records), int((time * SECOND).to_integral_value("ROUND_FLOOR")), line))
        else:
            records.append(Record(len(records), microseconds(time), line))
    return records
