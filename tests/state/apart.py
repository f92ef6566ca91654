"""Snapshots saved by children (--snapshot-fork) and synced by threads; and what a barrier may not wait for."""
import functools
import os
import signal
import subprocess
import time

from common import HANG, KILLS, SEED, check, commit_now, content, fresh_directory, shell, wait_until
from kills import committed, kill, kill_one, undisturbed
from tally import kill_group

APART = [
    "tsource --every 5ms --pause 200us ../in | swatermark -t t -d 3s | swindow -t t -w hop:10s,5s -k k --late-to side "
    "-a 'count, sum(n), median(n)' | tsink out",
    "tsource --every 2ms --pause 200us ../in | swatermark -t t -d 3s | sdedup -t t -k n --within 20s --rejects side | "
    "sstep -t t -k k -a 'row_number, delta(n)' | srank -t t -n 2 --by n -w 10s | tsink out",
    "sunion <(tsource --every 2ms --pause 200us --name a ../in) <(tsource --every 2ms --pause 100us --name b ../in2) "
    "| sdedup -t t -k n,t | tsink out",
]


def child_of(process, name):
    """A child of the stage NAME in the group of PROCESS, held by SIGSTOP while it saves; None: there was none."""
    until = time.monotonic() + HANG
    stage = None
    while time.monotonic() < until and process.poll() is None:
        stage = stage or shell(f"pgrep -o -g {process.pid} -x {name}").stdout.strip()
        if not stage:
            continue
        try:
            with open(f"/proc/{stage}/task/{stage}/children") as f:
                pids = [int(p) for p in f.read().split()]
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
                with open(f"/proc/{pid}/stat") as f:
                    held = f.read().split()[2] in "Tt"
                if held and os.path.exists(f"run/state/{name}.tmp"):
                    return pid
                os.kill(pid, signal.SIGCONT)  # it was done already
        except (OSError, IndexError):
            pass
    return None


def grows(what):
    """Is WHAT() more than it was, some day?"""
    before = what()
    return wait_until(lambda: what() > before)


def rests(what):
    """Does WHAT(), which changes each 20 ms where it does, come to rest?"""
    before, again = None, what()
    until = time.monotonic() + HANG
    while again != before and time.monotonic() < until:
        time.sleep(0.5)
        before, again = again, what()
    return again == before


def held_child(rng):
    """While a child saves, the stream goes on, and nothing is committed that it has yet to save."""
    with open("in", "w") as f:
        f.writelines(f'{{"t":{1700000000000 + i * 10},"k":{rng.randrange(3000)}}}\n' for i in range(60000))
    fresh_directory()
    script = ("export TIDEPIPE_STATE=state TIDEPIPE_SNAPSHOT_FORK=yes; sread --every 20ms --rate 3000 -t t ../in | "
              "sdedup -t t -k k,t | tsink out")
    pipeline = subprocess.Popen(["bash", "-c", script], cwd="run", start_new_session=True, stderr=subprocess.PIPE, text=True)
    child = child_of(pipeline, "sdedup")
    check("apart: a child saves", child, "none was seen")
    if child:
        check("apart: the stream goes on", grows(lambda: len(content("run/out"))), "it waits for a child")
        # What was prepared before may yet be committed.
        check("apart: no commit without the snapshot", rests(commit_now), "COMMIT moves on")
        source = int(shell(f"pgrep -o -g {pipeline.pid} -x sread").stdout)
        os.kill(source, signal.SIGSTOP)  # no other barrier comes
        os.kill(child, signal.SIGCONT)
        check("apart: then it is committed", grows(commit_now), "COMMIT stays")
        os.kill(source, signal.SIGCONT)
    victim = child_of(pipeline, "sdedup")
    if victim:
        os.kill(victim, signal.SIGKILL)
        said = pipeline.communicate(timeout=HANG)[1]
        check("apart: a child that dies is reported", "killed by signal 9" in said, said)
    kill_group(pipeline)


def synced_by_thread(rng):
    """State of more than a mebibyte, which the stage writes and a thread syncs: killed, and gone back to."""
    with open("in", "w") as f:
        f.writelines(f'{{"t":{1700000000000 + i},"k":"{i % 20000:060}"}}\n' for i in range(60000))
    script = ("export TIDEPIPE_STATE=state; sread --every 10ms --rate 60000 ../in | "
              "sstep -t t -k k -a row_number | tsink out")
    fresh_directory()
    seconds = undisturbed(script)
    want, before = content("run/out"), b""
    fresh_directory()
    for _ in range(max(4, KILLS // 4)):
        kill_one(rng, script, seconds)
        now = committed()
        check("thread: committed stays", now.startswith(before) and want.startswith(now), f"SEED={SEED}")
        before = now
    done = shell(script, cwd="run")
    check("thread: end", content("run/out") == want, f"SEED={SEED}: {done.stderr}")
    sizes = [entry.stat().st_size for entry in os.scandir("run/state") if entry.name.startswith("sstep.")]
    check("thread: its share", max(sizes) > 1 << 20, f"no more than {max(sizes)} bytes were saved")


JOBS = [synced_by_thread, held_child,
        *(functools.partial(kill, script, KILLS // len(APART), more="TIDEPIPE_SNAPSHOT_FORK=yes") for script in APART)]
