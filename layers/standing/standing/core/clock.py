"""The clock: on which days the passing of time alone could change anything. All others need not be lived through.

A customer's silent days are mostly alike. What can tell them apart is a comparison that flips, because a window slid
over something or a count of days reached a number; a review; and what the day before set going.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import cast

from standing.core.conditions import Fact
from standing.core.days import Day, next_anniversary
from standing.core.features import combined, measured, window_start
from standing.core.measures import Buckets
from standing.core.overrides import read_ruling
from standing.core.ratings import next_review
from standing.core.ruleset import Feature, Rating, Ruleset, Stability
from standing.core.series import Extremes, Latest, Seen, Sums
from standing.core.state import Memory

type Band = tuple[int, int] | Fact | None


def stirring(ruleset: Ruleset, buckets: Buckets, first: Day, last: Day) -> list[Day]:
    """The days from `first` to `last`, rising, that may differ from the day before whatever that day did."""
    days: set[Day] = set()
    for name, literals in ruleset.compared.items():
        if name in ruleset.by_name:
            days |= set(_flips(ruleset, ruleset.by_name[name], literals, buckets, first, last))
    for rating in ruleset.ratings.values():
        days |= set(_rating_days(ruleset, rating, buckets, first, last))
    return sorted(day for day in days if first <= day <= last)


def set_going(ruleset: Ruleset, memory: Memory, holding: Iterable[str]) -> Iterator[Day]:
    """The days, some of them past, on which something begins or ends that was set going by then."""
    for name, held in memory.levels.items():
        stability = ruleset.ratings[name].stability if name in ruleset.ratings else Stability()
        yield held.since + stability.minimum_stay
        if held.grace_until is not None:
            yield held.grace_until
    for name in holding:
        if name in memory.due:
            yield memory.due[name] + ruleset.care[name].repeat_after
    for contacts in memory.contacts.values():
        yield from (contact + cap.within for contact in contacts for cap in ruleset.programme.caps)


def _flips(
    ruleset: Ruleset, feature: Feature, literals: tuple[int, ...], buckets: Buckets, first: Day, last: Day
) -> Iterator[Day]:
    """The days on which a feature comes to lie elsewhere among the numbers it is compared with."""
    before = _band(_value(ruleset, feature, buckets, first - 1), literals)
    moves = set(_moves(ruleset, feature, literals, buckets, first, last))
    for day in sorted(day for day in moves if first <= day <= last):
        band = _band(_value(ruleset, feature, buckets, day), literals)
        if band != before:
            yield day
        before = band


def _band(value: Fact | None, literals: tuple[int, ...]) -> Band:
    """Where a number lies among those it is compared with; a text is only ever equal or not."""
    return (bisect_left(literals, value), bisect_right(literals, value)) if isinstance(value, int) else value


def _value(ruleset: Ruleset, feature: Feature, buckets: Buckets, day: Day) -> Fact | None:
    if not feature.parts:
        return measured(feature, buckets, day)
    first, second = (_value(ruleset, ruleset.by_name[part], buckets, day) for part in feature.parts)
    return combined(feature, first, second)


def _moves(
    ruleset: Ruleset, feature: Feature, literals: tuple[int, ...] | None, buckets: Buckets, first: Day, last: Day
) -> Iterable[Day]:
    """The days on which a feature's value may move among some numbers; or, without numbers, move at all."""
    if feature.parts:
        parts = [ruleset.by_name[part] for part in feature.parts]
        return [day for part in parts for day in _moves(ruleset, part, None, buckets, first, last)]
    if not feature.kind.startswith("days_"):
        return _sliding(feature, buckets, first, last)
    if literals is None:
        return range(first, last + 1)
    counting = _counting_down if feature.kind == "days_until" else _counting_up
    return counting(feature, literals, buckets, first, last)


def _counting_up(
    feature: Feature, literals: tuple[int, ...], buckets: Buckets, first: Day, _last: Day
) -> Iterator[Day]:
    """The days on which the days since something reach or pass a number."""
    series = cast("Sums", buckets[feature.measure])
    latest = series.days[max(bisect_left(series.days, first) - 1, 0) :]
    for begun in latest if feature.kind == "days_since_last" else [series.first or 0]:
        yield begun
        yield from (begun + number + after for number in literals for after in (0, 1))


def _counting_down(
    feature: Feature, literals: tuple[int, ...], buckets: Buckets, first: Day, last: Day
) -> Iterator[Day]:
    """The days on which the days until an anniversary reach or pass a number, or begin anew."""
    series = cast("Latest", buckets[feature.measure])
    yield from series.days
    for value in series.values:
        there = next_anniversary(str(value)[-5:], first - 1)
        while there <= last + max(literals, default=0):
            yield there + 1
            yield from (there - number + after for number in literals for after in (0, 1))
            there = next_anniversary(str(value)[-5:], there + 1)


def _sliding(feature: Feature, buckets: Buckets, first: Day, last: Day) -> Iterator[Day]:
    """The days on which something enters a window or leaves it, or a year begins anew."""
    for day in _days_kept(buckets[feature.measure]):
        yield day + feature.ending
        if isinstance(feature.over, int):
            yield day + feature.ending + feature.over
    if isinstance(feature.over, str):
        start = window_start(feature, buckets, last - feature.ending)
        while start is not None and start + feature.ending >= first:
            yield start + feature.ending
            start = window_start(feature, buckets, start - 1)


def _days_kept(series: Sums | Extremes | Latest | Seen) -> Iterable[Day]:
    if isinstance(series, Seen):
        return [day for days in series.days.values() for day in days]
    return series.days


def _rating_days(ruleset: Ruleset, rating: Rating, buckets: Buckets, first: Day, last: Day) -> Iterator[Day]:
    """Reviews, the days on which the days to one reach a number, and the ends of what was set by hand."""
    literals = ruleset.compared.get(f"{rating.name}.days_to_review", ())
    if rating.stability.review != "daily":
        review = next_review(rating.stability.review, first - 1)
        while review <= last + max(literals, default=0):
            yield review
            yield from (review - number + after for number in literals for after in (0, 1))
            review = next_review(rating.stability.review, review)
    if rating.override >= 0:
        rulings = cast("Latest", buckets[rating.override])
        yield from rulings.days
        yield from (read_ruling(str(text)).expires + 1 for text in rulings.values)
