"""Courses: how features change while time passes. A course has the days of the changes, each with the new value.

The course of what is counted or added up is read off its series: on which day something enters or leaves the window
follows from its own day. The course of a feature that is made of others follows from theirs. Of a feature that counts
days, and so changes every day, only those days are listed on which it reaches or passes a number that matters.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from standing.engine.engine import engine_of
from standing.engine.features import Formula, beginning
from standing.engine.measures import Buckets
from standing.engine.series import Amended, Seen, Series
from standing.engine.windows import PlainWindow, changes, plain_window
from standing.rules.conditions import Fact
from standing.rules.features import (
    Feature,
    MeasuredFeature,
    PointsFeature,
    SinceFeature,
    UntilFeature,
    WindowedFeature,
)
from standing.rules.kinds import FEATURE_KINDS, MEASURING, KindName
from standing.rules.ruleset import Ruleset
from standing.values.days import Day, day_in, next_anniversary

type Course = list[tuple[Day, Fact | None]]  # begins with the day before the first, and the value on it
type Numbers = tuple[int, ...] | None  # those among which a feature moves; None: whatever its value, it matters
type Moving = Callable[[Any, Numbers, Buckets, Day, Day], Iterable[Day]]
type Counting = Callable[[Any, tuple[int, ...], Buckets, Day, Day], Iterable[Day]]


class Followed(NamedTuple):
    """A feature whose course is needed, and among which numbers; its window, if it is plain."""

    feature: Any  # of whichever kind its functions take
    numbers: Numbers
    window: PlainWindow | None


def courses(ruleset: Ruleset, buckets: Buckets, first: Day, last: Day) -> dict[str, Course]:
    """The courses from `first` to `last` of the features that rules compare, and of those that they are made of."""
    engine = engine_of(ruleset)
    found: dict[str, Course] = {}
    for feature, numbers, window in ruleset.derived(_followed):
        work_out = engine.formulas[feature.name]
        if feature.parts:
            found[feature.name] = _of_parts(feature.parts, found, work_out, buckets)
        elif window and not (series := buckets.sums[feature.measure]).pending:
            found[feature.name] = changes(window, series, first, last)
        else:
            days = {day for day in MOVES[feature.kind](feature, numbers, buckets, first, last) if first <= day <= last}
            found[feature.name] = [(day, work_out(buckets, day, {})) for day in (first - 1, *sorted(days))]
    return found


def _followed(ruleset: Ruleset) -> tuple[Followed, ...]:
    """The features to follow, each after those that it is made of."""
    numbers: dict[str, Numbers] = {**ruleset.compared}
    for feature in reversed(ruleset.features):
        for part, steps in _parts(feature) if feature.name in numbers else ():
            known = numbers.get(part, ())
            numbers[part] = None if known is None or steps is None else (*known, *steps)
    followed = [feature for feature in ruleset.features if feature.name in numbers]
    return tuple(Followed(feature, numbers[feature.name], plain_window(feature)) for feature in followed)


def _parts(feature: Feature) -> Iterable[tuple[str, Numbers]]:
    """What a feature is made of, with the numbers among which that moves it: where it gives another point, or all."""
    if isinstance(feature, PointsFeature):
        return [(ramp.part, ramp.steps) for ramp in feature.ramps]
    return [(part, None) for part in feature.parts]


def _of_parts(parts: Iterable[str], found: Mapping[str, Course], work_out: Formula, buckets: Buckets) -> Course:
    """The course of a feature that is made of others."""
    changes: dict[Day, dict[str, Any]] = {}
    for part in parts:
        for day, value in found[part]:
            changes.setdefault(day, {})[part] = value
    course: Course = []
    known: dict[str, Any] = {}
    for day in sorted(changes):
        known |= changes[day]
        course.append((day, work_out(buckets, day, known)))
    return course


# The days on which features may change -------------------------------------------------------------------------------


def _day_by_day(counting: Counting) -> Moving:
    """For features that count days. They change every day, and pass a number only when they reach it or go beyond."""

    def moves(feature: MeasuredFeature, numbers: Numbers, buckets: Buckets, first: Day, last: Day) -> Iterable[Day]:
        return range(first, last + 1) if numbers is None else counting(feature, numbers, buckets, first, last)

    return moves


def _counting_up(
    feature: SinceFeature, numbers: tuple[int, ...], buckets: Buckets, first: Day, _last: Day
) -> Iterator[Day]:
    """The days on which the days since something reach or pass a number."""
    series = buckets.sums[feature.measure]
    latest = series.days[max(bisect_left(series.days, first) - 1, 0) :]
    for begun in latest if feature.kind == "days_since_last" else [series.first or 0]:
        yield begun
        yield from (begun + number + after for number in numbers for after in (0, 1))


def _counting_down(
    feature: UntilFeature, numbers: tuple[int, ...], buckets: Buckets, first: Day, last: Day
) -> Iterator[Day]:
    """The days on which the days until an anniversary reach or pass a number, or begin anew."""
    series = buckets.latest[feature.measure]
    yield from series.days
    for value in series.values:
        there = next_anniversary(str(value)[-5:], first - 1)
        while there <= last + max(numbers, default=0):
            yield there + 1
            yield from (there - number + after for number in numbers for after in (0, 1))
            there = next_anniversary(str(value)[-5:], there + 1)


def _counting_to(
    feature: UntilFeature, numbers: tuple[int, ...], buckets: Buckets, _first: Day, _last: Day
) -> Iterator[Day]:
    """The days on which the days to a date reach or pass a number, or the date has passed."""
    series = buckets.latest[feature.measure]
    yield from series.days
    for value in series.values:
        there = day_in(str(value))
        yield there + 1
        yield from (there - number + after for number in numbers for after in (0, 1))


def _sliding(feature: WindowedFeature, _numbers: Numbers, buckets: Buckets, first: Day, last: Day) -> Iterator[Day]:
    """The days on which something enters a window or leaves it, or a year begins anew."""
    series, over, ending = buckets.series[feature.measure], feature.window.over, feature.window.ending
    days = _days_kept(series)
    yield from (one.known for one in series.pending) if isinstance(series, Amended) else ()
    for after in (ending, ending + over) if isinstance(over, int) else (ending,):
        yield from (day + after for day in days[bisect_left(days, first - after) : bisect_right(days, last - after)])
    if feature.window.is_year:
        begin = beginning(feature.window)
        start = begin(buckets, last - ending)
        while start is not None and start + ending >= first:
            yield start + ending
            start = begin(buckets, start - 1)


def _days_kept(series: Series) -> Sequence[Day]:
    if isinstance(series, Seen):
        return sorted(day for days in series.days.values() for day in days)
    if isinstance(series, Amended) and series.pending:
        return sorted({*series.days, *(one.happened.day for one in series.pending)})
    return series.days


MOVES: dict[KindName, Moving] = {  # each takes the features of its kind
    **{kind: _sliding for kind in MEASURING if FEATURE_KINDS[kind].windowed},
    "days_since_first": _day_by_day(_counting_up),
    "days_since_last": _day_by_day(_counting_up),
    "days_until": _day_by_day(_counting_down),
    "days_to": _day_by_day(_counting_to),
}
