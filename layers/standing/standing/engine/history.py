"""History taken over: years of events folded at once, into the state that they come to. Says nothing to anybody.

Pure. The standing is what the fold of all events makes of it. The ledger takes what is true of a new customer as known;
of one who is live already it keeps what was said, so that what history changes is announced once, by whatever comes
next.
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
    """A customer with its history: the state, checkpoints for late events, and its memory at the ends of months."""

    state: State
    checkpoints: tuple[Checkpoint, ...]
    months: dict[Day, Memory]


def import_history(
    before: State | None, past: StoredHistory, rules: Timeline, until: Day, months: int, first: Day | None = None
) -> ImportedHistory:
    """A customer with all its events (one at least), folded up to the end of `until`, or of its last event.

    One who is live already stays at the day where it was: what time changes from there on is still to be announced.
    `past` holds the checkpoints that there are, which are made anew; `months` is how many ends of months are told.
    Where the oldest events may be gone, `first` is the day of the first that is new: the fold begins before it.
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
        _kept(before.ledger, lived) if before else _known(lived),
    )
    return ImportedHistory(state, checkpoints(start, lived, past.checkpoints), _months(lived, months))


def without_history(before: State) -> State:
    """A customer none of whose events counts any more: it stands nowhere, and what was said of it stays said.

    The next event makes it anew, as a first one does. Its versions go on, by which what was announced has its ids.
    """
    ledger = replace(before.ledger, waiting={})
    return State(before.customer, before.version + 1, before.day, "", (), Memory(), Memory(), ledger)


def _known(lived: Sequence[DayResult]) -> Ledger:
    """The ledger of a customer of whom nothing was said: what is true is known, what was due is done."""
    memory = lived[-1].closed
    said = {rating: held.level for rating, held in memory.all_shown().items()}
    contacts = tuple(_contacts(lived))
    return Ledger(said=said, asked=dict(memory.due), refrained=_refrained(lived), contacts=contacts)


def _kept(before: Ledger, lived: Sequence[DayResult]) -> Ledger:
    """The ledger as it was; what was due by the history that is known now is over."""
    asked, refrained = _later(before.asked, lived[-1].closed.due), _later(before.refrained, _refrained(lived))
    return replace(before, asked=asked, refrained=refrained)


def _contacts(lived: Sequence[DayResult]) -> Iterator[Contact]:
    """The contacts that were due and may still count towards a cap: whoever served the customer then made them."""
    last = lived[-1]
    for day in (day for day in lived if last.day - day.day < last.ruleset.longest_cap):
        for name in sorted(day.due):
            if channel := day.ruleset.care[name].do.channel:
                yield Contact(channel, name, day.day)


def _refrained(lived: Iterable[DayResult]) -> dict[str, Day]:
    """When each action was last held back for each reason, so that folding again finds nothing to record."""
    return {f"{care}#{gate}": day.day for day in lived for care, gate in day.refrained}


def _later(one: dict[str, Day], other: dict[str, Day]) -> dict[str, Day]:
    return {name: max(one.get(name, 0), other.get(name, 0)) for name in one | other}


def _months(lived: Sequence[DayResult], most: int) -> dict[Day, Memory]:
    """The customer's memory at the last ends of months; where a day was not lived through, it was as before."""
    ends: Iterable[Day] = list(month_ends(lived[0].day, lived[-1].day))[-most:] if most else ()
    days = iter([*lived, None])
    found, held, ahead = {}, Memory(), next(days)
    for end in ends:
        while ahead is not None and ahead.day <= end:
            held, ahead = ahead.closed, next(days)
        found[end] = held
    return found
