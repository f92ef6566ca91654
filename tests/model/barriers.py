#!/usr/bin/env python3
"""A model of saved state: barriers, epochs, the one rename (doc/decisions/barriers-and-one-rename.md).

    A --> F --> J --> G --> K2        F writes to J and to K1; J has two inputs.
          |     ^
          K1    B                     Two sources, three stages, two sinks.

Processes do one atomic step at a time (a lock, a write to a pipe, a save, a commit) in random order;
any may be killed between two steps, or pause for long and wake in the middle of the next run; clocks
go back. A stage saves itself, or lets a child do it while it goes on, or gives an ID up; a child may
outlive its parent. Every run starts while what is left of the old one may still be alive. At the end one run
goes through undisturbed. What must hold:

    lost, twice, order   a committed sink holds what the sources' committed offsets say, in order
    retracted            what was committed once stays, and only grows
    missing              whatever COMMIT names can be loaded
    stuck                the undisturbed run ends, with everything committed
    again                what `finish` writes is written once

Each rule of the protocol can be switched off; then the model must find what goes wrong. So it is
known that it can fail, and what each rule is there for.

    barriers.py                          1000 walks with all rules, and each rule switched off
    barriers.py --walks 200000           the campaign
    barriers.py --seed 7 --without ids   one walk, told step by step
"""
import argparse
import random
import sys

RULES = {
    "save-first": "a stage saves before it forwards the barrier",
    "locks": "a name's lock is held for life",
    "epochs": "a sink commits only what was prepared under the current epochs",
    "all-sinks": "COMMIT moves when all sinks have prepared",
    "any-id": "a sink that prepared commits the greatest ID that all can serve, not only its own",
    "final": "the snapshot of a last barrier serves every later ID",
    "skip": "an input at a lower ID than another is let go on: the ID is given up",
    "zero": "a start from nothing is saved, too, as ID 0",
    "complete": "a stage that was complete does not finish again",
    "ids": "a source's IDs are above all that are found in the directory",
    "keep": "a snapshot is deleted only when the commit before the last does not need it",
    "fence": "a stage whose epochs are stale does not go back, nor truncate",
    "mark": "what a child saves, or nobody, bears a mark before the barrier goes on: nobody commits it",
    "mark-long": "the mark of a child goes only when the snapshot is there",
    "last-itself": "behind a last barrier a stage saves itself",
}

# Without these nothing goes wrong as long as all others hold. They are kept: they say at once what
# would be found out late.
BELTS = {
    "lineage": "a snapshot is loaded only when its epochs are those of COMMIT",
    "restore": "the inputs must name one commit to go back to",
    "grow": "COMMIT never goes back",
    "moved": "a stage goes back, and truncates, only to what COMMIT still says",
    "child-lock": "a child holds the lock of its parent, for its own life (its temporary file is no part of the model)",
}

# Where a rule is missed only rarely: a walk that shows it.
SHOWN_BY = {"locks": 140}

INPUTS = {"F": ["A"], "J": ["F", "B"], "G": ["J"], "K1": ["F"], "K2": ["G"]}
OUTPUTS = {"A": ["F"], "B": ["J"], "F": ["J", "K1"], "J": ["G"], "G": ["K2"], "K1": [], "K2": []}
SOURCES, SINKS = ("A", "B"), ("K1", "K2")
ROOM = 2  # messages a pipe holds


class Wrong(Exception):
    """The protocol failed."""


class Failed(Exception):
    """A process gives up, loudly: exit status 3."""


class Pipe:
    def __init__(self):
        self.queue, self.writer_gone, self.reader_gone = [], False, False


class Disk:
    def __init__(self):
        self.commit = {"id": 0, "previous": 0, "epochs": {}}
        self.epoch = {}
        self.snaps = {}  # (name, id) -> snapshot
        self.marks = set()  # (name, id) that may not be committed
        self.files = {"K1": [], "K2": []}
        self.locks = {}  # name -> those who hold it
        self.committed = {"K1": [], "K2": []}  # what a reader has seen


def serves(disk, name, wanted, epochs=None):
    """The snapshot of NAME that stands for ID wanted, or None."""
    def fits(snap):
        return epochs is None or all(epochs.get(n) == e for n, e in snap["epochs"].items())
    snap = disk.snaps.get((name, wanted))
    if snap and fits(snap):
        return snap
    finals = [s for (n, i), s in disk.snaps.items() if n == name and i <= wanted and s["final"] and fits(s)]
    return max(finals, key=lambda s: s["id"]) if finals else None


