"""Made-up inputs, line by line: functions of a random generator and a count."""
import re
import time


def records(rng, count, late=5000):
    """Sensors with late records."""
    for i in range(count):
        t = 1700000000000 + i * 700 + rng.randint(0, late)
        yield f'{{"t":{t},"k":"{rng.choice("abcd")}","n":{rng.randint(0, 99)}}}\n'


def rows(rng, count):
    """CSV with a header, and fields over several lines."""
    yield "when,who,text\n"
    for i in range(count):
        text = rng.choice(["plain", '"quo""ted"', '"two\nlines"', '"a\n\nb,""\n"', ""])
        yield f"{1700000000 + i},{rng.choice('abc')},{text}\n"


def syslog(rng, count):
    stamp = 1700000000
    for i in range(count):
        stamp += rng.randint(0, 86400)
        yield time.strftime("%b %e %H:%M:%S", time.gmtime(stamp)) + f" host app[{i}]: text\n"


def documents(rng, count):
    yield "[\n"
    for i in range(count):
        yield f'{{"n":{i},\n"a":[1,2]}},\n'
    yield '{"n":-1}\n]\n'


def events(rng, count):
    """Disorder, bursts and silence, records that are late by much, keys that are missing, null, numbers and texts."""
    now = 1700000000000
    for i in range(count):
        now += rng.choice([0, 100, 300, 700, 700, 5000 if rng.random() < 0.2 else 400])
        t = now - rng.choice([0, 0, 0, 500, 2000, 2900, 20000 if rng.random() < 0.3 else 0])
        key = rng.choice(['', '"k":null,', '"k":"a",', '"k":"a",', '"k":"b\\"c",', '"k":7,', '"k":7.50,', '"k":[1,"x"],'])
        value = rng.choice([str(rng.randint(-9, 99)), f"{rng.random() * 1e6:.3f}", f"{rng.random():.17g}", "1e18", "null", '"text"'
                            if rng.random() < 0.1 else "5"])
        yield f'{{"t":{t},{key}"n":{value},"s":"{rng.choice("xyz")}{i % 7}","b":{rng.choice(["true", "false", "null"])}}}\n'


def changes(rng, count):
    """A changelog: some of what was said is taken back."""
    said = []
    for i in range(count):
        if said and rng.random() < 0.2:
            yield said.pop(rng.randrange(len(said))).replace('{"t"', '{"@op":"retract","t"')
        else:
            said.append(f'{{"t":{1700000000000 + i * 700 + rng.randint(0, 2500)},"k":"{rng.choice("abc")}","n":{rng.randint(0, 99)}}}\n')
            yield said[-1]


def versions(rng, count):
    """Versions of keys, some of which end."""
    for line in events(rng, count):
        yield line.replace('{"t"', '{"@op":"delete","t"') if rng.random() < 0.2 else line


def left(make):
    """MAKE at even milliseconds; beside it, at odd ones, records without changes. Before the first records nobody knows which
    input is behind, so these lie apart: it may be either that is read first."""
    def at(last, make):
        def made(rng, count):
            yield f'{{"t":{1690000000000 + 3600001 * last},"k":"first {last}"}}\n'
            for line in make(rng, count):
                yield re.sub(r'("t":\d+)\d', rf'\g<1>{last}', line, count=1)
        return made

    even = at(2, make)
    even.beside = at(1, events if make is versions else make)
    return even


def broken(rng, count):
    """Records of which some are none."""
    for line in records(rng, count):
        yield line
        if rng.random() < 0.05:
            yield '{"t":1700000000000,"k":\n'


def messy(rng, count):
    """Late records, ties, keys that are null, missing or of several parts, numbers and texts of all kinds."""
    numbers = ["1", "-2", "0.1", "2.50", "1e-7", "3e300", "-0.0", "0.123456789012345678", "9007199254740993", "1e3", "null"]
    texts = ['"a"', '"A\\u0041\\"\\\\"', '"h\u00e9\u4e2d"', "null", "[1, {}]", '{"u": [ ]}', "true", "1.10"]
    for i in range(count):
        t = 1700000000000 + i // 2 * 1400 + rng.randint(0, 4000)
        key = rng.choice(['"k":"a",', '"k":"b",', '"k":"\u00fc\\n",', '"k":7.0,', '"k":null,', ""])
        yield (f'{rng.choice(["", " "])}{{"t":{t},{key}"g":{rng.randint(0, 2)},"x":{rng.choice(numbers)},'
               f'"n":{rng.randint(0, 20)},"r":{rng.random()!r},"s":{rng.choice(texts)}}}{rng.choice(["", " ", chr(13)])}\n')


def seldom(rng, count):
    """Long silences of some keys."""
    yield from (line for line in messy(rng, 4 * count) if rng.random() < 0.3)


def wide(rng, count):
    """More than a mebibyte can hold."""
    for line in records(rng, count, 20000):
        yield f'{line[:-2]},"fill":"{chr(97 + rng.randint(0, 25)) * rng.randint(0, 20000)}"}}\n'
