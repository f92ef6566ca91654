#!/usr/bin/env python3
"""examples/nexmark/q*.sh against DuckDB on a stream of ssim, and against RisingWave's answers.

The SQL is nexmark-flink's, with the last state of what would be a changelog. Rows are compared as
multisets. Where SHARED_DATA names a directory that has them, the pipelines also run on RisingWave's
rows of its end-to-end tests, and must give its answers; VARIANTS are what it reads differently.

usage: nexmark.py [EVENTS]      by default 50000
"""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import duckdb
except ImportError:
    print("skipped: no duckdb")
    sys.exit(0)

ROOT = Path(__file__).resolve().parents[2]
QUERIES = ROOT / "examples" / "nexmark"
SORTS = ("person", "auction", "bid")

INTEGERS = {"id", "initial_bid", "reserve", "seller", "category", "auction", "bidder", "price"}
MEMBERS = {
    "person": "id name email_address credit_card city state date_time extra",
    "auction": "id item_name description initial_bid reserve date_time expires seller category extra",
    "bid": "auction bidder price channel url date_time extra",
}

# Bids on an auction while it is open, with the auction's columns.
OPEN = """(SELECT A.*, B.auction, B.bidder, B.price, B.date_time AS bid_date_time, B.extra AS bid_extra, B.n AS bid_n
           FROM auction A JOIN bid B ON A.id = B.auction AND B.date_time BETWEEN A.date_time AND A.expires)"""
WINNING = f"""(SELECT * FROM (SELECT *, row_number() OVER (
               PARTITION BY id ORDER BY price DESC, bid_date_time, bid_n) AS place FROM {OPEN}) WHERE place = 1)"""
HOPS = """(SELECT auction, count(*) AS num, w FROM (SELECT auction, unnest(range(
           epoch_ms(date_time) // 2000 * 2000 - 8000, epoch_ms(date_time) // 2000 * 2000 + 1, 2000)) AS w
           FROM bid) GROUP BY auction, w)"""


def by_level(what, name):
    return f"""{what} AS total_{name}, {what} FILTER (WHERE price < 10000) AS rank1_{name},
               {what} FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_{name},
               {what} FILTER (WHERE price >= 1000000) AS rank3_{name}"""


BIDS = by_level("count(*)", "bids")
LEVELS = f"{BIDS}, {by_level('count(DISTINCT bidder)', 'bidders')}, {by_level('count(DISTINCT auction)', 'auctions')}"
DAY = "date_trunc('day', date_time)"

