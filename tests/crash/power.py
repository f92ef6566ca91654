"""Power losses: what a run did to files is recorded (shim.c) and played to a disk that keeps, of what was not synced, all,
nothing, or something: any write, truncation, or change of a folder may be there without those before it; of a write its
beginning or its length alone. From each such disk the pipeline must come to the answer.

What fsync(2) promises is what was synced, and no more: not the name of a file whose content was, nor the order of anything.
"""
import os
import shutil

from common import check, check_end, content, files, fresh_directory, is_answer, learn, run_to_end


class File:
    def __init__(self):
        self.disk, self.waiting = bytearray(), []

    def sync(self):
        for op in self.waiting:
            change(self.disk, op)
        self.waiting = []

    def after(self, rng, keep):
        """The content of a disk that lost power."""
        data = bytearray(self.disk)
        for op in self.waiting:
            op = keep(rng, op)
            if op:
                change(data, op)
        return bytes(data)


def change(data, op):
    kind, at, piece = op
    if kind == "T":
        del data[at:]
        data.extend(bytes(at - len(data)))
        return
    data.extend(bytes(max(0, at - len(data))))
    data[at:at + len(piece)] = piece


class Folder:
    def __init__(self):
        self.now, self.disk, self.waiting = {}, {}, []

    def do(self, op):
        rename(self.now, op)
        self.waiting.append(op)

    def sync(self):
        for op in self.waiting:
            rename(self.disk, op)
        self.waiting = []

    def after(self, rng, keep):
        names = dict(self.disk)
        for op in self.waiting:
            if keep(rng, op):
                rename(names, op)
        return names


def rename(names, op):
    """NODE is no more called OLD, and NEW from now on; either may be None."""
    old, new, node = op
    if old is not None and names.get(old) is node:
        del names[old]
    if new is not None:
        names[new] = node


class Disk:
    """The files below run/, as the record says. DEAF: what it does not sync when it is told to."""

    def __init__(self, inodes, deaf=()):
        self.node, self.deaf = {}, deaf
        self.root = Folder()
        self.node[inodes[0]] = self.root
        out = self.node[inodes[1]] = Folder()
        self.root.do((None, "out", out))
        self.root.sync()

    def play(self, event):
        op, a, b, data = event
        node = self.node.get(a)
        if node is None:
            return  # no file of the pipeline's
        if op in "LM":
            self.node[b] = Folder() if op == "M" else File()
            node.do((None, data.decode(), self.node[b]))
        elif op == "R":
            assert a == b, "between folders"
            old, new = data.decode().split("\0")
            node.do((old, new, node.now[old]))
        elif op == "U":
            node.do((data.decode(), None, node.now[data.decode()]))
        elif op == "S":
            if not isinstance(node, self.deaf):
                node.sync()
        else:
            node.waiting.append((op, b, data))


def read_record(path):
    data, at, events = content(path), 0, []
    while at < len(data):
        line = data.index(b"\n", at)
        op, a, b, size = data[at:line].decode().split()
        events.append((op, int(a), int(b), data[line + 1:line + 1 + int(size)]))
        at = line + 1 + int(size)
    return events


# --- what a disk keeps of what was not synced ----------------------------------------------------

def nothing(rng, op):
    return None


def everything(rng, op):
    return op


def something(rng, op):
    """A write may also be torn, or be there by its length alone."""
    fate = rng.random()
    if fate < 0.4:
        return None
    if op[0] != "W" or fate < 0.7:
        return op
    kind, at, piece = op
    return (kind, at, piece[:rng.randrange(len(piece) + 1)] if fate < 0.85 else bytes(len(piece)))


def little(rng, op):
    return something(rng, op) if rng.random() < 0.3 else None


def write_out(folder, path, rng, keep):
    os.makedirs(path)
    for name, node in folder.after(rng, keep).items():
        if isinstance(node, Folder):
            write_out(node, f"{path}/{name}", rng, keep)
        else:
            with open(f"{path}/{name}", "wb") as f:
                f.write(node.after(rng, keep))


# --- losses --------------------------------------------------------------------------------------

def record_run(rng, graph):
    """Two runs: one that is killed somewhere, and one that goes back and comes to its end."""
    fresh_directory()
    inodes = [os.stat(n).st_ino for n in ("run", "run/out")]
    if os.path.exists("record"):
        os.unlink("record")
    shim = {"CRASH_RECORD": os.path.abspath("record")}
    if "tidepipe run" not in graph.script:  # it would start again with the same shim, and again
        run_to_end(graph.script, dict(shim, CRASH_STAGE="swrite", CRASH_AT=str(rng.randrange(1, 120))))
    done = run_to_end(graph.script, shim)
    check("power: recorded", done.returncode == 0, done.stderr)
    return inodes, read_record("record")


def lose(rng, inodes, events, keep, deaf=()):
    """run/ becomes what a disk has behind some of EVENTS; behind how many."""
    disk = Disk(inodes, deaf)
    at = rng.randrange(len(events) + 1)
    for event in events[:at]:
        disk.play(event)
    shutil.rmtree("run")
    write_out(disk.root, "run", rng, keep)
    return at


def losses(rng, graphs, most):
    """MOST losses over all graphs, in turn; how many there were."""
    done = 0
    while done < most:
        for graph in graphs:
            learn(graph)
            inodes, events = record_run(rng, graph)
            for _ in range(min(max(4, most // 100), most - done)):
                keep = rng.choice([nothing, everything, something, little])
                at = lose(rng, inodes, events, keep)
                end = run_to_end(graph.script)
                check_end(graph, "power: the end", end.returncode,
                          f"behind {at} of {len(events)} changes {keep.__name__} is kept: {end.stderr}")
                done += 1
    return done


def can_fail(rng, graph):
    """A disk that does not sync when it is told to must be found out, or this proves nothing."""
    learn(graph)
    inodes, events = record_run(rng, graph)
    for deaf in (File, Folder):
        found = any(is_found_out(rng, graph, inodes, events, deaf) for _ in range(60))
        check(f"power: a disk that does not sync a {deaf.__name__} is found out", found)


def is_found_out(rng, graph, inodes, events, deaf):
    lose(rng, inodes, events, little, deaf)
    end = run_to_end(graph.script)
    return end.returncode != 0 or not is_answer(graph, files())
