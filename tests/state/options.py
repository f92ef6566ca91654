"""The table of options that may change (tidepipe.5) says what is so, of each option of every filter in it."""
import functools
import json
import os
import re
import subprocess

from common import HANG, check, content, fresh_directory, shell, write_input
from inputs import records

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../man/tidepipe.5")

# What the table in tidepipe.5 is held to: a stage, and for each option how its command line changes, (from, to); from "" is
# its end. Several stages where options exclude each other.
CHANGES = [
    ("all", "sdedup -k n --within 9s -t t -d 5s --rejects a --late-to b", {
        "-t": ("-t t", "-t n"), "--time-format": ("", "--time-format epoch_ms"), "--tz": ("", "--tz Europe/Berlin")},
     {"--rejects": ("--rejects a", ""), "--late-to": ("--late-to b", "--late-to c"), "--every": None}),
    ("swatermark", "swatermark -t t -d 9s --per k", {"--per": ("--per k", "--per n"), "--partitions": ("", "--partitions 4")},
     {"-d": ("9s", "8s"), "--step": ("", "--step 2s"), "--idle": ("", "--idle 5s"), "--max-ahead": ("", "--max-ahead none")}),
    ("swatermark", "swatermark -t t -d 9s", {"--arrival": ("-t t -d 9s", "--arrival")}, {}),
    ("swindow", "swindow -t t -d 9s -w 1m -k k -a 'sum(n)'", {
        "-w": ("1m", "2m"), "-k": ("-k k", "-k n"), "-a": ("sum(n)", "max(n)"), "--offset": ("", "--offset 1s"),
        "--lateness": ("", "--lateness 1m"), "--early": ("", "--early 10s"), "--mode": ("", "--early 10s --mode discard"),
        "--retract": ("", "--lateness 1s --retract"), "--empty": ("", "--empty"), "--partial": ("", "--partial")},
     {"-d": ("-d 9s", "-d 8s")}),
    ("swindow", "swindow -t t -d 9s -w 1m -k k --empty=key --forget 1h", {}, {"--forget": ("1h", "2h")}),
    ("swindow", "swindow -t t -d 9s -w session:3s -k k --max 1m --start 'n > 9' --end 'n > 90'", {
        "--max": ("--max 1m", "--max 2m"), "--start": ("n > 9'", "n > 8'"), "--end": ("n > 90", "n > 91")}, {}),
    ("swindow", "swindow -t t -d 9s -w 1m -k k -a 'sum(n)' --partial", {"--merge": ("--partial", "--merge")}, {}),
    ("sstep", "sstep -t t -d 9s -k k -a 'sum(n)'", {
        "-k": ("-k k", "-k n"), "-a": ("sum", "max"), "--arrival": ("", "--arrival")},
     {"-d": ("9s", "8s"), "--ttl": ("", "--ttl 1h"), "--max-memory": ("", "--max-memory 1G")}),
    ("srank", "srank -t t -d 9s -n 2 --by n -k k -w 1m", {
        "-n": ("-n 2", "-n 3"), "--by": ("--by n", "--by t"), "-k": ("-k k", ""), "-w": ("1m", "2m"), "--ties": ("", "--ties keep"),
        "--as": ("", "--as place"), "--running": ("-w 1m", "--running"), "--retract": ("-w 1m", "--running --retract")},
     {"-d": ("9s", "8s"), "--max-memory": ("", "--max-memory 1G")}),
    ("sgap", "sgap -t t -d 9s -k k --after 2s", {
        "-k": ("-k k", "-k n"), "--after": ("2s", "3s"), "--fill": ("", "--fill 1s"),
        "--fill-with": ("", "--fill 1s --fill-with null"), "--ttl": ("", "--ttl 1h")},
     {"-d": ("9s", "8s"), "--live": ("", "--live"), "--max-memory": ("", "--max-memory 1G")}),
    ("ssort", "ssort --by n", {"--by": ("--by n", "--by t")}, {}),
    ("ssort", "ssort -t t -d 9s", {}, {"-d": ("9s", "8s"), "--max-memory": ("", "--max-memory 1G")}),
    ("sdedup", "sdedup -t t -d 9s -k n --within 20s", {
        "-k": ("-k n", "-k k"), "--within": ("20s", "21s"), "--keep": ("", "--keep last")},
     {"-d": ("-d 9s", "-d 8s"), "--dups": ("", "--dups c"), "--max-memory": ("", "--max-memory 1G")}),
    ("sdedup", "sdedup -k n", {"--on-change": ("", "--on-change k"), "--approx": ("", "--approx 1%")}, {}),
    ("sdedup", "sdedup -k n", {"--verify": ("", "--verify")}, {}),
    ("sjoin", "sjoin -t t -d 9s --within -2s,2s -k k - ../in2", {
        "--within": ("2s,2s", "2s,3s"), "-w": ("--within -2s,2s", "-w 5s"), "--as-of": ("--within -2s,2s", "--as-of"),
        "-k": ("-k k", "-k n"), "-j": ("", "-j left"), "--on": ("", "--on 'l.n > r.n'"), "--lateness": ("", "--lateness 1s"),
        "--updates": ("", "--updates"), "--select": ("", "--select 'l.k, r.n'"), "--each": ("", "--each r"),
        "--by": ("", "--each r --by l.n")},
     {"-d": ("9s", "8s"), "--max-memory": ("", "--max-memory 1G"), "--lp": ("", "--lp left_"), "--rp": ("", "--rp other_"),
      "--nest": ("", "--nest l,r")}),
    ("sfrom", "sfrom csv --columns 'a;b;c' --sep ';'", {"--columns": ("a;b;c", "a;b;d"), "--sep": ("';'", "'|'"), "-t": ("", "-t a")},
     {"--text": ("", "--text")}),
    ("sfrom", "sfrom kv --pair-sep =", {"--pair-sep": ("=", ":")}, {}),
    ("sfrom", "sfrom regex -e '(?<a>.*)'", {"-e": ("<a>", "<b>")}, {"--patterns": ("", "--patterns /dev/null")}),
    ("sfrom", "sfrom json", {"--path": ("", "--path a")}, {}),
    ("sfrom", "sfrom syslog", {}, {"--year": ("", "--year 2025")}),
    ("sread", "sread -t t ../in", {"--format": ("", "--format syslog"), "--from": ("", "--from start"), "--to": ("", "--to 9999999")},
     {"-F": ("", "-F"), "--once": ("", "--once"), "--rate": ("", "--rate 99999"), "--speed": ("", "--speed 99999999x"),
      "-d": ("", "-d 9s"), "--every": ("", "--every 1h")}),
    ("swrite", "swrite -t t to", {"--roll": ("", "--roll 1h"), "--compress": ("to", "to --compress gzip"), "--log": ("to", "--log to")},
     {"--fsync": ("", "--fsync flush"), "--max-open": ("", "--max-open 9")}),
    ("swrite", "swrite -t t --roll 1h to", {}, {"-d": ("", "-d 9s")}),
    ("swrite", "swrite --log to", {}, {"--keep": ("", "--keep 1G")}),
]