class Process:
    def __init__(self, world, name, pipes):
        self.world, self.name, self.disk, self.without = world, name, world.disk, world.without
        self.inputs = [pipes[i, name] for i in INPUTS.get(name, []) if pipes]
        self.outputs = [pipes[name, o] for o in OUTPUTS[name] if pipes]
        self.alive, self.paused, self.outbox, self.after = True, 0, [], None
        self.child = None
        self.epochs, self.at = {}, [None] * len(self.inputs)
        self.program = self.run()

    def step(self):
        """One atomic step; False: blocked."""
        try:
            return next(self.program) is not False
        except StopIteration:
            self.die()
        except Failed as why:
            self.world.say(f"{self.name} gives up: {why}")
            self.die()
        return True

    def die(self):
        self.alive = False
        for pipe in self.inputs:
            pipe.reader_gone = True
        for pipe in self.outputs:
            pipe.writer_gone = True
        self.let_go_of_lock()
        if self.child and self.world.random.random() < 0.5:  # the system kills it with its parent, soon
            self.child.die()

    def holds_lock(self):
        return self in self.disk.locks.get(self.name, ())

    def let_go_of_lock(self):
        holders = self.disk.locks.get(self.name, [])
        if self in holders:
            holders.remove(self)
        if not holders:
            self.disk.locks.pop(self.name, None)

    # --- steps that all share

    def take_lock(self):
        while "locks" not in self.without and self.name in self.disk.locks:
            yield False
        self.disk.locks[self.name] = [self]
        yield

    def write(self, message):
        for pipe in self.outputs:
            while len(pipe.queue) >= ROOM and not pipe.reader_gone:
                yield False
            if pipe.reader_gone:
                raise Failed("SIGPIPE")
            pipe.queue.append(message)
            yield

    def load(self, wanted):
        """What was saved for COMMIT's ID; None: nothing yet."""
        if self.disk.commit["id"] != wanted and "moved" not in self.without:
            raise Failed("the commit has moved on")
        if "fence" not in self.without and any(self.disk.epoch[n] != e for n, e in self.epochs.items()):
            raise Failed("stale before it began")
        if wanted == 0:
            return self.disk.snaps.get((self.name, 0))
        lineage = None if "lineage" in self.without else self.disk.commit["epochs"]
        snap = serves(self.disk, self.name, wanted, lineage)
        if snap is None and self.disk.commit["id"] == wanted:
            raise Wrong(f"missing: {self.name} has no snapshot for {wanted}")
        if snap is None:
            raise Failed("the commit has moved on")
        return snap

    def save(self, number, state, final=False, complete=False):
        self.disk.snaps[self.name, number] = {"id": number, "epochs": dict(self.epochs), "final": final,
                                              "complete": complete, "state": state}
        self.prune()

    def prune(self):
        """Deletes what the last two commits do not need."""
        bound = self.disk.commit["previous"]
        if "keep" in self.without:
            bound = max(i for (n, i) in self.disk.snaps if n == self.name)
        own = [i for (n, i) in self.disk.snaps if n == self.name and i <= bound]
        for i in own:
            if i < max(own):
                del self.disk.snaps[self.name, i]
        self.disk.marks -= {(n, i) for (n, i) in self.disk.marks if n == self.name and i <= self.disk.commit["id"]}


class Source(Process):
    def run(self):
        world, disk = self.world, self.disk
        yield from self.take_lock()
        start = disk.commit["id"]  # under the directory's lock: one step
        self.epochs = {self.name: disk.epoch.get(self.name, 0) + 1}
        disk.epoch[self.name] = self.epochs[self.name]
        found = [0] if "ids" in self.without else [i for (_, i) in disk.snaps]
        number = max(world.clock, max(found, default=0)) + 1
        yield
        snap = self.load(start)
        at, complete = (snap["state"], snap["complete"]) if snap else (0, False)
        if snap is None:
            self.save(0, 0)
        yield from self.write(("restore", start, dict(self.epochs)))
        while at < world.records[self.name]:
            action = world.random.random()
            if action < 0.35 and number <= world.most:
                if "save-first" not in self.without:
                    self.save(number, at)
                    yield
                yield from self.write(("barrier", number, False))
                self.save(number, at)
                number += world.random.choice([1, 1, 1, 2])  # who is behind leaves ticks out
            elif action < 0.38 and not world.calm:
                yield from self.end(number, at, False)
                return
            else:
                at += 1
                yield from self.write(("record", self.name, at))
        yield from self.write(("end",))
        yield from self.end(number, at, True)

    def end(self, number, at, complete):
        self.save(number, at, True, complete)
        yield
        yield from self.write(("barrier", number, True))


