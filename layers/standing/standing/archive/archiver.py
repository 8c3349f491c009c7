"""Archiving: rows of the table's stream become objects of the lake, at least once.

Object keys make a retry harmless. A row that cannot be read is set aside in full and does not block the others; the gap
is found and filled from the table later.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from standing.aws.lake_bucket import ASIDE, Lake
from standing.aws.logging import safe_message
from standing.aws.table import STATE
from standing.lake.layout import KINDS, Kind, incoming_prefix, named_after
from standing.lake.parquet import parquet_bytes
from standing.lake.rows import Row, frame, rows_in
from standing.rules.timeline import Timeline


class ArchivedRows(NamedTuple):
    """The number of rows written of each kind, and the error of each row set aside, by the record's sequence number."""

    records: int
    states: int
    decisions: int
    aside: dict[str, str]


def archive(stream: Sequence[dict[str, Any]], rules: Timeline, lake: Lake) -> ArchivedRows:
    """Write the event records, decisions and states of a batch of stream records. Raises if a write fails."""
    rows: dict[Kind, list[Row]] = {kind: [] for kind in KINDS}
    aside: dict[str, str] = {}
    for record in stream:
        try:
            for kind, read in rows_in(_images(record), rules, "stream").items():
                rows[kind] += read
        except Exception as error:  # noqa: BLE001 -- a row that cannot be read must not block the others
            number = record["dynamodb"]["SequenceNumber"]
            aside[number] = type(error).__name__
            lake.put(
                f"{ASIDE}stream/{number}.json",
                orjson.dumps({"why": safe_message(error), "record": record}, default=str),
            )
    for kind in KINDS:
        if rows[kind]:
            lake.put(_key(kind, stream), parquet_bytes(frame(kind, rows[kind])))
    return ArchivedRows(len(rows["records"]), len(rows["states"]), len(rows["decisions"]), aside)


def _key(kind: Kind, stream: Sequence[dict[str, Any]]) -> str:
    """The object's key, made of the batch's records, so that a retry of the same batch writes the same object."""
    numbers = [record["dynamodb"]["SequenceNumber"] for record in stream]
    name = named_after([f"{record.get('eventID')} {number}" for record, number in zip(stream, numbers, strict=True)])
    return f"{incoming_prefix(kind)}{numbers[0]}-{numbers[-1]}-{name}.parquet"


def _images(record: dict[str, Any]) -> Iterator[Row]:
    """The row of a stream record, or nothing if it was deleted."""
    image = record["dynamodb"].get("NewImage")
    if image is not None:
        yield _with_bytes(image) if image["sk"]["S"] == STATE else image


def _with_bytes(image: Row) -> Row:
    """The row with its image as bytes: Lambda passes bytes as Base64."""
    packed = image["image"]["B"]
    return image | {"image": {"B": base64.b64decode(packed) if isinstance(packed, str) else packed}}
