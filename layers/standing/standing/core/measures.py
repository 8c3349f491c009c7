"""Measures: what happened, counted and summed by day. Sparse, commutative, in whole numbers.

Knows events; knows nothing of windows being compared or of rules.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from standing.core.days import Day
from standing.core.events import Feedback, MoneyDetail
from standing.core.intake import Event
from standing.core.money import to_minor
from standing.core.ruleset import Measure, Ruleset

SCORE_UNIT = 10_000


@dataclass(frozen=True)
class Series:
    """One measure's days that had events, rising, with the count and the sum of each; `first` is never dropped."""

    days: tuple[Day, ...] = ()
    counts: tuple[int, ...] = ()
    sums: tuple[int, ...] = ()
    first: Day | None = None

    @cached_property
    def _counted(self) -> tuple[int, ...]:
        return tuple(accumulate(self.counts, initial=0))

    @cached_property
    def _summed(self) -> tuple[int, ...]:
        return tuple(accumulate(self.sums, initial=0))

    def window(self, first: Day | None, last: Day) -> tuple[int, int]:
        """Count and sum of the days from `first` (none: from the beginning) to `last`, both included."""
        low = 0 if first is None else bisect_left(self.days, first)
        high = max(low, bisect_right(self.days, last))
        return self._counted[high] - self._counted[low], self._summed[high] - self._summed[low]

    def latest(self, last: Day) -> Day | None:
        """The latest day with events that is not after `last`."""
        place = bisect_right(self.days, last)
        return self.days[place - 1] if place else None

    def plus(self, happened: Iterable[tuple[Day, int]]) -> Series:
        """With more values added, each on its day. The order of adding makes no difference."""
        added = dict(zip(self.days, zip(self.counts, self.sums, strict=True), strict=True))
        first = self.first
        for day, value in happened:
            count, total = added.get(day, (0, 0))
            added[day] = count + 1, total + value
            first = day if first is None else min(first, day)
        return _series(added, first)

    def since(self, day: Day) -> Series:
        """Without the days before `day`, but for the latest of all, which is kept for "days since"."""
        start = min(bisect_left(self.days, day), max(len(self.days) - 1, 0))
        if not start:
            return self
        return Series(self.days[start:], self.counts[start:], self.sums[start:], self.first)


def _series(by_day: dict[Day, tuple[int, int]], first: Day | None) -> Series:
    days = tuple(sorted(by_day))
    return Series(days, tuple(by_day[day][0] for day in days), tuple(by_day[day][1] for day in days), first)


type Buckets = tuple[Series, ...]


def empty(ruleset: Ruleset) -> Buckets:
    """The buckets of a customer of whom nothing is known."""
    return (Series(),) * len(ruleset.measures)


def gather(buckets: Buckets, events: Iterable[Event], ruleset: Ruleset) -> Buckets:
    """The buckets with these events counted in. Commutative: their order makes no difference."""
    happened = list(events)
    return tuple(
        series.plus(values) if (values := _values(measure, happened, ruleset.programme.minor_digits)) else series
        for series, measure in zip(buckets, ruleset.measures, strict=True)
    )


def prune(buckets: Buckets, day: Day, ruleset: Ruleset) -> Buckets:
    """The buckets without what no window can reach any more from `day` on."""
    return tuple(
        series if reach is None else series.since(day - reach + 1)
        for series, reach in zip(buckets, ruleset.reaches, strict=True)
    )


def _values(measure: Measure, events: list[Event], minor_digits: int) -> list[tuple[Day, int]]:
    return [
        (event.day, value)
        for event in events
        if _counts(measure, event) and (value := _value(measure, event, minor_digits)) is not None
    ]


def _counts(measure: Measure, event: Event) -> bool:
    detail = event.detail
    return detail.family in measure.of and all(
        getattr(detail, name, None) == wanted for name, wanted in measure.where.items()
    )


def _value(measure: Measure, event: Event, minor_digits: int) -> int | None:
    detail = event.detail
    if measure.value == "count":
        return 0
    if isinstance(detail, MoneyDetail):
        amount = to_minor(detail.value, minor_digits)
        return -amount if measure.value == "net_amount" and detail.family == "refund" else amount
    return _score(detail) if isinstance(detail, Feedback) else None


def _score(detail: Feedback) -> int | None:
    if detail.score is None or detail.scale is None:
        return None
    lowest, highest = detail.scale
    return (detail.score - lowest) * SCORE_UNIT // (highest - lowest)
