"""Explanations: the comparisons behind a decision, with the values that were compared, in the units people use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from standing.core.conditions import Comparison, Condition, comparisons
from standing.core.money import from_minor
from standing.core.readers.plain import holds
from standing.core.ruleset import Care, Rating, Ruleset


class Reason(TypedDict):
    """One line of a rule as it was written, the value it met (none: unknown), and whether it held."""

    line: str
    actual: str | None
    holds: bool


def reasons(ruleset: Ruleset, condition: Condition, facts: Mapping[str, int]) -> tuple[Reason, ...]:
    """Every comparison of a condition with the value it met."""
    return tuple(_reason(ruleset, line, facts) for line in comparisons(condition))


def reasons_for_level(
    ruleset: Ruleset, rating: Rating, was: str | None, level: str, facts: Mapping[str, int]
) -> tuple[Reason, ...]:
    """Why a level follows another: what it qualified by where it rose, what no longer kept it where it fell."""
    fell = was in rating.levels and rating.levels.index(was) > rating.levels.index(level)
    if fell:
        condition = rating.retain.get(str(was)) or rating.qualify.get(str(was))
    else:
        condition = rating.qualify.get(level)
    return reasons(ruleset, condition, facts) if condition else ()


def reasons_for_care(ruleset: Ruleset, care: Care, facts: Mapping[str, int]) -> tuple[Reason, ...]:
    """Why a care rule fell due."""
    return reasons(ruleset, care.when, facts)


def display(ruleset: Ruleset, fact: str, value: int | None) -> str | None:
    """A fact's value as people write it: money as `12.50`, a score as a fraction of one, a rating as its level."""
    if value is None:
        return None
    rating = ruleset.ratings.get(fact.removesuffix(".was"))
    if rating:
        return rating.levels[value] if value >= 0 else "none"
    unit = next((feature.unit for feature in ruleset.features if feature.name == fact), "count")
    if unit == "money":
        return from_minor(value, ruleset.programme.minor_digits)
    return from_minor(value, 4) if unit == "score" else str(value)


def _reason(ruleset: Ruleset, line: Comparison, facts: Mapping[str, int]) -> Reason:
    actual = display(ruleset, line.fact, facts.get(line.fact))
    return Reason(line=line.text, actual=actual, holds=holds(line, facts))
