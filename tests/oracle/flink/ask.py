#!/usr/bin/env python3
"""Asks Flink SQL all questions and keeps its answers in answers/NAME.ndjson, for flink_oracle.py.

Needs PyPI's apache-flink and Java 11 or 17; run by hand when questions change:

    python3 -m venv v && v/bin/pip install apache-flink && v/bin/python tests/oracle/flink/ask.py [NAME...]
"""
import datetime
import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from pyflink.common import RowKind
from pyflink.table import EnvironmentSettings, TableEnvironment

sys.dont_write_bytecode = True
import questions as asked

HERE = Path(__file__).resolve().parent

TABLE = """
CREATE TEMPORARY TABLE {name} (
    ts TIMESTAMP_LTZ(3), k STRING, {values},
    WATERMARK FOR ts AS ts - INTERVAL '{delay}.001' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'file://{path}', 'format' = 'json',
        'json.timestamp-format.standard' = 'ISO-8601')
"""


def environment(directory):
    settings = EnvironmentSettings.new_instance().in_streaming_mode().build()
    tables = TableEnvironment.create(settings)
    for option, value in {
        "parallelism.default": "1",
        "table.local-time-zone": "UTC",
        "pipeline.auto-watermark-interval": "1 ms",
        "table.exec.source.idle-timeout": "0",
    }.items():
        tables.get_config().set(option, value)
    for name, (_, delay, columns) in asked.STREAMS.items():
        path = Path(directory) / f"{name}.ndjson"
        asked.write_stream(name, path)
        tables.execute_sql(
            TABLE.format(name="s_" + name, values=asked.VALUES[columns], delay=delay, path=path)
        )
    return tables


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
    return value


def standing(result):
    """The names of the columns, then the rows that stand when all changes were made."""
    rows = {}
    with result.collect() as changes:
        for row in changes:
            line = json.dumps([plain(value) for value in row])
            added = row.get_row_kind() in (RowKind.INSERT, RowKind.UPDATE_AFTER)
            rows[line] = rows.get(line, 0) + (1 if added else -1)
    left = sorted(line for line, times in rows.items() for _ in range(times))
    return [json.dumps(result.get_table_schema().get_field_names()), *left]


def ask(question, directory):
    tables = environment(directory)
    names = {name: "s_" + name for name in asked.STREAMS}
    *before, sql = question.sql.format(**names).split("; ")
    for statement in before:
        if statement.startswith("SET"):
            _, option, _, value, _ = statement.split("'")
            tables.get_config().set(option, value)
        else:
            tables.execute_sql(statement)
    return standing(tables.execute_sql(sql))


def main():
    wanted = set(sys.argv[1:])
    failed = 0
    (HERE / "answers/VERSION").write_text(f"apache-flink {version('apache-flink')}\n")
    for question in asked.questions():
        if wanted and question.name not in wanted:
            continue
        with tempfile.TemporaryDirectory() as directory:
            try:
                rows = ask(question, directory)
            except Exception as why:  # Flink cannot say it: that is an answer, too
                print(f"{question.name}: {str(why)[:600]}", file=sys.stderr)
                failed += 1
                continue
        answer = HERE / "answers" / f"{question.name}.ndjson"
        answer.write_text("".join(row + "\n" for row in rows))
        print(f"{question.name}: {len(rows) - 1} rows", flush=True)
    return failed > 0


sys.exit(main())
