"""The standing at the end of the closed day, with features, also of customers whose state is already beyond it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from standing.rescoring.features import features_on
from standing.rescoring.memories import memories_of
from standing.rules.ruleset import Ruleset
from standing.values.days import Day

DAY = pl.col("day")
LEVELS = ("levels/", "shown/")


def at_end(
    standing: pl.DataFrame, states: pl.DataFrame, records: pl.DataFrame, ruleset: Ruleset, day: Day
) -> pl.DataFrame:
    """A row for each customer at the end of a day: `customer`, `day`, levels, and every feature.

    `standing` is the night's rescored standing, `states` has all versions in the lake, `records` those that count.
    A customer whose state is beyond the day gets the memory with which its next day began. A customer without a record
    by the day is left out.
    """
    there = records.filter(day >= DAY).select("customer").unique()
    beyond = standing.filter(day < DAY).select("customer").join(there, on="customer", how="semi")
    later = states.filter(day < DAY).join(beyond, on="customer", how="semi").sort("customer", "day", "version")
    next_day = later.filter(DAY.min().over("customer") == DAY).unique("customer", keep="last", maintain_order=True)
    facts = [name for name in ruleset.by_name if name in standing.columns]
    parts = [standing.filter(day >= DAY).select("customer", *_levels(standing), *facts)]
    if not next_day.is_empty():
        opened = memories_of(next_day, {}, "opened")
        parts.append(opened.select("customer", *_levels(opened)))
    whole = pl.concat(parts, how="diagonal").sort("customer")
    dated = whole.select("customer", pl.lit(day, dtype=pl.Int32).alias("day"), pl.exclude("customer"))
    return with_facts(dated, records, ruleset, day, [*ruleset.by_name])


def with_facts(
    standing: pl.DataFrame, records: pl.DataFrame, ruleset: Ruleset, day: Day, wanted: Sequence[str]
) -> pl.DataFrame:
    """The same, with the wanted features at the end of a day for customers who have none of them."""
    there = [name for name in wanted if name in standing.columns]
    lacking = standing.filter(pl.all_horizontal(pl.col(name).is_null() for name in there)) if there else standing
    if lacking.is_empty() or not wanted:
        return standing
    own = records.filter(day >= DAY).join(lacking.select("customer"), on="customer", how="semi")
    facts = features_on(ruleset, own.lazy(), day).select("customer", *wanted).collect()
    filled = lacking.drop(there).join(facts, on="customer", how="left")
    others = standing.join(lacking.select("customer"), on="customer", how="anti")
    return pl.concat([others, filled], how="diagonal").sort("customer")


def _levels(frame: pl.DataFrame) -> list[str]:
    return [name for name in frame.columns if name.startswith(LEVELS)]
