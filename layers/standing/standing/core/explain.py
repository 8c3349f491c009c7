"""Explanations: the comparisons behind a decision, with the values that were compared, in the units people use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypedDict

from standing.core.conditions import Comparison, Condition
from standing.core.money import from_minor
from standing.core.readers.plain import holds
from standing.core.ruleset import Care, Rating, Ruleset


class Reason(TypedDict):
    """One line of a rule, the value it met (none: unknown), and whether it held. Under `none`, it begins with `not`."""

    line: str
    actual: str | None
    holds: bool


def reasons(ruleset: Ruleset, condition: Condition, facts: Mapping[str, int]) -> tuple[Reason, ...]:
    """Every line of a condition with the value it met. A line such as `tier entered gold` meets `silver → gold`."""
    lines: dict[tuple[str, bool], list[Comparison]] = {}
    for comparison, wanted in _lines(condition, wanted=True):
        lines.setdefault((comparison.text, wanted), []).append(comparison)
    return tuple(_reason(ruleset, parts, facts, wanted=wanted) for (_, wanted), parts in lines.items())


def reasons_for_level(
    ruleset: Ruleset, rating: Rating, was: str | None, level: str, facts: Mapping[str, int]
) -> tuple[Reason, ...]:
    """Why a level follows another: what it qualified by where it rose, what no longer kept it where it fell."""
    known = rating.ordered and was in rating.levels
    fell = known and rating.rank(str(was)) > rating.rank(level)
    kept_by = rating.retain | {name: when for name, when in rating.qualify.items() if name not in rating.retain}
    condition = kept_by.get(str(was)) if fell else rating.qualify.get(level)
    return reasons(ruleset, condition, facts) if condition else ()


def reasons_for_care(ruleset: Ruleset, care: Care, facts: Mapping[str, int]) -> tuple[Reason, ...]:
    """Why a care rule fell due."""
    return reasons(ruleset, care.when, facts)


def display(ruleset: Ruleset, fact: str, value: int | None) -> str | None:
    """A fact's value as people write it: money as `12.50`, a score as a fraction of one, a rating as its level."""
    if value is None:
        return None
    name, _, about = fact.partition(".")
    rating = ruleset.ratings.get(name)
    if rating and about != "days_to_review":
        return rating.levels[value] if value >= 0 else "none"
    unit = next((feature.unit for feature in ruleset.features if feature.name == fact), "count")
    if unit == "money":
        return from_minor(value, ruleset.programme.minor_digits)
    return from_minor(value, 4) if unit == "score" else str(value)


def _lines(condition: Condition, *, wanted: bool) -> Iterator[tuple[Comparison, bool]]:
    if isinstance(condition, Comparison):
        yield condition, wanted
        return
    for part in condition.of:
        yield from _lines(part, wanted=wanted is not (condition.group == "none"))


def _reason(ruleset: Ruleset, parts: list[Comparison], facts: Mapping[str, int], *, wanted: bool) -> Reason:
    before_first = sorted(parts, key=lambda part: not part.fact.endswith(".was"))
    met = [display(ruleset, part.fact, facts.get(part.fact)) for part in before_first]
    actual = met[0] if len(met) == 1 else " → ".join(value or "unknown" for value in dict.fromkeys(met))
    line = parts[0].text if wanted else f"not {parts[0].text}"
    return Reason(line=line, actual=actual, holds=all(holds(part, facts) for part in parts) is wanted)
