"""The standings that nights keep of a bucket, of the last night and of the ends of months: read, exported, forgotten.

They are worked out of records and states, so a file that cannot be read is as good as none.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, NamedTuple

import polars as pl

from standing.aws.lake_bucket import ABSENT, Lake, StoredObject
from standing.lake.layout import MONTHS, bucket_of, number_in, standing_key
from standing.lake.parquet import WRONG, check_seal, parquet_bytes
from standing.lake.tombstones import Tombstones
from standing.values.faults import Fault


class KeptStanding(NamedTuple):
    """The standing that lies under a key, if there is one that can be read; its ETag, and what is wrong with it."""

    rows: pl.DataFrame | None
    etag: str
    wrong: Fault | None = None


def keep_standing(lake: Lake, key: str) -> KeptStanding:
    """What a key holds. What cannot be read is named."""
    stored = lake.get(key)
    rows = standing_in(stored)
    wrong = None if rows is not None or stored is ABSENT else Fault("unreadable")
    return KeptStanding(rows, stored.etag, wrong)


def standing_in(stored: StoredObject) -> pl.DataFrame | None:
    """The standing that an object holds; none where there is no object, or none that can be read."""
    try:
        check_seal(stored.body)
        return None if stored is ABSENT else pl.read_parquet(BytesIO(stored.body))
    except WRONG:  # whatever the reader stumbles over, the file is at fault
        return None


def standings_of(lake: Lake, customer: str) -> list[dict[str, Any]]:
    """What a customer's kept standings say; `of` is the key of each. What is null is left out."""
    found = []
    for key, stored in lake.get_all(_keys(lake, bucket_of(customer))):
        rows = standing_in(stored)
        for row in [] if rows is None else rows.filter(pl.col("customer") == customer).rows(named=True):
            found.append({"of": key} | {name: value for name, value in row.items() if value is not None})
    return found


def forget_standings(lake: Lake, number: int, gone: Tombstones) -> None:
    """Take forgotten customers out of a bucket's standings. What cannot be read is emptied, as it may hold them.

    Raises PreconditionFailed where somebody else wrote one at the same time.
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
    return [standing_key(number), *(key for key in lake.keys(f"{MONTHS}/") if number_in(key) == number)]
