"""The outlook: a customer on a day, and on later days if no further event happens."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from standing.engine.clock import scheduled_changes
from standing.engine.fold import BucketsFor, DayResult, simulate_days
from standing.engine.measures import Buckets, aggregate
from standing.engine.reasons import Reason, reasons_for_level
from standing.engine.start import FoldStart
from standing.engine.state import Memory
from standing.events.intake import Event
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import Day

AHEAD = 800  # days: the longest sliding window (a year), and a yearly review after it


@dataclass(frozen=True)
class Outlook:
    """A customer at the end of a day, and each later day on which time alone could change anything."""

    rules: Timeline
    books: BucketsFor
    today: DayResult
    ahead: tuple[DayResult, ...]

    @property
    def days(self) -> tuple[DayResult, ...]:
        """Today and the days ahead."""
        return (self.today, *self.ahead)

    def opened(self, day: Day) -> Memory:
        """The memory at the beginning of today or a later day, if no event happens before it."""
        place = bisect_left(self.days, day, key=lambda lived: lived.day)
        return self.days[place - 1].closed if place else self.today.opened

    def lived_with(self, events: Sequence[Event], day: Day, last: Day) -> DayResult:
        """The result of the day `last` if these events, and no others, happen on `day`."""

        def books(ruleset: Ruleset) -> Buckets:
            return aggregate(self.books(ruleset), events, ruleset)

        return _last(simulate_days(self.rules, books, self.opened(day), day, last))


@dataclass(frozen=True)
class UpcomingChange:
    """A level change that time alone brings. `grace_from` is when the grace period before it begins."""

    day: Day
    was: str
    level: str
    because: tuple[Reason, ...]
    rules: str
    grace_from: Day | None = None


def look_ahead(start: FoldStart, rules: Timeline, day: Day) -> Outlook:
    """The outlook from `day`. `start` has all events up to it."""
    today = simulated_up_to(start, rules, day)
    watched = set(_watched(rules, start.under, day + 1, day + AHEAD))
    ahead = simulate_days(rules, start.under, today.closed, day + 1, day + AHEAD, busy=watched)
    return Outlook(rules, start.under, today, tuple(ahead))


def _watched(rules: Timeline, books: BucketsFor, first: Day, last: Day) -> Iterator[Day]:
    """The days on which a comparison flips. A plan may wait for it, even if no condition changes."""
    for span in rules.spans(first, last):
        scheduled = scheduled_changes(span.ruleset, books(span.ruleset), span.first, span.last)
        yield from (flip.day for flip in scheduled.flips)


def upcoming_changes(outlook: Outlook) -> dict[str, UpcomingChange]:
    """By rating, the next level change that time alone brings. Ratings without one are left out."""
    shown = outlook.today.closed.all_shown()
    changes = ((name, _turn(outlook, name, current.level)) for name, current in shown.items())
    return {name: change for name, change in changes if change}


def simulated_up_to(start: FoldStart, rules: Timeline, day: Day) -> DayResult:
    """The result of a day, after a fold from `start` over all days before it."""
    return _last(simulate_days(rules, start.under, start.memory, start.day + 1, day, busy=start.busy))


def _last(lived: Iterable[DayResult]) -> DayResult:
    return deque(lived, maxlen=1)[0]


def _turn(outlook: Outlook, rating: str, level: str) -> UpcomingChange | None:
    grace_from: Day | None = None
    for lived in outlook.ahead:
        shown = lived.closed.shows(rating)
        if shown is None:
            return None  # later rules have no such rating
        if shown.level != level:
            in_force = lived.ruleset.ratings[rating]
            was = lived.opened.shows(rating)
            because = reasons_for_level(lived.ruleset, in_force, was, shown.level, lived.facts)
            return UpcomingChange(lived.day, level, shown.level, because, lived.ruleset.version, grace_from)
        grace_from = (grace_from or lived.day) if shown.grace_until is not None else None
    return None
