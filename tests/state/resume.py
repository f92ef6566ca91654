"""A stream cut at random places: the parts together give what one run gives."""
import functools
import os
import shutil

from common import ROUNDS, SEED, check, content, fresh_directory, shell, write_input
from stages import STAGES


def run(stages, until=None, sink="tsink -S state out"):
    stop = f"--until {until}" if until else ""
    staged = " | ".join(f"{s} -S state" for s in stages.split(" | "))
    return shell(f"tsource -S state {stop} ../in | {staged} | tee -a raw | {sink}", cwd="run")


def answer(path):
    """What a stage wrote, without the lines that differ from run to run."""
    noise = (b'{"@barrier"', b'{"@watermark":"start"', b'{"@watermark":"none"')
    return [line for line in content(path).splitlines() if not line.startswith(noise)]


def resume(make, stages, rng):
    lines = write_input(make, rng)
    fresh_directory()
    done = run(stages)
    want = answer("run/raw"), content("run/out"), content("run/side")
    check(f"{stages}: one run", done.returncode in (0, 1) and want[1], done.stderr)
    for _ in range(ROUNDS):
        fresh_directory()
        for until in sorted(rng.sample(range(1, lines), min(5, lines - 1))):
            done = run(stages, until)
            check(f"{stages}: until {until}", done.returncode in (0, 1), done.stderr)
        run(stages)
        got = answer("run/raw"), content("run/out"), content("run/side")
        for what, a, b in zip(("stream", "sink", "side file"), want, got):
            check(f"{stages}: {what}", a == b, f"SEED={SEED}: differs from one run")
    crash(rng, stages, lines, want[1:])


def crash(rng, stages, lines, want):
    """Runs whose work behind the commit is lost: the next goes back there and does it again."""
    fresh_directory()
    first, *later = sorted(rng.sample(range(1, lines), min(4, lines - 1)))
    run(stages, first)
    for until in later:
        shutil.copytree("run/state", "kept")
        run(stages, min(lines, until + rng.randint(1, 60)))
        shutil.rmtree("run/state")
        os.rename("kept", "run/state")
        done = run(stages, until)
        check(f"{stages}: again, until {until}", done.returncode in (0, 1), done.stderr)
    run(stages)
    for what, a, b in zip(("sink", "side file"), want, (content("run/out"), content("run/side"))):
        check(f"{stages}: {what} after going back", a == b, f"SEED={SEED}: differs from one run")


JOBS = [functools.partial(resume, make, stages) for make, stages in STAGES]
