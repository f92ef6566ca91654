"""State of N parts dealt out to M: rows as of a run that was never stopped; what must be refused is."""
import fcntl
import functools
import os
import re
import shutil
import signal
import subprocess

from common import SEED, check, commit_now, content, fresh_directory, refused, shell, wait_until, write_input
from inputs import records
from seal import seal

# A stage in parts, how many there are and will be, what else rescale is told.
RESCALED = [
    ("swindow -w 1m -k k -a 'count, sum(n)'", 4, 2, ""),
    ("swindow -w hop:1s,500ms --lateness 100ms --late-to late{n} -k k,n -a 'count, list(n)' ", 2, 3, "--hash k"),
    ("swindow -w session:3s -k k -a 'count, p50(n)'", 1, 4, ""),
    ("swindow -w count:7 -k 'upper(k) AS K' -a 'count, first(n)'", 3, 1, ""),
    ("swindow -w 10s --empty=key -k k", 4, 2, ""),
    ("sstep -k k -a 'lag(n), sum(n), lead(n) WITHIN 5s' --ttl 10m", 4, 2, ""),
    ("sstep -k k -a 'lag(n)'", 1, 4, ""),
    ("sgap -k k --fill 1s", 2, 3, ""),
    ("sgap -k k --after 3s", 4, 2, ""),
    ("srank -n 3 --by n -w hop:2s,500ms -k k", 4, 2, ""),
    ("srank -n 2 --by 'n DESC, t' --ties keep -w 10s -k k", 2, 3, ""),
    ("sdedup -k 'k, n' --verify --within 2s", 4, 2, "--hash k"),
    ("sdedup -k k --verify --within 1s", 2, 3, ""),
    ("sdedup -k 'k, n' --verify --within 2s --keep last", 3, 2, "--hash k"),
    ("sdedup -k 'k, n' --verify --within 3s --keep first", 1, 3, "--hash k"),
    ("srank -n 4 --by n --running --retract -k k", 3, 4, ""),
    ("sfilter 'n > 50' | sgap --name gap-{n} -k k --after 3s", 2, 3, "--stage 'gap-{n}'"),
]
PARALLEL = ("export TIDEPIPE_STATE=%s; rm -f p*; for n in $(seq 0 %d); do mkfifo p$n; done; "
            "sread %s in | swatermark -t t -d 2s | sroute --hash %s --parts %d \"| %s >p{n}\" >none & "
            "sunion $(ls p*) | swrite out; wait")


def parallel(state, parts, stage, source="--once", key="k"):
    first, *more = stage.split("|")
    named = "|".join([first.rstrip() + " --name part-{n} "] + more)
    done = shell(PARALLEL % (state, parts - 1, source, key, parts, named), cwd="run")
    check(f"rescale: {stage} in {parts} parts", done.returncode == 0, done.stderr)
    late = [content(f"run/{n}") for n in sorted(os.listdir("run")) if n.startswith("late")]
    return sorted(content("run/out").splitlines()), sorted(b"".join(late).splitlines())


