"""Ranges: the values that a fact can have for any customer, in the fact's whole units.

Counts, days, and amounts from which nothing is subtracted are at least 0. Scores, and the ratio of a part to its whole,
are from 0 to 1. Points are at most 100, and counts of distinct values at most `at_most`. Codes and levels go from the
first to the last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from standing.rules.features import LONGEST_YEAR, CombinedFeature, Feature, MeasuredFeature
from standing.rules.kinds import FEATURE_KINDS, MEASURING, KindName
from standing.rules.prove.windows import never_negative, part_of
from standing.rules.ruleset import TEN_THOUSAND, Ruleset

ALL_POINTS = 100


class Range(NamedTuple):
    """The lowest and the highest value. None: no limit."""

    low: int | None = None
    high: int | None = None


NOT_BELOW_ZERO = Range(0)


def range_of(ruleset: Ruleset, fact: str) -> Range:
    """The range of a feature, or of a fact of a rating."""
    if feature := ruleset.by_name.get(fact):
        return of_feature(ruleset, feature)
    name, _, what = fact.partition(".")
    if what == "days_to_review":
        return Range(1)
    rating = ruleset.ratings.get(name)
    return Range(-1 if what == "was" else 0, len(rating.levels) - 1) if rating else Range()


def of_feature(ruleset: Ruleset, feature: Feature) -> Range:
    """The range of a feature."""
    return RANGES[feature.kind](ruleset, feature)


def _of_value(ruleset: Ruleset, feature: MeasuredFeature) -> Range:
    """The range of a value of events, by its unit."""
    if feature.unit == "level":
        return Range(0, len(feature.levels) - 1)
    if feature.unit == "score":
        by_model = ruleset.measures[feature.measure].of == ("score",)  # by a model: it need not end at 1
        return Range(0, None if by_model else TEN_THOUSAND)
    is_below_zero = feature.unit == "money" and ruleset.measures[feature.measure].value == "net_amount"
    return Range() if is_below_zero else NOT_BELOW_ZERO


def _of_parts(ruleset: Ruleset, feature: CombinedFeature) -> tuple[Range, Range]:
    return range_of(ruleset, feature.first), range_of(ruleset, feature.second)


def _plus(ruleset: Ruleset, feature: CombinedFeature) -> Range:
    first, second = _of_parts(ruleset, feature)
    return Range(_added(first.low, second.low), _added(first.high, second.high))


def _minus(ruleset: Ruleset, feature: CombinedFeature) -> Range:
    first, second = _of_parts(ruleset, feature)
    return Range(_less(first.low, second.high), _less(first.high, second.low))


def _ratio(ruleset: Ruleset, feature: CombinedFeature) -> Range:
    inner, outer = ruleset.by_name[feature.first], ruleset.by_name[feature.second]
    if all(never_negative(ruleset, one) for one in (inner, outer)) and part_of(ruleset, inner, outer):
        return Range(0, TEN_THOUSAND)
    is_below_zero = any(part.low is None or part.low < 0 for part in _of_parts(ruleset, feature))
    return Range() if is_below_zero else NOT_BELOW_ZERO


def _added(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first + second


def _less(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first - second


def _of_measured(kind: KindName) -> Callable[[Ruleset, Any], Range]:
    """The function for a kind of feature: its range is that of a value of events, or that of a count."""
    return _of_value if FEATURE_KINDS[kind].gives == "its value" else lambda *_: NOT_BELOW_ZERO


RANGES: dict[KindName, Callable[[Ruleset, Any], Range]] = {  # each takes features of its kind
    **{kind: _of_measured(kind) for kind in MEASURING},
    "distinct": lambda _, feature: Range(0, feature.at_most),
    "days_until": lambda *_: Range(0, LONGEST_YEAR),
    "ratio": _ratio,
    "minus": _minus,
    "plus": _plus,
    "points": lambda *_: Range(0, ALL_POINTS),
}