class Stage(Process):
    """State: how many records of each source it has seen."""

    def run(self):
        yield from self.take_lock()
        start = yield from self.read_restore()
        snap = self.load(start)
        self.restored(snap)
        yield
        self.disk.marks -= {(n, i) for (n, i) in self.disk.marks if n == self.name}
        if snap is None and "zero" not in self.without:
            self.save(0, self.state())
            yield
        yield from self.write(("restore", start, dict(self.epochs)))
        while True:
            which = self.pick()
            if which is None:
                yield False
                continue
            if which == "all":
                if (yield from self.barrier()):
                    return
                continue
            pipe = self.inputs[which]
            if not pipe.queue:
                raise Failed("input cut off")
            yield from self.take(which, pipe.queue.pop(0))

    def save_at(self, number, last, complete):
        """Itself, by a child, or not at all: the sources alone cannot know how long it takes."""
        busy = self.child and self.child.alive
        if last and "last-itself" not in self.without:
            if busy:
                self.child.die()
            self.save(number, self.state(), last, complete)
            yield
            return
        way = self.world.random.random()
        if not busy and (way < 0.4 or self.name in SINKS):
            self.save(number, self.state(), last, complete)
            yield
            return
        if "mark" not in self.without:
            self.disk.marks.add((self.name, number))
            yield
        if not busy and way < 0.9:
            self.child = Child(self, number, self.state(), last, complete)
            self.world.processes.append(self.child)
            yield

    def read_restore(self):
        starts = set()
        for pipe in self.inputs:
            while not pipe.queue and not pipe.writer_gone:
                yield False
            if not pipe.queue:
                raise Failed("no restore line")
            _, start, epochs = pipe.queue.pop(0)
            starts.add(start)
            self.epochs.update(epochs)
            yield
        if len(starts) > 1 and "restore" not in self.without:
            raise Failed("inputs go back to different commits")
        return max(starts)

    def restored(self, snap):
        self.seen = dict(snap["state"]) if snap else {}
        self.complete = bool(snap) and snap["complete"]
        self.ended = [False] * len(self.inputs)

    def state(self):
        return dict(self.seen)

    def pick(self):
        """An input to read, "all" when they stand at one barrier, None when none can be read."""
        standing = [a for a in self.at if a]
        if standing and len(standing) == len(self.at):
            number = max(n for n, _ in standing)
            low = [i for i, (n, last) in enumerate(self.at) if n < number and (not last or "final" in self.without)]
            if not low:
                return "all"
            if "skip" in self.without:
                return None
            for i in low:
                self.at[i] = None
        ready = [i for i, p in enumerate(self.inputs) if not self.at[i] and (p.queue or p.writer_gone)]
        return self.world.random.choice(ready) if ready else None

    def take(self, which, message):
        if message[0] == "record":
            _, source, number = message
            if number != self.seen.get(source, 0) + 1:
                raise Wrong(f"order: {self.name} got {source}{number} after {self.seen.get(source, 0)}")
            self.seen[source] = number
            yield from self.write(message)
        elif message[0] == "end":
            self.ended[which] = True
        elif message[0] == "barrier":
            self.at[which] = message[1:]
        yield

    def barrier(self):
        number, last = max(n for n, _ in self.at), all(l for _, l in self.at)
        complete = last and all(self.ended)
        if complete:
            if self.name == "G" and (not self.complete or "complete" in self.without):
                yield from self.write(("total", dict(self.seen)))
            yield from self.write(("end",))
        if "save-first" not in self.without:
            yield from self.save_at(number, last, complete)
            yield from self.write(("barrier", number, last))
        else:
            yield from self.write(("barrier", number, last))
            self.save(number, self.state(), last, complete)
        self.at = [a if a[1] else None for a in self.at]
        return last


