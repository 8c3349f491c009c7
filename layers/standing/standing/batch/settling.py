"""Settling: the level each customer comes to have under some rules, if nothing changed any more but time.

Reviews, grace and minimum stay say when a level moves; where it ends up is said here, so that two rulesets can be
compared without the calendar. A level that is held stays as long as it is kept, and falls to the next one that is.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from standing.batch.reader import expression, with_facts
from standing.core.days import Day
from standing.core.ratings import next_review
from standing.core.ruleset import Rating, Ruleset

NO_LEVEL = -1  # the level that is held is not one of this rating


def settle(ruleset: Ruleset, population: pl.DataFrame, day: Day) -> pl.DataFrame:
    """For each customer the rank of every rating, by its name, and whether each rule holds, by its (`care/welcome`).

    `population` has a row a customer: `customer`, a column a feature, and `RATING/level`, the level that is held.
    """
    frame = with_facts(population, ruleset.rules.values()).lazy()
    for stratum in ruleset.strata:
        frame = frame.with_columns(expression(condition).alias(name) for name, condition in stratum.rules().items())
        frame = frame.with_columns(_rank(rating, population).alias(rating.name) for rating in stratum.ratings)
        frame = frame.with_columns(column for rating in stratum.ratings for column in _about(rating, day))
    return frame.select("customer", *ruleset.ratings, *ruleset.rules).collect()


def _rank(rating: Rating, population: pl.DataFrame) -> pl.Expr:
    """The rank of the level that a customer comes to have."""
    if not rating.ordered:
        return _first(rating)
    held = f"{rating.name}/level"
    if held not in population.columns:
        return _highest(rating, "qualify")
    place = dict(zip(rating.levels, range(len(rating.levels)), strict=True))
    rank = pl.col(held).replace_strict(place, default=NO_LEVEL, return_dtype=pl.Int64).fill_null(NO_LEVEL)
    kept = [_where(pl.col(name) & (level <= rank), level) for name, level in _names(rating, "qualify", "retain")]
    return pl.max_horizontal(_highest(rating, "qualify"), *kept)


def _first(rating: Rating) -> pl.Expr:
    """Without an order: the first level whose lines hold, else the last."""
    names = _names(rating, "qualify")
    found = [pl.when(pl.col(name)).then(rank) for name, rank in sorted(names, key=lambda one: one[1])]
    return pl.coalesce(*found, pl.lit(len(rating.levels) - 1)).cast(pl.Int64)


def _highest(rating: Rating, way: str) -> pl.Expr:
    ranks = [_where(pl.col(name), level) for name, level in _names(rating, way)]
    return pl.max_horizontal(pl.lit(0, dtype=pl.Int64), *ranks)


def _names(rating: Rating, *ways: str) -> Iterator[tuple[str, int]]:
    for way in ways:
        for level in getattr(rating, way):
            yield f"{rating.name}/{way}/{level}", rating.rank(level)


def _where(holds: pl.Expr, rank: int) -> pl.Expr:
    return pl.when(holds).then(pl.lit(rank, dtype=pl.Int64)).otherwise(0)


def _about(rating: Rating, day: Day) -> Iterator[pl.Expr]:
    """What later rules ask of a rating that has settled: it is what it was, and what it would become."""
    yield pl.col(rating.name).alias(f"{rating.name}.was")
    yield pl.col(rating.name).alias(f"{rating.name}.would_become")
    to_review = next_review(rating.stability.review, day) - day
    yield pl.lit(to_review, dtype=pl.Int64).alias(f"{rating.name}.days_to_review")
