"""Reads Parquet tables by polars."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from standing.backfill.files.rows import FileRow, unreadable

CHUNK = 50_000  # rows in memory at the same time


def parquet_columns(path: Path) -> list[str]:
    """The names of a Parquet file's columns, including partition columns in folder names. Raises Unreadable."""
    try:
        return _scan(path).collect_schema().names()
    except Exception as error:  # noqa: BLE001 -- whatever the reader stumbles over, the file is at fault
        raise unreadable(path, error) from None


def parquet(path: Path, columns: set[str]) -> Iterator[FileRow]:
    """Every row of a Parquet file, with the requested columns. Raises Unreadable."""
    number = 0
    try:
        for frame in _scan(path).select(sorted(columns)).collect_batches(chunk_size=CHUNK, maintain_order=True):
            for row in frame.iter_rows(named=True):
                number += 1
                yield FileRow(number, row)
    except pl.exceptions.PolarsError as error:
        raise unreadable(path, error, number) from None


def parquet_rows(path: Path) -> int:
    """The number of rows in a Parquet file's metadata. Raises Unreadable."""
    try:
        return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
    except Exception as error:  # noqa: BLE001 -- as above
        raise unreadable(path, error) from None


def _scan(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path, glob=False, hive_partitioning="=" in str(path.parent))
