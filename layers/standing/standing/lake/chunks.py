"""Chunks of a bucket's customers, so that memory does not grow with the size of a bucket."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from standing.lake.parquet import collect

ROWS = 100_000  # of a chunk, unless a single customer has more

CUSTOMER = pl.col("customer")


class Chunk(NamedTuple):
    """The customers whose ids are greater than `after` and at most `upto`. None means no bound."""

    after: str | None = None
    upto: str | None = None

    @property
    def holds(self) -> pl.Expr:
        """Whether a row's customer is in the chunk."""
        later = pl.lit(value=True) if self.after is None else self.after < CUSTOMER
        return later if self.upto is None else later & (self.upto >= CUSTOMER)


def chunks(files: Iterable[pl.LazyFrame], rows: int | None = None) -> list[Chunk]:
    """Split the customers of some files into chunks of about `rows` rows. They cover all customers. Raises CorruptFile.

    A customer is in one chunk only, so a customer with more rows makes a larger chunk.
    """
    counts = pl.concat([file.group_by(CUSTOMER).len() for file in files]).group_by(CUSTOMER).agg(pl.col("len").sum())
    before = pl.col("len").cum_sum() - pl.col("len")
    number = (before // (rows or ROWS)).alias("chunk")
    lasts = counts.sort(CUSTOMER).with_columns(number).group_by("chunk").agg(CUSTOMER.max()).sort("chunk")
    ends = collect(lasts)["customer"].to_list()[:-1]
    return [Chunk(after, upto) for after, upto in zip([None, *ends], [*ends, None], strict=True)]
