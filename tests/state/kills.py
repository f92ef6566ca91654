"""Processes of a pipeline killed at random moments, again and again: what is committed stays."""
import functools
import os
import signal
import subprocess
import time

from common import KILLS, SEED, check, content, fresh_directory, shell, write_input
from inputs import broken, records
from tally import kill_group


def committed():
    """What a reader who trusts COMMIT alone sees."""
    found = shell('''[ -e state/COMMIT ] || exit 0
        id=$(head -1 state/COMMIT | grep -o '"@commit":[0-9]*' | cut -d: -f2)
        length=$(for f in state/tsink.*.ndjson; do i=${f#*tsink.}; i=${i%%.*}; [ $i -le $id ] && echo $i; done |
            sort -n | tail -1); grep -o '"length":[0-9]*' state/tsink.$length.ndjson | cut -d: -f2''', cwd="run")
    return content("run/out")[:int(found.stdout or 0)]


def kill_one(rng, script, seconds):
    """A run, which takes so many SECONDS when it is let be, killed in part or as a whole somewhere in it."""
    pipeline = subprocess.Popen(["bash", "-c", script], cwd="run", start_new_session=True,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds * rng.uniform(0.05, 0.8))
    if rng.random() < 0.5:
        members = subprocess.run(["pgrep", "-g", str(pipeline.pid)], capture_output=True, text=True).stdout.split()
        victims = [int(m) for m in members if int(m) != pipeline.pid]
        if victims:
            try:
                os.kill(rng.choice(victims), signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)
    kill_group(pipeline)


GRAPHS = [
    "tsource --every 5ms --pause 200us ../in | swatermark -t t -d 3s --per k | sfilter 'n > 3' | tsink out",
    "tsource --every 5ms --pause 200us ../in | sfilter --rejects side 'n > 3' | tsink out",
    "tsource --every 5ms --pause 200us ../in | swatermark -t t -d 3s | swindow -t t -w hop:10s,5s -k k --late-to side "
    "-a 'count, sum(n), median(n)' | tsink out",
    "tsource --every 5ms --pause 200us ../in | swindow -t t -d 2s -w session:2s -k k --lateness 3s -a 'count, avg(n)' | tsink out",
    "sread --every 5ms --rate 3000 -t t -d 3s --max-line 60 --rejects side ../in | swindow -t t -w 5s -k k -a 'count, sum(n)' | tsink out",
    "sread --every 5ms --rate 3000 -t t -d 3s --max-line 60 --rejects side ../in.zst | swindow -t t -w 5s -k k -a 'count, sum(n)' | tsink out",
    "sread --every 5ms --rate 3000 -t t -d 3s --rejects side ../log | swindow -t t -w 5s -k k -a 'count, sum(n)' | tsink out",
    "sunion <(tsource --every 5ms --pause 200us --name a ../in) <(tsource --every 5ms --pause 100us --name b ../in2) "
    "| tsink out",
    "sjoin -t t -d 6s --within -2s,2s -k k -j full <(tsource --every 5ms --pause 200us --name a ../in) "
    "<(tsource --every 5ms --pause 100us --name b ../in2) | tsink out",
    "sjoin -t t -d 6s --as-of -k k -j left <(tsource --every 5ms --pause 200us --name a ../in) "
    "<(tsource --every 5ms --pause 100us --name b ../in2) | tsink out",
]


def undisturbed(script):
    """How many seconds a run takes, however slow the machine is."""
    began = time.monotonic()
    shell(script, cwd="run")
    return time.monotonic() - began


def kill(script, kills, rng, more=""):
    write_input(broken, rng)
    with open("in2", "w") as f:
        f.writelines(records(rng, 200))
    shell("zstd -q -f in; rm -rf log; swrite -q --log --roll 2K log in")
    script = f"export TIDEPIPE_STATE=state {more}; " + script
    fresh_directory()
    seconds = undisturbed(script)
    want, side = content("run/out"), content("run/side")
    one_source = "in2" not in script
    before = b""
    fresh_directory()
    for _ in range(kills):
        kill_one(rng, script, seconds)
        now = committed()
        check("kill: committed stays", now.startswith(before), f"SEED={SEED}: taken back in {script}")
        if one_source:
            check("kill: prefix", want.startswith(now), f"SEED={SEED}: not of the answer: {script}")
        before = now
    done = shell(script, cwd="run")
    got = content("run/out")
    same = got == want if one_source else sorted(got.splitlines()) == sorted(want.splitlines())
    check("kill: end", same, f"SEED={SEED}: {script}: {len(got)} bytes, not {len(want)}: {done.stderr}")
    check("kill: side file", content("run/side") == side, f"SEED={SEED}: {script}")


JOBS = [functools.partial(kill, script, KILLS // len(GRAPHS)) for script in GRAPHS]
