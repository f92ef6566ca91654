"""State of N parts dealt out to M: rows as of a run that was never stopped; what must be refused is."""
import collections
import fcntl
import functools
import json
import os
import re
import shutil
import signal
import subprocess

from common import SEED, check, commit_now, content, fresh_directory, refused, shell, wait_until, write_input
from inputs import records, wide
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
    ("srank -n 40 --by n -w all -k k", 4, 2, ""),
    ("srank -n 30 --by 'n DESC, t' --ties keep -w all -k 'k, n % 3 AS r'", 2, 3, "--hash k"),
    ("srank -n 4 --by n --running --retract -k k", 3, 4, ""),
    ("ssort", 4, 2, "--hash k"),
    ("ssort --max-memory 1M", 3, 1, "--hash k"),
    ("ssort --by 'n DESC, t'", 3, 2, "--hash k"),
    ("ssort --by 'k, n' --max-memory 1M", 3, 1, "--hash k"),
    ("sfilter 'n > 50' | sgap --name gap-{n} -k k --after 3s", 2, 3, "--stage 'gap-{n}'"),
]
PARALLEL = ("export TIDEPIPE_STATE=%s; rm -f p*; for n in $(seq 0 %d); do mkfifo p$n; done; "
            "sread %s in | swatermark -t t -d %s | sroute --hash %s --parts %d \"| %s >p{n}\" >none & "
            "sunion $(ls p*) | swrite out; wait")


# Of two sources, each split by the key's name there; --within needs no more of a record than its members.
JOINED = [
    ("sjoin --within -3s,2s -k k -j full", 4, 2, ""),
    ("sjoin --within -3s,2s -k k -j left --updates", 2, 3, ""),
    ("sjoin --within -1s,1s -k k -j semi", 1, 4, ""),
    ("sjoin --within -2s,0s -k k,n=m -j anti", 3, 2, "--hash k"),
    ("sjoin --within -2s,2s -k k --select 'l.n, r.n AS rn'", 2, 1, ""),
    ("sjoin --within -3s,2s -k k --each r --by 'l.n DESC'", 2, 3, ""),
    ("sjoin --within -2s,2s -k k --each l -j left", 3, 2, ""),
    ("sjoin -w 5s -k k -j full", 4, 2, ""),
    ("sjoin -w hop:4s,1s -k k,n=m -j full", 2, 3, "--hash k"),
    ("sjoin -w session:1s -k k -j left", 3, 4, ""),
    ("sjoin -w session:700ms -k 'upper(k)' -j anti", 1, 3, ""),
    ("sjoin --as-of -k k -j left", 4, 2, ""),
    ("sjoin --as-of -k k", 2, 3, ""),
]
TWO_SIDES = ("export TIDEPIPE_STATE=%s; rm -f p* l? r?; for n in $(seq 0 %d); do mkfifo p$n l$n r$n; done; for s in l r; do "
             "sread --name read-$s --once in-$s | swatermark --name mark-$s -t t -d 2s | "
             "sroute --name route-$s --hash %s --parts %d \"| cat >$s{n}\" >none & done; "
             "for n in $(seq 0 %d); do %s --name part-$n l$n r$n >p$n & done; sunion $(ls p*) | swrite out; wait")


def net(rows):
    """What stands in the end; what is said and taken back hangs on which of two sources was read first."""
    count = collections.Counter()
    for row in rows:
        bare, op = re.subn(rb',?"@op":"(retract|delete|update)"', b"", row)
        count[bare] += -1 if op and b'"@op":"update"' not in row else 1
    return sorted((row, times) for row, times in count.items() if times)


def joined(state, parts, stage, key):
    done = shell(TWO_SIDES % (state, parts - 1, key, parts, parts - 1, stage), cwd="run")
    check(f"rescale: {stage} in {parts} parts", done.returncode == 0, done.stderr)
    return net(content("run/out").splitlines())


def parallel(state, parts, stage, source="--once", key="k"):
    delay = "600s" if "--max-memory" in stage else "2s"
    first, *more = stage.split("|")
    named = "|".join([first.rstrip() + " --name part-{n} "] + more)
    done = shell(PARALLEL % (state, parts - 1, source, delay, key, parts, named), cwd="run")
    check(f"rescale: {stage} in {parts} parts", done.returncode == 0, done.stderr)
    late = [content(f"run/{n}") for n in sorted(os.listdir("run")) if n.startswith("late")]
    return sorted(content("run/out").splitlines()), sorted(b"".join(late).splitlines())


