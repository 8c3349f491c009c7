"""CDNOW, the benchmark data set of the literature, read from the files of the package `lifetimes`, not by its code."""

from __future__ import annotations

from datetime import date
from importlib.util import find_spec
from pathlib import Path

import polars as pl
from standing.values.days import day_number

CALIBRATED = date(1997, 9, 30)  # the end of the 39 weeks for which parameters are fitted


def folder() -> Path:
    """The folder of the data sets."""
    spec = find_spec("lifetimes")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "datasets"


def sample() -> pl.DataFrame:
    """2,357 customers: x, t_x and T in weeks, and the mean of their repeat purchases in dollars."""
    read = pl.read_csv(folder() / "cdnow_customers_summary_with_transactions.csv")
    return read.rename({"x": "frequency", "t_x": "recency", "zbar": "monetary_value", "ID": "customer"})


def purchases() -> pl.DataFrame:
    """All 69,659 purchases of 23,570 customers: `customer`, `day`, `amount` in cents."""
    lines = pl.read_csv(
        folder() / "CDNOW_master.txt", has_header=False, skip_rows=1, new_columns=["line"], separator="|"
    )
    words = lines.select(pl.col("line").str.extract_all(r"\S+"))
    customer, day, _, amount = (pl.col("line").list.get(place) for place in range(4))
    since = pl.lit(date(1970, 1, 1))
    return words.select(
        customer=customer,
        day=(day.str.to_date("%Y%m%d") - since).dt.total_days().cast(pl.Int32),
        amount=(amount.cast(pl.Decimal(12, 2)) * 100).cast(pl.Int64),
    )


def in_weeks(summary: pl.LazyFrame) -> pl.LazyFrame:
    """A summary in days, converted to weeks, the unit of the papers."""
    return summary.with_columns(pl.col("recency", "T") / 7)


CALIBRATED_DAY = day_number(CALIBRATED)
