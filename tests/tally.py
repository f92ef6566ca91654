"""What tests/state and tests/crash share: the count of checks, and an end for what was started."""
import os
import signal


class Tally:
    def __init__(self, what, note=""):
        self.what, self.note = what, note
        self.passed = self.failed = 0

    def check(self, name, good, why=""):
        self.passed, self.failed = self.passed + bool(good), self.failed + (not good)
        if not good:
            print(f"{self.what}: {name}: {self.note}{str(why)[:2000]}", flush=True)
        return good

    def take(self):
        """How many passed and failed since it was asked last."""
        counts = self.passed, self.failed
        self.passed = self.failed = 0
        return counts


def kill_group(pipeline):
    try:
        os.killpg(pipeline.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    pipeline.wait()
