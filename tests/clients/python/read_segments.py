"""Reads the segments of a log store with pyarrow: `read_segments.py FOLDER` prints what it found as JSON.

The folder is that of the segments (`…/log-store/logs`). For each row: labels, timestamp, line, structured metadata, and the
tenant, date and hour that the path names; for each file its rows by its own metadata. How columns are laid out is
described in `docs/storage.md`; this program is the only part of the tests that has to know it."""

import json
import pathlib
import re
import sys
import time
import uuid

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


def time_text(nanos, digits):
    """RFC 3339 with so many digits of the second."""
    seconds, fraction = divmod(nanos, 1_000_000_000)
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return whole + (f".{fraction:09}"[: digits + 1] if digits else "") + "Z"


UNITS = {0: 1_000_000_000, 3: 1_000_000, 6: 1_000, 9: 1}


def values_of(table, prefix, note):
    """The values of a field. What is the row's own time has no column."""
    kind = note["kind"]
    if not (isinstance(kind, dict) and "row_time" in kind):
        return texts(table.column(prefix + note["name"]), kind)
    ((form, details),) = kind["row_time"].items()
    digits = details["digits"]
    nanos = table.column("timestamp").cast(pa.int64()).to_pylist()
    return [time_text(at, digits) if form == "rfc3339" else str(at // UNITS[digits]) for at in nanos]


def texts(column, kind):
    """The values of a column as they were written, by the kind that the index names."""
    if kind == "integer":
        return [None if value is None else str(value) for value in column.to_pylist()]
    if kind == "uuid":
        return [None if value is None else str(uuid.UUID(bytes=value)) for value in column.to_pylist()]
    if kind == "text":
        return column.to_pylist()
    ((name, details),) = kind.items()
    if name == "hex":
        return [None if value is None else value.hex() for value in column.to_pylist()]
    if name == "time":
        nanos = column.cast(pa.int64()).to_pylist()
        return [None if value is None else time_text(value, details["digits"]) for value in nanos]
    assert name == "decimal", kind
    numbers = [None if value is None else f"{value:.{details['scale']}f}" for value in column.to_pylist()]
    if details["trimmed"]:
        trim = lambda text: text.rstrip("0").rstrip(".") if "." in text else text
        return [None if text is None else trim(text) for text in numbers]
    return numbers


def rows_of(table, index):
    """The rows of a table, each with its line as it was pushed."""
    check_columns(table.schema)
    fields = {note["name"]: values_of(table, "field.", note) for note in index["fields"]}
    named = {note["name"]: values_of(table, "metadata.", note) for note in index["metadata"]}
    # As numbers: Python's datetime knows no nanoseconds.
    times = table.column("timestamp").cast(pa.int64()).to_pylist()
    names = ("labels", "template", "line", "metadata_names", "structured_metadata")
    columns = [table.column(name).to_pylist() for name in names]
    for row, (at, of_stream, template, line, names, mapped) in enumerate(zip(times, *columns)):
        if template is not None:
            line = re.sub("\0([^\0]*)\0", lambda slot: fields[slot[1]][row], template)
        metadata = {name: named[name][row] for name in names.split(",")} if names else dict(mapped or [])
        yield {"labels": labels(of_stream), "timestamp": at, "line": line, "metadata": metadata}


def read_file(root, path):
    # Partitions are read from the path by the data set below, not from here.
    file = parquet.ParquetFile(path)
    table = file.read()
    index = json.loads(file.metadata.metadata[b"log-store.index"])
    partitions = dict(part.split("=", 1) for part in path.relative_to(root).parent.parts)
    return {
        "path": str(path.relative_to(root)),
        "rows_by_footer": parquet.read_metadata(path).num_rows,
        "columns": table.schema.names,
        "partitions": partitions,
        "rows": list(rows_of(table, index)),
    }


def main(folder):
    root = pathlib.Path(folder)
    files = [read_file(root, path) for path in sorted(root.rglob("*.parquet"))]
    whole = dataset.dataset(root, format="parquet", partitioning="hive")
    json.dump({"files": files, "rows_of_dataset": whole.count_rows()}, sys.stdout)


main(*sys.argv[1:])
