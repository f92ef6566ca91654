#!/usr/bin/env python3
"""Compares times and zones with Python's datetime and zoneinfo.

usage: time_oracle.py PROBE [SEED]

PROBE is tests/oracle/time_probe.c, built. The same seed asks the same questions.
"""
import random
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal, ROUND_FLOOR, localcontext
from zoneinfo import ZoneInfo, available_timezones

PINNED = """
Africa/Cairo Africa/Casablanca Africa/El_Aaiun Africa/Johannesburg America/Argentina/San_Luis
America/Caracas America/Godthab America/Havana America/Los_Angeles America/New_York
America/Phoenix America/Santiago America/Sao_Paulo America/Scoresbysund America/St_Johns
Antarctica/Troll Asia/Gaza Asia/Jerusalem Asia/Kathmandu Asia/Kolkata Asia/Manila Asia/Pyongyang
Asia/Shanghai Asia/Tehran Atlantic/Azores Australia/Lord_Howe Australia/Sydney EST5EDT Etc/GMT+12
Europe/Berlin Europe/Dublin Europe/Istanbul Europe/Lisbon Europe/London Europe/Moscow MET
Pacific/Apia Pacific/Auckland Pacific/Chatham Pacific/Kiritimati Pacific/Norfolk UTC
""".split()

EPOCH = datetime(1970, 1, 1)
SECOND = 10**9
MIN, MAX = -(2**63) + 1, 2**63 - 2
EDGE = 2 * 86400  # so that local times of the edges stay inside the range


def random_second(rng):
    low, high = MIN // SECOND + EDGE, MAX // SECOND - EDGE
    if rng.random() < 0.5:  # most of what the tables know
        low, high = -2_500_000_000, 3_000_000_000
    return rng.randrange(low, high)


def transitions(zone):
    """Seconds where the offset changes, by steps of a day and bisection."""
    found = []
    step = 86400
    at = -2_000_000_000
    last = offset_at(zone, at)
    while at < 2_600_000_000:
        here = offset_at(zone, at + step)
        if here != last:
            low, high = at, at + step
            while high - low > 1:
                middle = (low + high) // 2
                if offset_at(zone, middle) == last:
                    low = middle
                else:
                    high = middle
            found.append(high)
            last = here
        at += step
    return found


def offset_at(zone, second):
    moment = (EPOCH + timedelta(seconds=second)).replace(tzinfo=timezone.utc)
    return int(moment.astimezone(zone).utcoffset().total_seconds())


def instant_of(zone, local):
    """(second, fit) of a local second, by the two folds."""
    naive = EPOCH + timedelta(seconds=local)
    early, late = (
        local - int(naive.replace(tzinfo=zone, fold=fold).utcoffset().total_seconds())
        for fold in (0, 1)
    )
    if early == late:
        return early, "once"
    if early + offset_at(zone, early) == local:
        return early, "twice"
    return early, "never"


def zone_questions(rng):
    names = PINNED + rng.sample(sorted(available_timezones()), 20)
    for name in names:
        zone = ZoneInfo(name)
        seconds = [random_second(rng) for _ in range(300)]
        changes = transitions(zone) if name in PINNED else []
        for change in rng.sample(changes, min(60, len(changes))):
            seconds += [change - 1, change, change + rng.randrange(-90000, 90000)]
            for nearby in (-1, 0, 1, rng.randrange(-7200, 7200)):
                before, after = offset_at(zone, change - 1), offset_at(zone, change)
                for offset in (before, after):
                    yield from local_question(rng, name, zone, change + offset + nearby)
        for second in seconds:
            nano = rng.randrange(SECOND)
            yield f"offset\t{name}\t{second * SECOND + nano}", str(offset_at(zone, second))
            yield from local_question(rng, name, zone, second)


def local_question(rng, name, zone, local):
    second, fit = instant_of(zone, local)
    nano = rng.choice((0, rng.randrange(SECOND)))
    yield f"local\t{name}\t{local * SECOND + nano}", f"{second * SECOND + nano} {fit}"


