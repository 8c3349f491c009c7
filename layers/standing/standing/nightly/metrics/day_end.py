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
    standing: pl.DataFrame,
    states: pl.LazyFrame,
    records: pl.LazyFrame,
    ruleset: Ruleset,
    day: Day,
    known: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """A row for each customer at the end of a day: `customer`, `day`, levels, and every feature.

    `standing` is the night's rescored standing, `states` has all versions of later days in the lake, `records` those
    that count, `known` the features of some customers. A customer whose state is beyond the day gets the memory with
    which its next day began. A customer without a record by the day is left out.
    """
    next_day = _next_day(standing.filter(day < DAY).select("customer"), states, records, day)
    facts = [name for name in ruleset.by_name if name in standing.columns]
    parts = [standing.filter(day >= DAY).select("customer", *_levels(standing), *facts)]
    if not next_day.is_empty():
        opened = memories_of(next_day, {}, "opened")
        parts.append(opened.select("customer", *_levels(opened)))
    whole = pl.concat(parts, how="diagonal").sort("customer")
    dated = whole.select("customer", pl.lit(day, dtype=pl.Int32).alias("day"), pl.exclude("customer"))
    return with_facts(dated, records, ruleset, day, [*ruleset.by_name], known)


def _next_day(beyond: pl.DataFrame, states: pl.LazyFrame, records: pl.LazyFrame, day: Day) -> pl.DataFrame:
    """The first state after a day, of customers whose last one is, and who had a record by then."""
    if beyond.is_empty():
        return pl.DataFrame()
    own = records.join(beyond.lazy(), on="customer", how="semi")
    there = own.filter(day >= DAY).select("customer").unique()
    later = states.filter(day < DAY).join(there, on="customer", how="semi").collect(engine="streaming")
    later = later.sort("customer", "day", "version")
    return later.filter(DAY.min().over("customer") == DAY).unique("customer", keep="last", maintain_order=True)


def with_facts(
    standing: pl.DataFrame,
    records: pl.LazyFrame,
    ruleset: Ruleset,
    day: Day,
    wanted: Sequence[str],
    known: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The same, with the wanted features at the end of a day for customers who have none of them.

    `known` has the features of some of these.
    """
    there = [name for name in wanted if name in standing.columns]
    lacking = standing.filter(pl.all_horizontal(pl.col(name).is_null() for name in there)) if there else standing
    if lacking.is_empty() or not wanted:
        return standing
    facts = _facts(lacking.select("customer"), records, ruleset, day, known)
    filled = lacking.drop(there).join(facts.select("customer", *wanted), on="customer", how="left")
    others = standing.join(lacking.select("customer"), on="customer", how="anti")
    return pl.concat([others, filled], how="diagonal").sort("customer")


def _facts(
    customers: pl.DataFrame, records: pl.LazyFrame, ruleset: Ruleset, day: Day, known: pl.DataFrame | None
) -> pl.DataFrame:
    """The features of some customers, as far as they are not known already."""
    if known is not None:
        unknown = customers.join(known, on="customer", how="anti")
        others = _facts(unknown, records, ruleset, day, None)  # with every column, also where nobody is known
        return pl.concat([others, known], how="diagonal")
    own = records.filter(day >= DAY).join(customers.lazy(), on="customer", how="semi")
    return features_on(ruleset, own, day).collect(engine="streaming")


def _levels(frame: pl.DataFrame) -> list[str]:
    return [name for name in frame.columns if name.startswith(LEVELS)]
