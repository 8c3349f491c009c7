"""Features: from a customer's day buckets to the numbers a rule may compare, as of one day."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from standing.core.conditions import Fact
from standing.core.days import Day, day_date, last_anniversary, next_anniversary
from standing.core.measures import Buckets
from standing.core.ruleset import Feature, Ruleset
from standing.core.series import Extremes, Latest, Seen, Sums

RATIO_UNIT = 10_000
EXACT = 2**53 - 1  # every reader compares whole numbers exactly up to here


def facts(ruleset: Ruleset, buckets: Buckets, day: Day) -> dict[str, Fact]:
    """Every known feature by name, in whole units or as a text, as of the end of `day`. What is unknown is left out."""
    known: dict[str, Fact] = {}
    for feature in ruleset.features:
        parts = feature.parts
        value = (
            combined(feature, known.get(parts[0]), known.get(parts[1])) if parts else measured(feature, buckets, day)
        )
        if value is not None:
            known[feature.name] = max(-EXACT, min(EXACT, value)) if isinstance(value, int) else value
    return known


def measured(feature: Feature, buckets: Buckets, day: Day) -> Fact | None:
    """A feature that is taken from a measure, as of the end of `day`; none where it is unknown."""
    return KINDS[feature.kind](feature, buckets, day)


def window_start(feature: Feature, buckets: Buckets, last: Day) -> Day | None:
    """The first day of the window that ends on `last`; none where it has no beginning."""
    if feature.over == "calendar-year":
        return last - day_date(last).timetuple().tm_yday + 1
    if feature.over == "membership-year":
        joined = cast("Sums", buckets[feature.anchor]).first
        return last if joined is None or joined > last else last_anniversary(day_date(joined), last)
    return None if feature.over is None else last - feature.over + 1


def combined(feature: Feature, first: Fact | None, second: Fact | None) -> int | None:
    """A feature that is made of two others; unknown where one of them is."""
    if not isinstance(first, int) or not isinstance(second, int):
        return None
    if feature.kind == "ratio":
        return first * RATIO_UNIT // second if second else None
    return first - second if feature.kind == "minus" else first + second


def _window(feature: Feature, buckets: Buckets, day: Day) -> tuple[int, int]:
    last = day - feature.ending
    return cast("Sums", buckets[feature.measure]).window(window_start(feature, buckets, last), last)


def _count(feature: Feature, buckets: Buckets, day: Day) -> int:
    return _window(feature, buckets, day)[0]


def _sum(feature: Feature, buckets: Buckets, day: Day) -> int:
    return _window(feature, buckets, day)[1]


def _mean(feature: Feature, buckets: Buckets, day: Day) -> int | None:
    count, total = _window(feature, buckets, day)
    return total // count if count else None


def _extreme(feature: Feature, buckets: Buckets, day: Day) -> int | None:
    last = day - feature.ending
    found = cast("Extremes", buckets[feature.measure]).window(window_start(feature, buckets, last), last)
    return found[feature.kind == "max"] if found else None


def _distinct(feature: Feature, buckets: Buckets, day: Day) -> int:
    return cast("Seen", buckets[feature.measure]).distinct(window_start(feature, buckets, day), day)


def _latest(feature: Feature, buckets: Buckets, day: Day) -> Fact | None:
    value = cast("Latest", buckets[feature.measure]).value(window_start(feature, buckets, day), day)
    if not feature.levels:
        return value
    return feature.levels.index(str(value)) if value in feature.levels else None


def _since_first(feature: Feature, buckets: Buckets, day: Day) -> int | None:
    first = cast("Sums", buckets[feature.measure]).first
    return day - first if first is not None and first <= day else None


def _since_last(feature: Feature, buckets: Buckets, day: Day) -> int | None:
    latest = cast("Sums", buckets[feature.measure]).latest(day)
    return day - latest if latest is not None else None


def _until(feature: Feature, buckets: Buckets, day: Day) -> int | None:
    """Days to the next anniversary of a date, of which the last five characters are the month and the day."""
    value = cast("Latest", buckets[feature.measure]).value(None, day)
    return None if value is None else next_anniversary(str(value)[-5:], day) - day


KINDS: dict[str, Callable[[Feature, Buckets, Day], Fact | None]] = {
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
}
