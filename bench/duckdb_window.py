"""duckdb_window.py FILE: the window case in DuckDB, one thread, with the three columns it needs typed.

Only the query is timed: the seconds of wall and of CPU go to the file $BENCH_SECONDS, so that the
start of Python is not counted against DuckDB.
"""
import os
import sys
import time

import duckdb

QUERY = """
    SELECT date_trunc('minute', time) AS minute, status, count(*), sum(latency)
    FROM read_json($file, format = 'newline_delimited',
                   columns = {time: 'TIMESTAMP', status: 'BIGINT', latency: 'DOUBLE'})
    GROUP BY ALL ORDER BY ALL
"""


def main():
    database = duckdb.connect()
    database.execute("SET threads = 1")
    wall, cpu = time.perf_counter(), time.process_time()
    rows = database.execute(QUERY, {"file": sys.argv[1]}).fetchall()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    with open(os.environ.get("BENCH_SECONDS", os.devnull), "w", encoding="ascii") as report:
        report.write(f"{wall} {cpu}\n")
    for row in rows:
        print(*row)


if __name__ == "__main__":
    main()
