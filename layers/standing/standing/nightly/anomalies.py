"""What is odd about a bucket's records, by name: it is worked with all the same, and somebody should know."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from standing.lake.parquet import collect
from standing.values.counted import counted
from standing.values.days import Day, day_date

MANY = 50_000  # event records of one customer
NAMED = 20  # of a bucket


def anomalies(records: pl.LazyFrame, until: Day) -> dict[str, str]:
    """By customer or source: far too many records, purchases of nothing, and days that have not come yet."""
    counts = records.filter(~pl.col("late"))
    found = [*_many(counts), *_of_nothing(counts), *_to_come(counts, until)]
    return dict(found[:NAMED])


def _many(records: pl.LazyFrame) -> Iterator[tuple[str, str]]:
    counts = records.group_by("customer").len().filter(pl.col("len") >= MANY).sort("customer")
    for customer, count in collect(counts).iter_rows():
        yield f"customer {customer}", f"{count:,} event records: a test account, or a system that repeats itself?"


def _of_nothing(records: pl.LazyFrame) -> Iterator[tuple[str, str]]:
    nothing = records.filter((pl.col("family") == "purchase") & (pl.col("amount") == 0))
    for source, count in collect(nothing.group_by("source").len().sort("source")).iter_rows():
        yield f"source {source}, amounts", f"{count:,} purchases with the amount 0: they count as orders"


def _to_come(records: pl.LazyFrame, until: Day) -> Iterator[tuple[str, str]]:
    """Two days after the closed one nothing can have happened yet, in whatever time zone."""
    ahead = records.filter(pl.col("day") > until + 2)
    last = ahead.group_by("source").agg(pl.len(), pl.col("day").max()).sort("source")
    for source, count, day in collect(last).iter_rows():
        yield (
            f"source {source}, dates",
            f"{counted(count, 'event')} of days to come, up to {day_date(day)}: counted then",
        )
