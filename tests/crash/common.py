"""What the parts of tests/crash share: graphs, their answers, and what a reader may trust."""
import glob
import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tally import Tally  # noqa: E402

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
SHIM = f"{BUILD}/tests/crash/shim.so"
SEED = int(os.environ.get("SEED", "1"))
RECORDS = 300
for variable in [n for n in os.environ if n.startswith("TIDEPIPE_")]:
    del os.environ[variable]
os.environ["PATH"] = f"{BUILD}/bin:{BUILD}/tests/state:{os.environ['PATH']}"
os.environ["TIDEPIPE_STATE"] = "state"
os.environ["TIDEPIPE_LOCK_WAIT"] = "120"  # however long those that were killed take to be gone
HANG = 600  # seconds: nothing here is a stopwatch

SOURCE = "tsource --every 5ms --pause 100us"
ONE = f"{SOURCE} ../in | swatermark -t t -d 3s | "
TWO = f"sunion <({SOURCE} --name a ../in) <({SOURCE} --name b ../in2) | "
WINDOWS = "swindow -w 10s -k k -a 'count, sum(n), max(n)' | "
EACH = "<(tsource --every 5ms --pause 100us --name %s ../%s | swatermark --name w%s -t t -d 3s)"


class Graph:
    """A pipeline into swrite -S. KIND of order: its bytes are those of one source (`bytes`), its lines those of one
    run with each source in its order (`sources`), or its lines, in any order (`lines`)."""

    def __init__(self, name, script, kind="bytes", stages=None, sinks=("swrite",)):
        self.name, self.script, self.kind = name, script, kind
        self.stages = stages or ["tsource", "swrite"]
        self.sinks = sinks
        self.want = self.seconds = None


ALL = ["tsource", "swatermark", "swrite"]
GRAPHS = [
    Graph("appended", ONE + "swrite out.ndjson", stages=ALL),
    Graph("rolled by time", ONE + "swrite -t t --roll 20s out/x.ndjson", stages=ALL),
    Graph("rolled by size", ONE + "swrite --roll 700 out/x.ndjson", stages=ALL),
    Graph("by template", ONE + "swrite --max-open 2 'out/{k}/{k}.ndjson'", stages=ALL),
    Graph("packed", ONE + "swrite -t t --roll 40s 'out/{k}.ndjson.gz'", stages=ALL),
    Graph("log", ONE + "swrite -t t --log --roll 1500 --keep 6000 out/log", stages=ALL),
    Graph("log, followed", ONE + "swrite --log --roll 1500 out/log", stages=ALL),
    Graph("sread", "sread --every 5ms --rate 6000 ../in | swatermark -t t -d 3s | swrite -t t --roll 20s out/x.ndjson",
          stages=["sread", "swatermark", "swrite"]),
    Graph("windows", ONE + WINDOWS + "swrite --roll 1500 out/x.ndjson",
          stages=ALL + ["swindow"]),
    Graph("sessions", f"{SOURCE} ../in | swindow -t t -d 5s -w session:2s -k k -a 'count, sum(n)' | swrite out.ndjson",
          stages=["tsource", "swindow", "swrite"]),
    Graph("saved by children", ONE + "sdedup -t t -k n,t --snapshot-fork yes | swrite -t t --roll 20s out/x.ndjson",
          stages=ALL + ["sdedup"]),
    Graph("two sources", TWO + "swrite out.ndjson", "sources", ["tsource", "sunion", "swrite"]),
    Graph("two sources, windows", f"sunion {EACH % ('a', 'in', 'a')} {EACH % ('b', 'in2', 'b')} | " + WINDOWS +
          "swrite --log --roll 1500 out/log", "lines", ALL + ["sunion", "swindow"]),
    Graph("a join", f"sjoin -t t -d 3s --within -2s,2s -k k -j full <({SOURCE} --name a ../in) <({SOURCE} --name b ../in2) | "
          "swrite -t @timestamp --roll 20s out/x.ndjson", "lines", ["tsource", "sjoin", "swrite"]),
    Graph("two sinks", f"rm -f other; mkfifo other; swrite --name second --sinks 2 second.ndjson <other & {SOURCE} ../in | "
          "tee other | swrite --sinks 2 out.ndjson && wait $!", sinks=("swrite", "second"), stages=["tsource", "swrite"]),
    Graph("supervised", f"tidepipe run -S state --every 5ms --backoff 20ms -c '{ONE} swrite --roll 700 out/x.ndjson'",
          stages=ALL + ["tidepipe"]),
]


