"""Features: the values that rules compare, computed from a customer's day buckets as of one day.

`formula` compiles each feature to a function, once for a ruleset.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from standing.rules.conditions import Fact
from standing.rules.features import MembershipYear
from standing.values.days import Day, day_date, day_in, day_number, last_anniversary, next_anniversary
from standing.values.scales import exact

if TYPE_CHECKING:
    from standing.engine.measures import Buckets
    from standing.engine.series import Sums
    from standing.rules.features import (
        CombinedFeature,
        CountFeature,
        DistinctFeature,
        ExtremeFeature,
        Feature,
        LatestFeature,
        PointsFeature,
        SinceFeature,
        SumFeature,
        UntilFeature,
        Window,
    )
    from standing.rules.kinds import KindName

RATIO_UNIT = 10_000
EXACT = 2**53 - 1  # every backend compares integers exactly up to here

type Formula = Callable[[Buckets, Day, Mapping[str, Fact]], Fact | None]
type Beginning = Callable[[Buckets, Day], Day | None]


def formula(feature: Feature) -> Formula:
    """A function that computes a feature at the end of a day, or None if unknown. Its parts must be among the facts."""
    return FORMULAS[feature.kind](feature)


def limited(value: int) -> int:
    """A value limited to the range that every backend compares exactly."""
    return value if -EXACT <= value <= EXACT else max(-EXACT, min(EXACT, value))


def beginning(window: Window) -> Beginning:
    """The first day of a window that ends on a day; none where it has no beginning."""
    over = window.over
    if over == "calendar-year":
        return lambda _, last: _new_year(last)
    if isinstance(over, MembershipYear):
        return lambda buckets, last: _membership_year(buckets.sums[over.anchor].first, last)
    return (lambda _buckets, _last: None) if over is None else (lambda _, last: last - over + 1)


@lru_cache(maxsize=4096)
def _new_year(day: Day) -> Day:
    """The first day of a day's year."""
    return day_number(day_date(day).replace(month=1, day=1))


def _membership_year(joined: Day | None, last: Day) -> Day:
    return last if joined is None or joined > last else last_anniversary(day_date(joined), last)


def _combined(operation: Callable[[int, int], int | None]) -> Callable[[CombinedFeature], Formula]:
    """A feature that is made of two others; unknown where one of them is, or where the operation gives nothing."""

    def made_of(feature: CombinedFeature) -> Formula:
        first, second = feature.first, feature.second

        def combined(_buckets: Buckets, _day: Day, known: Mapping[str, Fact]) -> int | None:
            left_value, right_value = known.get(first), known.get(second)
            if not isinstance(left_value, int) or not isinstance(right_value, int):
                return None
            result = operation(left_value, right_value)
            return None if result is None else limited(result)

        return combined

    return made_of


def _points(feature: PointsFeature) -> Formula:
    """A score: the points of its parts added up; what is unknown gives what its ramp says."""
    ramps = tuple((ramp.part, ramp) for ramp in feature.ramps)

    def points(_buckets: Buckets, _day: Day, known: Mapping[str, Fact]) -> int:
        values = ((known.get(part), ramp) for part, ramp in ramps)
        return sum(ramp.points(value) if isinstance(value, int) else ramp.unknown for value, ramp in values)

    return points


def _ratio(first: int, second: int) -> int | None:
    return first * RATIO_UNIT // second if second else None


def _count(feature: CountFeature) -> Formula:
    places = _places(feature)

    def count(buckets: Buckets, day: Day, _: Mapping[str, Fact]) -> int:
        series, low, high = places(buckets, day)
        return series.counted[high] - series.counted[low]

    return count


def _sum(feature: SumFeature) -> Formula:
    summed = _summed(feature)
    return lambda buckets, day, _: limited(summed(buckets, day)[1])