def rescale(stage, before, after, told, rng):
    """Stopped in the middle, rescaled, and gone on with; what `end` brings is no part of it: sgap's depends on the parts."""
    text = "".join(records(rng, 600, 6000))
    key = "'upper(k)'" if "upper" in stage else "k"
    fresh_directory()
    with open("run/in", "w") as f:
        f.write(text)
    want = parallel("whole", before, stage, key=key)
    fresh_directory()
    with open("run/in", "w") as f:
        f.write(text[:text.index("\n", rng.randrange(len(text) // 4, len(text) * 3 // 4)) + 1])
    parallel("old", before, stage, key=key)
    old = {n: content("run/old/" + n) for n in os.listdir("run/old")}
    done = shell(f"tidepipe state rescale old new --stage 'part-{{n}}' {told} --gather sunion --from {before} --to {after} && "
                 "tidepipe state verify new", cwd="run")
    check(f"rescale: {stage}: {before} to {after}", done.returncode == 0 and " 0 damaged" in done.stdout, done.stderr)
    check(f"rescale: {stage}: the old one stays", old == {n: content("run/old/" + n) for n in os.listdir("run/old")}, "changed")
    with open("run/in", "w") as f:
        f.write(text)
    got = parallel("new", after, stage, key=key)
    check(f"rescale: {stage}: rows", got == want and len(want[0]) > 10 and ("--late-to" not in stage or len(want[1]) > 1), f"SEED={SEED}: {before} to {after}: differ")


def killed(rng):
    """Killed anywhere between two barriers: the commit is what is dealt out, what came behind it is read again."""
    stage = "swindow -w 5s -k k -a 'count, sum(n)'"
    write_input(records, rng)
    fresh_directory()
    shutil.copy("in", "run/in")
    want = parallel("whole", 2, stage)
    fresh_directory()
    shutil.copy("in", "run/in")
    script = PARALLEL % ("old", 1, "--rate 1000 --every 10ms", "k", 2, stage + " --name part-{n}")
    pipeline = subprocess.Popen(["bash", "-c", script], cwd="run", start_new_session=True, stderr=subprocess.DEVNULL)
    wait_until(lambda: commit_now("old") > 0 and len(content("run/out")) > 500)
    os.killpg(pipeline.pid, signal.SIGKILL)
    pipeline.wait()
    done = None

    def all_are_gone():
        nonlocal done
        done = shell("tidepipe state rescale old new --stage 'part-{n}' --gather sunion --from 2 --to 3", cwd="run")
        return "at work" not in done.stderr

    wait_until(all_are_gone)
    check("rescale: killed", done.returncode == 0, done.stderr)
    check("rescale: killed: rows", parallel("new", 3, stage) == want, f"SEED={SEED}: differ")


# What rescale is told beside `--from 2 --to 3`, of parts that run this; its status, and what it says.
NOT_RESCALED = [
    ("sdedup -k k --within 9s", "", "hashes under a secret"),
    ("sdedup -k k --on-change n --verify", "", "hashes under a secret"),
    ("sdedup -k k --verify --dups dups{n}", "", "of one part alone"),
    ("ssort", "", "not kept by key"),
    ("srank -n 2 --by n -w all -k k", "", "-w all"),
    ("srank -n 2 --by n -w 1m", "", "no -k"),
    ("swindow -w all -k k", "", "-w all"),
    ("swindow -w 1m -a count", "", "no -k"),
    ("swindow -w 1m -k k,n", "", "2 keys: --hash"),
    ("swindow -w 1m -k k,n", "--hash nothing", "none of the keys: k, n"),
    ("swindow -w 1m -k k,n", "--hash 'k ||'", "--hash"),
    ("swindow -w 1m -k k,n", "--hash n", "by another --hash"),
    ("swindow -w 1m -k k", "--hash 1", "names no key"),
    ("swindow -w 1m -k k", "--stage other-{n}", "no snapshot of other-0"),
    ("swindow -w 1m -k k", "--stage part", "no {n}"),
    ("swindow -w 1m -k k", "--stage 'part-{n}'", "given twice"),
    ("swindow -w 1m -k k", "--gather swrite", "before one swrite"),
    ("swindow -w 1m -k k", "--from 1", "there is part-1, too"),
    ("swindow -w 1m -k k", "--from 3", "no snapshot of part-2"),
    ("swindow -w 1m -k k", "--to 0", "1 to 65536"),
]


def not_rescaled(rng):
    last = None
    for stage, told, words in NOT_RESCALED:
        if stage != last:
            write_input(records, rng)
            fresh_directory()
            shutil.copy("in", "run/in")
            parallel("old", 2, stage)
            last = stage
        what = f"tidepipe state rescale old new --stage 'part-{{n}}' --from 2 --to 3 {told}"
        refused(f"rescale: {stage} {told}", what, 2, words)
        check(f"rescale: {stage} {told}: nothing is left", not os.path.exists("run/new"), "new is there")
    what = "tidepipe state rescale %s --stage 'part-{n}' --from 2 --to 3"
    refused("rescale: there already", "mkdir new; " + what % "old new", 2, "there already")
    os.rmdir("run/new")
    refused("rescale: one operand", what % "old", 2, "takes DIR, and NEW")
    refused("rescale: options of others", "tidepipe state list old --from 2", 2, "go with rescale")
    refused("rescale: no stage", "tidepipe state rescale old new --from 2 --to 3", 2, "--stage")
    with open("run/old/part-0.lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        print(os.getpid(), file=held, flush=True)
        refused("rescale: at work", what % "old new", 2, "part-0 is at work", str(os.getpid()))
    path = next(f"run/old/{n}" for n in sorted(os.listdir("run/old")) if re.fullmatch(r"part-1\.[1-9]\d*\.ndjson", n))
    whole = content(path)
    for at in rng.sample(range(len(whole)), 12):
        with open(path, "wb") as f:
            f.write(whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1:])
        refused(f"rescale: damaged at {at}", what % "old new", 3, "part-1.")
        check(f"rescale: damaged at {at}: nothing is left", not os.path.exists("run/new"), "new is there")
    *body, _ = whole.splitlines(keepends=True)
    moved = [line.replace(b'"watermark":1700', b'"watermark":1600') for line in body]
    with open(path, "wb") as f:
        f.write(seal(moved))
    refused("rescale: watermarks differ", what % "old new", 2, "watermark", "in part 1")


def broken_keys(rng):
    """Keys that are saved as bytes, and are none although the seal fits."""
    for keys, broken, words in (("k", b"237b", "no JSON"), ("k", b"", "as it is written"),
                                ("k, n", b"ffffffff22", "as it is written"), ("k, n", b"02000000226b", "as it is written")):
        write_input(records, rng)
        fresh_directory()
        shutil.copy("in", "run/in")
        parallel("old", 2, f"sdedup -k '{keys}' --verify")
        path = next(f"run/old/{n}" for n in sorted(os.listdir("run/old")) if re.fullmatch(r"part-1\.[1-9]\d*\.ndjson", n))
        *body, _ = content(path).splitlines(keepends=True)
        with open(path, "wb") as f:
            f.write(seal([re.sub(rb'"seen":"[0-9a-f]+"', b'"seen":"%s"' % broken, line) for line in body]))
        refused(f"rescale: the key {broken}", "tidepipe state rescale old new --stage 'part-{n}' --from 2 --to 3 --hash k", 3, words)


JOBS = [*(functools.partial(rescale, *row) for row in RESCALED), killed, not_rescaled, broken_keys]
