"""Parquet in and out, by way of bytes. A file that is damaged or of another schema is told apart, and why."""

from __future__ import annotations

import io
from collections.abc import Iterable

import polars as pl

from standing.adapters.lake import ABSENT, Lake, Stored
from standing.batch.lake.layout import Kind
from standing.batch.lake.rows import LATER, SCHEMAS, frame

ROW_GROUP = 50_000  # rows; small enough that a reader who wants one customer skips most of a file


class Damaged(ValueError):  # noqa: N818 -- it says what is with the file
    """A file that cannot be read as what it should be, and why."""


def written(rows: pl.DataFrame) -> bytes:
    """A frame as Parquet: the same bytes for the same rows."""
    file = io.BytesIO()
    rows.write_parquet(file, compression="zstd", statistics=True, row_group_size=ROW_GROUP)
    return file.getvalue()


def read(kind: Kind, body: bytes) -> pl.DataFrame:
    """The rows of a file. Raises Damaged."""
    try:
        rows = pl.read_parquet(io.BytesIO(body))
    except Exception as error:  # noqa: BLE001 -- whatever the reader stumbles over, the file is at fault
        raise Damaged(f"not a whole Parquet file ({type(error).__name__})") from None
    later = [name for name in LATER[kind] if name not in rows.columns]
    rows = rows.with_columns(pl.lit(None, dtype=SCHEMAS[kind][name]).alias(name) for name in later)
    for name, wanted in SCHEMAS[kind].items():
        found = rows.schema.get(name)
        if found is None:
            raise Damaged(f"of another schema: column `{name}` is missing")
        if found != wanted:
            raise Damaged(f"of another schema: column `{name}` is {found}, expected {wanted}")
    if extra := [name for name in rows.columns if name not in SCHEMAS[kind]]:
        raise Damaged(f"of another schema: no column `{extra[0]}` was expected")
    return rows.select(*SCHEMAS[kind])


def read_stored(kind: Kind, stored: Stored) -> pl.DataFrame:
    """The rows of an object; none where there is none. Raises Damaged."""
    return frame(kind) if stored is ABSENT else read(kind, stored.body)


def read_all(lake: Lake, kind: Kind, keys: Iterable[str]) -> tuple[pl.DataFrame, list[str], dict[str, str]]:
    """The rows of several objects, the keys of those that were read, and by key what is wrong with the others."""
    whole: dict[str, pl.DataFrame] = {}
    wrong: dict[str, str] = {}
    for key, stored in lake.get_all(keys):
        try:
            whole[key] = read(kind, stored.body)
        except Damaged as error:
            wrong[key] = str(error)
    return pl.concat([frame(kind), *whole.values()]), list(whole), wrong
