"""Imports history: folds years of events at once into a state. Announces nothing.

Pure. The standing is the fold of all events. For a new customer, the ledger treats the current levels as announced. For
an existing customer it stays as it was, so that changes by the history are announced once, by the next event or night.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from standing.engine.fold import DayResult, simulate_days
from standing.engine.measures import prune
from standing.engine.start import StoredHistory, checkpoints, replay_all, replay_before
from standing.engine.state import Checkpoint, Contact, Ledger, Memory, State
from standing.rules.timeline import Timeline
from standing.values.days import Day, month_ends


class ImportedHistory(NamedTuple):
    """A customer with its history: state, checkpoints for late events, and memories at the ends of months."""

    state: State
    checkpoints: tuple[Checkpoint, ...]
    months: dict[Day, Memory]


def import_history(
    before: State | None, past: StoredHistory, rules: Timeline, until: Day, months: int, first: Day | None = None
) -> ImportedHistory:
    """Fold a customer's events (at least one) up to the end of `until`, or of the last event's day.

    An existing customer stays at its own last day, since later changes by time are still to be announced. `past` has
    the existing checkpoints, which are rewritten; `months` is the number of month ends to return. If the oldest events
    may be deleted, `first` is the day of the first new event: the fold begins before it.
    """
    events = past.events
    start = replay_all(events) if first is None else replay_before(first, past)
    last = max([*start.busy, before.day if before else until])  # after a checkpoint there may be no events
    lived = list(simulate_days(rules, start.under, start.memory, start.day + 1, last, busy=start.busy))
    end = lived[-1]
    state = State(
        events[0].detail.customer,
        (before.version if before else 0) + 1,
        end.day,
        end.ruleset.features_hash,
        prune(start.under(end.ruleset), end.day, end.ruleset),
        end.opened,
        end.closed,
        _continued(before.ledger, lived) if before else _known(lived),
    )
    return ImportedHistory(state, checkpoints(start, lived, past.checkpoints), _months(lived, months))


def without_history(before: State) -> State:
    """The state of a customer without any event that counts: it has no standing, and keeps its announcements.

    The next event is treated as a first event. Versions continue, because the ids of decisions depend on them.
    """
    ledger = replace(before.ledger, waiting={})
    return State(before.customer, before.version + 1, before.day, "", (), Memory(), Memory(), ledger)


def _known(lived: Sequence[DayResult]) -> Ledger:
    """The ledger of a new customer: its levels count as announced, and due actions as done."""
    memory = lived[-1].closed
    shown = {rating: held.level for rating, held in memory.all_shown().items()}
    contacts = tuple(_contacts(lived))
    return Ledger(said=shown, asked=dict(memory.due), refrained=_refrained(lived), contacts=contacts)


def _continued(before: Ledger, lived: Sequence[DayResult]) -> Ledger:
    """The stored ledger, in which actions that were due in the imported history count as over."""
    asked, refrained = _later(before.asked, lived[-1].closed.due), _later(before.refrained, _refrained(lived))
    return replace(before, asked=asked, refrained=refrained)


def _contacts(lived: Sequence[DayResult]) -> Iterator[Contact]:
    """Contacts that were due and may still count towards a cap. They are taken as made."""
    last = lived[-1]
    for day in (day for day in lived if last.day - day.day < last.ruleset.longest_cap):
        for name in sorted(day.due):
            if channel := day.ruleset.care[name].do.channel:
                yield Contact(channel, name, day.day)


def _refrained(lived: Iterable[DayResult]) -> dict[str, Day]:
    """When each action was last held back for each reason, so that folding again finds nothing to record."""
    return {f"{care}#{gate}": day.day for day in lived for care, gate in day.refrained}


def _later(first: dict[str, Day], second: dict[str, Day]) -> dict[str, Day]:
    return {name: max(first.get(name, 0), second.get(name, 0)) for name in first | second}


def _months(lived: Sequence[DayResult], most: int) -> dict[Day, Memory]:
    """The customer's memory at the last `most` month ends. A skipped day is equal to the day before."""
    ends: Iterable[Day] = list(month_ends(lived[0].day, lived[-1].day))[-most:] if most else ()
    days = iter([*lived, None])
    memories, memory, ahead = {}, Memory(), next(days)
    for end in ends:
        while ahead is not None and ahead.day <= end:
            memory, ahead = ahead.closed, next(days)
        memories[end] = memory
    return memories