class Child(Process):
    """Saves what its parent was when it began."""

    def __init__(self, parent, number, state, last, complete):
        super().__init__(parent.world, parent.name, {})
        self.epochs = dict(parent.epochs)
        self.what = number, state, last, complete
        if "child-lock" not in self.without and parent.holds_lock():
            self.disk.locks[self.name].append(self)

    def run(self):
        for _ in range(self.world.random.randint(0, 40)):
            yield
        mark = {(self.name, self.what[0])}
        if "mark-long" in self.without:
            self.disk.marks -= mark
            yield
        self.save(*self.what)
        yield
        self.disk.marks -= mark


class Sink(Stage):
    """State: the length of its file."""

    def restored(self, snap):
        if snap:
            del self.disk.files[self.name][snap["state"]:]
        self.ended, self.complete, self.prepared = [False], False, 0

    def state(self):
        return len(self.disk.files[self.name])

    def take(self, which, message):
        if self.prepared and self.world.random.random() < 0.2:  # who else has saved by now?
            self.try_commit(self.prepared)
            yield
        if message[0] in ("record", "total"):
            self.disk.files[self.name].append(message)
        elif message[0] == "end":
            self.ended[which] = True
        elif message[0] == "barrier":
            self.at[which] = message[1:]
        yield

    def barrier(self):
        number, last = self.at[0]
        self.save(number, self.state(), last, last and self.ended[0])
        self.prepared = number
        yield
        self.try_commit(number)
        yield
        self.at = [None]
        return last

    def try_commit(self, own):
        """Under the directory's lock: one step."""
        disk = self.disk
        current = None if "epochs" in self.without else disk.epoch
        if current is not None and any(current[n] != e for n, e in self.epochs.items()):
            raise Failed("stale")
        sinks = [self.name] if "all-sinks" in self.without else SINKS
        candidates = {own} if "any-id" in self.without else {i for (n, i) in disk.snaps if n in SINKS}
        for number in sorted(candidates, reverse=True):
            if number <= disk.commit["id"] and "grow" not in self.without:
                return
            if any(i == number for (_, i) in disk.marks):
                continue
            snaps = [serves(disk, s, number, current) for s in sinks]
            if number > 0 and all(snaps):
                epochs = {}
                for snap in snaps:
                    epochs.update(snap["epochs"])
                self.world.committed(number, epochs)
                return


