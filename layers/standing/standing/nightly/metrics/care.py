"""Care actions sent, missed or held back, and how they ended, by the day of decision."""

from __future__ import annotations

import polars as pl

from standing.nightly.metrics.counts import counted, in_days
from standing.nightly.metrics.sums import Nested
from standing.values.days import Day

SPANS = {"1d": 1, "30d": 30}
BECAME = {"requested": "sent", "held-out": "held/holdout"}


def care(decisions: pl.DataFrame, day: Day, time_zone: str) -> Nested:
    """By span (the day, and the 30 days that end with it), care rule and status: how many."""
    about = decisions.filter(pl.col("care").is_not_null()).with_columns(_became().alias("became"))
    spans = {
        name: counted(about.filter(in_days("decided_at", day - days + 1, day, time_zone)), "care", "became")
        for name, days in SPANS.items()
    }
    return {name: found for name, found in spans.items() if found}


def _became() -> pl.Expr:
    status, held_back = pl.col("status"), pl.format("held/{}", pl.col("gate").fill_null("unknown"))
    return pl.when(status == "held-back").then(held_back).otherwise(status.replace(BECAME))