tally = Tally("crash", f"SEED={SEED}: ")
check = tally.check


def enter():
    """A place in memory where there is one: an fsync costs nothing there, and the order of calls is the same."""
    room = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    place = tempfile.mkdtemp(prefix="tp-crash-", dir=room)
    os.chdir(place)
    rng = random.Random(SEED)
    for name in ("in", "in2"):
        with open(name, "w") as f:
            for i in range(RECORDS):
                t = 1700000000000 + i * 700 + rng.randint(0, 2500)
                f.write(f'{{"t":{t},"k":"{rng.choice("abcde")}","n":{rng.randint(0, 999)},"of":"{name}","i":{i}}}\n')
    subprocess.run("unset TIDEPIPE_STATE; swatermark -t t -d 3s in >stamped", shell=True, check=True)
    return place


def leave(place):
    os.chdir("/")
    shutil.rmtree(place, ignore_errors=True)


def fresh_directory():
    shutil.rmtree("run", ignore_errors=True)
    os.makedirs("run/out")


def content(path):
    with open(path, "rb") as f:
        data = f.read()
    return gzip.decompress(data) if ".gz" in path and data else data


def files():
    """Every file of the sinks by name, unpacked."""
    names = glob.glob("run/out/**", recursive=True) + glob.glob("run/*.ndjson*")
    return {n: content(n) for n in names if os.path.isfile(n) and not n.endswith((".part", ".tmp"))}


def start(script, shim=None):
    env = dict(os.environ)
    if shim:
        env.update(shim, LD_PRELOAD=SHIM)
    with open("said", "wb") as said:
        return subprocess.Popen(["bash", "-c", "set -o pipefail; " + script], cwd="run", start_new_session=True, env=env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)


def run_to_end(script, shim=None):
    env = dict(os.environ)
    if shim:
        env.update(shim, LD_PRELOAD=SHIM)
    return subprocess.run(["bash", "-c", "set -o pipefail; " + script], cwd="run", capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=HANG, env=env)


def children(pid):
    """All processes below PID."""
    found = []
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            for child in map(int, f.read().split()):
                found += [child] + children(child)
    except FileNotFoundError:
        pass
    return found


# --- what a reader may trust ---------------------------------------------------------------------

def committed_log(folder):
    """The lines of a log before the byte that its own `committed` says, and the byte they begin with."""
    end = json.loads(content(f"{folder}/committed").split(b"\n")[0])["committed"]
    names = sorted(n for n in os.listdir(folder) if n.endswith(".ndjson"))
    first = int(names[0][:20]) if names else 0
    data = b"".join(content(f"{folder}/{n}") for n in names)
    if end < first or len(data) < end - first:
        raise ValueError("a segment went meanwhile")
    return first, data[:end - first]


def committed_files(sink):
    """What who trusts COMMIT alone may take: whole files, and of others the length that was saved."""
    commit = json.loads(content("run/state/COMMIT").split(b"\n")[0])["@commit"]
    ids = [int(n.split(".")[-2]) for n in glob.glob(f"run/state/{sink}.*.ndjson")]
    found = {}
    for line in content(f"run/state/{sink}.{max(i for i in ids if i <= commit)}.ndjson").splitlines():
        row = json.loads(line)
        if "file" not in row or not (row.get("named") or row.get("whole")):
            continue
        path = "run/" + row["file"]
        with open(path if os.path.exists(path) else path + ".part", "rb") as f:
            data = f.read(row["length"])
        if len(data) < row["length"]:
            raise ValueError("looked while it was committed")
        found[path] = gzip.decompress(data) if ".gz" in path else data
    return found


