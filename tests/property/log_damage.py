#!/usr/bin/env python3
"""A damaged log: log_damage.py flips|cuts [SEED].

flips  every bit of a small log, random ones of a large one: sread says so, and what it gives is a beginning of what was
       written, up to the piece that differs
cuts   a segment ends at every byte it has: sread says so, and gives the whole lines before it
"""
import os
import random
import subprocess
import sys
import tempfile

SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
MIB = 1 << 20


def read(*options):
    done = subprocess.run(["sread", "--control=never", *options, "log"], capture_output=True)
    return done.returncode, done.stdout, done.stderr.decode()


def write(lines, roll):
    subprocess.run(["rm", "-rf", "log"], check=True)
    subprocess.run(["swrite", "-q", "--log", "--roll", roll, "log"], input=b"".join(lines), check=True)
    return sorted("log/" + name for name in os.listdir("log"))


def flip(path, at, bit):
    with open(path, "r+b") as f:
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 1 << bit]))


def fail(what, said):
    sys.exit(f"log_damage: SEED={SEED}: {what}: status {said[0]}: {said[1][-200:]}: {said[2]}")


def small():
    lines = [b'{"n":%d}\n' % n for n in range(9)]
    files = write(lines, "27")
    whole = b"".join(lines)
    for path in files:
        for at in range(os.path.getsize(path)):
            for bit in range(8):
                flip(path, at, bit)
                said = read()
                flip(path, at, bit)
                if not whole.startswith(said[1]) or said[0] not in (0, 3) or (said[0] == 0 and said[1] != whole):
                    fail(f"{path}: bit {bit} of byte {at}", said)
                if path.endswith(".ndjson"):
                    base = int(path[4:-7])
                    if said[0] != 3 or "is damaged" not in said[2] or said[1] != whole[:base]:
                        fail(f"{path}: bit {bit} of byte {at}", said)
    if read() != (0, whole, ""):
        fail("whole again", read())


def large(rng):
    lines = [b'{"n":%d,"text":"%s"}\n' % (n, b"x" * rng.randint(0, 200)) for n in range(60000)]
    files = [path for path in write(lines, "3M") if path.endswith(".ndjson")]
    whole = b"".join(lines)
    for _ in range(30):
        path = rng.choice(files)
        at = rng.randrange(os.path.getsize(path))
        place = int(path[4:-7]) + at
        begin = rng.choice([0, rng.randrange(len(whole))])
        rest = whole[begin:] if begin == 0 else whole[whole.index(b"\n", begin - 1) + 1:]
        flip(path, at, rng.randrange(8))
        said = read("--from", str(begin))
        flip_back = open(path, "r+b")
        flip_back.seek(at)
        flip_back.write(whole[place:place + 1])
        flip_back.close()
        end = len(whole) - len(rest) + len(said[1])
        if not rest.startswith(said[1]):
            fail(f"{path}: byte {at} from {begin}: other bytes", said)
        # Behind the place nothing is known to be wrong; before it no more than a piece is left out.
        if place >= begin and not (said[0] == 3 and max(begin, place - MIB - 4096) <= end + 4096 and end <= place):
            fail(f"{path}: byte {at} from {begin}: ends at {end}", said)


def flips():
    small()
    large(random.Random(SEED))


def cuts():
    lines = [b'{"@timestamp":"2026-01-01T00:%02d:00Z","n":%d}\n' % (n, n) for n in range(1, 10)]
    segments = [path for path in write(lines, "150") if path.endswith(".ndjson")]
    whole = b"".join(lines)
    for path in segments:
        with open(path, "rb") as file:
            segment = file.read()
        for size in range(len(segment)):
            with open(path, "wb") as file:
                file.write(segment[:size])
            said = read()
            before = whole[:int(path[4:-7]) + size]
            if said[0] != 3 or f"{path} is damaged" not in said[2] or said[1] != before[:before.rfind(b"\n") + 1]:
                fail(f"{path}: cut to {size} bytes", said)
        with open(path, "wb") as file:
            file.write(segment)
    if len(segments) < 3 or read() != (0, whole, ""):
        fail("whole again", read())


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        {"flips": flips, "cuts": cuts}[sys.argv[1]]()
        os.chdir("/")
    print("log_damage: ok")


main()
