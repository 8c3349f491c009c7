"""A customer as of a day: the clock moved there without anything being written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from standing.core.days import Day
from standing.core.features import facts
from standing.core.fold import live
from standing.core.intake import Event
from standing.core.measures import empty, gather
from standing.core.ruleset import Ruleset
from standing.core.state import Memory, State


@dataclass(frozen=True)
class View:
    """What is true of a customer on `day`: every rating's level, and every known feature."""

    day: Day
    memory: Memory
    facts: dict[str, int]


def view(state: State, ruleset: Ruleset, day: Day) -> View:
    """The standing on `day`, no earlier than the state's own last day."""
    memory = state.closed
    for lived in live(ruleset, state.buckets, memory, state.day + 1, day):
        memory = lived.closed
    day = max(day, state.day)
    return View(day, memory, facts(ruleset, state.buckets, day))


def view_of_history(events: Sequence[Event], ruleset: Ruleset, day: Day) -> View:
    """The standing on `day` folded from events alone: what `view` is compared with. `events` is not empty."""
    buckets = gather(empty(ruleset), events, ruleset)
    busy = {event.day for event in events}
    memory, last = Memory(), max(day, *busy)
    for lived in live(ruleset, buckets, memory, min(busy), last, busy=busy):
        memory = lived.closed
    return View(last, memory, facts(ruleset, buckets, last))
