"""One rating, one day, for many customers: `engine/ratings.py` as expressions.

Temporary columns begin with a dot, to separate them from features: `.TIER/rank` is the level's rank at the beginning of
the day (null: none), `.TIER/kept` whether it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from standing.engine.fold import BEFORE_ANY
from standing.engine.ratings import is_review, next_review
from standing.rescoring.backend import first_rank
from standing.rescoring.memory import column
from standing.rules.ruleset import Rating
from standing.values.days import Day

type Columns = Iterator[pl.Expr]


def opening_ranks(rating: Rating) -> Columns:
    """The ranks at the beginning of a day: of the computed level, and of the shown one."""
    seen = pl.coalesce(_current(rating, "shown", "level"), _current(rating, "levels", "level"))
    yield _rank(rating, _current(rating, "levels", "level")).alias(f".{rating.name}/rank")
    yield _rank(rating, seen).fill_null(BEFORE_ANY).cast(pl.Int64).alias(f"{rating.name}.was")


def best_qualified(rating: Rating) -> Columns:
    """The best level that a customer qualifies for, and whether the current level is kept."""
    if not rating.ordered:
        yield _first(rating).alias(f".{rating.name}/best")
        return
    qualified = [(rating.rank(level), pl.col(f"{rating.name}/qualify/{level}")) for level in rating.qualify]
    yield first_rank(sorted(qualified, key=lambda one: -one[0]), 0).alias(f".{rating.name}/best")
    yield _is_kept(rating).alias(f".{rating.name}/kept")
    keeps = [(rating.rank(level), _keeps(rating, level)) for level in reversed(rating.levels[1:])]
    below = [(rank, keep & (rank < _held_rank(rating))) for rank, keep in keeps]
    landing = _held_rank(rating) - 1 if rating.stability.fall == "one-level" else first_rank(below, 0)
    yield landing.cast(pl.Int16).alias(f".{rating.name}/landing")


def next_ranks(rating: Rating, day: Day) -> Columns:
    """The computed level at the end of the day."""
    if not rating.ordered:
        yield from _settled(rating, day)
        return
    rank, best = _held_rank(rating), pl.col(f".{rating.name}/best")
    keeps, grace = pl.col(f".{rating.name}/kept"), _current(rating, "levels", "grace")
    stability = rating.stability
    is_new = rank.is_null()
    rises = (best > rank) & _may_rise(rating, day)
    tested = is_review(stability.review, day) & (day - _current(rating, "levels", "since") >= stability.minimum_stay)
    ends = pl.when(grace.is_not_null()).then(grace <= day).otherwise(tested & (not stability.grace))
    begins = grace.is_null() & tested & bool(stability.grace)
    steps = pl.when(is_new | rises).then(best).when(keeps).then(rank).when(ends).then(pl.col(f".{rating.name}/landing"))
    moved = is_new | rises | (~keeps & ends)
    since = pl.when(moved).then(pl.lit(day, dtype=pl.Int32)).otherwise(_current(rating, "levels", "since"))
    begun = pl.when(begins).then(pl.lit(day + stability.grace, dtype=pl.Int32)).otherwise(grace)
    yield steps.otherwise(rank).alias(f".{rating.name}/now")
    yield since.alias(f".{rating.name}/since")
    yield pl.when(moved | keeps).then(None).otherwise(begun).alias(f".{rating.name}/grace")


def would_become(rating: Rating) -> pl.Expr:
    """The level that would follow in the end if only time passed.

    It starts from the level at the end of the day, so whether that is kept is computed again.
    """
    now = pl.col(f".{rating.name}/now")
    if not rating.ordered:
        return now
    best = pl.col(f".{rating.name}/best")
    since = pl.col(f".{rating.name}/since")
    keeps = [(rating.rank(level), _keeps(rating, level)) for level in reversed(rating.levels[1:])]
    below = first_rank([(rank, keep & (rank < now)) for rank, keep in keeps], 0)
    landing = now - 1 if rating.stability.fall == "one-level" else below
    return pl.when(best > now).then(best).when(_is_rank_kept(rating, now, since)).then(now).otherwise(landing)


def facts_of(rating: Rating, day: Day) -> Columns:
    """The facts of a rating for later rules, except its former level."""
    yield pl.col(f".{rating.name}/seen").cast(pl.Int64).alias(rating.name)
    yield would_become(rating).cast(pl.Int64).alias(f"{rating.name}.would_become")
    by_hand = pl.col(f".{rating.name}/expires").cast(pl.Int64) + 1  # else it is decided at a review
    decided = by_hand.fill_null(next_review(rating.stability.review, day))
    yield (decided - day).alias(f"{rating.name}.days_to_review")


def level_of(rating: Rating, rank: pl.Expr) -> pl.Expr:
    """The level of a rank."""
    return rank.replace_strict(dict(enumerate(rating.levels)), default=None, return_dtype=pl.String)


def _current(rating: Rating, group: str, part: str) -> pl.Expr:
    return pl.col(column("levels" if group == "levels" else "shown", rating.name, part))


def _rank(rating: Rating, level: pl.Expr) -> pl.Expr:
    return level.replace_strict(rating.ranks, default=None, return_dtype=pl.Int16)


def _held_rank(rating: Rating) -> pl.Expr:
    return pl.col(f".{rating.name}/rank")


def _may_rise(rating: Rating, day: Day) -> bool:
    return rating.stability.rise == "immediate" or is_review(rating.stability.review, day)


def _keeps(rating: Rating, level: str) -> pl.Expr:
    ways = [pl.col(name) for name in rating.rule_names[level] if name in rating.rules]
    return pl.any_horizontal(ways) if ways else pl.lit(value=False)


def _is_kept(rating: Rating) -> pl.Expr:
    return _is_rank_kept(rating, _held_rank(rating), _current(rating, "levels", "since"))


def _is_rank_kept(rating: Rating, rank: pl.Expr, since: pl.Expr) -> pl.Expr:
    """Whether a level that was reached on the day `since` is kept. The lowest always is."""
    ways = [rank == 0, *((rank == rating.rank(level)) & _keeps(rating, level) for level in rating.levels[1:])]
    for level, names in rating.terms_names.items():
        ways += [(rank == rating.rank(level)) & pl.col(name) & (since < before) for before, name in names]
    return pl.any_horizontal(ways).fill_null(value=False)


def _first(rating: Rating) -> pl.Expr:
    names = [(rating.rank(level), pl.col(f"{rating.name}/qualify/{level}")) for level in rating.qualify]
    return first_rank(sorted(names, key=lambda one: one[0]), len(rating.levels) - 1)


def _settled(rating: Rating, day: Day) -> Columns:
    """For unordered ratings: the first level that matches, and since when."""
    best = pl.col(f".{rating.name}/best")
    stays = (best == _held_rank(rating)).fill_null(value=False)
    since = pl.when(stays).then(_current(rating, "levels", "since")).otherwise(pl.lit(day, dtype=pl.Int32))
    yield best.alias(f".{rating.name}/now")
    yield since.alias(f".{rating.name}/since")
    yield pl.when(stays).then(_current(rating, "levels", "grace")).alias(f".{rating.name}/grace")
