"""in_duckdb.py SQL: runs a query in DuckDB on one thread, over files of the current directory.

$TABLES (JSON) has the typed columns of each NAME.ndjson; they have one column more, n, which counts
their rows (not those that a query reads twice). Rows are written as JSON to /dev/null, as ours are,
unless the SQL says COPY itself. The seconds of wall and of processor that the query took go to $BENCH_SECONDS, without those of
Python's start; the peak memory is that of the whole process.
"""
import json
import os
import re
import sys
import time

import duckdb


def create(database, name, columns, sql):
    """A view, for which only what the query asks is read; what it reads twice is better loaded once."""
    columns = [column.split() for column in columns.split(",")]
    twice = len(re.findall(rf'(?:FROM|JOIN) "?{name}\b', sql)) > 1 and not re.search(r"(SELECT |\.)\*", sql)
    if twice:
        columns = [(column, kind) for column, kind in columns if re.search(rf"\b{column}\b", sql)]
    typed = ", ".join(f"{column}: '{kind}'" for column, kind in columns)
    counted = "" if twice else ", row_number() OVER () AS n"
    database.execute(f"""CREATE {"TABLE" if twice else "VIEW"} "{name}" AS SELECT *{counted} FROM
        read_json('{name}.ndjson', format = 'newline_delimited', columns = {{{typed}}})""")


def main():
    sql = sys.argv[1]
    database = duckdb.connect()
    database.execute("SET threads = 1; SET TimeZone = 'UTC'; SET temp_directory = 'out/spill'")
    wall, cpu = time.perf_counter(), time.process_time()
    for name, columns in json.loads(os.environ.get("TABLES", "{}")).items():
        if os.path.exists(f"{name}.ndjson"):
            create(database, name, columns, sql)
    if not sql.startswith("COPY"):
        sql = f"COPY ({sql}) TO '/dev/null' (FORMAT json)"
    database.execute(sql)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    with open(os.environ.get("BENCH_SECONDS", "/dev/stdout"), "w", encoding="ascii") as report:
        report.write(f"{wall:.4f} {cpu:.4f}\n")


if __name__ == "__main__":
    main()
