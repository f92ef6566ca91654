"""A stage meets an error, or its end, at a call of its own."""
import os
import shutil
import subprocess

from common import Graph, Reader, check, check_end, content, fresh_directory, learn, run_to_end

FEED = "tsource --every 20ms --pause 20us ../in | swatermark -t t -d 3s | "
STAGES = ["tsource", "swatermark", "swrite"]
GRAPHS = [
    Graph("rolled", FEED + "swrite -t t --roll 60s out/x.ndjson", stages=STAGES),
    Graph("log", FEED + "swrite -t t --log --roll 9K --keep 9K out/log", stages=["swrite"]),
    Graph("appended", FEED + "swrite out.ndjson", stages=["swrite"]),
    Graph("by template", FEED + "swrite --max-open 2 'out/{k}/{k}.ndjson.gz'", stages=["swrite"]),
]

# What fails, how, and whether from then on for ever; and the status of the run. EINTR for ever would be no system.
FAULTS = [(call, how, ever, 3) for call in ("fsync", "write", "rename", "open", "truncate", "unlink", "mkdir")
          for how in ("EIO", "ENOSPC") for ever in (False, True)]
FAULTS += [("fsync", "EINTR", False, 3), ("write", "EINTR", False, 0), ("write", "short", False, 0),
           ("write", "short", True, 0), ("lock", "EINTR", False, 0), ("lock", "EIO", False, 3)]


def shim_of(stage, call, how, nth, ever=False):
    shim = {"CRASH_STAGE": stage, "CRASH_CALL": call, "CRASH_DO": how, "CRASH_AT": str(nth), "CRASH_REPORT": "report"}
    return dict(shim, CRASH_EVER="1") if ever else shim


def report():
    return content("run/report").decode().splitlines() if os.path.exists("run/report") else []


def count_calls(graph, stage, call, how, begin=fresh_directory):
    begin()
    run_to_end(graph.script, shim_of(stage, call, how, 0))
    return max([int(line.split()[1]) for line in report() if line.startswith("calls ")], default=0)


def some(rng, count, most):
    """Places 1 to COUNT: all of them when MOST is 0."""
    places = range(1, count + 1)
    return places if most == 0 else sorted(rng.sample(places, min(most, count)))


def never_tried_again(what):
    """Behind a failed fsync the same file is not synced, and nothing is committed."""
    said = report()
    at = next(i for i, line in enumerate(said) if line.startswith("at "))
    file = said[at][3:]
    again = [line for line in said[at + 1:] if line == f"fsync {file}" or line.startswith("rename COMMIT")]
    check("a failed fsync is not tried again", not again, f"{what}: {file}: {again}")


def meet(graph, stage, fault, nth, begin=fresh_directory):
    """One run with the fault, one after it without."""
    call, how, ever, status = fault
    what = f"{graph.name}: {stage}: {call} {nth}: {how}{' for ever' if ever else ''}"
    begin()
    done = run_to_end(graph.script, shim_of(stage, call, how, nth, ever))
    struck = any(line.startswith("struck") for line in report())
    if struck and how != "kill":
        check("fault: status", done.returncode == status, f"{what}: status {done.returncode}: {done.stderr}")
        if call == "fsync":
            never_tried_again(what)
    reader = Reader(graph)
    reader.look()
    if os.path.exists("run/report"):
        os.unlink("run/report")
    done = run_to_end(graph.script)
    reader.look()
    check_end(graph, "fault: the end", done.returncode, f"{what}: {done.stderr}")
    return struck


def errors(rng, most, in_all=0):
    """Each kind of failure at MOST places of each graph and stage, of a run from nothing and of one that goes back;
    of these IN_ALL, drawn by lot (0: all)."""
    lots = []
    for graph in GRAPHS:
        learn(graph)
        for stage in graph.stages:
            lots += [(graph, stage, begin) for begin in (fresh_directory, as_half_way)]
    met = 0
    for graph, stage, begin in rng.sample(lots, min(4, len(lots))) if in_all else lots:
        half_way(graph, stage)
        counts = {}
        for fault in rng.sample(FAULTS, in_all // 4) if in_all else FAULTS:
            call, how = fault[:2]
            if call not in counts:
                counts[call] = count_calls(graph, stage, call, how, begin)
            for nth in some(rng, counts[call], most):
                met += meet(graph, stage, fault, nth, begin)
    return met


def half_way(graph, stage):
    """A directory in which a run was killed in the midst of it: what follows begins with going back."""
    total = count_calls(graph, stage, "any", "kill")
    fresh_directory()
    run_to_end(graph.script, shim_of(stage, "any", "kill", total // 2))
    os.unlink("run/report")
    shutil.rmtree("half", ignore_errors=True)
    shutil.copytree("run", "half")


def as_half_way():
    shutil.rmtree("run", ignore_errors=True)
    shutil.copytree("half", "run")


def deaths(rng, most):
    """Death at MOST of all calls of each stage, of a run from nothing and of one that goes back."""
    met = 0
    for graph in GRAPHS:
        learn(graph)
        for stage in graph.stages:
            half_way(graph, stage)
            for begin in (fresh_directory, as_half_way):
                total = count_calls(graph, stage, "any", "kill", begin)
                for nth in some(rng, total, most):
                    met += meet(graph, stage, ("any", "kill", False, None), nth, begin)
    return met


# --- a full disk ---------------------------------------------------------------------------------

def mount(size):
    shutil.rmtree("run", ignore_errors=True)
    os.makedirs("run")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", "run"], capture_output=True)
    if done.returncode != 0:
        return False
    os.mkdir("run/out")
    return True


def fill_disk(graph, size):
    if not mount(size):
        return False
    try:
        done = run_to_end(graph.script)
        check("full disk: status", done.returncode == 3 and "No space left" in done.stderr,
              f"{graph.name}: {size}: status {done.returncode}: {done.stderr}")
        subprocess.run(["mount", "-o", "remount,size=16m", "run"], check=True)
        done = run_to_end(graph.script)
        check_end(graph, "full disk: the end", done.returncode, f"{graph.name}: {size}: {done.stderr}")
    finally:
        subprocess.run(["umount", "run"], check=True)
    return True


def full_disk():
    """Files and state on a disk that is too small: status 3; with more room the run goes on."""
    for graph in GRAPHS:
        learn(graph)
        for pages in range(4, 11):
            if not fill_disk(graph, pages * 4096):
                return False
    return True
