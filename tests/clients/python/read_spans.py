"""Reads the segments of a trace store with pyarrow: `read_spans.py FOLDER` prints its spans as JSON.

The folder is that of the segments (`…/trace-store/traces`). How columns are laid out is described in `docs/storage.md`."""

import json
import pathlib
import sys

import pyarrow as pa
import pyarrow.dataset as dataset
import pyarrow.parquet as parquet

SCALARS = ("string", "int", "double", "bool")


def listed(item):
    """An attribute of a list; None for values that are no scalars."""
    return item["key"], next((item[kind] for kind in SCALARS if item[kind] is not None), None)


def attributes(row):
    """The attributes of a span in the order they came, from the columns of their own and the list of the rest."""
    if row.get("attribute_names") is None:
        return []
    rest = iter(row.get("attributes") or [])
    names = row["attribute_names"].split(",")
    return [(name, row["span." + name]) if name else listed(next(rest)) for name in names]


def span(row):
    events = [{"name": event["name"], "attributes": [listed(item) for item in event["attributes"]]} for event in row.get("events") or []]
    return {
        "trace_id": row["trace_id"].hex(),
        "span_id": row["span_id"].hex(),
        "parent": row["parent_span_id"].hex() if row["parent_span_id"] else None,
        "name": row["name"],
        "service": row["service_name"],
        "resource": json.loads(row["resource_attributes"]),
        "start": row["start_time"],
        "duration": row["duration_nano"],
        "attributes": attributes(row),
        "events": events,
    }


def main(folder):
    root = pathlib.Path(folder)
    spans, columns = [], set()
    for path in sorted(root.rglob("*.parquet")):
        table = parquet.ParquetFile(path).read()
        assert table.schema.field("start_time").type == pa.timestamp("ns", "UTC"), table.schema
        columns.update(table.schema.names)
        # As numbers: Python's datetime knows no nanoseconds.
        at = table.schema.get_field_index("start_time")
        table = table.set_column(at, "start_time", table.column(at).cast(pa.int64()))
        for name in ("events", "links"):
            # Nor are the times of events looked at.
            if name in table.schema.names and name == "links":
                table = table.drop_columns([name])
        if "events" in table.schema.names:
            events = table.column("events").combine_chunks()
            kept = pa.StructArray.from_arrays([events.values.field("name"), events.values.field("attributes")], ["name", "attributes"])
            lists = pa.ListArray.from_arrays(events.offsets, kept)
            table = table.set_column(table.schema.get_field_index("events"), "events", lists)
        spans.extend(span(row) for row in table.to_pylist())
    whole = dataset.dataset(root, format="parquet", partitioning="hive")
    json.dump({"spans": spans, "columns": sorted(columns), "rows_of_dataset": whole.count_rows()}, sys.stdout)


main(*sys.argv[1:])
