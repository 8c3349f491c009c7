"""Levels set by hand, for many customers: `engine/overrides.py` as expressions."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from standing.rescoring.memory import column
from standing.rescoring.ratings import level_of
from standing.rules.ruleset import Rating
from standing.values.days import Day


def shown(rating: Rating, day: Day) -> Iterator[pl.Expr]:
    """The shown level at the end of the day: its rank, since when, and the grace period."""
    name = rating.name
    now, since, grace = (pl.col(f".{name}/{part}") for part in ("now", "since", "grace"))
    (ruled, expires), was_shown = _ruled(rating, day), pl.col(column("shown", name, "level")).is_not_null()
    is_plain = ruled.is_null() & ~was_shown
    level = pl.coalesce(level_of(rating, ruled), level_of(rating, now))
    before = pl.coalesce(pl.col(column("shown", name, "level")), pl.col(column("levels", name, "level")))
    began = (
        pl.when(was_shown)
        .then(pl.col(column("shown", name, "since")))
        .otherwise(pl.col(column("levels", name, "since")))
    )
    stays = (before == level).fill_null(value=False)
    shown_since = pl.when(stays).then(began).otherwise(pl.lit(day, dtype=pl.Int32))
    yield pl.when(is_plain).then(now).otherwise(pl.coalesce(ruled, now)).alias(f".{name}/seen")
    yield pl.when(is_plain).then(since).otherwise(shown_since).alias(f".{name}/seen-since")
    yield pl.when(ruled.is_null()).then(grace).alias(f".{name}/seen-grace")
    yield expires.alias(f".{name}/expires")


def remembered_levels(rating: Rating) -> Iterator[pl.Expr]:
    """The levels passed on to the next day: the computed one, and the shown one if it differs."""
    name = rating.name
    parts = {"level": ("now", "seen"), "since": ("since", "seen-since"), "grace": ("grace", "seen-grace")}
    differs = pl.any_horizontal(
        pl.col(f".{name}/{own}").ne_missing(pl.col(f".{name}/{its}")) for own, its in parts.values()
    )
    for part, (own, its) in parts.items():
        computed, shown = pl.col(f".{name}/{own}"), pl.col(f".{name}/{its}")
        if part == "level":
            computed, shown = level_of(rating, computed), level_of(rating, shown)
        yield computed.alias(column("levels", name, part))
        yield pl.when(differs).then(shown).alias(column("shown", name, part))


def _ruled(rating: Rating, day: Day) -> tuple[pl.Expr, pl.Expr]:
    """The rank that was set by hand and shows on the day, and the last day on which it does; null if there is none."""
    if rating.override is None:
        return pl.lit(None, dtype=pl.Int16), pl.lit(None, dtype=pl.Int32)
    text = pl.col(f"ruling/{rating.name}")
    rank = text.str.json_path_match("$[0]").replace_strict(rating.ranks, default=None, return_dtype=pl.Int16)
    expires = text.str.json_path_match("$[1]").str.to_date("%Y-%m-%d").cast(pl.Int32)
    shows = (expires >= day) & rank.is_not_null()
    return pl.when(shows).then(rank), pl.when(shows).then(expires)