def flags_of(cell):
    """`Fl d , -step , No and Ar X`: the options that a cell of the table names."""
    flags, is_flag = set(), False
    for word in cell.split():
        if word in ("Fl", "Ar", "No", "Cm"):
            is_flag = word == "Fl"
        elif is_flag and word != ",":
            flags.add("-" + word)
    return flags


def options_table():
    rows = {}
    with open(PAGE) as f:
        for line in f:
            cells = line.rstrip("\n").split(" Ta ")
            if line.startswith(".It ") and len(cells) == 3:
                rows[cells[0][4:]] = (cells[1], cells[2])
    return rows


def own_options(name):
    """Those of `NAME --help` that it does not share with others; -x where there is a letter."""
    own = shell(f"{name} --help").stdout.split("\nOptions:\n")[1].split("\n\n")[0]
    return {short or long for short, long in re.findall(r"^  (?:(-\w), |    )(--[\w-]+)", own, re.M)}


def changed(stage, change):
    before, after = change
    return stage.replace(before, after, 1) if before else stage.replace(" - ../in2", f" {after} - ../in2") if "../in2" in stage \
        else f"{stage} {after}"


def options_of_table(table):
    """Nothing in the table is left out here, nor an option of a filter of which the table says `all other options`."""
    for name in {row for row, *_ in CHANGES}:
        must = set().union(*(set(m) for row, _, m, _ in CHANGES if row == name))
        may = set().union(*(set(m) for row, _, _, m in CHANGES if row == name))
        stay, change = table[name]
        may -= {"--every"} if name == "sread" else set()
        check(f"options: {name}: may change", may == flags_of(change), f"{sorted(may ^ flags_of(change))}")
        if "all other options" not in stay:
            check(f"options: {name}: must stay", must == flags_of(stay), f"{sorted(must ^ flags_of(stay))}")
            continue
        rest = own_options(name) - must - may
        check(f"options: {name}: all others", not rest, f"{sorted(rest)}")


def option_scripts(stage):
    """How it comes by a snapshot; and how it goes back to that, without a record more."""
    sink, source = stage.startswith("swrite"), stage.startswith("sread")
    begin = "sread -S state --once --rate 9999 --to 4000 ../in" if source else "tsource -S state --until 90 ../in"
    if source:
        return f"{stage} -S state --once | tsink -S state out", "%s -S state"
    return (f"{begin} | {stage} -S state" + ("" if sink else " | tsink -S state out"),
            "printf '%s' | %%s -S state | cat")


def run_and_stop(script):
    """A run that is stopped by SIGTERM once it wrote something, which it may not wait for; its status, and what it said."""
    process = subprocess.Popen(["bash", "-c", "exec " + script], cwd="run", text=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.terminate()
    said = process.communicate(timeout=HANG)[1]
    return process.returncode, said


def options(stage, must, may, rng):
    write_input(records, rng)
    name = stage.split()[0]
    fresh_directory()
    begin, again = option_scripts(stage)
    shell(f"{begin}; mkdir saved; cp -a state to* saved", cwd="run")
    commit = json.loads(content("run/state/COMMIT").splitlines()[0])
    if name != "sread":
        lines = [{"@barrier": commit["@commit"], "restore": commit["epochs"]}, {"@barrier": commit["@commit"] + 1, "last": True}]
        again %= "".join(json.dumps(line, separators=(",", ":")) + "\\n" for line in lines)
    for flag, change in [*must.items(), *may.items()]:
        if change is None:
            continue  # of sources, below
        now = changed(stage, change)
        shell("rm -rf state to*; cp -a saved/. .", cwd="run")
        if name == "sread":
            status, said = run_and_stop(again % now)
        else:
            done = shell(again % now, cwd="run")
            status, said = done.returncode, done.stderr
        good = status == 2 and "was saved with " in said if flag in must else status in (0, 1)
        check(f"options: {name} {flag}", now != stage and good, f"{now}: status {status}: {said}")


def table(rng):
    options_of_table(options_table())


JOBS = [table, *(functools.partial(options, stage, must, may) for _, stage, must, may in CHANGES)]
