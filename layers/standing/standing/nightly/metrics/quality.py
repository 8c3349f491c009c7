"""Data quality: events and late events by source and day of arrival; refunds without a known purchase."""

from __future__ import annotations

import polars as pl

from standing.nightly.metrics.counts import date_of, in_days, summed
from standing.nightly.metrics.sums import Nested
from standing.rescoring.refunds import COUNTS_ON, IS_PURCHASE, IS_REFUND, NAMES_ONE
from standing.values.days import Day

DAYS = 30
OWN = ["customer", "purchase", "day"]


def quality(records: pl.DataFrame, day: Day, time_zone: str) -> Nested:
    """By source and day of arrival, of the 30 days up to a day: `events`, and those `late` that came too late to count.

    `records` has all records, including those that came too late.
    """
    came = records.filter(in_days("at", day - DAYS + 1, day, time_zone))
    dated = came.with_columns(date_of("at", time_zone).alias("date"))
    return summed(dated, ["source", "date"], events=pl.len(), late=pl.col("late").sum())


def refunds(records: pl.DataFrame, day: Day, time_zone: str) -> Nested:
    """By source, of the refunds that came in the 30 days up to a day: how many name no purchase, or an unknown one.

    `records` has those that count, with `counts_on`. A purchase on the refund's own day is known, too.
    """
    sold = records.filter(IS_PURCHASE).select("customer", "day", purchase="id").unique().with_columns(same=True)
    came = records.filter(IS_REFUND & in_days("at", day - DAYS + 1, day, time_zone)).join(sold, on=OWN, how="left")
    unknown = NAMES_ONE & (pl.col(COUNTS_ON) == pl.col("day")) & pl.col("same").is_null()
    return summed(came, ["source"], refunds=pl.len(), unnamed=(~NAMES_ONE).sum(), unknown=unknown.sum())
