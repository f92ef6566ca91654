"""What the parts of tests/state share: each job runs in a directory of its own, in ./run of it."""
import json
import os
import shutil
import subprocess
import sys
import time

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tally import Tally  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
SEED, KILLS = int(os.environ.get("SEED", "1")), int(os.environ.get("KILLS", "24"))
ROUNDS = int(os.environ.get("ROUNDS", "1"))
HANG = 600  # seconds: nothing here is a stopwatch
os.environ["PATH"] = os.path.abspath(BUILD + "/bin") + ":" + os.path.abspath(BUILD + "/tests/state") + ":" + os.environ["PATH"]
for name in [n for n in os.environ if n.startswith("TIDEPIPE_")]:
    del os.environ[name]
os.environ["TIDEPIPE_LOCK_WAIT"] = "120"  # however long those that were killed take to be gone


tally = Tally("state")
check = tally.check


def shell(script, **more):
    return subprocess.run(["bash", "-c", "set -o pipefail; " + script], capture_output=True, text=True, timeout=HANG, **more)


def wait_until(true):
    """Whether TRUE() came to be so, before it is a hang."""
    until = time.monotonic() + HANG
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.01)
    return False


def content(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return b""


def write_input(make, rng):
    """The files in and in2, of what MAKE makes; how many lines `in` has."""
    for name, make in ("in2", getattr(make, "beside", make)), ("in", make):
        with open(name, "w") as f:
            f.writelines(make(rng, 300))
    with open("in") as f:
        return sum(1 for _ in f)


def fresh_directory():
    shutil.rmtree("run", ignore_errors=True)
    os.mkdir("run")


def commit_now(state="state"):
    text = content(f"run/{state}/COMMIT")
    return json.loads(text.splitlines()[0])["@commit"] if text else 0


def refused(name, script, status, *words):
    done = shell(script, cwd="run")
    check(f"refuse: {name}", done.returncode == status and all(w in done.stderr for w in words),
          f"status {done.returncode}: {done.stderr}")
