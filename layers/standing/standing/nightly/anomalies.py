"""Anomalies in a bucket's records, by customer or source. The records are used anyway, but people should know."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from standing.lake.parquet import collect
from standing.report.model import Oddity
from standing.values.days import Day, day_date
from standing.values.faults import Fault

MANY = 50_000  # event records of one customer
NAMED = 20  # of a bucket


def anomalies(records: pl.LazyFrame, until: Day) -> dict[str, Oddity]:
    """By name: far too many records of a customer, purchases of nothing, and days that have not come yet."""
    counts = records.filter(~pl.col("late"))
    odd = [*_many(counts), *_of_nothing(counts), *_to_come(counts, until)]
    return {one.name: one for one in odd[:NAMED]}


def _many(records: pl.LazyFrame) -> Iterator[Oddity]:
    """A test account, or a system that repeats itself."""
    counts = records.group_by("customer").len().filter(pl.col("len") >= MANY).sort("customer")
    for customer, count in collect(counts).iter_rows():
        yield Oddity(Fault("many-records", {"count": count}), customer=customer)


def _of_nothing(records: pl.LazyFrame) -> Iterator[Oddity]:
    """They count as orders."""
    nothing = records.filter((pl.col("family") == "purchase") & (pl.col("amount") == 0))
    for source, count in collect(nothing.group_by("source").len().sort("source")).iter_rows():
        yield Oddity(Fault("of-nothing", {"count": count}), source=source)


def _to_come(records: pl.LazyFrame, until: Day) -> Iterator[Oddity]:
    """Two days after the closed one nothing can have happened yet, in whatever time zone."""
    ahead = records.filter(pl.col("day") > until + 2)
    last = ahead.group_by("source").agg(pl.len(), pl.col("day").max()).sort("source")
    for source, count, day in collect(last).iter_rows():
        yield Oddity(Fault("to-come", {"count": count, "last": str(day_date(day))}), source=source)
