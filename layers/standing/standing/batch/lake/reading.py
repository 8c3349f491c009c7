"""Reading the lake: a bucket as compaction left it, and everything there is of one customer."""

from __future__ import annotations

import polars as pl

from standing.adapters.lake import Lake
from standing.batch.lake.files import Damaged, read_all, read_stored
from standing.batch.lake.layout import KINDS, Kind, bucket_of, current, incoming, staged
from standing.batch.lake.rows import Bucket, tidy


def read_bucket(lake: Lake, number: int) -> Bucket:
    """The records and states of a bucket's customers, without the decisions. Raises Damaged.

    The states are read first: compaction writes the records first, so there is no state whose records are not there.
    """
    states = _current(lake, "states", number)
    return Bucket(_current(lake, "records", number), states)


def read_decisions(lake: Lake, number: int) -> pl.DataFrame:
    """The decisions of a bucket's customers, which no standing needs. Raises Damaged."""
    return _current(lake, "decisions", number)


def _current(lake: Lake, kind: Kind, number: int) -> pl.DataFrame:
    key = current(kind, number)
    try:
        return read_stored(kind, lake.get(key))
    except Damaged as error:
        raise Damaged(f"{key}: {error}") from None


def everything_of(lake: Lake, customer: str) -> Bucket:
    """Every row of a customer, those included that no compaction has seen yet; what cannot be read is left out."""
    found = {kind: _everything(lake, kind, customer) for kind in KINDS}
    return Bucket(found["records"], found["states"], found["decisions"])


def _everything(lake: Lake, kind: Kind, customer: str) -> pl.DataFrame:
    number = bucket_of(customer)
    keys = [current(kind, number), *lake.keys(staged(kind, number)), *lake.keys(incoming(kind))]
    rows, _, _ = read_all(lake, kind, keys)
    return tidy(kind, rows.filter(pl.col("customer") == customer))
