"""A bucket's customers some at a time, so that the memory a bucket takes does not grow with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from standing.lake.parquet import collect

ROWS = 100_000  # of a share, unless a single customer has more

CUSTOMER = pl.col("customer")


class Chunk(NamedTuple):
    """The customers after one and up to another, by the order of their ids; without an end where there is none."""

    after: str | None = None
    upto: str | None = None

    @property
    def holds(self) -> pl.Expr:
        """Whether a row is of the share."""
        later = pl.lit(value=True) if self.after is None else self.after < CUSTOMER
        return later if self.upto is None else later & (self.upto >= CUSTOMER)


def chunks(files: Iterable[pl.LazyFrame], rows: int | None = None) -> list[Chunk]:
    """The customers of some files in chunks of about so many rows; together they hold everybody. Raises CorruptFile.

    A customer is never in two, so one who has more rows than that makes a larger share.
    """
    counts = pl.concat([file.group_by(CUSTOMER).len() for file in files]).group_by(CUSTOMER).agg(pl.col("len").sum())
    before = pl.col("len").cum_sum() - pl.col("len")
    number = (before // (rows or ROWS)).alias("share")
    lasts = counts.sort(CUSTOMER).with_columns(number).group_by("share").agg(CUSTOMER.max()).sort("share")
    ends = collect(lasts)["customer"].to_list()[:-1]
    return [Chunk(after, upto) for after, upto in zip([None, *ends], [*ends, None], strict=True)]
