"""A bucket's stored standings, of the last night and of the ends of months: read, exported, forgotten.

They are derived from records and states, so an unreadable file is treated as missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, NamedTuple

import polars as pl

from standing.aws.lake_bucket import ABSENT, Lake, StoredObject
from standing.lake.buckets import buckets_of
from standing.lake.layout import MONTHS, month_key, standing_key
from standing.lake.parquet import WRONG, check_seal, parquet_bytes
from standing.lake.tombstones import Tombstones
from standing.values.faults import Fault


class KeptStanding(NamedTuple):
    """The standing under a key, or None if it is missing or corrupt; its ETag; and why it is corrupt, if it is.

    `notes` has the notes of its footer, by name.
    """

    rows: pl.DataFrame | None
    etag: str
    wrong: Fault | None = None
    notes: Mapping[str, str] = {}


def keep_standing(lake: Lake, key: str) -> KeptStanding:
    """Read the standing under a key. `wrong` says if it is corrupt."""
    stored = lake.get(key)
    rows = standing_in(stored)
    wrong = None if rows is not None or stored is ABSENT else Fault("unreadable")
    return KeptStanding(
        rows, stored.etag, wrong, {} if rows is None else pl.read_parquet_metadata(BytesIO(stored.body))
    )


def standing_in(stored: StoredObject) -> pl.DataFrame | None:
    """The standing in an object, or None if the object is ABSENT or corrupt."""
    try:
        check_seal(stored.body)
        return None if stored is ABSENT else pl.read_parquet(BytesIO(stored.body))
    except WRONG:  # any error of the reader means a corrupt file
        return None


def standings_of(lake: Lake, customer: str) -> list[dict[str, Any]]:
    """A customer's rows in stored standings, each with its key as `of`, without null values."""
    standings = []
    keys = [key for number in buckets_of(lake).holding(customer) for key in _keys(lake, number)]
    for key, stored in lake.get_all(keys):
        rows = standing_in(stored)
        for row in [] if rows is None else rows.filter(pl.col("customer") == customer).rows(named=True):
            standings.append({"of": key} | {name: value for name, value in row.items() if value is not None})
    return standings


def forget_standings(lake: Lake, number: int, gone: Tombstones) -> None:
    """Delete forgotten customers from a bucket's standings. A corrupt file is emptied, since it may contain them.

    Raises PreconditionFailed if another process wrote one at the same time.
    """
    for key in _keys(lake, number):
        stored = lake.get(key)
        rows = standing_in(stored)
        staying = None if rows is None else gone.kept(rows)
        if rows is None or staying is None:
            if stored.body:
                lake.replace(key, b"", stored.etag)
        elif staying.height < rows.height:
            lake.replace(key, parquet_bytes(staying), stored.etag)


def _keys(lake: Lake, number: int) -> list[str]:
    return [standing_key(number), *(month_key(month, number) for month in months_kept(lake))]


def months_kept(lake: Lake) -> list[str]:
    """The months of which a standing is stored, in order."""
    return [folder.split("/")[1] for folder in lake.folders(f"{MONTHS}/")]
