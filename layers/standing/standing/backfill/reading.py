"""Files of history, a row at a time: event lines as `standing send` takes them, or Parquet and CSV by a mapping.

Files may be larger than the memory. Knows nothing of customers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from standing.adapters.lines import json_lines
from standing.backfill.mapping import BadRow, Envelope, Rows

CHUNK = 50_000  # rows that are in memory at once
LINES = {".jsonl", ".ndjson"}
TABLES = {".parquet", ".csv"}


class Unreadable(ValueError):  # noqa: N818 -- it says what is with the file
    """A file that cannot be read at all: which, and what was expected."""


class Found(NamedTuple):
    """A row of a file, counted from 1: an event as it would be sent, or why it is none."""

    number: int
    envelope: Envelope | None
    why: str = ""


def rows_in(path: Path, mapping: Rows | None) -> Iterator[Found]:
    """Every row. Raises Unreadable."""
    kind = path.suffix.lower()
    if kind in LINES:
        return _lines(path)
    if kind not in TABLES:
        raise Unreadable(f"{path}: expected a name that ends with {', '.join(sorted(LINES | TABLES))}")
    if mapping is None:
        raise Unreadable(f"{path}: a table needs a mapping: name it with --mapping (docs/backfill.md)")
    return _table(path, mapping)


def _lines(path: Path) -> Iterator[Found]:
    try:
        yield from (Found(*line) for line in json_lines(path))
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None


def _table(path: Path, mapping: Rows) -> Iterator[Found]:
    try:
        scan = _scan(path, mapping.separator)
        there = scan.collect_schema().names()
    except Exception as error:  # noqa: BLE001 -- whatever the reader stumbles over, the file is at fault
        raise Unreadable(f"{path}: cannot be read: {_said(error)}") from None
    if missing := sorted(mapping.columns - set(there)):
        raise Unreadable(f"{path}: has no column `{missing[0]}`, which the mapping asks for; it has {', '.join(there)}")
    yield from _mapped(path, scan.select(sorted(mapping.columns)), mapping)


def _scan(path: Path, separator: str) -> pl.LazyFrame:
    if path.suffix.lower() == ".parquet":
        return pl.scan_parquet(path)
    return pl.scan_csv(path, infer_schema=False, separator=separator)


def _mapped(path: Path, scan: pl.LazyFrame, mapping: Rows) -> Iterator[Found]:
    number = 0
    try:
        for frame in scan.collect_batches(chunk_size=CHUNK, maintain_order=True):
            for row in frame.iter_rows(named=True):
                number += 1
                yield _row(number, row, mapping)
    except pl.exceptions.PolarsError as error:
        raise Unreadable(f"{path}: cannot be read after row {number:,}: {_said(error)}") from None


def _row(number: int, row: dict[str, Any], mapping: Rows) -> Found:
    try:
        return Found(number, mapping.envelope(row))
    except BadRow as error:
        return Found(number, None, str(error))


def _said(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
