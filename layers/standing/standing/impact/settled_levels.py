"""Settling: the level that each customer finally has under a ruleset if no further event happens.

Review, grace period and minimum stay decide when a level moves; settling decides where it ends, so that two rulesets
can be compared without the calendar. A customer who no longer keeps a level falls to the next one that is kept.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from standing.engine.ratings import next_review
from standing.rescoring.backend import expression, first_rank, with_facts
from standing.rules.ruleset import Rating, Ruleset
from standing.values.days import Day

NO_LEVEL = -1  # the current level is not one of this rating


def settle(ruleset: Ruleset, population: pl.DataFrame, day: Day) -> pl.DataFrame:
    """For each customer the rank in each rating (column `RATING`), and whether each care rule holds (`care/NAME`)."""
    return settled_plan(ruleset, population, day).collect(engine="streaming")


def settled_plan(ruleset: Ruleset, population: pl.DataFrame, day: Day) -> pl.LazyFrame:
    """The lazy plan of `settle`. It keeps the order of the customers.

    `population` has a row for each customer: `customer`, a column for each feature, `RATING/level` (the current level),
    and `RATING/since` (the day it began; null: before any change of the rules). For a rating with older terms, the
    result's `RATING/by-terms` says whether only these keep the level.
    """
    frame = with_facts(population, ruleset.rules.values()).lazy()
    frame = frame.with_columns(
        _current_rank(rating, population) for rating in ruleset.ratings.values() if rating.ordered
    )
    unknown = (f"{name}/since" for name in ruleset.ratings if f"{name}/since" not in population.columns)
    frame = frame.with_columns(pl.lit(None, dtype=pl.Int32).alias(name) for name in unknown)
    for stratum in ruleset.strata:
        frame = frame.with_columns(expression(condition).alias(name) for name, condition in stratum.rules().items())
        frame = frame.with_columns(_rank(rating).alias(rating.name) for rating in stratum.ratings)
        frame = frame.with_columns(_only_by_terms(rating) for rating in stratum.ratings if rating.terms)
        frame = frame.with_columns(column for rating in stratum.ratings for column in _about(rating, day))
    by_terms = [older_terms_column(rating) for rating in ruleset.ratings.values() if rating.terms]
    return frame.select("customer", *ruleset.ratings, *by_terms, *(f"care/{name}" for name in ruleset.care))


def older_terms_column(rating: Rating) -> str:
    """The column that says whether only older terms keep a level."""
    return f"{rating.name}/by-terms"


def _only_by_terms(rating: Rating) -> pl.Expr:
    without = _rank(rating.model_copy(update={"terms": ()}))
    return (pl.col(rating.name) > without).alias(older_terms_column(rating))


def _current_rank(rating: Rating, population: pl.DataFrame) -> pl.Expr:
    """The rank of the current level, or NO_LEVEL."""
    name = _current_column(rating)
    rank = pl.col(f"{rating.name}/level").cast(pl.Enum(rating.levels), strict=False).to_physical().cast(pl.Int8)
    known = f"{rating.name}/level" in population.columns
    return (rank.fill_null(NO_LEVEL) if known else pl.lit(NO_LEVEL, dtype=pl.Int8)).alias(name)


def _current_column(rating: Rating) -> str:
    return f"{rating.name}/held"


def _rank(rating: Rating) -> pl.Expr:
    """The rank of the level at which a customer settles."""
    return _highest(rating) if rating.ordered else _first(rating)


def _first(rating: Rating) -> pl.Expr:
    """For an unordered rating: the first level whose condition holds, else the last level."""
    met = [(rating.rank(level), pl.col(f"{rating.name}/qualify/{level}")) for level in rating.qualify]
    return first_rank(sorted(met, key=lambda one: one[0]), len(rating.levels) - 1)


def _highest(rating: Rating) -> pl.Expr:
    """For an ordered rating: the highest level that a customer qualifies for, or keeps."""
    levels = {**rating.qualify, **rating.retain, **rating.terms_names}
    met = [(rating.rank(level), _met(rating, level)) for level in levels]
    return first_rank(sorted(met, key=lambda one: -one[0]), 0)


def _met(rating: Rating, level: str) -> pl.Expr:
    ways = []
    if level in rating.qualify:
        ways.append(pl.col(f"{rating.name}/qualify/{level}"))
    if level in rating.retain:
        high_enough = pl.col(_current_column(rating)) >= rating.rank(level)
        ways.append(pl.col(f"{rating.name}/retain/{level}") & high_enough)
    for before, name in rating.terms_names.get(level, ()):
        reached = pl.col(f"{rating.name}/since").fill_null(before - 1) < before
        ways.append(pl.col(name) & reached & (pl.col(_current_column(rating)) == rating.rank(level)))
    return pl.any_horizontal(ways)


def _about(rating: Rating, day: Day) -> Iterator[pl.Expr]:
    """The facts of a settled rating for later rules: it changes no more, so `was` and `would_become` are its rank."""
    yield pl.col(rating.name).alias(f"{rating.name}.was")
    yield pl.col(rating.name).alias(f"{rating.name}.would_become")
    to_review = next_review(rating.stability.review, day) - day
    yield pl.lit(to_review, dtype=pl.Int64).alias(f"{rating.name}.days_to_review")
