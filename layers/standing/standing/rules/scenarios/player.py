"""Plays a story: the core's own fold works out its days. Finds what is not as expected, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from standing.engine.backends.plain import holds
from standing.engine.care import Gate, care_of_day
from standing.engine.fold import DayResult, simulate_days
from standing.engine.measures import Buckets
from standing.engine.reasons import reason_for_manual_level, reasons_for_care
from standing.engine.start import FoldStart, StoredHistory, replay_up_to
from standing.engine.state import LevelState
from standing.foresight.explanation import LevelRequirements, requirements_on
from standing.rules.author.scenario.scenario import Expected, Scenario
from standing.rules.conditions import Fact
from standing.rules.ruleset import Rating, Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import Day

type Standing = Literal["due", "too-soon", "not-due"] | Gate


@dataclass(frozen=True)
class CareOn:
    """A care rule on a day: due, held back by a gate, due too recently, or its condition fails."""

    standing: Standing
    last_due: Day | None


@dataclass(frozen=True)
class Mismatch:
    """Something that is not as expected on a day: the actual result, and the comparisons behind it."""

    expected: Expected
    day: Day
    held: LevelState | None = None
    value: Fact | None = None
    care: CareOn | None = None
    because: tuple[LevelRequirements, ...] = ()


@dataclass(frozen=True)
class PlayedScenario:
    """A played story: the result of each of its days, and what is not as expected."""

    scenario: Scenario
    lived: tuple[DayResult, ...]
    misses: tuple[Mismatch, ...]


def play(scenario: Scenario, rules: Timeline) -> PlayedScenario:
    """Play a story. Days on which nothing can change are left out, unless a step is on them."""
    start = replay_up_to(scenario.days[-1], StoredHistory(scenario.events))
    lived = tuple(_days(scenario, start, rules))
    return PlayedScenario(scenario, lived, tuple(_misses(scenario, start, lived)))


def _days(scenario: Scenario, start: FoldStart, rules: Timeline) -> Iterator[DayResult]:
    """Fold from step to step: a fold always includes its last day."""
    first, memory = start.day + 1, start.memory
    for day in scenario.days:
        for lived in simulate_days(rules, start.under, memory, first, day, busy=start.busy):
            yield lived
            memory = lived.closed
        first = day + 1


def _misses(scenario: Scenario, start: FoldStart, lived: Iterable[DayResult]) -> Iterator[Mismatch]:
    """By day. Something that must never happen is a mismatch once: on the first day on which it happens."""
    open_still = list(scenario.expected)
    for day in lived:
        for expected in [one for one in open_still if one.day in {None, day.day}]:
            if miss := _miss(expected, day, start.under(day.ruleset)):
                open_still.remove(expected)
                yield miss


def _miss(expected: Expected, lived: DayResult, buckets: Buckets) -> Mismatch | None:
    if expected.kind in {"rating", "not-rating"}:
        return _rating_miss(expected, lived)
    if expected.kind == "feature":
        value = lived.facts.get(expected.about)
        return None if value == expected.wanted else Mismatch(expected, lived.day, value=value)
    return _care_miss(expected, lived, buckets)


def _rating_miss(expected: Expected, lived: DayResult) -> Mismatch | None:
    actual = lived.closed.all_shown()[expected.about]
    if (actual.level == expected.wanted) is (expected.kind == "rating"):
        return None
    rating = lived.ruleset.ratings[expected.about]
    return Mismatch(
        expected, lived.day, held=actual, because=tuple(_asked(lived, rating, actual, str(expected.wanted)))
    )


def _asked(lived: DayResult, rating: Rating, actual: LevelState, wanted: str) -> Iterator[LevelRequirements]:
    """The requirements of the expected level, and those of the actual level."""
    if ruling := lived.rulings.get(rating.name):
        yield LevelRequirements("set-by-hand", ruling.level, (reason_for_manual_level(ruling),))
    is_above = rating.rank(wanted) > rating.rank(actual.level)
    if wanted != actual.level and (is_above or not rating.ordered):
        yield from requirements_on(lived, rating, "needs", wanted)
    if rating.ordered and not is_above:
        yield from requirements_on(lived, rating, "kept-by", actual.level)
    if not rating.ordered or (
        not is_above and actual.level in rating.retain and _qualifies(lived, rating, actual.level)
    ):
        yield from requirements_on(lived, rating, "qualifies-by", actual.level)


def _qualifies(lived: DayResult, rating: Rating, level: str) -> bool:
    """Whether a customer qualifies for a level, and so may have it without retaining it."""
    return level in rating.qualify and holds(rating.qualify[level], lived.facts)


def _care_miss(expected: Expected, lived: DayResult, buckets: Buckets) -> Mismatch | None:
    actual = care_on(lived, buckets, expected.about)
    wanted = {"care": "due", "held-back": expected.wanted}.get(expected.kind)
    as_expected = actual.standing != "due" if expected.kind == "no-care" else actual.standing == wanted
    if as_expected:
        return None
    care = lived.ruleset.care[expected.about]
    because = LevelRequirements("needs", care.name, reasons_for_care(lived.ruleset, care, lived.facts))
    return Mismatch(expected, lived.day, care=actual, because=(because,))


def care_on(lived: DayResult, buckets: Buckets, name: str) -> CareOn:
    """A care rule at the end of a day."""
    last_due = lived.closed.due.get(name)
    if name in lived.due:
        return CareOn("due", last_due)
    if name not in lived.holding:
        return CareOn("not-due", last_due)
    gate = _gates(lived.ruleset, buckets, lived).get(name)
    return CareOn(gate or "too-soon", last_due)


def _gates(ruleset: Ruleset, buckets: Buckets, lived: DayResult) -> dict[str, Gate]:
    """All care that is held back on a day, by its gate, also if that was recorded on an earlier day."""
    forgetful = replace(lived.opened, held_back={})
    return dict(care_of_day(ruleset, buckets, forgetful, lived.holding, lived.day).refrained)
