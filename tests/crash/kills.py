"""Lives of a pipeline: started, killed, started again, until it comes to its end by itself."""
import os
import random
import signal
import time

from common import (Follower, Reader, check_end, children, content, fresh_directory, learn, start)
from tally import kill_group


def strike_by_clock(rng, graph, reader):
    """After a while one process dies, and then the rest, or all at once. False: it ended by itself."""
    pipeline = start(graph.script)
    moment = time.monotonic() + graph.seconds * rng.uniform(0.02, 0.7)
    while time.monotonic() < moment and pipeline.poll() is None:
        reader.look()
        time.sleep(0.002)
    if pipeline.poll() is not None:
        return pipeline.returncode
    below = children(pipeline.pid) if rng.random() < 0.5 else []
    if below:
        try:
            os.kill(rng.choice(below), signal.SIGKILL)
        except ProcessLookupError:
            pass
        time.sleep(rng.choice([0, 0.002, 0.02]))
    kill_group(pipeline)
    return None


def strike_by_call(rng, graph, reader):
    """One stage dies at a call of its own; the rest come to their ends, or die soon."""
    if os.path.exists("run/report"):
        os.unlink("run/report")
    shim = {"CRASH_STAGE": rng.choice(graph.stages), "CRASH_AT": str(1 + int(rng.random() ** 3 * 400)), "CRASH_REPORT": "report"}
    pipeline = start(graph.script, shim)
    patience = rng.choice([0, 0.005, 1])
    struck = None
    while pipeline.poll() is None:
        reader.look()
        if struck is None and os.path.exists("run/report") and b"struck" in content("run/report"):
            struck = time.monotonic()
        if struck is not None and time.monotonic() > struck + patience:
            break
        time.sleep(0.001)
    struck = struck is not None or os.path.exists("run/report") and b"struck" in content("run/report")
    status = pipeline.poll()
    kill_group(pipeline)
    if not struck or status == 0:
        return status
    return None


REFUSED = 4  # tidepipe run: what a supervisor that was killed had started still lives


def is_refused(graph, status):
    return status == REFUSED and "tidepipe" in graph.stages


def let_be(graph, reader):
    """A run that is not killed; its status."""
    status = None
    while status is None or is_refused(graph, status):
        pipeline = start(graph.script)
        while pipeline.poll() is None:
            reader.look()
            time.sleep(0.002)
        status = pipeline.returncode
    return status


def live(rng, graph, most):
    """One life, of at most MOST kills; how many there were, and how many looks."""
    fresh_directory()
    reader, follower = Reader(graph), Follower(graph)
    kills, status = 0, None
    while kills < most and (status is None or is_refused(graph, status)):
        status = rng.choice([strike_by_clock, strike_by_call])(rng, graph, reader)
        kills += status is None
        reader.look()
        follower.begin()
    if status is None or is_refused(graph, status):
        status = let_be(graph, reader)
    reader.look()
    follower.end()
    check_end(graph, f"{graph.name}: the end", status, content("said"))
    return kills, reader.looks


def campaign(graphs, kills, seed, say, seconds):
    """So many kills over GRAPHS, in turn; none behind so many seconds."""
    rng = random.Random(seed)
    count = {g.name: [0, 0, 0] for g in graphs}
    total, until = 0, time.monotonic() + seconds
    while total < kills and time.monotonic() < until:
        for graph in graphs:
            done, looks = live(rng, learn(graph), min(24, max(1, kills - total)))
            total += done
            for i, more in enumerate((done, 1, looks)):
                count[graph.name][i] += more
            if total >= kills:
                break
    for name, (done, lives, looks) in count.items():
        if say:
            print(f"crash: {name}: {done} kills, {lives} lives, {looks} looks by a reader", flush=True)
    return total
