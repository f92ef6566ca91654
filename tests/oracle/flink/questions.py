"""What Flink SQL and tidepipe are both asked, and the seeded streams they are asked about.

A Question is a name, Flink's SQL and tidepipe's command for the same rows. In both, `{NAME}` stands
for a stream. The answer to a question is a multiset of rows; where rows are corrected later, the
rows that stand at the end.

Time. Flink's SQL watermark `ts - 5 s` says that records up to and including that instant are there,
tidepipe's says it of records before that instant: so Flink's expressions here say 5.001 s. Flink
moves its watermark after every record that raises it by more than pipeline.auto-watermark-interval
(WatermarkAssignerOperator), which ask.py makes 1 ms; all times are multiples of 10 ms, and tidepipe
is told --step 1ms: so both judge lateness after every record, and by the same watermark.
"""
import json
import os
import random
import re
from collections import namedtuple
from datetime import datetime
from pathlib import Path

Question = namedtuple("Question", "name sql command")

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z


def stamp(ms):
    seconds, ms = divmod(ms - START, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"2026-01-{1 + hours // 24:02d}T{hours % 24:02d}:{minutes:02d}:{seconds:02d}.{ms:03d}Z"


def disordered(seed, count, step, behind, keys, gaps):
    """COUNT records; their times grow by about STEP ms, and lie up to BEHIND ms, or one second more,
    behind. Now and then silence, ties, times on the edge of a window; NULL keys, NULL values."""
    rng = random.Random(seed)
    now = START
    for n in range(count):
        now += rng.choice((0, step, 2 * step))
        if gaps and rng.random() < 0.01:
            now += rng.choice((7_000, 12_000, 65_000))
        at = now - rng.randrange(behind + 1) if rng.random() < 0.3 else now
        at -= at % (1000 if rng.random() < 0.05 else 10)
        yield {
            "ts": stamp(max(START, at)),
            "k": None if rng.random() < 0.03 else rng.choice(keys),
            "v": None if rng.random() < 0.05 else rng.randrange(-50, 1000),
            "x": rng.randrange(-9999, 99999) / 100,
            "n": n,
        }


def times_of_rates(seed):
    """Versions of rates in order of time, one a currency every ten seconds or so."""
    rng = random.Random(seed)
    for n in range(120):
        yield {"ts": stamp(START + 4_000 * n), "k": "abcd"[rng.randrange(4)], "rate": 100 + n}


SHARED = Path(os.environ.get("SHARED_DATA", Path(__file__).resolve().parents[4] / "shared/data"))
ZEEK = SHARED / "logs/zeek_day1.ndjson"
APACHE = SHARED / "logs/apache_combined.log"


def zeek():
    """What Flink is given of the network events: whole milliseconds, a few members."""
    for n, line in enumerate(ZEEK.open()):
        event = json.loads(line)
        ms = int(event["ts"] * 1000)
        at = datetime.utcfromtimestamp(ms // 1000).isoformat() + f".{ms % 1000:03d}Z"
        yield {"ts": at, "k": event["@stream"], "v": event.get("orig_bytes"), "n": n}


def apache():
    """Of the web server's log. One line of it is cut off; sfrom rejects that, too."""
    text = r'"(?:[^"\\]|\\.)*"'
    shape = re.compile(rf"\S+ \S+ \S+ \[([^]]+)\] {text} (\d+) (\S+) {text} {text}$")
    for n, line in enumerate(APACHE.open()):
        found = shape.match(line.rstrip("\n"))
        if not found:
            continue
        at, status, size = found.groups()
        at = datetime.strptime(at, "%d/%b/%Y:%H:%M:%S %z").strftime("%Y-%m-%dT%H:%M:%S.000Z")
        yield {"ts": at, "k": status, "v": None if size == "-" else int(size), "n": n}


STREAMS = {
    # name: (records, seconds of delay, columns)
    "late": (lambda: disordered(1, 1500, 200, 8_000, "abcde", True), 5, "v"),
    "whole": (lambda: disordered(2, 1500, 200, 3_900, "abcde", True), 5, "v"),
    "left": (lambda: disordered(3, 500, 400, 900, "abcd", False), 2, "v"),
    "right": (lambda: disordered(4, 400, 500, 900, "abcd", False), 2, "v"),
    "rates": (lambda: times_of_rates(5), 2, "rate"),
    "zeek0": (zeek, 0, "v"),
    "zeek60": (zeek, 60, "v"),
    "apache": (apache, 10, "v"),
}

VALUES = {"v": "v BIGINT, x DOUBLE, n BIGINT", "rate": "rate BIGINT"}


def write_stream(name, path):
    with open(path, "w") as out:
        for record in STREAMS[name][0]():
            print(json.dumps(record), file=out)


# --- windows ----------------------------------------------------------------------------------------

AGGREGATES = [
    # swindow's, Flink's
    ("count AS c", "COUNT(*) AS c"),
    ("count(v) AS cv", "COUNT(v) AS cv"),
    ("sum(v) AS s", "SUM(v) AS s"),
    ("avg(x) AS a", "AVG(x) AS a"),
    ("min(v) AS lo", "MIN(v) AS lo"),
    ("max(x) AS hi", "MAX(x) AS hi"),
    ("count_distinct(v) AS d", "COUNT(DISTINCT v) AS d"),
    ("count FILTER (WHERE v > 500) AS big", "COUNT(*) FILTER (WHERE v > 500) AS big"),
    ("stddev(x) AS sd", "STDDEV_SAMP(x) AS sd"),
    ("var_pop(x) AS vp", "VAR_POP(x) AS vp"),
]

OURS = ", ".join(ours for ours, _ in AGGREGATES)
FLINKS = ", ".join(flinks for _, flinks in AGGREGATES)


def seconds(n):
    return f"INTERVAL '{n}' SECOND"


TABLE_WINDOWS = {
    # name: (Flink's function behind TABLE and DESCRIPTOR, swindow's -w)
    "tumble": ("TUMBLE", seconds(10), "tumble:10s"),
    "tumble_offset": ("TUMBLE", f"{seconds(10)}, {seconds(3)}", "10s --offset 3s"),
    "hop": ("HOP", f"{seconds(10)}, {seconds(30)}", "hop:30s,10s"),
    "cumulate": ("CUMULATE", f"{seconds(10)}, {seconds(40)}", "cumulate:40s,10s"),
    "day": ("TUMBLE", "INTERVAL '1' DAY", "tumble:24h"),
}


def table_windows():
    for stream in ("late", "whole"):
        for name, (function, sizes, spec) in TABLE_WINDOWS.items():
            source = f"{function}(TABLE {{{stream}}}, DESCRIPTOR(ts), {sizes})"
            for key, keys in (("k", "k, "), ("", "")):
                yield Question(
                    f"{name}_{stream}_{'by_key' if key else 'overall'}",
                    f"SELECT window_start, window_end, {keys}{FLINKS} FROM TABLE({source})"
                    f" GROUP BY window_start, window_end{', k' if key else ''}",
                    f"swindow -w {spec} {'-k k' if key else ''} -a '{OURS}' {{{stream}}}",
                )


def sessions():
    for stream in ("late", "whole"):
        yield Question(
            f"session_{stream}",
            "SELECT window_start, window_end, k, COUNT(*) AS c, SUM(v) AS s, MIN(v) AS lo FROM TABLE("
            f"SESSION(TABLE {{{stream}}} PARTITION BY k, DESCRIPTOR(ts), {seconds(7)}))"
            " GROUP BY window_start, window_end, k",
            f"swindow -w session:7s -k k -a 'count AS c, sum(v) AS s, min(v) AS lo' {{{stream}}}",
        )


# Group windows, which can wait for late records: every firing replaces the one before.
LATENESS = (
    "SET 'table.exec.emit.allow-lateness' = '2 s'; "
    "SET 'table.exec.emit.late-fire.enabled' = 'true'; "
    "SET 'table.exec.emit.late-fire.delay' = '0 s'; "
)


def late_firings():
    group = {
        "tumble": (f"TUMBLE(ts, {seconds(10)})", "10s"),
        "hop": (f"HOP(ts, {seconds(10)}, {seconds(30)})", "hop:30s,10s"),
    }
    for name, (window, spec) in group.items():
        start = window.replace("(", "_START(", 1)
        yield Question(
            f"lateness_{name}",
            LATENESS + f"SELECT {start} AS window_start, k, COUNT(*) AS c, SUM(v) AS s FROM {{late}}"
            f" GROUP BY {window}, k",
            f"swindow -w {spec} --lateness 2s -k k -a 'count AS c, sum(v) AS s' {{late}}",
        )


def cascade():
    inner = f"TUMBLE(TABLE {{late}}, DESCRIPTOR(ts), {seconds(5)})"
    yield Question(
        "cascade",
        "WITH small AS (SELECT window_time AS wt, k, COUNT(*) AS c, SUM(v) AS s"
        f" FROM TABLE({inner}) GROUP BY window_start, window_end, window_time, k)"
        " SELECT window_start, window_end, k, SUM(c) AS c, SUM(s) AS s FROM TABLE("
        f"TUMBLE(TABLE small, DESCRIPTOR(wt), {seconds(20)})) GROUP BY window_start, window_end, k",
        "swindow -w 5s -k k -a 'count AS c, sum(v) AS s' {late} |"
        " swindow -w 20s -k k -a 'sum(c) AS c, sum(s) AS s'",
    )


# --- real data: tidepipe reads the files as they are -------------------------------------------------

EVENTS = f"swindow -t ts --time-format epoch_s --step 1ms {{spec}} {ZEEK}"
REAL = {
    # stream: (what makes it, the members that Flink knows as k and v)
    "zeek0": (EVENTS + " -d 0", '"@stream"', "orig_bytes"),
    "zeek60": (EVENTS + " -d 60s", '"@stream"', "orig_bytes"),
    "apache": (
        f"sfrom combined {APACHE} | swindow -d 10s --step 1ms {{spec}}",
        "CAST(status AS TEXT)",
        "bytes",
    ),
}


def real_data():
    for stream, (command, key, value) in REAL.items():
        aggregates = (
            f"count AS c, sum({value}) AS s, max({value}) AS hi, count_distinct({value}) AS d"
        )
        for name, (function, sizes, window) in {
            "tumble": ("TUMBLE", seconds(60), "1m"),
            "hop": ("HOP", "INTERVAL '1' MINUTE, INTERVAL '5' MINUTE", "hop:5m,1m"),
            "session": ("SESSION", seconds(90), "session:90s"),
        }.items():
            by_key = " PARTITION BY k" if name == "session" else ""
            yield Question(
                f"{stream}_{name}",
                "SELECT window_start, window_end, k, COUNT(*) AS c, SUM(v) AS s, MAX(v) AS hi,"
                f" COUNT(DISTINCT v) AS d FROM TABLE({function}(TABLE {{{stream}}}{by_key},"
                f" DESCRIPTOR(ts), {sizes})) GROUP BY window_start, window_end, k",
                command.format(spec=f"-w {window} -k '{key} AS k' -a '{aggregates}'"),
            )


# --- running values -----------------------------------------------------------------------------------

def running():
    frames = {
        "rows": ("ROWS BETWEEN 4 PRECEDING AND CURRENT ROW", "ROWS 5"),
        "range": ("RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW", "RANGE 10s"),
        "all": ("ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", ""),
    }
    for name, (flinks, ours) in frames.items():
        # With a bound, Flink judges lateness by the last row of the key, not by the watermark.
        stream = "late" if name == "all" else "whole"
        over = f"OVER (PARTITION BY k ORDER BY ts {flinks})"
        behind = f" OVER ({ours})" if ours else ""
        yield Question(
            f"over_{name}",
            f"SELECT n, COUNT(v) {over} AS c, SUM(v) {over} AS s, MIN(v) {over} AS lo,"
            f" MAX(x) {over} AS hi FROM {{{stream}}}",
            f"sstep -k k -a 'count(v){behind} AS c, sum(v){behind} AS s, min(v){behind} AS lo,"
            f" max(x){behind} AS hi' {{{stream}}}",
        )


# --- first, last and best -------------------------------------------------------------------------------

def ranks():
    yield Question(
        "top_of_window",
        "SELECT window_start, k, n, v, r FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start,"
        " window_end, k ORDER BY v DESC, n) AS r FROM TABLE("
        f"TUMBLE(TABLE {{late}}, DESCRIPTOR(ts), {seconds(10)}))) WHERE r <= 3",
        "srank -w 10s -k k -n 3 --by 'v DESC, n' --as r {late}",
    )
    yield Question(
        "top_running",
        "SELECT k, n, v, r FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, n)"
        " AS r FROM {whole}) WHERE r <= 3",
        "srank --running -k k -n 3 --by 'v DESC, n' --as r {whole}",
    )
    for keep, order in (("first", "ASC"), ("last", "DESC")):
        yield Question(
            f"keep_{keep}",
            "SELECT k, v, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, v ORDER BY ts"
            f" {order}) AS r FROM {{whole}}) WHERE r = 1",
            f"sdedup -k k,v --keep {keep} {{whole}}",
        )


# --- joins: with nothing late, since Flink judges by the minimum of both inputs ---------------------------

def joins():
    bounds = (
        "L.k = R.k AND R.ts BETWEEN L.ts - INTERVAL '2' SECOND AND L.ts + INTERVAL '1' SECOND"
    )
    for kind in ("INNER", "LEFT", "RIGHT", "FULL"):
        yield Question(
            f"interval_{kind.lower()}",
            "SELECT L.n AS l_n, R.n AS r_n, L.v AS l_v, R.v AS r_v FROM {left} AS L"
            f" {kind} JOIN {{right}} AS R ON {bounds}",
            f"sjoin --within -2s,1s -k k -j {kind.lower()} --nest l,r {{left}} {{right}} |"
            " smap 'l.n AS l_n, r.n AS r_n, l.v AS l_v, r.v AS r_v'",
        )
    for kind, word in (("semi", "EXISTS"), ("anti", "NOT EXISTS")):
        yield Question(
            f"interval_{kind}",
            f"SELECT L.n AS n FROM {{left}} AS L WHERE {word} (SELECT 1 FROM {{right}} AS R"
            f" WHERE {bounds})",
            f"sjoin --within -2s,1s -k k -j {kind} {{left}} {{right}}",
        )


def window_joins():
    side = "(SELECT * FROM TABLE(TUMBLE(TABLE {%s}, DESCRIPTOR(ts), INTERVAL '5' SECOND)))"
    sides = side % "left" + " AS L {kind} JOIN " + side % "right" + " AS R"
    on = "L.k = R.k AND L.window_start = R.window_start AND L.window_end = R.window_end"
    for kind in ("INNER", "LEFT", "RIGHT", "FULL"):
        yield Question(
            f"window_{kind.lower()}",
            "SELECT L.n AS l_n, R.n AS r_n, L.v AS l_v, R.v AS r_v FROM "
            + sides.replace("{kind}", kind)
            + f" ON {on}",
            f"sjoin -w 5s -k k -j {kind.lower()} --nest l,r {{left}} {{right}} |"
            " smap 'l.n AS l_n, r.n AS r_n, l.v AS l_v, r.v AS r_v'",
        )


def versions():
    """Rates are appended; as versions of their keys, a view in Flink's terms."""
    view = (
        "CREATE TEMPORARY VIEW versioned AS SELECT k, rate, ts FROM (SELECT *, ROW_NUMBER() OVER"
        " (PARTITION BY k ORDER BY ts DESC) AS r FROM {rates}) WHERE r = 1; "
    )
    for kind in ("INNER", "LEFT"):
        yield Question(
            f"as_of_{kind.lower()}",
            view + f"SELECT L.n AS n, L.v AS v, R.rate AS rate FROM {{left}} AS L {kind} JOIN"
            " versioned FOR SYSTEM_TIME AS OF L.ts AS R ON L.k = R.k",
            f"sjoin --as-of -k k -j {kind.lower()} --select 'l.n, l.v, r.rate' {{left}} {{rates}}",
        )


def questions():
    for part in (
        *(table_windows, sessions, late_firings, cascade, real_data),
        *(running, ranks, joins, window_joins, versions),
    ):
        yield from part()
