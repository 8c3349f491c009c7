"""The clock: finds the days on which time alone could change anything. All other silent days are skipped.

Most days without events are alike. They differ only if a condition becomes true or false, because a window slid past
an event or a count of days reached a number; or if a pending transition falls due: a level that is not kept falls at a
review, or at the end of its grace period.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from math import inf
from operator import itemgetter
from typing import Any, NamedTuple

from standing.engine.courses import Course, courses
from standing.engine.measures import Buckets
from standing.engine.overrides import read_manual_level
from standing.engine.ratings import next_move, next_review
from standing.engine.state import Memory
from standing.rules.conditions import Fact
from standing.rules.ruleset import Rating, Ruleset
from standing.values.days import Day

type Interval = tuple[Any, Any]


class Crossing(NamedTuple):
    """From `day` on, a fact has another result in some comparison. `value` is its new value (None: unknown)."""

    day: Day
    fact: str
    value: Fact | None


class ScheduledChanges(NamedTuple):
    """The changes by time alone: crossings of facts, and days that must be simulated anyway, in ascending order."""

    flips: list[Crossing]
    days: list[Day]


def scheduled_changes(ruleset: Ruleset, buckets: Buckets, first: Day, last: Day) -> ScheduledChanges:
    """The changes from `first` to `last` that do not depend on the days before them."""
    flips: list[Crossing] = []
    for name, course in courses(ruleset, buckets, first, last).items():
        if name in ruleset.compared:
            flips += _flips(name, ruleset.compared[name], course)
    days = {day for rating in ruleset.ratings.values() for day in _rating_days(ruleset, rating, buckets, first, last)}
    return ScheduledChanges(sorted(flips, key=itemgetter(0)), sorted(day for day in days if first <= day <= last))


def pending_transitions(
    ruleset: Ruleset, memory: Memory, becomes: Mapping[str, str], holding: Iterable[str], day: Day
) -> Iterator[Day]:
    """The days on which transitions pending since `day` fall due. Some may be in the past.

    `memory` is what the day closed with, `becomes` has the level that each restless rating would come to if only time
    passed, `holding` the care rules whose conditions hold.
    """
    for name, becoming in becomes.items():
        if becoming != (current := memory.levels[name]).level:
            rating = ruleset.ratings[name]
            yield next_move(rating, current, day, falls=rating.rank(becoming) < rating.rank(current.level))
    for name in holding:
        if name in memory.due:
            yield memory.due[name] + ruleset.care[name].repeat_after
    if memory.held_back:
        for contacts in memory.contacts.values():
            yield from (contact + cap.within for contact in contacts for cap in ruleset.programme.caps)


def _flips(name: str, numbers: tuple[int, ...], course: Course) -> Iterator[Crossing]:
    """The crossings of a feature: days on which it passes a number with which it is compared."""
    before: Interval | None = None
    for day, value in course:
        if before and isinstance(value, int) and before[0] < value < before[1]:
            continue
        now = _interval(value, numbers)
        if before and now != before:
            yield Crossing(day, name, value)
        before = now


def _interval(value: Fact | None, numbers: tuple[int, ...]) -> Interval:
    """The numbers between which every value compares like this one. A text is only equal or not."""
    if value is None:
        return inf, -inf
    place = bisect_left(numbers, value) if isinstance(value, int) else 0
    if not isinstance(value, int) or (place < len(numbers) and numbers[place] == value):
        return value, value
    return numbers[place - 1] if place else -inf, numbers[place] if place < len(numbers) else inf


def _rating_days(ruleset: Ruleset, rating: Rating, buckets: Buckets, first: Day, last: Day) -> Iterator[Day]:
    """The days on which the days to a review reach a number that rules compare, and the days of overrides."""
    literals = ruleset.compared.get(f"{rating.name}.days_to_review")
    if literals is not None:
        review = next_review(rating.stability.review, first - 1)
        while review <= last + max(literals, default=0):
            yield review
            yield from (review - number + after for number in literals for after in (0, 1))
            review = next_review(rating.stability.review, review)
    if rating.override is not None:
        rulings = buckets.latest[rating.override]
        yield from rulings.days
        for ends in (read_manual_level(str(text)).expires + 1 for text in rulings.values):
            yield ends
            yield from (ends - number + after for number in literals or () for after in (0, 1))
