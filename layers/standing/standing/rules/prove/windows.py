"""Windows and what is in them: which feature adds up a part of what another adds up."""

from __future__ import annotations

from standing.rules.ruleset import LONGEST_YEAR, Feature, Measure, Ruleset


def never_negative(ruleset: Ruleset, feature: Feature) -> bool:
    """Whether it adds up what is not negative: events, or amounts that only grow."""
    return feature.kind == "count" or (feature.kind == "sum" and ruleset.measures[feature.measure].value == "amount")


def part_of(ruleset: Ruleset, inner: Feature, outer: Feature) -> bool:
    """Whether all that one feature adds up is added up by another, too."""
    first, second = ruleset.measures[inner.measure], ruleset.measures[outer.measure]
    return inner.kind == outer.kind and implies(first, second) and inside(inner, outer)


def implies(first: Measure, second: Measure) -> bool:
    """Whether every event that one measure takes is taken by another, for the same value."""
    same = first.value == second.value
    return same and set(first.of) <= set(second.of) and second.where.items() <= first.where.items()


def inside(inner: Feature, outer: Feature) -> bool:
    """Whether one feature's window lies within another's, whatever the day."""
    if outer.over is None:
        return True
    if inner.over == outer.over and inner.ending == outer.ending and inner.anchor == outer.anchor:
        return True
    longest = LONGEST_YEAR if isinstance(inner.over, str) else inner.over
    if not isinstance(outer.over, int) or longest is None:
        return False
    return outer.ending <= inner.ending and inner.ending + longest <= outer.ending + outer.over
