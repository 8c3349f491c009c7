"""Rows that come into the lake from elsewhere than the table's stream."""

from __future__ import annotations

from collections.abc import Iterable

from standing.aws.lake_bucket import Lake
from standing.lake.layout import Kind, incoming_prefix, named_after
from standing.lake.parquet import parquet_bytes
from standing.lake.rows import Row, frame


def write_rows(lake: Lake, kind: Kind, rows: Iterable[Row]) -> str:
    """Write some rows; the key, which is named after what is in it."""
    body = parquet_bytes(frame(kind, rows))
    key = f"{incoming_prefix(kind)}table-{named_after([body.hex()])}.parquet"
    lake.put(key, body)
    return key
