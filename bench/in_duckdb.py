"""in_duckdb.py SQL: runs a query in DuckDB on one thread, over files of the current directory.

$TABLES (JSON) has the typed columns of each NAME.ndjson; tables have one column more, n, which counts
their rows. Rows are written as JSON to /dev/null, as ours are, unless the SQL says COPY itself.
The seconds of wall and of processor that the query took go to $BENCH_SECONDS, without those of
Python's start; the peak memory is that of the whole process.
"""
import json
import os
import sys
import time

import duckdb


def main():
    sql = sys.argv[1]
    database = duckdb.connect()
    database.execute("SET threads = 1; SET TimeZone = 'UTC'; SET temp_directory = 'out/spill'")
    for name, columns in json.loads(os.environ.get("TABLES", "{}")).items():
        if not os.path.exists(f"{name}.ndjson"):
            continue
        typed = ", ".join("{}: '{}'".format(*column.split()) for column in columns.split(","))
        database.execute(f"""CREATE VIEW "{name}" AS SELECT *, row_number() OVER () AS n FROM
            read_json('{name}.ndjson', format = 'newline_delimited', columns = {{{typed}}})""")
    if not sql.startswith("COPY"):
        sql = f"COPY ({sql}) TO '/dev/null' (FORMAT json)"
    wall, cpu = time.perf_counter(), time.process_time()
    database.execute(sql)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    with open(os.environ.get("BENCH_SECONDS", "/dev/stdout"), "w", encoding="ascii") as report:
        report.write(f"{wall:.4f} {cpu:.4f}\n")


main()
