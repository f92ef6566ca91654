"""The rows of NEXMark: our pipelines, DuckDB's SQL and Flink's.

Ours are examples/nexmark, DuckDB's SQL is the one that tests/oracle/nexmark.py compares their answers
with, Flink's is that of nexmark-flink on three tables. Where the three read a query differently, Flink's
says what ours does. q6 Flink cannot run (OVER on a changelog). q13 joins the side table as an ordinary
one, for Flink's file source knows no lookup.
"""
import importlib.util
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
EVENTS = 1_000_000
ASKED = "1x duckdb cpu, 10x flink cpu"

COLUMNS = {
    "person": "id BIGINT, name VARCHAR, email_address VARCHAR, credit_card VARCHAR, city VARCHAR,"
              " state VARCHAR, date_time TIMESTAMP, extra VARCHAR",
    "auction": "id BIGINT, item_name VARCHAR, description VARCHAR, initial_bid BIGINT, reserve BIGINT,"
               " date_time TIMESTAMP, expires TIMESTAMP, seller BIGINT, category BIGINT, extra VARCHAR",
    "bid": "auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR,"
           " date_time TIMESTAMP, extra VARCHAR",
    "side_input": "key BIGINT, value VARCHAR",
}

ABOUT = [
    "bids as they are", "a currency conversion", "bids on some auctions", "who sells in some states",
    "average winning price by category", "auctions with the most bids, hopping", "average price of a seller's last ten",
    "highest bid of ten seconds", "new persons with an auction", "winning bids", "files by minute",
    "bids by user session", "bids by processing time", "a side table", "a calculation and a count of characters",
    "counts by day", "counts by channel and day", "statistics by auction and day", "last bid by bidder and auction",
    "ten highest bids by auction", "bids with their auction, one category", "channel ids", "parts of an address",
]

# q3 and q8 are scripts of bash; q10 writes files beside those it reads.
OURS = "sh $EXAMPLES/nexmark/q{}.sh"
SPECIAL = {3: "bash $EXAMPLES/nexmark/q3.sh", 8: "bash $EXAMPLES/nexmark/q8.sh",
           10: "cd out && ln -s ../*.ndjson . && sh $EXAMPLES/nexmark/q10.sh"}


def by_level(what, name):
    levels = ("price < 10000", "price >= 10000 AND price < 1000000", "price >= 1000000")
    parts = [f"{what} AS total_{name}"]
    parts += [f"{what} FILTER (WHERE {level}) AS rank{i}_{name}" for i, level in enumerate(levels, 1)]
    return ", ".join(parts)


BIDS = by_level("COUNT(*)", "bids")
LEVELS = ", ".join([BIDS, by_level("COUNT(DISTINCT bidder)", "bidders"),
                    by_level("COUNT(DISTINCT auction)", "auctions")])
DAY = "DATE_FORMAT(date_time, 'yyyy-MM-dd')"
MINUTE = "DATE_FORMAT(date_time, 'HH:mm')"
WINNING = """SELECT * FROM (
    SELECT A.*, B.auction, B.bidder, B.price, B.date_time AS bid_date_time, B.extra AS bid_extra,
           ROW_NUMBER() OVER (PARTITION BY A.id ORDER BY B.price DESC, B.date_time) AS place
    FROM auction A, bid B WHERE A.id = B.auction AND B.date_time BETWEEN A.date_time AND A.expires)
    WHERE place = 1"""
COUNTED = """SELECT auction, COUNT(*) AS num, window_start, window_end
    FROM TABLE(HOP(TABLE bid, DESCRIPTOR(date_time), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
    GROUP BY auction, window_start, window_end"""
TUMBLED = "TABLE(TUMBLE(TABLE {}, DESCRIPTOR(date_time), INTERVAL '10' SECOND))"

