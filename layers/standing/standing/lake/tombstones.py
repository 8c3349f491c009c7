"""Forgotten customers, as the lake knows them: by marks that do not name them, kept for ever."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Self

import polars as pl

from standing.aws.lake_bucket import Lake
from standing.engine.tombstone import tombstone_key
from standing.lake.layout import bucket_of, tombstone_prefix


class Tombstones(NamedTuple):
    """Who was forgotten, by salt."""

    by_salt: dict[str, set[str]]

    @classmethod
    def of(cls, keys: Iterable[str]) -> Self:
        """The marks that stand in keys, as `SALT-MARK` at their ends."""
        found: dict[str, set[str]] = {}
        for key in keys:
            salt, _, mark = key.rpartition("/")[2].partition("-")
            found.setdefault(salt, set()).add(mark)
        return cls(found)

    def hit(self, customer: str) -> bool:
        """Whether a customer was forgotten."""
        return any(tombstone_key(salt, customer) in forgotten for salt, forgotten in self.by_salt.items())

    def kept(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows of those who were not forgotten."""
        if not self.by_salt:
            return rows
        gone = [customer for customer in rows["customer"].unique() if self.hit(customer)]
        return rows.filter(~pl.col("customer").is_in(gone)) if gone else rows


def tombstones(lake: Lake, number: int | None = None) -> Tombstones:
    """Who was forgotten: of one bucket, or of all."""
    return Tombstones.of(lake.keys(tombstone_prefix(number)))


def write_tombstone(lake: Lake, salt: str, customer: str) -> None:
    """Have a customer forgotten: by every compaction from now on, whatever is written of them until then and after."""
    lake.put(f"{tombstone_prefix(bucket_of(customer))}{salt}-{tombstone_key(salt, customer)}", b"")
