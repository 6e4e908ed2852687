"""Reads the segments of a log store with pyarrow: `read_segments.py FOLDER` prints what it found as JSON.

The folder is that of the segments (`…/log-store/logs`). For each row: labels, timestamp, line, structured metadata, and the
tenant, date and hour that the path names; for each file its rows by its own metadata. How columns are laid out is
described in `docs/storage.md`; this program is the only part of the tests that has to know it."""

import json
import pathlib
import re
import sys

import pyarrow as pa
import pyarrow.dataset as dataset
import pyarrow.parquet as parquet

LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


def labels(text):
    """The label set `{a="b", c="d"}` as a dictionary."""
    return {name: json.loads(f'"{value}"') for name, value in LABEL.findall(text)}


def check_columns(schema):
    """What everybody who reads segments may rely on."""
    assert pa.types.is_timestamp(schema.field("timestamp").type), schema
    assert schema.field("timestamp").type.unit == "ns", schema
    assert schema.field("timestamp").type.tz == "UTC", schema
    assert pa.types.is_map(schema.field("structured_metadata").type), schema


def rows_of(table):
    """The rows of a table, each with its line as it was pushed."""
    check_columns(table.schema)
    # As numbers: Python's datetime knows no nanoseconds.
    times = table.column("timestamp").cast(pa.int64()).to_pylist()
    columns = [table.column(name).to_pylist() for name in ("labels", "line", "structured_metadata")]
    for at, of_stream, line, metadata in zip(times, *columns):
        yield {"labels": labels(of_stream), "timestamp": at, "line": line, "metadata": dict(metadata or [])}


def read_file(root, path):
    # Partitions are read from the path by the data set below, not from here.
    table = parquet.ParquetFile(path).read()
    partitions = dict(part.split("=", 1) for part in path.relative_to(root).parent.parts)
    return {
        "path": str(path.relative_to(root)),
        "rows_by_footer": parquet.read_metadata(path).num_rows,
        "columns": table.schema.names,
        "partitions": partitions,
        "rows": list(rows_of(table)),
    }


def main(folder):
    root = pathlib.Path(folder)
    files = [read_file(root, path) for path in sorted(root.rglob("*.parquet"))]
    whole = dataset.dataset(root, format="parquet", partitioning="hive")
    json.dump({"files": files, "rows_of_dataset": whole.count_rows()}, sys.stdout)


main(*sys.argv[1:])
