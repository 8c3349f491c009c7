"""The clock: finds the days on which time alone could change anything. All other silent days are skipped.

Most days without events are alike. They differ only if a condition becomes true or false, because a window slid past
an event or a count of days reached a number; or if a pending transition falls due: a level that is not kept falls at a
review, or at the end of its grace period.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, cast

from standing.engine.engine import engine_of
from standing.engine.features import beginning
from standing.engine.measures import Buckets
from standing.engine.overrides import read_manual_level
from standing.engine.ratings import next_move, next_review
from standing.engine.series import Amended, Seen, Series
from standing.engine.state import Memory
from standing.rules.conditions import Fact
from standing.rules.features import Feature, MeasuredFeature, PointsFeature, SinceFeature, UntilFeature, WindowedFeature
from standing.rules.kinds import FEATURE_KINDS, MEASURING, KindName
from standing.rules.ruleset import Rating, Ruleset
from standing.values.days import Day, day_in, next_anniversary

type Band = tuple[int, int] | Fact | None
type Counting = Callable[[Any, tuple[int, ...], Buckets, Day, Day], Iterable[Day]]
type Moving = Callable[[Any, tuple[int, ...] | None, Buckets, Day, Day], Iterable[Day]]


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
    for name, literals in ruleset.compared.items():
        if name in ruleset.by_name:
            flips += _flips(ruleset, ruleset.by_name[name], literals, buckets, first, last)
    days = {day for rating in ruleset.ratings.values() for day in _rating_days(ruleset, rating, buckets, first, last)}
    return ScheduledChanges(sorted(flips, key=itemgetter(0)), sorted(day for day in days if first <= day <= last))


def next_crossing(ruleset: Ruleset, flips: list[Crossing], known: Mapping[str, Fact], day: Day, end: Day) -> Day:
    """The first day after `day` and before `end` on which a condition becomes true or false, else `end`.

    `known` are the facts of `day`.
    """
    facts, conditions_on = dict(known), engine_of(ruleset).conditions_on
    for flip in flips[bisect_right(flips, day, key=itemgetter(0)) :]:
        if flip.day >= end:
            break
        tests = conditions_on[flip.fact]
        before = [test(facts) for test in tests]
        _set(facts, flip)
        if before != [test(facts) for test in tests]:
            return flip.day
    return end


def pending_transitions(
    ruleset: Ruleset, memory: Memory, known: Mapping[str, Fact], holding: Iterable[str], day: Day
) -> Iterator[Day]:
    """The days on which transitions pending since `day` fall due. Some may be in the past.

    `known` are the facts of `day`, `memory` is what it closed with, `holding` the care rules whose conditions hold.
    """
    for name, current in memory.levels.items():
        rating, becomes = ruleset.ratings[name], cast("int", known[f"{name}.would_become"])
        if becomes != rating.rank(current.level):
            yield next_move(rating, current, day, falls=becomes < rating.rank(current.level))
    for name in holding:
        if name in memory.due:
            yield memory.due[name] + ruleset.care[name].repeat_after
    if memory.held_back:
        for contacts in memory.contacts.values():
            yield from (contact + cap.within for contact in contacts for cap in ruleset.programme.caps)


def _set(facts: dict[str, Fact], flip: Crossing) -> None:
    if flip.value is None:
        facts.pop(flip.fact, None)
    else:
        facts[flip.fact] = flip.value


def _flips(
    ruleset: Ruleset, feature: Feature, literals: tuple[int, ...], buckets: Buckets, first: Day, last: Day
) -> Iterator[Crossing]:
    """The crossings of a feature: days on which it passes a number with which it is compared."""
    moves = {day for day in _moves(ruleset, feature, literals, buckets, first, last) if first <= day <= last}
    if not moves:
        return
    before = _band(_value(ruleset, feature, buckets, first - 1), literals)
    for day in sorted(moves):
        value = _value(ruleset, feature, buckets, day)
        band = _band(value, literals)
        if band != before:
            yield Crossing(day, feature.name, value)
        before = band


def _band(value: Fact | None, literals: tuple[int, ...]) -> Band:
    """The position of a number among those it is compared with. A text is only equal or not."""
    return (bisect_left(literals, value), bisect_right(literals, value)) if isinstance(value, int) else value


def _value(ruleset: Ruleset, feature: Feature, buckets: Buckets, day: Day) -> Fact | None:
    work_out = engine_of(ruleset).formulas[feature.name]
    if not feature.parts:
        return work_out(buckets, day, {})
    values = ((part, _value(ruleset, ruleset.by_name[part], buckets, day)) for part in feature.parts)
    return work_out(buckets, day, {part: value for part, value in values if value is not None})


def _moves(
    ruleset: Ruleset, feature: Feature, literals: tuple[int, ...] | None, buckets: Buckets, first: Day, last: Day
) -> Iterable[Day]:
    """The days on which a feature may pass one of some numbers; without numbers, the days on which it may change."""
    if feature.parts:
        each = [(ruleset.by_name[part], steps) for part, steps in _parts(feature)]
        return [day for part, at in each for day in _moves(ruleset, part, at, buckets, first, last)]
    return MOVES[feature.kind](feature, literals, buckets, first, last)


def _parts(feature: Feature) -> Iterable[tuple[str, tuple[int, ...] | None]]:
    """What a feature is made of, with the numbers among which that moves it: where it gives another point, or all."""
    if isinstance(feature, PointsFeature):
        return [(ramp.part, ramp.steps) for ramp in feature.ramps]
    return [(part, None) for part in feature.parts]


def _day_by_day(counting: Counting) -> Moving:
    """For features that count days. They change every day, and pass a number only when they reach it or go beyond."""

    def moves(
        feature: MeasuredFeature, literals: tuple[int, ...] | None, buckets: Buckets, first: Day, last: Day
    ) -> Iterable[Day]:
        return range(first, last + 1) if literals is None else counting(feature, literals, buckets, first, last)

    return moves


def _counting_up(
    feature: SinceFeature, literals: tuple[int, ...], buckets: Buckets, first: Day, _last: Day
) -> Iterator[Day]:
    """The days on which the days since something reach or pass a number."""
    series = buckets.sums[feature.measure]
    latest = series.days[max(bisect_left(series.days, first) - 1, 0) :]
    for begun in latest if feature.kind == "days_since_last" else [series.first or 0]:
        yield begun
        yield from (begun + number + after for number in literals for after in (0, 1))


def _counting_down(
    feature: UntilFeature, literals: tuple[int, ...], buckets: Buckets, first: Day, last: Day
) -> Iterator[Day]:
    """The days on which the days until an anniversary reach or pass a number, or begin anew."""
    series = buckets.latest[feature.measure]
    yield from series.days
    for value in series.values:
        there = next_anniversary(str(value)[-5:], first - 1)
        while there <= last + max(literals, default=0):
            yield there + 1
            yield from (there - number + after for number in literals for after in (0, 1))
            there = next_anniversary(str(value)[-5:], there + 1)


def _counting_to(
    feature: UntilFeature, literals: tuple[int, ...], buckets: Buckets, _first: Day, _last: Day
) -> Iterator[Day]:
    """The days on which the days to a date reach or pass a number, or the date has passed."""
    series = buckets.latest[feature.measure]
    yield from series.days
    for value in series.values:
        there = day_in(str(value))
        yield there + 1
        yield from (there - number + after for number in literals for after in (0, 1))


def _sliding(
    feature: WindowedFeature, _literals: tuple[int, ...] | None, buckets: Buckets, first: Day, last: Day
) -> Iterator[Day]:
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


MOVES: dict[KindName, Moving] = {  # each takes the features of its kind
    **{kind: _sliding for kind in MEASURING if FEATURE_KINDS[kind].windowed},
    "days_since_first": _day_by_day(_counting_up),
    "days_since_last": _day_by_day(_counting_up),
    "days_until": _day_by_day(_counting_down),
    "days_to": _day_by_day(_counting_to),
}
