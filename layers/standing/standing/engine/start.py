"""Where a fold begins: at the state, at a checkpoint before a late event, or at a customer's first event.

A checkpoint is a customer at the end of a month. The fold of a late event begins at the last checkpoint before it, and
later checkpoints, which are out of date, are rewritten.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from standing.engine.fold import DayResult
from standing.engine.measures import Buckets, StoredBuckets, aggregate, empty, from_stored, prune
from standing.engine.state import Checkpoint, Memory, State
from standing.events.intake import Event
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import Day, month_ends

MOST_CHECKPOINTS = 6  # a gap of years need not have one for each month
MONTH = 31


@dataclass(frozen=True)
class StoredHistory:
    """A customer's stored events that count, and checkpoints."""

    events: Sequence[Event] = ()
    checkpoints: Sequence[Checkpoint] = ()


NOTHING = StoredHistory()


@dataclass(frozen=True)
class FoldStart:
    """The day before a fold's first day, and the memory at its end.

    `stored` has buckets by the hash of their features, to which the events `since` are added. For other features,
    buckets are aggregated from `events`, which has all events. Purchases that refunds name are looked up in `events`.
    """

    day: Day
    memory: Memory
    since: Sequence[Event]
    events: Sequence[Event]
    stored: dict[str, StoredBuckets] = field(default_factory=dict)
    _gathered: dict[str, Buckets] = field(default_factory=dict, init=False, compare=False)

    @cached_property
    def busy(self) -> frozenset[Day]:
        """The days that have events."""
        return frozenset(event.day for event in self.since)

    def under(self, ruleset: Ruleset) -> Buckets:
        """The customer's buckets for a ruleset's features."""
        if ruleset.features_hash not in self._gathered:
            stored = self.stored.get(ruleset.features_hash)
            known, events = (
                (empty(ruleset), self.events) if stored is None else (from_stored(stored, ruleset), self.since)
            )
            self._gathered[ruleset.features_hash] = aggregate(known, events, ruleset, self.events)
        return self._gathered[ruleset.features_hash]


def features_changed(state: State, rules: Timeline, until: Day) -> bool:
    """Whether features are defined otherwise than in a state, on its own last day or on any up to another.

    To be lived through again or moved on it then takes more than the state: its history.
    """
    spans = rules.spans(state.day, max(until, state.day))
    return any(span.ruleset.features_hash != state.features_hash for span in spans)


def resume(state: State, events: Sequence[Event], past: StoredHistory) -> FoldStart:
    """Start from the state. A finished day stays as decided, unless it gets a further event."""
    again = any(event.day == state.day for event in events)
    memory, day = (state.opened, state.day - 1) if again else (state.closed, state.day)
    return FoldStart(day, memory, events, [*past.events, *events], {state.features_hash: state.buckets})


def replay_from_checkpoint(events: Sequence[Event], past: StoredHistory) -> FoldStart:
    """Start from the last checkpoint before the first of the events, or from the customer's first event."""
    return _begin_before(min(event.day for event in events), [*past.events, *events], past.checkpoints)


def replay_all(events: Sequence[Event]) -> FoldStart:
    """Start from the first of all events, at least one."""
    return FoldStart(min(event.day for event in events) - 1, Memory(), events, events)


def replay_before(first: Day, past: StoredHistory) -> FoldStart:
    """Start from the last checkpoint before a day, or from the customer's first event."""
    return _begin_before(first, past.events, past.checkpoints)


def replay_up_to(day: Day, past: StoredHistory) -> FoldStart:
    """Start a fold whose last day is `day`, without later events. There must be an event up to `day`."""
    return _begin_before(day, [event for event in past.events if event.day <= day], past.checkpoints)


def _begin_before(first: Day, events: Sequence[Event], stored: Iterable[Checkpoint]) -> FoldStart:
    base = max((one for one in stored if one.day < first), key=lambda one: one.day, default=None)
    if base is None:
        return replay_all(events)
    since = [event for event in events if event.day > base.day]
    return FoldStart(base.day, base.memory, since, events, {base.features_hash: base.buckets})


def checkpoints(start: FoldStart, lived: Sequence[DayResult], stored: Iterable[Checkpoint]) -> tuple[Checkpoint, ...]:
    """The checkpoints of a fold: the customer at the last month ends that it passed, and at those in `stored`."""
    last = lived[-1]
    if start.day + 1 == last.day:  # mostly: a single day passes no other day's end
        return ()
    oldest = last.day - last.ruleset.programme.lateness - MONTH
    passed = list(month_ends(max(start.day + 1, oldest), last.day - 1))[-MOST_CHECKPOINTS:]
    again = (checkpoint.day for checkpoint in stored if start.day < checkpoint.day < last.day)
    return tuple(_checkpoint(start, lived, day) for day in sorted({*passed, *again}))


def _checkpoint(start: FoldStart, lived: Sequence[DayResult], day: Day) -> Checkpoint:
    """The customer at the end of a day. A skipped day is equal to the last simulated day before it."""
    reached = lived[bisect_right(lived, day, key=lambda one: one.day) - 1]
    ruleset = reached.ruleset
    buckets = prune(start.under(ruleset).up_to(day), day, ruleset)
    return Checkpoint(day, ruleset.features_hash, buckets, reached.closed)
