"""Facts in readable form: money and scores as decimals, levels as names. The same as `engine/reasons.display`."""

from __future__ import annotations

import polars as pl

from standing.engine.fold import BEFORE_ANY
from standing.rules.ruleset import Ruleset

SCORE = 4  # decimals


def readable(ruleset: Ruleset, fact: str) -> pl.Expr:
    """A fact's column in readable form: a decimal, an integer or a string; null if it is unknown."""
    name, _, about = fact.partition(".")
    value, feature = pl.col(fact), ruleset.by_name.get(fact)
    if name in ruleset.ratings and about != "days_to_review":
        return _word(value, ruleset.ratings[name].levels)
    if feature is None or feature.unit == "text":
        return value
    if feature.levels:
        return _word(value, feature.levels)
    decimals = {"money": ruleset.programme.minor_digits, "score": SCORE}.get(feature.unit, 0)
    return _decimal(value, decimals) if decimals else value


def _word(rank: pl.Expr, words: tuple[str, ...]) -> pl.Expr:
    return rank.replace_strict({**dict(enumerate(words)), BEFORE_ANY: "none"}, default=None, return_dtype=pl.String)


def _decimal(value: pl.Expr, decimals: int) -> pl.Expr:
    """Integer units as an exact decimal."""
    return value.cast(pl.Decimal(38, 0)).cast(pl.Decimal(38, decimals)) / pl.lit(10**decimals).cast(pl.Decimal(38, 0))