def _mean(feature: SumFeature) -> Formula:
    summed = _summed(feature)

    def mean(buckets: Buckets, day: Day, _: Mapping[str, Fact]) -> int | None:
        count, total = summed(buckets, day)
        return limited(total // count) if count else None

    return mean


def _summed(feature: SumFeature) -> Callable[[Buckets, Day], tuple[int, int]]:
    """How many values there are in the window of a day, and their sum, floored once."""
    places, remainder = _places(feature), feature.remainder

    def summed(buckets: Buckets, day: Day) -> tuple[int, int]:
        series, low, high = places(buckets, day)
        return series.counted[high] - series.counted[low], series.summed[high] - series.summed[low]

    return summed if remainder is None else _with_remainders(feature, remainder, summed)


def _with_remainders(
    feature: SumFeature, remainder: str, summed: Callable[[Buckets, Day], tuple[int, int]]
) -> Callable[[Buckets, Day], tuple[int, int]]:
    ending, begin = feature.window.ending, beginning(feature.window)

    def exactly(buckets: Buckets, day: Day) -> tuple[int, int]:
        count, total = summed(buckets, day)
        last = day - ending
        return count, exact(count, total, buckets.sums[remainder].total(begin(buckets, last), last))

    return exactly


def _places(feature: CountFeature | SumFeature) -> Callable[[Buckets, Day], tuple[Sums, int, int]]:
    """The series as it is known on a day, the place in it where the window begins, and the place after its end."""
    measure, ending, begin = feature.measure, feature.window.ending, beginning(feature.window)

    def places(buckets: Buckets, day: Day) -> tuple[Sums, int, int]:
        series, last = buckets.sums[measure].as_of(day), day - ending
        return series, *series.places(begin(buckets, last), last)

    return places


def _extreme(feature: ExtremeFeature) -> Formula:
    measure, ending, begin, place = (
        feature.measure,
        feature.window.ending,
        beginning(feature.window),
        feature.kind == "max",
    )

    def extreme(buckets: Buckets, day: Day, _: Mapping[str, Fact]) -> int | None:
        last = day - ending
        extremes = buckets.extremes[measure].as_of(day).window(begin(buckets, last), last)
        return limited(extremes[place]) if extremes else None

    return extreme


def _distinct(feature: DistinctFeature) -> Formula:
    measure, begin, most = feature.measure, beginning(feature.window), feature.at_most
    return lambda buckets, day, _: buckets.seen[measure].distinct(begin(buckets, day), day, most)


def _latest(feature: LatestFeature) -> Formula:
    measure, begin, levels = feature.measure, beginning(feature.window), feature.levels

    def latest(buckets: Buckets, day: Day, _: Mapping[str, Fact]) -> Fact | None:
        value = buckets.latest[measure].value(begin(buckets, day), day)
        if not levels:
            return value
        return levels.index(str(value)) if value in levels else None

    return latest


def _since_first(feature: SinceFeature) -> Formula:
    measure = feature.measure

    def since_first(buckets: Buckets, day: Day, _: Mapping[str, Fact]) -> int | None:
        first = buckets.sums[measure].first
        return day - first if first is not None and first <= day else None

    return since_first


def _since_last(feature: SinceFeature) -> Formula:
    measure = feature.measure

    def since_last(buckets: Buckets, day: Day, _: Mapping[str, Fact]) -> int | None:
        latest = buckets.sums[measure].latest(day)
        return day - latest if latest is not None else None

    return since_last


def _until(feature: UntilFeature) -> Formula:
    """Days to the next anniversary of a date, of which the last five characters are the month and the day."""
    measure = feature.measure

    def until(buckets: Buckets, day: Day, _: Mapping[str, Fact]) -> int | None:
        value = buckets.latest[measure].value(None, day)
        return None if value is None else next_anniversary(str(value)[-5:], day) - day

    return until


def _to(feature: UntilFeature) -> Formula:
    """Days to a date itself; unknown where it has passed."""
    measure = feature.measure

    def to(buckets: Buckets, day: Day, _: Mapping[str, Fact]) -> int | None:
        value = buckets.latest[measure].value(None, day)
        days = -1 if value is None else day_in(str(value)) - day
        return days if days >= 0 else None

    return to


FORMULAS: dict[KindName, Callable[[Any], Formula]] = {  # each takes the features of its kind
    "count": _count,
    "sum": _sum,
    "mean": _mean,
    "min": _extreme,
    "max": _extreme,
    "distinct": _distinct,
    "latest": _latest,
    "days_since_first": _since_first,
    "days_since_last": _since_last,
    "days_until": _until,
    "days_to": _to,
    "ratio": _combined(_ratio),
    "minus": _combined(operator.sub),
    "plus": _combined(operator.add),
    "points": _points,
}