class World:
    """One walk."""

    def __init__(self, seed, without, loud=False):
        self.random, self.without, self.loud = random.Random(seed), without, loud
        self.disk, self.processes, self.clock, self.calm = Disk(), [], 0, False
        self.records = {"A": self.random.randint(0, 4), "B": self.random.randint(0, 4)}
        self.most = 0

    def say(self, text):
        if self.loud:
            print(text)

    def start(self):
        # A clock that went back; but never further than what any source remembers of itself.
        self.clock = max(0, self.clock + self.random.randint(-2, 3))
        self.most = self.clock + 30
        pipes = {(a, b): Pipe() for a in OUTPUTS for b in OUTPUTS[a]}
        kinds = {**{s: Source for s in SOURCES}, **{s: Sink for s in SINKS}}
        self.say(f"-- run; clock {self.clock}, COMMIT {self.disk.commit}")
        fresh = [kinds.get(name, Stage)(self, name, pipes) for name in OUTPUTS]
        self.random.shuffle(fresh)
        self.processes += fresh
        return fresh

    def committed(self, number, epochs):
        disk = self.disk
        disk.commit = {"id": number, "previous": disk.commit["id"], "epochs": epochs}
        self.say(f"COMMIT {disk.commit}")
        offsets = {}
        for source in SOURCES:
            snap = serves(disk, source, number, epochs)
            if snap is None:
                raise Wrong(f"missing: no offset of {source} for {number}")
            offsets[source] = snap["state"]
        for stage in INPUTS:
            if serves(disk, stage, number, epochs) is None:
                raise Wrong(f"missing: {stage} did not save {number}")
        for sink in SINKS:
            snap = serves(disk, sink, number, epochs)
            self.check(sink, disk.files[sink][:snap["state"]], offsets)

    def check(self, sink, rows, offsets):
        before = self.disk.committed[sink]
        if rows[:len(before)] != before:
            raise Wrong(f"retracted: {sink} had {before}, has {rows}")
        self.disk.committed[sink] = list(rows)
        for source in SOURCES if sink == "K2" else ("A",):
            numbers = [r[2] for r in rows if r[0] == "record" and r[1] == source]
            if numbers != list(range(1, offsets[source] + 1)):
                raise Wrong(f"lost or twice: {sink} has {source}{numbers}, its offset is {offsets[source]}")
        if sum(r[0] == "total" for r in rows) > 1:
            raise Wrong("again: finished twice")

    def disturb(self, fresh):
        """Steps in random order, kills and pauses between them."""
        steps = self.random.randint(1, 150)
        danger = self.random.choice([0, 0.005, 0.03])
        for _ in range(steps):
            living = [p for p in self.processes if p.alive]
            if not living:
                return
            process = self.random.choice(living)
            if process.paused > 0:
                process.paused -= 1
            elif self.random.random() < danger:
                self.say(f"kill {process.name}")
                process.die()
            elif self.random.random() < danger:
                process.paused = self.random.randint(5, 60)
            else:
                process.step()
            self.clock += self.random.random() < 0.05
        self.leave(fresh)

    def leave(self, fresh):
        """What is left of a run: nothing, all, or some that go on while the next one starts."""
        share = self.random.choice([0, 0, 0.5, 1, None])  # None: of the sinks all, of the rest none
        for process in fresh:
            if process.alive and (self.random.random() >= share if share is not None
                                  else process.name not in SINKS):
                process.die()
            elif process.alive:
                process.paused = self.random.randint(0, 40)

    def finish(self):
        """Runs without a disturbance until all is committed. Others may still be there: twice at
        most a newcomer has to make room for what they locked."""
        self.calm = True
        for _ in range(3):
            fresh = self.start()
            idle, slow, waits = 0, self.random.choice(fresh), self.random.random() < 0.5
            while any(p.alive for p in self.processes) and idle < 400:
                process = self.random.choice([p for p in self.processes if p.alive])
                if process is slow and self.random.random() < 0.95 and idle < 100:
                    idle += 1
                    continue
                if waits and self.sleeps(process, fresh):
                    idle += 1
                    continue
                process.paused = 0
                idle = 0 if process.step() else idle + 1
                self.clock += self.random.random() < 0.02
            stuck = [p.name for p in fresh if p.alive]
            for process in self.processes:
                if process.alive:
                    process.die()
        if stuck:
            raise Wrong(f"stuck: {stuck}")
        if self.disk.commit["id"] < max(i for (n, i) in self.disk.snaps if n == "K2"):
            raise Wrong("stuck: the last barrier is prepared by all and not committed")
        rows = self.disk.committed["K2"]
        if len(rows) != sum(self.records.values()) + 1 or len(self.disk.committed["K1"]) != self.records["A"]:
            raise Wrong(f"stuck: only {self.disk.committed} is committed of {self.records}")

    def sleeps(self, process, fresh):
        """One of an old run that waits for its lock, and gets it only behind the one of this run."""
        return (process not in fresh and not process.holds_lock()
                and any(p.alive and p.name == process.name for p in fresh))

    def walk(self):
        for _ in range(self.random.randint(1, 4)):
            self.disturb(self.start())
        self.finish()


def first_wrong(seeds, without):
    for seed in seeds:
        try:
            World(seed, without).walk()
        except Wrong as why:
            return seed, str(why)
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--walks", type=int, default=1000)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--without", action="append", default=[], choices=sorted({**RULES, **BELTS}))
    args = parser.parse_args()
    if args.seed is not None:
        World(args.seed, set(args.without), loud=True).walk()
        return 0
    failed = passed = 0
    wrong = first_wrong(range(args.walks), set(args.without))
    if wrong:
        failed += 1
        print(f"model: walk {wrong[0]}: {wrong[1]}")
    else:
        passed += 1
    for rule in RULES if not args.without else ():
        seeds = [SHOWN_BY[rule]] if rule in SHOWN_BY else range(2 * args.walks)
        wrong = first_wrong(seeds, {rule})
        if wrong:
            passed += 1
            print(f"without {rule:11} walk {wrong[0]:5}: {wrong[1]}")
        else:
            failed += 1
            print(f"model: without {rule} ({RULES[rule]}) nothing goes wrong")
    print(f"model: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
