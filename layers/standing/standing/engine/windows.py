"""Plain windows: one series counted, added up or averaged over a number of days, or ever. Most features are such.

They are worked out together, series by series: on one day (`PlainWindows.facts`), or on every day on which a window
changes (`changes`). `features.py` has a formula for each feature alone, whatever its window.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from standing.engine.features import limited
from standing.rules.conditions import Fact
from standing.rules.features import CountFeature, Feature, SumFeature
from standing.rules.kinds import KindName
from standing.values.days import Day

if TYPE_CHECKING:
    from standing.engine.measures import Buckets
    from standing.engine.series import Sums

BEYOND = 10**9  # days: for how long a window looks back that has no beginning


class PlainWindow(NamedTuple):
    """A feature's window: so many days after its own something enters it, and so many days after its own it leaves."""

    name: str
    kind: KindName
    enters: int
    leaves: int


def plain_window(feature: Feature) -> PlainWindow | None:
    """A feature's window, if it is plain."""
    if not isinstance(feature, CountFeature | SumFeature) or len(feature.measures) > 1 or feature.window.is_year:
        return None
    over, ending = feature.window.over, feature.window.ending
    return PlainWindow(feature.name, feature.kind, ending, ending + over if isinstance(over, int) else BEYOND)


class PlainWindows:
    """The plain windows of a ruleset, by what they are taken from."""

    def __init__(self, features: Iterable[Feature]) -> None:
        by_measure: dict[str, list[PlainWindow]] = {}
        for feature in features:
            if window := plain_window(feature):
                by_measure.setdefault(feature.measures[0], []).append(window)
        self.names = frozenset(window.name for windows in by_measure.values() for window in windows)
        self.by_measure = tuple(
            (measure, [one for one in windows if one.kind == "count"], [one for one in windows if one.kind != "count"])
            for measure, windows in by_measure.items()
        )

    def facts(self, buckets: Buckets, day: Day) -> dict[str, Fact]:
        """What is known of each on a day: counts and sums always, a mean if there are values."""
        known: dict[str, Fact] = {}
        for measure, counts, totals in self.by_measure:
            series = buckets.sums[measure].as_of(day)
            days = series.days
            if counts:
                counted = series.counted
                for name, _, enters, leaves in counts:
                    known[name] = counted[bisect_right(days, day - enters)] - counted[bisect_right(days, day - leaves)]
            summed = series.summed if totals else ()
            for name, kind, enters, leaves in totals:
                low, high = bisect_right(days, day - leaves), bisect_right(days, day - enters)
                if kind == "sum":
                    known[name] = limited(summed[high] - summed[low])
                elif low < high:
                    known[name] = limited((summed[high] - summed[low]) // (series.counted[high] - series.counted[low]))
        return known


def changes(window: PlainWindow, series: Sums, first: Day, last: Day) -> list[tuple[Day, Fact | None]]:
    """The value of the day before `first`, and of each day to `last` on which something enters the window or leaves."""
    places, counted, summed = _places(window, series.days, first, last), series.counted, series.summed
    if window.kind == "count":
        return [(day, counted[high] - counted[low]) for day, low, high in places]
    if window.kind == "sum":
        return [(day, limited(summed[high] - summed[low])) for day, low, high in places]
    both = ((day, counted[high] - counted[low], summed[high] - summed[low]) for day, low, high in places)
    return [(day, limited(total // count) if count else None) for day, count, total in both]


def _places(window: PlainWindow, days: tuple[Day, ...], first: Day, last: Day) -> list[tuple[Day, int, int]]:
    """The places in a series where the window begins and after which it ends: the day before, and when they move."""
    enters, leaves = window.enters, window.leaves
    low, high = bisect_left(days, first - leaves), bisect_left(days, first - enters)
    leaving, entering = days[low : bisect_right(days, last - leaves)], days[high : bisect_right(days, last - enters)]
    if not entering:  # as in a silence, where each day that leaves is the next
        return [(first - 1, low, high), *[(day + leaves, place, high) for place, day in enumerate(leaving, low + 1)]]
    moves = sorted({*[day + enters for day in entering], *[day + leaves for day in leaving]})
    return [(day, bisect_right(days, day - leaves), bisect_right(days, day - enters)) for day in (first - 1, *moves)]
