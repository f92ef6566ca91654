"""What the oracles of whole lines share: shell commands fed with lines, and lines compared in order."""
import os
import subprocess


class Tally:
    passed = failed = 0

    def count(self, good):
        self.passed, self.failed = self.passed + good, self.failed + (not good)
        return good

    def check(self, name, ours, theirs):
        if self.count(ours == theirs):
            return
        first = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b),
                     min(len(ours), len(theirs)))
        print(f"FAILED {name}: {len(ours)} lines, not {len(theirs)}; line {first + 1}:",
              *ours[first:first + 1], *theirs[first:first + 1], sep="\n  ")


def run(command, text=None, block=None):
    """The lines that COMMAND writes. BLOCK: so many bytes its filters read at once."""
    environment = dict(os.environ, LC_ALL="C")
    if block:
        environment["TIDEPIPE_BLOCK"] = block
    done = subprocess.run(command, input=None if text is None else "".join(line + "\n" for line in text).encode(),
                          shell=True, executable="/bin/bash", capture_output=True, env=environment)
    assert done.returncode == 0, (command, done.returncode, done.stderr[-500:])
    return done.stdout.decode().splitlines()