class Reader:
    """Looks at what is committed while the pipeline runs: what it has seen once must stay, and be of the answer."""

    def __init__(self, graph):
        self.graph, self.seen, self.end, self.looks = graph, {}, 0, 0

    def look(self):
        try:
            if "--log" in self.graph.script:
                self.take_log(*committed_log("run/out/log"))
            else:
                for sink in self.graph.sinks:
                    self.take(committed_files(sink))
            self.looks += 1
        except (OSError, ValueError, EOFError):
            return  # renamed, removed or prepared while it was looked at

    def take(self, now):
        back = [n for n, data in self.seen.items() if n in now and not now[n].startswith(data)]
        check("committed stays", not back, f"{self.graph.script}: taken back: {back}")
        self.seen.update(now)
        if self.graph.kind == "bytes":
            wrong = [n for n, data in now.items() if not self.graph.want.get(n, b"").startswith(data)]
            check("committed is of the answer", not wrong, f"{self.graph.script}: {wrong}")

    def take_log(self, first, data):
        check("log: committed stays", first + len(data) >= self.end, f"{first + len(data)} after {self.end}")
        self.end = first + len(data)
        if self.graph.kind == "bytes":
            good = data == content("stamped")[first:self.end]
            check("log: committed is of the answer", good, f"{first} to {self.end}")
        else:
            before = self.seen.get("log", b"")
            check("log: committed stays", first > 0 or data.startswith(before), f"up to {len(before)}")
            self.seen["log"] = data


class Follower:
    """`sread --committed -F` of a log that keeps all, over all runs of its writer: a row that was taken back stays in what
    it wrote, and what it wrote is not what the log holds in the end."""

    def __init__(self, graph):
        self.log = "run/out/log" if "--log" in graph.script and "--keep" not in graph.script else None
        self.process = None

    def begin(self):
        if self.log is None or self.process or not os.path.exists(f"{self.log}/committed"):
            return
        env = {n: v for n, v in os.environ.items() if n != "TIDEPIPE_STATE"}
        with open("followed", "wb") as out, open("followed.err", "wb") as err:
            self.process = subprocess.Popen(["sread", "--committed", "-F", self.log], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err, env=env)

    def end(self):
        if self.process is None:
            return
        want, until = committed_log(self.log)[1], time.monotonic() + HANG
        while os.path.getsize("followed") < len(want) and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        self.process.terminate()
        status = self.process.wait()
        check("sread --committed -F: no row was taken back", status in (0, -signal.SIGTERM) and content("followed") == want,
              f"status {status}: {os.path.getsize('followed')} bytes, not {len(want)}: {content('followed.err')}")


# --- answers -------------------------------------------------------------------------------------

def lines_of(found):
    """All lines of segments or files, but for what a log says of itself."""
    return [line for n, data in sorted(found.items()) if not n.endswith((".index", "/committed")) for line in data.splitlines()]


def each_source_in_order(found):
    lines = [json.loads(line) for line in lines_of(found)]
    return all([r["i"] for r in lines if r["of"] == name] == list(range(RECORDS)) for name in ("in", "in2"))


def is_answer(graph, got):
    if graph.kind == "bytes":
        return got == graph.want
    if graph.kind == "sources" and not each_source_in_order(got):
        return False
    return sorted(lines_of(got)) == sorted(lines_of(graph.want))


def differences(graph, got):
    want = graph.want
    return [(n, len(want.get(n, b"")), len(got.get(n, b""))) for n in sorted(set(want) | set(got)) if want.get(n) != got.get(n)][:6]


def check_end(graph, name, done_status, said=""):
    got = files()
    good = check(name, done_status == 0 and is_answer(graph, got),
                 f"{graph.name}: status {done_status}: {said} {differences(graph, got)}")
    left = glob.glob("run/out/**/*.part", recursive=True)
    return good & check(f"{name}: no .part is left", not left, f"{graph.name}: {left}")


def learn(graph):
    """What one run that nobody disturbs writes."""
    if graph.want is None:
        fresh_directory()
        before = time.monotonic()
        done = run_to_end(graph.script)
        graph.seconds = time.monotonic() - before
        graph.want = files()
        check(f"{graph.name}: undisturbed", done.returncode == 0 and graph.want, f"status {done.returncode}: {done.stderr}")
    return graph
