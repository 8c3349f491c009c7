"""Drift: the distributions of customers over levels and over each feature's values, to compare two days.

Values are binned by powers of two: `2^k` is from 2 to the power of k to below its double, `-2^k` the same below zero.
Texts, personal features, and features that grow by one a day are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from standing.nightly.metrics.counts import counted
from standing.nightly.metrics.levels import levels
from standing.nightly.metrics.sums import Nested
from standing.rules.ruleset import Ruleset

BITS = 63


def numbers(ruleset: Ruleset) -> list[str]:
    """The features with distributions: numbers that are not personal and do not grow by one a day."""
    features = (one for one in ruleset.features if one.kind != "days_since_first" and not one.personal)
    return [one.name for one in features if one.unit != "text" or one.levels]


def distributions(standing: pl.DataFrame, shown: pl.DataFrame, features: Sequence[str]) -> Nested:
    """`ratings`: customers by level; `features`: customers by bin. Of features that the standing has."""
    there = [name for name in features if name in standing.columns]
    long = standing.select(there).unpivot(variable_name="feature", value_name="value")
    bins = long.with_columns(_bin(pl.col("value").cast(pl.Int64)).alias("bin"))
    return {"ratings": levels(shown), "features": counted(bins, "feature", "bin")}


def _bin(value: pl.Expr) -> pl.Expr:
    power = (BITS - value.abs().bitwise_leading_zeros().cast(pl.Int64)).cast(pl.String)
    sign = pl.when(value < 0).then(pl.lit("-2^")).otherwise(pl.lit("2^"))
    known = pl.when(value == 0).then(pl.lit("0")).otherwise(sign + power)
    return pl.when(value.is_null()).then(pl.lit("unknown")).otherwise(known)
