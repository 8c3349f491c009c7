"""Simulates days for many customers at once, with the same results as `engine/fold.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import polars as pl

from standing.rescoring import ratings
from standing.rescoring.backend import expression
from standing.rescoring.care import care_of_day
from standing.rescoring.features import features_on
from standing.rescoring.memory import REMEMBERED, schema, with_all_columns
from standing.rescoring.overrides import remembered_levels, shown
from standing.rescoring.refunds import with_counting_day
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import Day

type Records = pl.DataFrame | pl.LazyFrame  # of files, if they are lazy

FEW = 100_000  # records: with fewer, the streaming engine's preparation takes longer than its run


class DayResults(NamedTuple):
    """One day of all customers who were simulated on it.

    `frame` has a row a customer: `day`, every feature and fact, and the memory, in the columns of `memory`.
    """

    day: Day
    ruleset: Ruleset
    frame: pl.DataFrame


def simulate_days(rules: Timeline, records: Records, remembered_by: pl.DataFrame, last: Day) -> Iterator[DayResults]:
    """Simulate the days up to `last`, each for the customers whose `day` in `remembered_by` is before it.

    `records` has all event records of these customers that count.
    """
    known = remembered_by
    first = last + 1 if known.is_empty() else int(known.select(pl.col("day").min()).item()) + 1
    rulesets = {one.ruleset.purchase_reach: one.ruleset for one in rules.spans(first, last)}  # of a night mostly one
    counted = {reach: _counted(records, ruleset) for reach, ruleset in rulesets.items()}
    for day in range(first, last + 1):
        behind = known.filter(pl.col("day") < day)
        lived = simulate_day(rules.on(day), counted[rules.on(day).purchase_reach], behind, day)
        yield DayResults(day, rules.on(day), lived)
        known = pl.concat([known.filter(pl.col("day") >= day), _remembered_of(lived)], how="diagonal")


def _counted(records: Records, ruleset: Ruleset) -> Records:
    counted = with_counting_day(records.lazy(), ruleset)
    return counted.collect() if isinstance(records, pl.DataFrame) else counted


def simulate_day(ruleset: Ruleset, records: Records, known: pl.DataFrame, day: Day) -> pl.DataFrame:
    """Simulate one day of customers for whom all days before it were simulated."""
    few = isinstance(records, pl.DataFrame) and records.height < FEW
    engine: Literal["in-memory", "streaming"] = "in-memory" if few else "streaming"
    return plan_of(ruleset, records.lazy(), known.lazy(), day).collect(engine=engine)


def plan_of(ruleset: Ruleset, records: pl.LazyFrame, known: pl.LazyFrame, day: Day) -> pl.LazyFrame:
    """One day as a query plan: only expressions, no Python function per customer."""
    opened = with_all_columns(known, schema(ruleset)).with_columns(pl.lit(day, dtype=pl.Int32).alias("day"))
    frame = opened.join(features_on(ruleset, records, day), on="customer", how="left", maintain_order="left")
    return evaluate_day(ruleset, frame, day)


def evaluate_day(ruleset: Ruleset, frame: pl.LazyFrame, day: Day) -> pl.LazyFrame:
    """The ratings and care of a day, from its features and the memory of the day before."""
    frame = frame.with_columns(one for rating in ruleset.ratings.values() for one in ratings.opening_ranks(rating))
    for stratum in ruleset.strata:
        frame = frame.with_columns(expression(condition).alias(name) for name, condition in stratum.rules().items())
        for step in (ratings.best_qualified, lambda one: ratings.next_ranks(one, day), lambda one: shown(one, day)):
            frame = frame.with_columns(one for rating in stratum.ratings for one in step(rating))
        frame = frame.with_columns(one for rating in stratum.ratings for one in ratings.facts_of(rating, day))
    frame = care_of_day(frame, ruleset, day)
    return frame.with_columns(one for rating in ruleset.ratings.values() for one in remembered_levels(rating))


def _remembered_of(lived: pl.DataFrame) -> pl.DataFrame:
    passed_on = (
        name for name in lived.columns if name.startswith(REMEMBERED) or name in {"customer", "version", "day"}
    )
    return lived.select(passed_on)