def rescale(stage, before, after, told, rng):
    """Stopped in the middle, rescaled, and gone on with."""
    text = "".join(wide(rng, 1600) if "--max-memory" in stage else records(rng, 600, 6000))
    key = "'upper(k)'" if "upper" in stage else "k"
    fresh_directory()
    with open("run/in", "w") as f:
        f.write(text)
    order = (lambda row: (row["k"], row["n"])) if "--by 'k, n'" in stage else lambda row: row["t"]
    source = "" if "ssort --by" in stage or "-w all" in stage else "--once"  # the end brings all rows, or some that depend on the parts
    want = parallel("whole", after if "-w all" in stage else before, stage, source, key)  # whose rows tell when their part began
    fresh_directory()
    with open("run/in", "w") as f:
        f.write(text[:text.index("\n", rng.randrange(len(text) // 4, len(text) * 3 // 4)) + 1])
    parallel("old", before, stage, key=key)
    said = len(content("run/out"))
    old = {n: content("run/old/" + n) for n in os.listdir("run/old")}
    done = shell(f"tidepipe state rescale old new --stage 'part-{{n}}' {told} --gather sunion --from {before} --to {after} && "
                 "tidepipe state verify new", cwd="run")
    check(f"rescale: {stage}: {before} to {after}", done.returncode == 0 and " 0 damaged" in done.stdout, done.stderr)
    check(f"rescale: {stage}: spilled", ("ssort --max-memory" in stage) == any(b'{"spilled"' in text for text in old.values()), "on the wrong side")
    check(f"rescale: {stage}: the old one stays", old == {n: content("run/old/" + n) for n in os.listdir("run/old")}, "changed")
    with open("run/in", "w") as f:
        f.write(text)
    got = parallel("new", after, stage, source, key)
    if "ssort" in stage and after == 1:
        rows = [order(json.loads(line)) for line in content("run/out")[said:].splitlines()]
        check(f"rescale: {stage}: order", rows == sorted(rows), f"SEED={SEED}: not sorted")
    check(f"rescale: {stage}: rows", got == want and len(want[0]) > 10 and ("--late-to" not in stage or len(want[1]) > 1), f"SEED={SEED}: {before} to {after}: differ")


def rescale_join(stage, before, after, told, rng):
    # None is late: which session a late one would have been in hangs on which source was read first.
    text = {"l": "".join(records(rng, 250, 1900)), "r": "".join(records(rng, 250, 1900)).replace('"n"', '"m"')}
    for s in text:  # keys that are NULL meet nothing, wherever they are
        text[s] = text[s].replace('"k":"d"', rng.choice(['"k":null', '"x":1', '"k":"d"']))
    key = "'upper(k)'" if "upper" in stage else "k"

    def put(share):
        for s in text:
            with open(f"run/in-{s}", "w") as f:
                f.write(text[s][:text[s].index("\n", int((len(text[s]) - 2) * share)) + 1])

    fresh_directory()
    put(1)
    want = joined("whole", before, stage, key)
    fresh_directory()
    put(rng.uniform(0.25, 0.75))
    joined("old", before, stage, key)
    done = shell(f"tidepipe state rescale old new --stage 'part-{{n}}' {told} --gather sunion --from {before} --to {after} && "
                 "tidepipe state verify new", cwd="run")
    check(f"rescale: {stage}: {before} to {after}", done.returncode == 0 and " 0 damaged" in done.stdout, done.stderr)
    put(1)
    got = joined("new", after, stage, key)
    check(f"rescale: {stage}: rows", got == want and len(want) > 10, f"SEED={SEED}: {before} to {after}: differ")


def killed(rng):
    """Killed anywhere between two barriers: the commit is what is dealt out, what came behind it is read again."""
    stage = "swindow -w 5s -k k -a 'count, sum(n)'"
    write_input(records, rng)
    fresh_directory()
    shutil.copy("in", "run/in")
    want = parallel("whole", 2, stage)
    fresh_directory()
    shutil.copy("in", "run/in")
    script = PARALLEL % ("old", 1, "--rate 1000 --every 10ms", "2s", "k", 2, stage + " --name part-{n}")
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
    ("ssort", "", "no keys: --hash"),
    ("ssort", "--hash 'k ||'", "--hash"),
    ("ssort --by n", "--hash n", "by another --hash"),
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


def broken_names(rng):
    """Records that are in windows which are not there, or in those of two parts."""
    stage = "sjoin -w 5s -k k -j full"
    fresh_directory()
    for s in "lr":
        with open(f"run/in-{s}", "w") as f:
            f.writelines(records(rng, 100, 4000))
    joined("old", 1, stage, "k")
    path = next(f"run/old/{n}" for n in sorted(os.listdir("run/old")) if re.fullmatch(r"part-0\.[1-9]\d*\.ndjson", n))
    *body, _ = content(path).splitlines(keepends=True)
    cells = sum(line.startswith(b'{"cell"') for line in body)
    for broken in (b"[%d]" % cells, b"[-1]", b"[0.5]", b'["0"]', b"[%s]" % b",".join(b"%d" % i for i in range(cells))):
        with open(path, "wb") as f:
            f.write(seal([re.sub(rb'^\{"left":\[\d+\]', b'{"left":' + broken, line) for line in body]))
        refused(f"rescale: in windows {broken}", "tidepipe state rescale old new --stage 'part-{n}' --from 1 --to 3", 3, "in no window")


JOBS = [*(functools.partial(rescale, *row) for row in RESCALED), *(functools.partial(rescale_join, *row) for row in JOINED),
        killed, not_rescaled, broken_keys, broken_names]
