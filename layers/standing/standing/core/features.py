"""Features: from a customer's day buckets to the numbers a rule may compare, as of one day."""

from __future__ import annotations

from collections.abc import Callable

from standing.core.days import Day, day_date
from standing.core.measures import Buckets, Series
from standing.core.ruleset import Feature, Ruleset

RATIO_UNIT = 10_000
EXACT = 2**53 - 1  # every reader compares whole numbers exactly up to here


def facts(ruleset: Ruleset, buckets: Buckets, day: Day) -> dict[str, int]:
    """Every known feature by name, in whole units, as of the end of `day`. What is unknown is left out."""
    known: dict[str, int] = {}
    for feature in ruleset.features:
        value = _combined(feature, known) if feature.parts else _measured(feature, buckets[feature.measure], day)
        if value is not None:
            known[feature.name] = max(-EXACT, min(EXACT, value))
    return known


def _measured(feature: Feature, series: Series, day: Day) -> int | None:
    return KINDS[feature.kind](feature, series, day)


def _combined(feature: Feature, known: dict[str, int]) -> int | None:
    first, second = (known.get(part) for part in feature.parts or ())
    if first is None or second is None:
        return None
    if feature.kind == "ratio":
        return first * RATIO_UNIT // second if second else None
    return first - second if feature.kind == "minus" else first + second


def _window(feature: Feature, series: Series, day: Day) -> tuple[int, int]:
    last = day - feature.ending
    return series.window(_window_start(feature, last), last)


def _window_start(feature: Feature, last: Day) -> Day | None:
    if feature.over == "calendar-year":
        return last - day_date(last).timetuple().tm_yday + 1
    return None if feature.over is None else last - feature.over + 1


def _count(feature: Feature, series: Series, day: Day) -> int:
    return _window(feature, series, day)[0]


def _sum(feature: Feature, series: Series, day: Day) -> int:
    return _window(feature, series, day)[1]


def _mean(feature: Feature, series: Series, day: Day) -> int | None:
    count, total = _window(feature, series, day)
    return total // count if count else None


def _since_first(_: Feature, series: Series, day: Day) -> int | None:
    return day - series.first if series.first is not None and series.first <= day else None


def _since_last(_: Feature, series: Series, day: Day) -> int | None:
    latest = series.latest(day)
    return day - latest if latest is not None else None


KINDS: dict[str, Callable[[Feature, Series, Day], int | None]] = {
    "count": _count,
    "sum": _sum,
    "mean": _mean,
    "days_since_first": _since_first,
    "days_since_last": _since_last,
}
