"""Windows and their contents: which feature adds up a part of what another one adds up."""

from __future__ import annotations

from standing.rules.features import AnyFeature, Measure, SumFeature, Window, WindowedFeature
from standing.rules.ruleset import Ruleset


def never_negative(ruleset: Ruleset, feature: AnyFeature) -> bool:
    """Whether a feature adds up values that are never negative: events, or amounts that only grow."""
    if isinstance(feature, SumFeature):
        return feature.kind == "sum" and ruleset.measures[feature.measure].value == "amount"
    return feature.kind == "count"


def part_of(ruleset: Ruleset, inner: AnyFeature, outer: AnyFeature) -> bool:
    """Whether `outer` adds up everything that `inner` adds up."""
    if not isinstance(inner, WindowedFeature) or not isinstance(outer, WindowedFeature) or inner.kind != outer.kind:
        return False
    first, second = ruleset.measures[inner.measure], ruleset.measures[outer.measure]
    return implies(first, second) and inside(inner.window, outer.window)


def implies(first: Measure, second: Measure) -> bool:
    """Whether the second measure takes every event of the first, with the same value."""
    same = first.value == second.value
    return same and set(first.of) <= set(second.of) and second.where.items() <= first.where.items()


def inside(inner: Window, outer: Window) -> bool:
    """Whether a window lies within another on every day."""
    if outer.over is None or inner == outer:
        return True
    if inner.reach is None or not isinstance(outer.over, int):
        return False
    return outer.ending <= inner.ending and inner.reach <= outer.ending + outer.over
