"""in_flink.py SQL: runs a query in Flink, streaming, parallelism 1, over files of the current directory.

$TABLES (JSON) has the typed columns of each NAME.ndjson: the first TIMESTAMP is the event time, up to
five seconds out of order. Statements are separated by semicolons. The rows of the last one go to Flink's
blackhole, which spares it writing them as JSON; {out} in the SQL is the path of out/.

First the query runs on a tenth of the records, so that Java has compiled what it will; then on all.
$BENCH_SECONDS gets the net run time of that job, the processor seconds that Java spent meanwhile, and
Java's peak memory in KiB: its start and the planning of the query are not counted.
"""
import json
import os
import pathlib
import sys
import tempfile

from pyflink.table import EnvironmentSettings, TableDescriptor, TableEnvironment

WARM = 10
TYPES = {"VARCHAR": "STRING", "TIMESTAMP": "TIMESTAMP_LTZ(3)"}
SETTINGS = {
    "parallelism.default": "1",
    "table.local-time-zone": "UTC",
    "pipeline.object-reuse": "true",
    "table.exec.source.idle-timeout": "0",
}


def create_tables(tables, folder):
    for name, columns in json.loads(os.environ.get("TABLES", "{}")).items():
        if not (folder / f"{name}.ndjson").exists():
            continue
        pairs = [column.split() for column in columns.split(",")]
        said = [f"`{column}` {TYPES.get(kind, kind)}" for column, kind in pairs]
        times = [column for column, kind in pairs if kind == "TIMESTAMP"]
        said += [f"WATERMARK FOR `{time}` AS `{time}` - INTERVAL '5' SECOND" for time in times[:1]]
        tables.execute_sql(f"""CREATE TEMPORARY TABLE `{name}` ({", ".join(said)}) WITH (
            'connector' = 'filesystem', 'path' = 'file://{folder}/{name}.ndjson', 'format' = 'json',
            'json.timestamp-format.standard' = 'ISO-8601')""")


def run(sql, folder):
    """Runs the query and returns the seconds that its job took."""
    tables = TableEnvironment.create(EnvironmentSettings.new_instance().in_streaming_mode().build())
    for name, value in SETTINGS.items():
        tables.get_config().set(name, value)
    create_tables(tables, folder)
    *before, last = [statement.strip() for statement in sql.split(";") if statement.strip()]
    for statement in before:
        tables.execute_sql(statement)
    if last.startswith("INSERT"):
        result = tables.execute_sql(last)
    else:
        result = tables.sql_query(last).execute_insert(TableDescriptor.for_connector("blackhole").build())
    job = result.get_job_client().get_job_execution_result().result()
    return job.get_net_runtime() / 1000


def cut(folder, into):
    """The first tenth of each file."""
    for file in folder.glob("*.ndjson"):
        size = file.stat().st_size // WARM
        with open(file, "rb") as whole, open(into / file.name, "wb") as part:
            part.write(whole.read(size) + whole.readline())


def java():
    """The folder in /proc of the Java that Python started."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            name, fields = (process / "stat").read_text().rsplit(")", 1)
        except OSError:
            continue
        if name.endswith("(java") and int(fields.split()[1]) == os.getpid():
            return process
    raise RuntimeError("no java below this process")


def processor_seconds(process):
    fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak(process):
    lines = (process / "status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("VmHWM"))


def main():
    folder = pathlib.Path.cwd()
    with tempfile.TemporaryDirectory(dir=folder / "out") as name:
        warm = pathlib.Path(name)
        cut(folder, warm)
        run(sys.argv[1].format(out=warm), warm)
    process = java()
    before = processor_seconds(process)
    wall = run(sys.argv[1].format(out=folder / "out"), folder)
    report = f"{wall:.4f} {processor_seconds(process) - before:.4f} {peak(process)}\n"
    with open(os.environ.get("BENCH_SECONDS", "/dev/stdout"), "w", encoding="ascii") as file:
        file.write(report)


if __name__ == "__main__":
    main()
