"""Snapshots that are cut, of other options, or wrecked under a seal that fits."""
import functools
import json

from common import SEED, check, content, fresh_directory, shell, write_input
from inputs import records
from seal import seal

# A stage, its options changed so that its state would be a lie, and what the message names.
LYING = [
    ("sstep -k k -a 'sum(n), lag(k)' -t t -d 9s", "sstep -k k -a 'sum(n)' -t t -d 9s", "agg"),
    ("srank -n 3 --by n -w 1m -k k -t t -d 9s", "srank -n 4 --by n -w 1m -k k -t t -d 9s", "top"),
    ("swatermark --arrival", "swatermark -d 9s", "arrival"),
    ("sgap -k k --after 1s -t t -d 9s", "sgap -k k --after 2s -t t -d 9s", "after"),
    ("sgap -k k --fill 1s -t t -d 9s", "sgap -k k --fill 1s --fill-with null -t t -d 9s", "fill-with"),
    ("ssort -t t -d 99s", "ssort -t n -d 99s", "time"),
    ("ssort --by 'n, k'", "ssort --by n", "by"),
    ("sdedup -k n --within 9s -t t -d 5s", "sdedup -k k --within 9s -t t -d 5s", "key"),
    ("sdedup -k n --within 9s --keep last -t t -d 5s", "sdedup -k n --within 9s -t t -d 5s", "keep"),
    ("sjoin --within -9s,0s -k k -t t -d 9s - ../in2", "sjoin --within -9s,1s -k k -t t -d 9s - ../in2", "within"),
    ("sjoin --within -9s,0s -k k -t t -d 9s - ../in2", "sjoin --within -9s,0s -k k --select l.k -t t -d 9s - ../in2", "select"),
    ("sjoin -w hop:9s,3s -k k -j full -t t -d 9s - ../in2", "sjoin -w hop:9s,3s -k k -t t -d 9s - ../in2", "join"),
    ("sjoin --as-of -k k -t t -d 9s - ../in2", "sjoin --as-of -k k --on 'l.n > r.n' -t t -d 9s - ../in2", "on"),
]


def wreck(rng, body, at):
    """A line of the stage's own with something in it gone, another's, or moved."""
    line = bytearray(body[at])
    place = rng.randrange(len(line) - 1)
    words = [b"null", b"-1", b"[]", b'""', b"9223372036854775807", b"{}"]
    numbers = [i for i, c in enumerate(line) if 48 <= c <= 57]
    how = rng.randrange(3)
    if how == 0 and numbers:
        place = rng.choice(numbers)
        line[place:place + 1] = rng.choice(words)
    elif how == 1:
        line = bytearray(b'{"another":1,"key":["a"]}\n')
    else:
        line[place:place + 1] = b""
    return body[:at] + [bytes(line)] + body[at + 1:]


def damage(stage, lying, named, rng):
    write_input(records, rng)
    name = stage.split()[0]
    fresh_directory()
    shell(f"tsource -S state --until 90 ../in | {stage} -S state | tsink -S state out", cwd="run")
    commit = json.loads(content("run/state/COMMIT").splitlines()[0])
    path = f"run/state/{name}.{commit['@commit']}.ndjson"
    restore = json.dumps({"@barrier": commit["@commit"], "restore": commit["epochs"]}, separators=(",", ":"))
    last = json.dumps({"@barrier": commit["@commit"] + 1, "last": True}, separators=(",", ":"))
    whole = content(path)
    *body, end = whole.splitlines(keepends=True)
    check(f"damage: {name}: seal", seal(body) == whole, "the test's xxh64")

    def start(bytes_, script=stage):
        with open(path, "wb") as f:
            f.write(bytes_)
        return shell(f"printf '{restore}\\n{last}\\n' | {script} -S state", cwd="run")

    done = start(whole)
    check(f"damage: {stage}: whole", done.returncode == 0, done.stderr)
    for cut in rng.sample(range(len(whole)), 8):
        done = start(whole[:cut])
        check(f"damage: {stage}: cut", done.returncode == 3 and "--fresh" in done.stderr, f"at {cut}: {done.stderr}")
    done = start(whole, lying)
    check(f"damage: {stage}: options", done.returncode == 2 and f"saved with {named} " in done.stderr, done.stderr)
    own = [i for i, line in enumerate(body) if i > 0 and not line.startswith(b'{"@')]
    foreign = body + [b'{"another":1,"key":["a"]}\n']
    done = start(seal(foreign))
    check(f"damage: {stage}: foreign", done.returncode == 3 and "--fresh" in done.stderr, done.stderr)
    for _ in range(12):
        done = start(seal(wreck(rng, body, rng.choice(own))))
        check(f"damage: {stage}: wrecked", done.returncode in (0, 1, 3) and "Sanitizer" not in done.stderr,
              f"SEED={SEED}: status {done.returncode}: {done.stderr}")


JOBS = [functools.partial(damage, *row) for row in LYING]
