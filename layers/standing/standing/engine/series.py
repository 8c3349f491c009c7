"""Series: what is kept of one measure, by day. Sparse, commutative, in whole numbers and short texts.

Four kinds, one for each question a feature can ask: sums, extremes, the latest value, and which values were seen. Each
takes values in any order (`plus`), and forgets what no window can reach any more (`evict`).

A series never changes: what it holds beside its columns was worked out from them. It has slots and is not frozen, as a
decision makes a dozen, and it takes a third of the time to make one so.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import accumulate
from operator import itemgetter
from typing import Any, NamedTuple, Self

from standing.rules.conditions import Fact
from standing.rules.features import Reach
from standing.values.days import Day

SHORT = 17  # bytes of a value that is kept as it is; a digest has as many
DIGEST = "\x00"  # what a digest begins with, and no value can
MERGEABLE = 2  # days that are worth making one


class Observation(NamedTuple):
    """One value of a measure: its day, its moment (microseconds from 1970), and what it was."""

    day: Day
    moment: int
    value: Fact


class Amendment(NamedTuple):
    """A value that counts on a day before the one from which on it is known, such as that of a refund."""

    known: Day
    happened: Observation


@dataclass(unsafe_hash=True, slots=True)
class Kept:
    """What the state keeps of a measure. `row` is what it was read from, so that it need not be written again."""

    row: Sequence[Any] | None = field(default=None, init=False, repr=False, compare=False)


@dataclass(unsafe_hash=True, slots=True)
class Amended(Kept):
    """A series whose days may be amended later; `pending`, in order, is what is known only from some day on."""

    pending: tuple[Amendment, ...] = field(default=(), kw_only=True)
    _reached: tuple[int, Self] | None = field(default=None, init=False, repr=False, compare=False)

    def plus(self, happened: Iterable[Observation]) -> Self:
        """With more values, each on its day."""
        raise NotImplementedError

    def awaiting(self, amendments: Iterable[Amendment]) -> Self:
        """With values that count on days on which nobody knows of them yet."""
        return replace(self, pending=tuple(sorted((*self.pending, *amendments))))

    def as_of(self, day: Day) -> Self:
        """With all that is known by the end of `day` on the days on which it counts."""
        if not self.pending:
            return self
        number = bisect_right(self.pending, day, key=itemgetter(0))
        if not number:
            return self
        if self._reached is None or self._reached[0] != number:  # days are mostly asked for in their order
            later = replace(self, pending=self.pending[number:])
            self._reached = number, later.plus(one.happened for one in self.pending[:number])
        return self._reached[1]

    def _pending_by(self, day: Day) -> tuple[Amendment, ...]:
        """What happened by the end of a day, of all that is pending."""
        return self.pending[: bisect_right(self.pending, day, key=itemgetter(0))]


@dataclass(unsafe_hash=True, slots=True)
class Sums(Amended):
    """Days that had events, rising, with the count and the sum of each; `first` is never dropped."""

    days: tuple[Day, ...] = ()
    counts: tuple[int, ...] = ()
    sums: tuple[int, ...] = ()
    first: Day | None = None
    _counted: Sequence[int] | None = field(default=None, init=False, repr=False, compare=False)
    _summed: Sequence[int] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def counted(self) -> Sequence[int]:
        """How many events there were before each of the days, and in the end."""
        if self._counted is None:
            all_ones = self.counts.count(1) == len(self.counts)  # mostly
            self._counted = range(len(self.counts) + 1) if all_ones else tuple(accumulate(self.counts, initial=0))
        return self._counted

    @property
    def summed(self) -> Sequence[int]:
        """The sum before each of the days, and in the end."""
        if self._summed is None:
            self._summed = tuple(accumulate(self.sums, initial=0))
        return self._summed

    def places(self, first: Day | None, last: Day) -> tuple[int, int]:
        """The place of the first day from `first` (none: from the beginning) to `last`, and that after the last one."""
        high = bisect_right(self.days, last)
        return 0 if first is None else bisect_left(self.days, first, 0, high), high

    def window(self, first: Day | None, last: Day) -> tuple[int, int]:
        """Count and sum of the days from `first` (none: from the beginning) to `last`, both included."""
        low, high = self.places(first, last)
        return self.counted[high] - self.counted[low], self.summed[high] - self.summed[low]

    def total(self, first: Day | None, last: Day) -> int:
        """The sum from `first` (none: from the beginning) to `last`, both included."""
        low, high = self.places(first, last)
        return self.summed[high] - self.summed[low]

    def latest(self, last: Day) -> Day | None:
        """The latest day with events that is not after `last`."""
        place = bisect_right(self.days, last)
        return self.days[place - 1] if place else None

    def plus(self, happened: Iterable[Observation]) -> Self:
        """With more values added, each on its day."""
        counts: dict[Day, int] = {}
        sums: dict[Day, int] = {}
        for day, _, value in happened:
            counts[day] = counts.get(day, 0) + 1
            sums[day] = sums.get(day, 0) + int(value)
        return self._with(counts, sums) if counts else self

    def _with(self, counts: dict[Day, int], sums: dict[Day, int]) -> Self:
        begin = min(counts)
        place = bisect_left(self.days, begin)  # what was before stays as it is
        for day, count, total in zip(self.days[place:], self.counts[place:], self.sums[place:], strict=True):
            counts[day] = counts.get(day, 0) + count
            sums[day] = sums.get(day, 0) + total
        days = sorted(counts)
        return type(self)(
            (*self.days[:place], *days),
            (*self.counts[:place], *[counts[day] for day in days]),
            (*self.sums[:place], *[sums[day] for day in days]),
            begin if self.first is None else min(self.first, begin),
            pending=self.pending,
        )

    def evict(self, day: Day, reach: Reach) -> Sums:
        """Without what no window can tell apart from `day` on.

        The latest day of all is kept for "days since"; where a window has no beginning, the latest day that only such
        windows see carries all before it.
        """
        if not self.days or self.days[0] > day - reach.days:
            return self
        old = bisect_left(self.days, day - reach.days + 1)
        if reach.ever:
            return self._merged(old)
        start = min(old, len(self.days) - 1)
        if start <= 0:
            return self
        rest = self.days[start:], self.counts[start:], self.sums[start:]
        return Sums(*rest, self.first, pending=self.pending)

    def up_to(self, day: Day) -> Sums:
        """Without what happened after a day."""
        high = bisect_right(self.days, day)
        first = self.first if self.first is not None and self.first <= day else None
        return Sums(self.days[:high], self.counts[:high], self.sums[:high], first, pending=self._pending_by(day))

    def _merged(self, old: int) -> Sums:
        if old < MERGEABLE:
            return self
        counts, sums = (self.counted[old], *self.counts[old:]), (self.summed[old], *self.sums[old:])
        return Sums(self.days[old - 1 :], counts, sums, self.first, pending=self.pending)


@dataclass(unsafe_hash=True, slots=True)
class Extremes(Amended):
    """Days that had values, rising, with the lowest and the highest of each."""

    days: tuple[Day, ...] = ()
    lows: tuple[int, ...] = ()
    highs: tuple[int, ...] = ()

    def window(self, first: Day | None, last: Day) -> tuple[int, int] | None:
        """The lowest and the highest value from `first` (none: from the beginning) to `last`; none without values."""
        low = 0 if first is None else bisect_left(self.days, first)
        high = bisect_right(self.days, last)
        return (min(self.lows[low:high]), max(self.highs[low:high])) if low < high else None

    def plus(self, happened: Iterable[Observation]) -> Self:
        """With more values, each on its day."""
        added = dict(zip(self.days, zip(self.lows, self.highs, strict=True), strict=True))
        for day, _, value in happened:
            low, high = added.get(day, (int(value), int(value)))
            added[day] = min(low, int(value)), max(high, int(value))
        days = tuple(sorted(added))
        lows, highs = (tuple(added[day][place] for day in days) for place in (0, 1))
        return type(self)(days, lows, highs, pending=self.pending)

    def evict(self, day: Day, reach: Reach) -> Extremes:
        """Without what no window can tell apart from `day` on; what only endless windows see becomes one day."""
        if not self.days or self.days[0] > day - reach.days:
            return self
        old = bisect_left(self.days, day - reach.days + 1)
        if not reach.ever:
            rest = self.days[old:], self.lows[old:], self.highs[old:]
            return Extremes(*rest, pending=self.pending) if old else self
        if old < MERGEABLE:
            return self
        lows, highs = (min(self.lows[:old]), *self.lows[old:]), (max(self.highs[:old]), *self.highs[old:])
        return Extremes(self.days[old - 1 :], lows, highs, pending=self.pending)

    def up_to(self, day: Day) -> Extremes:
        """Without what happened after a day."""
        high = bisect_right(self.days, day)
        return Extremes(self.days[:high], self.lows[:high], self.highs[:high], pending=self._pending_by(day))


@dataclass(unsafe_hash=True, slots=True)
class Latest(Kept):
    """Days that had values, rising, with the last value of each and its moment.

    Of two values of one moment the one that comes first counts, so that the order of arrival makes no difference. What
    comes first is for `first` to say: the lesser, if it says nothing.
    """

    days: tuple[Day, ...] = ()
    moments: tuple[int, ...] = ()
    values: tuple[Fact, ...] = ()

    def value(self, first: Day | None, last: Day) -> Fact | None:
        """The last value that is not after `last`, if it is not before `first`."""
        place = bisect_right(self.days, last)
        known = place and (first is None or self.days[place - 1] >= first)
        return self.values[place - 1] if known else None

    def plus(self, happened: Iterable[Observation], first: Callable[[Fact], Any] = lambda value: value) -> Latest:
        """With more values, of which each day keeps the last."""
        added = dict(zip(self.days, zip(self.moments, self.values, strict=True), strict=True))
        for day, moment, value in happened:
            both = added.get(day, (moment, value)), (moment, value)
            added[day] = min(both, key=lambda said: (-said[0], first(said[1])))
        days = tuple(sorted(added))
        return Latest(days, tuple(added[day][0] for day in days), tuple(added[day][1] for day in days))

    def evict(self, day: Day, _reach: Reach) -> Latest:
        """Without what was superseded before `day`; the moment of a day before matters no more."""
        old = bisect_left(self.days, day)
        if not old:
            return self
        return Latest(self.days[old - 1 :], (0, *self.moments[old:]), self.values[old - 1 :])

    def up_to(self, day: Day) -> Latest:
        """Without what happened after a day."""
        high = bisect_right(self.days, day)
        return Latest(self.days[:high], self.moments[:high], self.values[:high])


@dataclass(unsafe_hash=True, slots=True)
class Seen(Kept):
    """The values that were seen, in order, each with its days, rising. A long one is kept as a digest of it."""

    days: dict[Fact, tuple[Day, ...]] = field(default_factory=dict)

    def distinct(self, first: Day | None, last: Day, most: int = 0) -> int:
        """How many values were seen from `first` (none: from the beginning) to `last`, `most` at most (0: all)."""
        count = sum(_within(days, first, last) for days in self.days.values())
        return min(count, most) if most else count

    def plus(self, happened: Iterable[Observation]) -> Seen:
        """With more values."""
        added: dict[Fact, set[Day]] = {}
        for value, days in self.days.items():
            added.setdefault(_short(value), set()).update(days)
        for day, _, value in happened:
            added.setdefault(_short(value), set()).add(day)
        return Seen({value: tuple(sorted(added[value])) for value in sorted(added, key=str)})

    def evict(self, day: Day, reach: Reach) -> Seen:
        """With the last day up to `day` that each value was seen on, and the days after it.

        Of more values than are counted, those seen last by `day`: whichever window holds one that is left out holds
        all of those that are kept.
        """
        seen = {value: days[max(bisect_right(days, day) - 1, 0) :] for value, days in self.days.items()}
        oldest = None if reach.ever else day - reach.days + 1
        within = {value: tuple(one for one in days if oldest is None or one >= oldest) for value, days in seen.items()}
        few = _seen_last(within, day, reach.most) if reach.most else within
        return Seen({value: days for value, days in few.items() if days})

    def up_to(self, day: Day) -> Seen:
        """Without what happened after a day."""
        seen = {value: days[: bisect_right(days, day)] for value, days in self.days.items()}
        return Seen({value: days for value, days in seen.items() if days})


type Series = Sums | Extremes | Latest | Seen


def _short(value: Fact) -> Fact:
    """A value that is no longer than a state has room for: whether it was seen before is all that is asked of it."""
    if not isinstance(value, str) or len(content := value.encode()) <= SHORT:
        return value
    return DIGEST + urlsafe_b64encode(sha256(content).digest()[: SHORT * 3 // 4]).decode()


def _seen_last(seen: dict[Fact, tuple[Day, ...]], day: Day, most: int) -> dict[Fact, tuple[Day, ...]]:
    """The values, of which so many at most keep the days up to `day`; of one day those that come last in order."""
    last = {value: days[place - 1] for value, days in seen.items() if (place := bisect_right(days, day))}
    gone = sorted(last, key=lambda value: (last[value], str(value)))[:-most]
    return seen | {value: seen[value][bisect_right(seen[value], day) :] for value in gone}


def _within(days: tuple[Day, ...], first: Day | None, last: Day) -> bool:
    place = bisect_right(days, last)
    return bool(place) and (first is None or days[place - 1] >= first)
