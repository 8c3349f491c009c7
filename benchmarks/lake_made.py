"""Synthetic transactions for the night's benchmark, as Parquet: sorted by time, and by customer as in the lake.

Every value is drawn from the row's number and a seed, so that the rows are the same each time. Every second row takes
the customers in turn; the other rows favour some customers.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import polars as pl
from standing.lake.parquet import ROW_GROUP
from standing.lake.records import ENTRIES
from standing.values.days import Day, day_number

EACH = 50  # transactions for each customer, on average
DAYS = 730
LAST = day_number(date(2026, 6, 30))
STEP = 7_919  # a prime, so that every customer has a turn
PARTS = 20  # rows are made in parts, so that few are in memory
CHANNELS = ("shop", "online", "phone")


class Made(NamedTuple):
    """The two files, with the same rows, and the number of customers."""

    by_time: Path
    by_customer: Path
    customers: int


def made(folder: Path, customers: int, days: int = DAYS) -> Made:
    """The files for this number of customers, with as many records a day whatever the days. They are written once."""
    name = f"{customers}.parquet" if days == DAYS else f"{customers}-{days}d.parquet"
    files = Made(folder / f"time-{name}", folder / f"customer-{name}", customers)
    folder.mkdir(parents=True, exist_ok=True)
    if not files.by_time.exists():
        _written(_rows(customers, days), files.by_time)
    if not files.by_customer.exists():
        _written(pl.scan_parquet(files.by_time).sort("customer", "day", "moment"), files.by_customer)
    return files


def _written(rows: pl.LazyFrame, file: Path) -> None:
    """Write a file like those of the lake: whole or not at all."""
    part = file.with_suffix(".part")
    rows.sink_parquet(part, compression="zstd", statistics=True, row_group_size=ROW_GROUP)
    part.rename(file)


def _rows(customers: int, days: int) -> pl.LazyFrame:
    count = customers * EACH * days // DAYS
    edges = [count * part // PARTS for part in range(PARTS + 1)]
    return pl.concat(_part(begin, end, customers, days) for begin, end in pairwise(edges))


def _part(begin: int, end: int, customers: int, days: int) -> pl.LazyFrame:
    number = pl.col("number")
    day = LAST - days + 1 + number * DAYS // (customers * EACH)
    drawn = (_share(1) * _share(2) * customers).cast(pl.Int64)
    who = pl.when(number % 2 == 0).then(number // 2 * STEP % customers).otherwise(drawn)
    amount = (200 + _share(3) * _share(4) * 30_000).cast(pl.Int64)
    return pl.LazyFrame({"number": pl.int_range(begin, end, eager=True)}).select(
        customer=pl.format("c-{}", who.cast(pl.String).str.zfill(7)),
        family=pl.when(_share(5) < 0.06).then(pl.lit("refund")).otherwise(pl.lit("purchase")),
        day=day.cast(pl.Int32),
        moment=day * 86_400_000_000 + number % 86_400_000,
        amount=amount,
        channel=pl.lit(pl.Series(CHANNELS)).gather((_share(6) * len(CHANNELS)).cast(pl.UInt32)),
        rating=pl.lit(None, dtype=pl.String),
        ruling=pl.lit(None, dtype=pl.String),
        entries=pl.lit(None, dtype=ENTRIES),
    )


def _share(seed: int) -> pl.Expr:
    """A number from 0 to 1 for each row and seed."""
    return (pl.col("number").hash(seed) % 1_000_003).cast(pl.Float64) / 1_000_003


def day_of_the_night() -> Day:
    """The day for which the features are computed."""
    return LAST
