"""latency.py FEED COMMAND: how long a record is on its way through a command.

Sends one record, waits for the line that answers it, and so on; FEED is the record, {n} in it counts
and {second} is the n-th second of a day. The first record may be answered by the second (that ends its
window); from then on each has its line. Control lines are not answers. $BENCH_SECONDS gets the median
and the 99th percentile, in seconds.
"""
import os
import select
import subprocess
import sys
import time

RECORDS = 2000
WARM = 100
PATIENCE = 5  # seconds
CONTROL = (b'{"@watermark"', b'{"@barrier"')


class Pipe:
    def __init__(self, command):
        self.process = subprocess.Popen(["/bin/sh", "-c", command], bufsize=0,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.rest = b""

    def answered(self, patience):
        """Waits for an answer; False when none came in time."""
        while True:
            *lines, self.rest = self.rest.split(b"\n")
            if any(line and not line.startswith(CONTROL) for line in lines):
                return True
            if not select.select([self.process.stdout], [], [], patience)[0]:
                return False
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                return False
            self.rest += piece

    def send(self, feed, n):
        second = f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}"
        line = feed.replace("{n}", str(n)).replace("{second}", second) + "\n"
        self.process.stdin.write(line.encode())


def main():
    feed, command = sys.argv[1:]
    pipe, took = Pipe(command), []
    pipe.send(feed, 0)
    pipe.answered(0.5)
    for n in range(1, WARM + RECORDS):
        start = time.perf_counter()
        pipe.send(feed, n)
        if not pipe.answered(PATIENCE):
            pipe.process.kill()
            sys.exit(f"no answer to a record within {PATIENCE} seconds")
        took.append(time.perf_counter() - start)
    pipe.process.stdin.close()
    pipe.process.stdout.read()
    pipe.process.wait()
    took = sorted(took[WARM - 1:])
    with open(os.environ.get("BENCH_SECONDS", "/dev/stdout"), "w", encoding="ascii") as report:
        report.write(f"{took[len(took) // 2]:.7f} {took[len(took) * 99 // 100]:.7f}\n")


if __name__ == "__main__":
    main()
