"""Reconciliation: compares the features in states with those computed from the lake's records.

If a state and the records have the same version, both must be exactly equal; any difference is a bug.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from standing.rescoring.features import features_on
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline

TOLD = ["customer", "day", "feature", "state", "lake"]


class Reconciliation(NamedTuple):
    """The number of customers compared, and the differences: `customer`, `day`, `feature`, `state`, `lake`."""

    customers: int
    differences: pl.DataFrame


def reconcile(rules: Timeline, records: pl.DataFrame, states: pl.DataFrame) -> Reconciliation:
    """Compare the features of states, one a customer, with those of the records that counted by then.

    `states` has `customer`, `version`, `day` and `features`, a list of names with a number or a text each. States
    without features were decided by unknown rules, and are left out.
    """
    known = states.filter(pl.col("features").is_not_null()).select("customer", "version", "day", "features")
    differences = [_of_day(rules.on(int(day)), int(day), records, some) for (day,), some in known.group_by("day")]
    empty = pl.DataFrame(schema=dict.fromkeys(TOLD, pl.String) | {"day": pl.Int32})
    return Reconciliation(known.height, pl.concat([empty, *differences]).sort(TOLD))


def _of_day(ruleset: Ruleset, day: int, records: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    same = records.join(states.select("customer", by=pl.col("version")), on="customer")
    counted = same.filter(pl.col("version") <= pl.col("by")).drop("by")
    names = [feature.name for feature in ruleset.features]
    taken = features_on(ruleset, counted.lazy(), day).select("customer", *_as_text(names)).collect()
    lake = taken.unpivot(index="customer", variable_name="feature", value_name="lake").filter(
        pl.col("lake").is_not_null()
    )
    both = _by_feature(states).join(lake, on=["customer", "feature"], how="full", coalesce=True)
    differ = both.filter(pl.col("state").ne_missing(pl.col("lake")))
    return differ.with_columns(pl.lit(day, dtype=pl.Int32).alias("day")).select(TOLD)


def _as_text(names: list[str]) -> Iterator[pl.Expr]:
    return (pl.col(name).cast(pl.String) for name in names)


def _by_feature(states: pl.DataFrame) -> pl.DataFrame:
    """The features of states, one row each."""
    entries = states.select("customer", pl.col("features").alias("entry")).explode("entry").unnest("entry")
    value = pl.coalesce(pl.col("number").cast(pl.String), pl.col("text"))
    return entries.filter(pl.col("name").is_not_null()).select(
        "customer", pl.col("name").alias("feature"), value.alias("state")
    )