def text_of(nanos, digits):
    second, nano = divmod(nanos, SECOND)
    moment = EPOCH + timedelta(seconds=second)
    return moment.isoformat() + "." + f"{nano:09d}"[:digits] + "Z"


def calendar_questions(rng):
    for _ in range(20000):
        nanos = rng.randrange(MIN, MAX + 1) // rng.choice((1, 1000, 10**6)) * 1
        unit = rng.choice((1, 1000, 10**6))
        nanos = max(nanos // unit * unit, MIN)
        digits = 3 if nanos % 10**6 == 0 else 6 if nanos % 1000 == 0 else 9
        yield f"write\t{nanos}", text_of(nanos, digits)
        yield f"parse\t{text_of(nanos, 9)}", str(nanos)


FORMATS = [
    "%Y-%m-%d %H:%M:%S",
    "%d/%b/%Y:%H:%M:%S %z",
    "%a, %d %B %Y %T %z",
    "%Y%m%d%H%M%S",
    "%j %Y %I:%M:%S %p",
    "%A %D %R",
    "%y-%m-%dT%H:%M:%S%z",
]


def format_questions(rng):
    for _ in range(10000):
        form = rng.choice(FORMATS)
        zone = timezone(timedelta(minutes=rng.randrange(-14 * 60, 14 * 60)))
        moment = (EPOCH + timedelta(seconds=random_second(rng))).replace(tzinfo=zone)
        text = moment.strftime(form)
        plain = form.replace("%T", "%H:%M:%S").replace("%D", "%m/%d/%y").replace("%R", "%H:%M")
        read = datetime.strptime(text, plain)
        if read.tzinfo is None:
            read = read.replace(tzinfo=timezone.utc)
        seconds = (read - EPOCH.replace(tzinfo=timezone.utc)) // timedelta(seconds=1)
        yield f"stamp\t{form}\t-\t{text}", str(seconds * SECOND)


UNITS = {"epoch_s": 9, "epoch_ms": 6, "epoch_us": 3, "epoch_ns": 0}


def epoch_questions(rng):
    for _ in range(30000):
        digits = rng.randrange(1, 22)
        text = rng.choice(("", "-")) + str(rng.randrange(10**digits))
        if rng.random() < 0.7:
            width = rng.randrange(1, 30)
            text += "." + f"{rng.randrange(10**width):0{width}d}"
        if rng.random() < 0.3:
            text += rng.choice("eE") + rng.choice(("", "+", "-")) + str(rng.randrange(25))
        form = rng.choice((*UNITS, "auto"))
        yield f"stamp\t{form}\t-\t{text}", epoch_answer(form, text)


def epoch_answer(form, text):
    with localcontext() as context:
        context.prec = 200
        value = Decimal(text)
        if form == "auto":
            size = abs(value)
            power = 9 if size < 10**11 else 6 if size < 10**14 else 3 if size < 10**17 else 0
        else:
            power = UNITS[form]
        nanos = int((value * 10**power).to_integral_value(ROUND_FLOOR))
    return str(nanos) if MIN <= nanos <= MAX else "error time out of range"


def main():
    probe = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    rng = random.Random(seed)
    pairs = [
        *zone_questions(rng),
        *calendar_questions(rng),
        *format_questions(rng),
        *epoch_questions(rng),
    ]
    asked = "".join(question + "\n" for question, _ in pairs)
    run = subprocess.run([probe], input=asked, capture_output=True, text=True, check=True)
    answers = run.stdout.splitlines()
    if len(answers) != len(pairs):
        sys.exit(f"time_oracle: {len(pairs)} questions, {len(answers)} answers")
    wrong = 0
    for (question, expected), answer in zip(pairs, answers):
        if answer == expected or (expected[:5] == "error" and answer.startswith(expected)):
            continue
        wrong += 1
        if wrong <= 20:
            print(f"{question!r}: {answer}, expected {expected}")
    print(f"time_oracle: {len(pairs) - wrong} passed, {wrong} failed (seed {seed})")
    sys.exit(wrong != 0)


main()
