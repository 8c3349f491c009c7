"""Quality of what came in: events and late ones, by source and by the day on which they came."""

from __future__ import annotations

import polars as pl

from standing.batch.figures.adding import Figures
from standing.batch.figures.counting import date_of, in_days, summed
from standing.core.days import Day

DAYS = 30


def quality(records: pl.DataFrame, day: Day, time_zone: str) -> Figures:
    """By source and day of arrival, of the 30 days up to a day: `events`, and those `late` that came too late to count.

    `records` are all there are, those that came too late included.
    """
    came = records.filter(in_days("at", day - DAYS + 1, day, time_zone))
    dated = came.with_columns(date_of("at", time_zone).alias("date"))
    return summed(dated, ["source", "date"], events=pl.len(), late=pl.col("late").sum())