SQL = {
    0: "SELECT auction, bidder, price, date_time, extra FROM bid",
    1: "SELECT auction, bidder, 0.908 * price AS price, date_time, extra FROM bid",
    2: "SELECT auction, price FROM bid WHERE auction IN (1007, 1020, 2001, 2019, 2087)",
    3: """SELECT P.name, P.city, P.state, A.id FROM auction A JOIN person P ON A.seller = P.id
          WHERE A.category = 10 AND P.state IN ('or', 'id', 'ca')""",
    4: f"""SELECT category, avg(final) AS final FROM (
               SELECT max(price) AS final, category FROM {OPEN} GROUP BY id, category) GROUP BY category""",
    5: f"""SELECT auction, num FROM {HOPS} JOIN (SELECT max(num) AS most, w FROM {HOPS} GROUP BY w) USING (w)
           WHERE num >= most""",
    6: f"""SELECT seller, avg(price) OVER (PARTITION BY seller ORDER BY bid_date_time, bid_n
           ROWS BETWEEN 10 PRECEDING AND CURRENT ROW) AS avg_price FROM {WINNING}""",
    7: """SELECT B.auction, B.price, B.bidder, B.date_time, B.extra FROM bid B JOIN (
              SELECT max(price) AS most, epoch_ms(date_time) // 10000 AS w FROM bid GROUP BY w) M
          ON B.price = M.most AND epoch_ms(B.date_time) // 10000 = M.w""",
    8: """SELECT P.id, P.name, make_timestamp(w * 10000000) AS stime
          FROM (SELECT DISTINCT id, name, epoch_ms(date_time) // 10000 AS w FROM person) P
          JOIN (SELECT DISTINCT seller, epoch_ms(date_time) // 10000 AS w FROM auction) A
          USING (w) WHERE P.id = A.seller""",
    9: f"""SELECT id, item_name, description, initial_bid, reserve, date_time, expires, seller, category, extra,
           auction, bidder, price, bid_date_time, bid_extra FROM {WINNING}""",
    10: """SELECT auction, bidder, price, date_time, extra, strftime(date_time, '%Y-%m-%d') AS dt,
           strftime(date_time, '%H:%M') AS hm FROM bid""",
    11: """SELECT bidder, count(*) AS bid_count, min(date_time) AS starttime,
                  max(date_time) + INTERVAL 10 SECOND AS endtime
           FROM (SELECT *, sum(opens) OVER (PARTITION BY bidder ORDER BY date_time, n) AS session
                 FROM (SELECT *, (date_time - lag(date_time) OVER (PARTITION BY bidder ORDER BY date_time, n)
                                  <= INTERVAL 10 SECOND IS NOT TRUE)::INT AS opens FROM bid))
           GROUP BY bidder, session""",
    12: "SELECT bidder, count(*) AS bid_count FROM bid GROUP BY bidder",
    13: """SELECT auction, bidder, price, date_time, value FROM bid
           JOIN (SELECT range AS key, 'side ' || range AS value FROM range(10000)) ON auction % 10000 = key""",
    14: """SELECT auction, bidder, 0.908 * price AS price,
                  CASE WHEN hour(date_time) BETWEEN 8 AND 18 THEN 'dayTime'
                       WHEN hour(date_time) <= 6 OR hour(date_time) >= 20 THEN 'nightTime'
                       ELSE 'otherTime' END AS bid_time_type,
                  date_time, extra, len(regexp_extract_all(extra, 'c')) AS c_counts
           FROM bid WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000""",
    15: f"SELECT {DAY} AS window_start, {LEVELS} FROM bid GROUP BY ALL",
    16: f"""SELECT channel, {DAY} AS window_start, max(strftime(date_time, '%H:%M')) AS minute, {LEVELS}
            FROM bid GROUP BY channel, {DAY}""",
    17: f"""SELECT auction, {DAY} AS window_start, {BIDS}, min(price) AS min_price, max(price) AS max_price,
            avg(price) AS avg_price, sum(price) AS sum_price FROM bid GROUP BY auction, {DAY}""",
    18: """SELECT auction, bidder, price, channel, url, date_time, extra FROM (SELECT *, row_number() OVER (
               PARTITION BY bidder, auction ORDER BY date_time DESC, extra) AS place FROM bid) WHERE place = 1""",
    19: """SELECT auction, bidder, price, channel, url, date_time, extra, rank_number FROM (
               SELECT *, row_number() OVER (PARTITION BY auction ORDER BY price DESC, date_time, n) AS rank_number
               FROM bid) WHERE rank_number <= 10""",
    20: """SELECT auction, bidder, price, channel, url, B.date_time AS bid_date_time, B.extra AS bid_extra,
                  item_name, description, initial_bid, reserve, A.date_time AS auction_date_time, expires,
                  seller, category, A.extra AS auction_extra
           FROM bid B JOIN auction A ON B.auction = A.id WHERE A.category = 10""",
    21: r"""SELECT auction, bidder, price, channel,
                   CASE lower(channel) WHEN 'apple' THEN '0' WHEN 'google' THEN '1' WHEN 'facebook' THEN '2'
                        WHEN 'baidu' THEN '3' ELSE regexp_extract(url, '(&|^)channel_id=([^&]*)', 2) END AS channel_id
            FROM bid WHERE lower(channel) IN ('apple', 'google', 'facebook', 'baidu')
                           OR regexp_matches(url, '(&|^)channel_id=')""",
    22: """SELECT auction, bidder, price, channel, split_part(url, '/', 4) AS dir1, split_part(url, '/', 5) AS dir2,
                  split_part(url, '/', 6) AS dir3 FROM bid""",
}

# What RisingWave's answers hold: the file, the columns, and how its query differs from ours.
ALL = "total_{0} rank1_{0} rank2_{0} rank3_{0}"
COUNTS = " ".join(ALL.format(name) for name in ("bids", "bidders", "auctions"))
VARIANTS = {
    0: ("q0", "auction bidder price date_time"),
    1: ("q1", "auction bidder price date_time"),
    2: ("q2", "auction price"),
    3: ("q3", "name city state id"),
    4: ("q4", "category final"),
    5: ("q5", "auction num"),
    6: ("q6_group_top1", "seller avg_price", ("l.price DESC", "l.price")),
    7: ("q7", "auction price bidder date_time"),
    8: ("q8", "id name stime"),
    9: ("q9", "id item_name description initial_bid reserve date_time expires seller category"
              " auction bidder price bid_date_time"),
    10: ("q10", "auction bidder price date_time dt hm", ("%H:%M", "%I:%M")),
    14: ("q14", "auction bidder price bid_time_type date_time c_counts"),
    15: ("q15", f"day {COUNTS}"),
    # its minute is the month: HH12:MM
    16: ("q16", f"channel day minute {COUNTS}", ("substr(date_time, 12, 5)", "'12:07'")),
    17: ("q17", f"auction day {ALL.format('bids')} min_price max_price avg_price sum_price"),
    18: ("q18", "auction bidder price channel url date_time extra"),
    19: ("q19", "auction bidder price channel url date_time extra rank_number"),
    20: ("q20", "auction bidder price channel url bid_date_time bid_extra item_name description initial_bid"
                " reserve auction_date_time expires seller category auction_extra"),
    21: ("q21", "auction bidder price channel channel_id"),
    22: ("q22", "auction bidder price channel dir1 dir2 dir3"),
}