FLINK = {
    0: "SELECT auction, bidder, price, date_time, extra FROM bid",
    1: "SELECT auction, bidder, 0.908 * price AS price, date_time, extra FROM bid",
    2: "SELECT auction, price FROM bid WHERE auction IN (1007, 1020, 2001, 2019, 2087)",
    3: """SELECT P.name, P.city, P.state, A.id FROM auction A JOIN person P ON A.seller = P.id
          WHERE A.category = 10 AND P.state IN ('or', 'id', 'ca')""",
    4: """SELECT category, AVG(final) FROM (
              SELECT MAX(B.price) AS final, A.category FROM auction A, bid B
              WHERE A.id = B.auction AND B.date_time BETWEEN A.date_time AND A.expires
              GROUP BY A.id, A.category) GROUP BY category""",
    5: f"""SELECT A.auction, A.num FROM ({COUNTED}) A JOIN (
               SELECT MAX(num) AS most, window_start, window_end FROM ({COUNTED})
               GROUP BY window_start, window_end) M
           ON A.window_start = M.window_start AND A.window_end = M.window_end AND A.num >= M.most""",
    7: f"""SELECT B.auction, B.price, B.bidder, B.date_time, B.extra FROM bid B JOIN (
               SELECT MAX(price) AS most, window_end FROM {TUMBLED.format("bid")}
               GROUP BY window_start, window_end) M
           ON B.price = M.most AND B.date_time BETWEEN M.window_end - INTERVAL '10' SECOND AND M.window_end""",
    8: f"""SELECT P.id, P.name, P.window_start FROM (
               SELECT id, name, window_start, window_end FROM {TUMBLED.format("person")}
               GROUP BY id, name, window_start, window_end) P JOIN (
               SELECT seller, window_start, window_end FROM {TUMBLED.format("auction")}
               GROUP BY seller, window_start, window_end) A
           ON P.id = A.seller AND P.window_start = A.window_start AND P.window_end = A.window_end""",
    9: WINNING,
    10: f"""CREATE TABLE files (auction BIGINT, bidder BIGINT, price BIGINT, date_time TIMESTAMP_LTZ(3),
                extra STRING, dt STRING, hm STRING) PARTITIONED BY (dt, hm) WITH (
                'connector' = 'filesystem', 'path' = 'file://{{out}}/log', 'format' = 'json');
            INSERT INTO files SELECT auction, bidder, price, date_time, extra, {DAY}, {MINUTE} FROM bid""",
    11: """SELECT bidder, COUNT(*), window_start, window_end
           FROM TABLE(SESSION(TABLE bid PARTITION BY bidder, DESCRIPTOR(date_time), INTERVAL '10' SECOND))
           GROUP BY bidder, window_start, window_end""",
    12: """CREATE TEMPORARY VIEW arriving AS SELECT *, PROCTIME() AS arrived FROM bid;
           SELECT bidder, COUNT(*), window_start, window_end
           FROM TABLE(TUMBLE(TABLE arriving, DESCRIPTOR(arrived), INTERVAL '10' SECOND))
           GROUP BY bidder, window_start, window_end""",
    13: "SELECT auction, bidder, price, date_time, `value` FROM bid JOIN side_input ON MOD(auction, 10000) = key",
    14: """SELECT auction, bidder, 0.908 * price AS price,
                  CASE WHEN HOUR(date_time) BETWEEN 8 AND 18 THEN 'dayTime'
                       WHEN HOUR(date_time) <= 6 OR HOUR(date_time) >= 20 THEN 'nightTime'
                       ELSE 'otherTime' END,
                  date_time, extra, CHAR_LENGTH(extra) - CHAR_LENGTH(REPLACE(extra, 'c', ''))
           FROM bid WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000""",
    15: f"SELECT {DAY}, {LEVELS} FROM bid GROUP BY {DAY}",
    16: f"SELECT channel, {DAY}, MAX({MINUTE}), {LEVELS} FROM bid GROUP BY channel, {DAY}",
    17: f"""SELECT auction, {DAY}, {BIDS}, MIN(price), MAX(price), AVG(price), SUM(price)
            FROM bid GROUP BY auction, {DAY}""",
    18: """SELECT auction, bidder, price, channel, url, date_time, extra FROM (
               SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY date_time DESC) AS place FROM bid)
           WHERE place <= 1""",
    19: """SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS place FROM bid)
           WHERE place <= 10""",
    20: """SELECT B.*, A.item_name, A.description, A.initial_bid, A.reserve, A.date_time, A.expires, A.seller,
                  A.category, A.extra
           FROM bid B JOIN auction A ON B.auction = A.id WHERE A.category = 10""",
    21: """SELECT auction, bidder, price, channel,
                  CASE LOWER(channel) WHEN 'apple' THEN '0' WHEN 'google' THEN '1' WHEN 'facebook' THEN '2'
                       WHEN 'baidu' THEN '3' ELSE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) END
           FROM bid WHERE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) IS NOT NULL
                          OR LOWER(channel) IN ('apple', 'google', 'facebook', 'baidu')""",
    22: """SELECT auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3), SPLIT_INDEX(url, '/', 4),
                  SPLIT_INDEX(url, '/', 5) FROM bid""",
}


def oracle_sql():
    spec = importlib.util.spec_from_file_location("oracle_nexmark", ROOT / "tests/oracle/nexmark.py")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SystemExit:  # it has no DuckDB to ask: then we have none, either
        return {}
    copied = f"COPY ({module.SQL[10]}) TO 'out/log' (FORMAT json, PARTITION_BY (dt, hm))"
    return module.SQL | {10: copied}


def data():
    make = "for sort in person auction bid; do ssim nexmark --only $sort --count $N >$sort.ndjson; done\n"
    side = """
seq 0 9999 | sed 's/.*/{"key":&,"value":"side &"}/' >side_input.ndjson
{ echo key,value; seq 0 9999 | sed 's/.*/&,side &/'; } >side_input.csv"""
    return {"nexmark": {"n": EVENTS, "make": make + side, "tables": COLUMNS,
                        "input": [f"{sort}.ndjson" for sort in ("person", "auction", "bid")]}}


def row():
    duckdb = oracle_sql()
    rows = {}
    for number, about in enumerate(ABOUT):
        rows[f"q{number}"] = {
            "about": f"NEXMark: {about}",
            "data": "nexmark",
            "ours": SPECIAL.get(number, OURS.format(number)),
            "asked": ASKED,
            "by": 7,
        }
        for peer, sql in (("duckdb", duckdb), ("flink", FLINK)):
            if number in sql:
                rows[f"q{number}"][peer] = sql[number]
    return rows
