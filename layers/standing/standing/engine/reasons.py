"""Reasons: the comparisons behind a decision, with their values in the units that people use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypedDict

from standing.engine.backends.plain import holds
from standing.engine.overrides import ManualLevel
from standing.engine.state import LevelState
from standing.rules.conditions import Comparison, Condition, Fact
from standing.rules.ruleset import Care, Rating, Ruleset
from standing.values.days import day_date
from standing.values.money import from_minor

WITHHELD = "(personal)"  # reasons are published
UNKNOWN = "unknown"
BY_HAND = re.compile(r"set by hand until (?P<until>\d{4}-\d\d-\d\d), by (?P<author>.*?): (?P<reason>.*)", re.DOTALL)


class Reason(TypedDict):
    """A comparison, its value (None: unknown), and whether it held. Under `none`, the line begins with `not`."""

    line: str
    actual: str | None
    holds: bool


def reasons(ruleset: Ruleset, condition: Condition, facts: Mapping[str, Fact]) -> tuple[Reason, ...]:
    """Every comparison of a condition, with its value. The value of `tier entered gold` is such as `silver → gold`."""
    lines: dict[tuple[str, bool], list[Comparison]] = {}
    for comparison, wanted in _lines(condition, wanted=True):
        lines.setdefault((comparison.text, wanted), []).append(comparison)
    return tuple(_reason(ruleset, parts, facts, wanted=wanted) for (_, wanted), parts in lines.items())


def reasons_for_level(
    ruleset: Ruleset, rating: Rating, was: LevelState | None, level: str, facts: Mapping[str, Fact]
) -> tuple[Reason, ...]:
    """Why a level follows another: the conditions to qualify if it rose, the failed ones to keep it if it fell."""
    known = was is not None and rating.ordered and {was.level, level} <= set(rating.levels)
    if was is None or not known or rating.rank(was.level) < rating.rank(level):
        conditions = [rating.qualify[level]] if level in rating.qualify else []
    else:
        conditions = [*rating.keeping(was.level)[:1], *rating.older(was.level, was.since)]
    return tuple(line for condition in conditions for line in reasons(ruleset, condition, facts))


def reasons_for_care(ruleset: Ruleset, care: Care, facts: Mapping[str, Fact]) -> tuple[Reason, ...]:
    """Why a care rule fell due."""
    return reasons(ruleset, care.when, facts)


def reason_for_manual_level(ruling: ManualLevel) -> Reason:
    """Why a level that somebody set by hand is shown. `BY_HAND` reads the line, which is stored and published."""
    line = f"set by hand until {day_date(ruling.expires)}, by {ruling.author}: {ruling.reason}"
    return Reason(line=line, actual=ruling.level, holds=True)


def display(ruleset: Ruleset, fact: str, value: Fact | None) -> str | None:
    """A fact's value in readable form: money as `12.50`, a score as a decimal, a rating as its level."""
    if not isinstance(value, int):
        return value
    name, _, about = fact.partition(".")
    rating = ruleset.ratings.get(name)
    if rating and about != "days_to_review":
        return rating.levels[value] if value >= 0 else "none"
    feature = ruleset.by_name.get(fact)
    if feature and feature.levels:
        return feature.levels[value]
    unit = feature.unit if feature else "count"
    if unit == "money":
        return from_minor(value, ruleset.programme.minor_digits)
    return from_minor(value, 4) if unit == "score" else str(value)


def _lines(condition: Condition, *, wanted: bool) -> Iterator[tuple[Comparison, bool]]:
    if isinstance(condition, Comparison):
        yield condition, wanted
        return
    for part in condition.of:
        yield from _lines(part, wanted=wanted is not (condition.group == "none"))


def _reason(ruleset: Ruleset, parts: list[Comparison], facts: Mapping[str, Fact], *, wanted: bool) -> Reason:
    before_first = sorted(parts, key=lambda part: not part.fact.endswith(".was"))
    met = [_met(ruleset, part.fact, facts) for part in before_first]
    actual = met[0] if len(met) == 1 else " → ".join(value or UNKNOWN for value in dict.fromkeys(met))
    line = parts[0].text if wanted else f"not {parts[0].text}"
    return Reason(line=line, actual=actual, holds=all(holds(part, facts) for part in parts) is wanted)


def _met(ruleset: Ruleset, fact: str, facts: Mapping[str, Fact]) -> str | None:
    feature = ruleset.by_name.get(fact)
    return WITHHELD if feature and feature.personal and fact in facts else display(ruleset, fact, facts.get(fact))
