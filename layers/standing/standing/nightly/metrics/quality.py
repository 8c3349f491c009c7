"""Data quality: events and late events by source and day of arrival; refunds without a known purchase."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from standing.nightly.metrics.counts import date_of, in_days, summed
from standing.nightly.metrics.sums import Nested
from standing.rescoring.refunds import COUNTS_ON, IS_PURCHASE, NAMES_ONE
from standing.values.days import Day

DAYS = 30
OWN = ["customer", "purchase", "day"]
DOUBTFUL = NAMES_ONE & (pl.col(COUNTS_ON) == pl.col("day"))  # unless the purchase was on the same day


def quality(records: pl.LazyFrame, day: Day, time_zone: str) -> Nested:
    """By source and day of arrival, of the 30 days up to a day: `events`, and those `late` that came too late to count.

    `records` has all records, including those that came too late.
    """
    came = records.filter(in_days("at", day - DAYS + 1, day, time_zone))
    dated = came.select("source", "late", date_of("at", time_zone).alias("date"))
    return summed(dated.collect(engine="streaming"), ["source", "date"], events=pl.len(), late=pl.col("late").sum())


def refunds(back: pl.LazyFrame, records_since: Callable[[Day], pl.LazyFrame], day: Day, time_zone: str) -> Nested:
    """By source, of the refunds that came in the 30 days up to a day: how many name no purchase, or an unknown one.

    `back` has refunds that count, with `counts_on`; `records_since` returns all records from a day on. A purchase on
    the refund's own day is known, too.
    """
    wanted = back.filter(in_days("at", day - DAYS + 1, day, time_zone)).select("source", "family", COUNTS_ON, *OWN)
    came = wanted.collect(engine="streaming").with_columns(DOUBTFUL.alias("unknown"))
    sold = _sold(came.filter("unknown"), records_since)
    told = came.join(sold, on=OWN, how="left").with_columns(pl.col("unknown") & pl.col("same").is_null())
    return summed(told, ["source"], refunds=pl.len(), unnamed=(~NAMES_ONE).sum(), unknown=pl.col("unknown").sum())


def _sold(back: pl.DataFrame, records_since: Callable[[Day], pl.LazyFrame]) -> pl.DataFrame:
    """The purchases that some refunds of the same day name."""
    if back.is_empty():
        return back.select(*OWN, same=pl.lit(value=True))
    bought = records_since(int(back.select(pl.col("day").min()).item())).filter(IS_PURCHASE & ~pl.col("late"))
    own = bought.select("customer", "day", purchase="id").join(back.lazy(), on=OWN, how="semi")
    return own.unique().with_columns(same=True).collect(engine="streaming")
