"""Tombstones of forgotten customers in the lake. They do not name the customer, and are kept for ever."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Self

import polars as pl

from standing.aws.lake_bucket import Lake
from standing.engine.tombstone import tombstone_key
from standing.lake.buckets import buckets_of
from standing.lake.layout import tombstone_prefix


class Tombstones(NamedTuple):
    """The salted hashes of forgotten customers, by salt."""

    by_salt: dict[str, set[str]]

    @classmethod
    def of(cls, keys: Iterable[str]) -> Self:
        """Parse keys that end in `SALT-HASH`."""
        by_salt: dict[str, set[str]] = {}
        for key in keys:
            salt, _, tombstone = key.rpartition("/")[2].partition("-")
            by_salt.setdefault(salt, set()).add(tombstone)
        return cls(by_salt)

    @property
    def names(self) -> frozenset[str]:
        """The name of each, as in its key."""
        return frozenset(f"{salt}-{mark}" for salt, marks in self.by_salt.items() for mark in marks)

    def hit(self, customer: str) -> bool:
        """Whether a customer was forgotten."""
        return any(tombstone_key(salt, customer) in forgotten for salt, forgotten in self.by_salt.items())

    def kept(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows of customers who were not forgotten."""
        if not self.by_salt:
            return rows
        gone = [customer for customer in rows["customer"].unique() if self.hit(customer)]
        return rows.filter(~pl.col("customer").is_in(gone)) if gone else rows


def tombstones(lake: Lake, number: int | None = None) -> Tombstones:
    """The tombstones of one bucket, or of all if `number` is None."""
    return Tombstones.of(lake.keys(tombstone_prefix(number)))


def write_tombstone(lake: Lake, salt: str, customer: str) -> None:
    """Mark a customer as forgotten: from now on, compaction drops all their rows, also rows that arrive later."""
    lake.put(f"{tombstone_prefix(buckets_of(lake).of(customer))}{salt}-{tombstone_key(salt, customer)}", b"")
