"""Scores: customers by recency, and by frequency and money; by segment; and by churn probability."""

from __future__ import annotations

import polars as pl

from standing.nightly.metrics.aftermath import done
from standing.nightly.metrics.counts import counted, summed
from standing.nightly.metrics.sums import Nested
from standing.values.days import Day

YEAR = 365
TENTH = 1_000  # of a score in ten-thousandths
FM = (pl.col("f_score") + pl.col("m_score") + 1) // 2  # as for the segments: the mean, halves rounded up


def scores(scored: pl.DataFrame | None, records: pl.LazyFrame, day: Day) -> Nested:
    """`rfm`, `segments` and `churn`, of as many as the scores have; each is empty where nothing was scored.

    `rfm` is by `r_score`, then by the mean of the other two: `customers`, and their net `spend` of the last 365 days
    (minor units). `churn` is by tenths of its score.
    """
    there = set() if scored is None else set(scored.columns)
    empty: Nested = {"rfm": {}, "segments": {}, "churn": {}}
    if scored is None:
        return empty
    if {"r_score", "f_score", "m_score"} <= there:
        empty["rfm"] = _rfm(scored, done(records, day - YEAR + 1, day))
    if "segment" in there:
        empty["segments"] = counted(scored, "segment")
    if "churn" in there:
        empty["churn"] = counted(scored.with_columns((pl.col("churn") // TENTH).clip(0, 9).alias("tenth")), "tenth")
    return empty


def _rfm(scored: pl.DataFrame, did: pl.DataFrame) -> Nested:
    both = scored.with_columns(FM.alias("fm")).join(did.select("customer", "spend"), on="customer", how="left")
    return summed(both, ["r_score", "fm"], customers=pl.len(), spend=pl.col("spend").sum())
