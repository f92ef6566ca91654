"""saved.py pause|recovery FILE: what saved state costs a window that counts by key, in seconds.

FILE's records go by sread and swindow, which saves the groups of all of them (some 100 bytes each).

pause     with a barrier each second, while the state grows: the longest time that swindow needed to
          take a block out of a full pipe; and the processor seconds of both. Standard error is told,
          too, what is the machine's part in that: the most that swindow itself ran for a block, and
          the same on as many records without barriers.
recovery  the state is saved once; then from the start until swindow has gone back to it, and the
          processor seconds until then.

$BENCH_SECONDS gets them; standard error is told the rest.
"""
import os
import resource
import shutil
import subprocess
import sys
import time

BLOCK = 64 << 10  # what a pipe holds
STATE = "out/state"
WINDOW = ["swindow", "-S", STATE, "-w", "all", "-t", "time", "-k", "key",
          "-a", "count, sum(value), min(value), max(value)"]


def sread(file, every):
    return subprocess.Popen(["sread", "--once", "-S", STATE, "--every", every, file], stdout=subprocess.PIPE)


def swindow():
    return subprocess.Popen(WINDOW, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def ran(process):
    """For how many seconds it was on a processor."""
    with open(f"/proc/{process.pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


def stream(file, every):
    """All of FILE through the window: the longest write of a block into it, in seconds; and the most it ran for one."""
    source, window = sread(file, every), swindow()
    drain = subprocess.Popen(["cat"], stdin=window.stdout, stdout=subprocess.DEVNULL)
    window.stdout.close()
    longest = most = used = 0
    while block := os.read(source.stdout.fileno(), BLOCK):
        start, before = time.perf_counter(), used
        window.stdin.write(block)
        window.stdin.flush()
        used = ran(window)
        longest, most = max(longest, time.perf_counter() - start), max(most, used - before)
    window.stdin.close()
    for process in (source, window, drain):
        if process.wait():
            sys.exit(f"{process.args[0]}: exit status {process.returncode}")
    return longest, most


def last_snapshot():
    snapshots = [entry for entry in os.scandir(STATE) if entry.name.startswith("swindow.") and entry.name.endswith(".ndjson")]
    return max(snapshots, key=lambda entry: int(entry.name.split(".")[1]))


def begin_afresh():
    shutil.rmtree(STATE, ignore_errors=True)
    os.makedirs(STATE)


def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def pause(file):
    begin_afresh()
    idle = stream(file, "1h")
    begin_afresh()
    before = cpu()
    busy = stream(file, "1s")
    size = last_snapshot().stat().st_size
    for what, (longest, most) in (("barriers", busy), ("no barriers", idle)):
        print(f"{size / 1e6:.0f} MB of state, {what}: {1000 * longest:.1f} ms for a block, of which it ran {1000 * most:.1f}",
              file=sys.stderr)
    return busy[0], cpu() - before


def commit(id):
    """As a sink would."""
    sink = subprocess.Popen(["swrite", "-S", STATE, "out/rows"], stdin=subprocess.PIPE)
    sink.communicate(f'{{"@barrier":0,"restore":{{"sread":1}}}}\n{{"@barrier":{id},"last":true}}\n'.encode())
    if sink.wait():
        sys.exit("no commit")


def recovery(file):
    begin_afresh()
    stream(file, "1h")
    saved = last_snapshot()
    size = saved.stat().st_size
    commit(int(saved.name.split(".")[1]))
    before, start = cpu(), time.perf_counter()
    source, window = sread(file, "1h"), swindow()
    window.stdin.write(source.stdout.readline())
    window.stdin.flush()
    if not window.stdout.readline().startswith(b'{"@barrier"'):
        sys.exit("it did not go back")
    took = time.perf_counter() - start
    for process in (window, source):
        process.kill()
        process.wait()
    print(f"{size / 1e6:.0f} MB of state: back in {took:.2f} s, {cpu() - before:.2f} of the processor", file=sys.stderr)
    return took, cpu() - before


def main():
    what, file = sys.argv[1:]
    figures = {"pause": pause, "recovery": recovery}[what](file)
    said = " ".join(f"{figure:.4f}" for figure in figures)
    if "BENCH_SECONDS" not in os.environ:
        print(said)
        return
    with open(os.environ["BENCH_SECONDS"], "w", encoding="ascii") as report:
        report.write(said + "\n")


if __name__ == "__main__":
    main()