def run(query, where, change=None):
    """The rows of a pipeline run in WHERE; CHANGE replaces a text of it by another."""
    script = (QUERIES / f"q{query}.sh").read_text()
    if change:
        assert change[0] in script, f"q{query}.sh does not say {change[0]}"
        script = script.replace(*change)
    shell = script.splitlines()[0].removeprefix("#!")
    done = subprocess.run([shell, "-c", script], cwd=where, capture_output=True, check=True)
    assert not done.stderr, done.stderr.decode()
    out = done.stdout.decode()
    if query == 10:
        files = sorted((where / "log").rglob("*.ndjson"))
        out = "".join(path.read_text() for path in files)
        for path in files:
            path.unlink()
    return [json.loads(line) for line in out.splitlines() if not line.startswith('{"@watermark"')]


def plain(value):
    if isinstance(value, float) or type(value).__name__ == "Decimal":
        return f"{float(value):.9g}"
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="milliseconds") + "Z"
    return str(value)


def answer(db, query):
    cursor = db.execute(SQL[query])
    names = [column[0] for column in cursor.description]
    return names, collections.Counter(tuple(plain(value) for value in row) for row in cursor.fetchall())


def integral(value):
    """DuckDB gives an average as a double, we write 5.0 as 5."""
    return float(value) if isinstance(value, int) else value


def load(where):
    db = duckdb.connect(config={"threads": 1})
    for sort in SORTS:
        columns = {m: "BIGINT" if m in INTEGERS else "TIMESTAMP" if m in ("date_time", "expires") else "VARCHAR"
                   for m in MEMBERS[sort].split()}
        db.execute(f"""CREATE TABLE {sort} AS SELECT *, row_number() OVER () AS n FROM
                       read_json('{where}/{sort}.ndjson', format='newline_delimited', columns={columns})""")
    return db


def compare(db, query, where):
    names, want = answer(db, query)
    rows = run(query, where)
    if query == 12:  # in processing time: only the sum over the windows is certain
        sums = collections.Counter()
        for row in rows:
            sums[row["bidder"]] += row["bid_count"]
        rows = [{"bidder": bidder, "bid_count": count} for bidder, count in sums.items()]
    reals = {"avg_price", "final"} | ({"price"} if query in (1, 14) else set())
    got = collections.Counter(
        tuple(plain(integral(row[name]) if name in reals else row[name]) for name in names) for row in rows)
    if got == want:
        return []
    return [f"q{query}: {sum(want.values())} rows expected, {sum(got.values())} came",
            *(f"  missing {row}" for row in list((want - got).elements())[:3]),
            *(f"  surplus {row}" for row in list((got - want).elements())[:3])]


def make_stream(where, events):
    for sort in SORTS:
        with open(where / f"{sort}.ndjson", "wb") as out:
            subprocess.run(["ssim", "nexmark", "--only", sort, "--count", str(events), "--every", "2ms",
                            "--seed", "22"], stdout=out, check=True)


def words(text):
    """As RisingWave writes a row, but for blanks; numbers with a fraction in two places."""
    text = re.sub(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?Z",
                  lambda m: f"{m[1]} {m[2]}" + (m[3] if m[3] and m[3] != ".000" else ""), text)
    return tuple(f"{float(word):.2f}" if re.fullmatch(r"-?\d+(\.\d+)?", word) else word for word in text.split())


def compare_variant(query, where, expected):
    name, columns, *change = VARIANTS[query]
    rows = run(query, where, *change)
    for row in rows:
        row["day"] = row.get("window_start", "")[:10]
    got = collections.Counter(words(" ".join(str(row[column]) for column in columns.split())) for row in rows)
    want = collections.Counter(words(line) for line in (expected / f"{name}.txt").read_text().splitlines())
    if got == want:
        return []
    return [f"{name} (RisingWave): {sum(want.values())} rows expected, {sum(got.values())} came",
            *(f"  missing {row}" for row in list((want - got).elements())[:3]),
            *(f"  surplus {row}" for row in list((got - want).elements())[:3])]


def shared_rows():
    for place in (os.environ.get("SHARED_DATA"), ROOT / "../shared/data"):
        if place and (Path(place) / "nexmark" / "expected").is_dir():
            return Path(place).resolve() / "nexmark"
    return None


def main():
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 50000
    passed, faults = 0, []
    with tempfile.TemporaryDirectory(prefix="nexmark.") as name:
        where = Path(name)
        make_stream(where, events)
        db = load(where)
        for query in sorted(SQL):
            wrong = compare(db, query, where)
            passed += not wrong
            faults += wrong
        shared = shared_rows()
        if not shared:
            print("skipped: RisingWave's rows and answers (SHARED_DATA)")
        else:
            for sort in SORTS:
                (where / f"{sort}.ndjson").write_bytes((shared / f"{sort}.ndjson").read_bytes())
            for query in sorted(VARIANTS):
                wrong = compare_variant(query, where, shared / "expected")
                passed += not wrong
                faults += wrong
    for fault in faults:
        print(fault)
    failed = sum(not fault.startswith("  ") for fault in faults)
    print(f"nexmark: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
