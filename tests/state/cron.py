"""sread --once again and again, and sread -F, of a log that grows and is rotated: together what one run gives."""
import os
import re
import signal
import subprocess
import time

from common import HANG, SEED, check, commit_now, content, fresh_directory, refused, shell, wait_until

CRON = ("export TIDEPIPE_STATE=state; sread %s %s | sfrom combined | swatermark -d 30s | swindow -w 1h -k status | "
        "swrite 'out/{window_start|day}.ndjson'")


def weblog(rng, count):
    for i in range(count):
        stamp = time.strftime("%d/%b/%Y:%H:%M:%S", time.gmtime(1700000000 + i * 300 + rng.randint(0, 29)))
        yield f'10.0.0.{rng.randint(1, 9)} - - [{stamp} +0000] "GET /{i} HTTP/1.1" {rng.choice([200, 404])} {i} "-" "curl"\n'


def rotate():
    """access.log becomes access.log.1, and so on; the new one may take its time."""
    old = [n for n in os.listdir("run") if n.startswith("access.log.")]
    for name in sorted(old, key=lambda n: -int(n.split(".")[-1])):
        os.rename(f"run/{name}", f"run/access.log.{int(name.split('.')[-1]) + 1}")
    os.rename("run/access.log", "run/access.log.1")


def copytruncate():
    with open("run/access.log", "r+b") as live:
        with open("run/access.log.1", "wb") as copy:
            copy.write(live.read())
        live.truncate(0)


def answers():
    return {n: content(f"run/out/{n}") for n in sorted(os.listdir("run/out"))}


def append(text):
    with open("run/access.log", "a") as f:
        f.write(text)


def cron_run(what="--once"):
    done = shell(CRON % (what, "access.log"), cwd="run")
    check(f"cron: a run {what}", done.returncode == 0, f"SEED={SEED}: {done.stderr}")


def cron_pieces(rng, text, mover):
    """The log comes in pieces; between two runs it may be rotated, twice even, and half a line may stand at its end."""
    fresh_directory()
    os.mkdir("run/out")
    lines = text.splitlines(keepends=True)
    append("")
    cron_run()
    for _ in range(10):
        for _ in range(rng.choice([0, 1, 2]) if mover else 0):
            piece, lines = lines[:40], lines[40:]
            append("".join(piece))
            if rng.random() < 0.4:
                cron_run()
            if os.path.exists("run/access.log"):
                mover()
        size = rng.choice([0, 1, 20])
        piece, lines = lines[:size], lines[size:]
        half = rng.randrange(len(lines[0]))
        append("".join(piece) + lines[0][:half])
        cron_run()
        append(lines.pop(0)[half:])
    append("".join(lines))
    cron_run("")


def cron(rng):
    text = "".join(weblog(rng, 900))
    fresh_directory()
    os.mkdir("run/out")
    with open("run/access.log", "w") as f:
        f.write(text)
    done = shell(CRON % ("", "access.log"), cwd="run")
    want = answers()
    check("cron: one run", done.returncode == 0 and len(want) > 2, done.stderr)
    for mover in (None, rotate):
        cron_pieces(rng, text, mover)
        check(f"cron: {mover}", answers() == want, f"SEED={SEED}: differs from one run")
    cron_copied(text, want)
    cron_followed(text, want)
    for script, words in SOURCES_REFUSED:
        refused(script, script, 2, "--state", words)


def cron_copied(text, want):
    """copytruncate between two runs: the copy has another inode."""
    fresh_directory()
    os.mkdir("run/out")
    lines = text.splitlines(keepends=True)
    append("".join(lines[:300]))
    cron_run()
    append("".join(lines[300:500]))
    copytruncate()
    append("".join(lines[500:510]))
    cron_run()
    append("".join(lines[510:]))
    cron_run("")
    check("cron: copytruncate", answers() == want, "differs from one run")
    os.truncate("run/access.log", 0)
    refused("nothing of what was read", CRON % ("--once", "access.log"), 3, "holds what was read", "--fresh")


def lines_read():
    """The lines of the log of which the last commit knows."""
    found = re.search(rb'"in":(\d+)', content(f"run/state/sread.{commit_now()}.ndjson"))
    return int(found[1]) if found else 0


def cron_followed(text, want):
    """sread -F, stopped by SIGTERM: rotation while it runs, and while it does not."""
    fresh_directory()
    os.mkdir("run/out")
    lines = text.splitlines(keepends=True)
    append("".join(lines[:300]))
    pipeline = subprocess.Popen(["bash", "-c", CRON % ("-F --every 20ms", "access.log")], cwd="run", stderr=subprocess.PIPE,
                                text=True)
    check("cron: followed, begun", wait_until(lambda: lines_read() == 300), "nothing is committed")
    append("".join(lines[300:400]))
    rotate()
    append("".join(lines[400:500]))
    check("cron: followed, rotated", wait_until(lambda: lines_read() == 500), "not all of it is read")
    os.kill(int(content("run/state/sread.lock")), signal.SIGTERM)
    _, said = pipeline.communicate(timeout=HANG)
    check("cron: followed, stopped", pipeline.returncode == 0, said)
    append("".join(lines[500:600]))
    rotate()
    append("".join(lines[600:]))
    cron_run("")
    check("cron: followed", answers() == want, "differs from one run")


SOURCES_REFUSED = [
    ("printf '' | sread -S other", "standard input"),
    ("sread -S other -", "standard input"),
    ("sread -S other --exec 'echo x'", "a command"),
    ("mkfifo pipe; sread -S other pipe", "no regular file"),
    ("cp access.log access.log.9; sread -S other access.log access.log.9", "rotated file"),
]


JOBS = [cron]
