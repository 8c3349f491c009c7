"""Levels: level holders, moves since the end of a month, and how often levels change."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from standing.nightly.metrics.counts import counted
from standing.nightly.metrics.sums import Nested
from standing.values.days import Day

YEAR, MANY = 365, 3
OF_ONE = ["customer", "rating"]


def level_holders(standing: pl.DataFrame, ratings: Iterable[str]) -> pl.DataFrame:
    """A row for each `customer` and `rating` with the shown `level`, from a standing as rescoring returns it."""
    shown = [_shown(standing, rating) for rating in ratings]
    wide = standing.select("customer", *(one for one in shown if one is not None))
    return wide.unpivot(index="customer", variable_name="rating", value_name="level").drop_nulls("level")


def _shown(standing: pl.DataFrame, rating: str) -> pl.Expr | None:
    """The shown level: the one set by hand, or else the computed one."""
    names = [f"{kept}/{rating}/level" for kept in ("shown", "levels")]
    there = [name for name in names if name in standing.columns]
    return pl.coalesce(there).alias(rating) if there else None


def levels(now: pl.DataFrame) -> Nested:
    """By rating and level: how many customers hold it."""
    return counted(now, "rating", "level")


def moves(now: pl.DataFrame, then: pl.DataFrame) -> Nested:
    """By rating, level before and level now: customers. An empty level before: there was none, nor a customer."""
    before = then.select(*OF_ONE, before="level")
    both = now.join(before, on=OF_ONE, how="left").with_columns(pl.col("before").fill_null(""))
    return counted(both, "rating", "before", "level")


def changes(now: pl.DataFrame, decisions: pl.DataFrame, day: Day) -> Nested:
    """By rating: customers by how many changes were announced to them that took effect in the year up to a day."""
    recent = pl.col("day").is_between(day - YEAR + 1, day)
    changed = decisions.filter((pl.col("status") == "changed") & pl.col("before").is_not_null() & recent)
    times = changed.group_by(OF_ONE).agg(pl.len().alias("times"))
    all_times = now.join(times, on=OF_ONE, how="left").with_columns(pl.col("times").fill_null(0).clip(0, MANY))
    text = pl.col("times").cast(pl.String)
    return counted(
        all_times.with_columns(pl.when(pl.col("times") == MANY).then(text + "+").otherwise(text).alias("times")),
        "rating",
        "times",
    )
