"""What the oracles of sjoin share: two inputs in files or through FIFOs, and rows compared as multisets."""
import json
import os
import threading


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def in_time(rows, delay):
    """Those that are not late: watermark = largest time - delay, floored to 1 s."""
    kept, largest = [], None
    for row in rows:
        if largest is None or row["t"] >= largest - delay:
            kept.append(row)
            largest = row["t"] if largest is None else max(largest, row["t"])
    return kept


def feed(fifos, files, rng):
    """Writes both files into their FIFOs, line by line in turns by chance."""
    open_files = [open(fifo, "w", buffering=1) for fifo in fifos]
    lines = [path.read_text().splitlines(True) for path in files]
    while any(lines):
        side = rng.choice([i for i in (0, 1) if lines[i]])
        for _ in range(rng.randint(1, 40)):
            if lines[side]:
                open_files[side].write(lines[side].pop(0))
        if not lines[side]:
            open_files[side].close()


def interleaved(directory, files, rng, join):
    """The rows of JOIN, a function of two paths, over the files as they come through FIFOs."""
    fifos = [directory / "l.fifo", directory / "r.fifo"]
    for fifo in fifos:
        if not fifo.exists():
            os.mkfifo(fifo)
    writer = threading.Thread(target=feed, args=(fifos, files, rng), daemon=True)
    writer.start()
    rows = join(fifos)
    writer.join()
    return rows


class Tally:
    passed = failed = 0

    def check(self, what, got, want):
        """Two Counters."""
        if got == want:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED {what}: too many {list((got - want).items())[:3]}, missing {list((want - got).items())[:3]}")

    def end(self):
        """Says the counts; the exit status."""
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0
