"""Rows that are written to the lake directly, not from the table's stream."""

from __future__ import annotations

from collections.abc import Iterable

from standing.aws.lake_bucket import Lake
from standing.lake.layout import Kind, incoming_prefix, named_after
from standing.lake.parquet import parquet_bytes
from standing.lake.rows import Row, frame


def write_rows(lake: Lake, kind: Kind, rows: Iterable[Row]) -> str:
    """Write rows as one object. Returns its key, which is made of its content."""
    body = parquet_bytes(frame(kind, rows))
    key = f"{incoming_prefix(kind)}table-{named_after([body.hex()])}.parquet"
    lake.put(key, body)
    return key
