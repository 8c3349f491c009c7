"""A customer as of a day: the clock is moved there without writing anything."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from standing.engine.engine import engine_of
from standing.engine.fold import simulate_days
from standing.engine.start import FoldStart, replay_all
from standing.engine.state import Memory, State
from standing.events.intake import Event
from standing.rules.conditions import Fact
from standing.rules.timeline import Timeline
from standing.values.days import Day


@dataclass(frozen=True)
class View:
    """A customer's standing on `day`: every rating's level, and every known feature."""

    day: Day
    memory: Memory
    facts: dict[str, Fact]


def view(state: State, rules: Timeline, day: Day, past: Sequence[Event] = ()) -> View:
    """The standing on `day`, no earlier than the state's own last day.

    `past` are all events so far; they are needed where features are defined otherwise than they were:
    `features_changed`.
    """
    day = max(day, state.day)
    start = FoldStart(state.day, state.closed, (), past, {state.features_hash: state.buckets})
    return _seen(start, rules, day)


def facts_today(state: State, rules: Timeline, day: Day, past: Sequence[Event] = ()) -> dict[str, Fact]:
    """All facts that rules may compare at the end of `day`: features, and each rating's level, former and next level.

    No earlier than the state's own last day, which is lived through again. `past` as in `view`.
    """
    again = day <= state.day
    memory, before = (state.opened, state.day - 1) if again else (state.closed, state.day)
    start = FoldStart(before, memory, (), past, {state.features_hash: state.buckets})
    lived = simulate_days(rules, start.under, memory, before + 1, max(day, state.day))
    return deque(lived, maxlen=1)[0].facts


def view_of_history(events: Sequence[Event], rules: Timeline, day: Day) -> View:
    """The standing on `day`, folded from events only, to compare `view` with. `events` is not empty."""
    start = replay_all(events)
    return _seen(start, rules, max(day, *start.busy))


def _seen(start: FoldStart, rules: Timeline, day: Day) -> View:
    memory = start.memory
    for lived in simulate_days(rules, start.under, memory, start.day + 1, day, busy=start.busy):
        memory = lived.closed
    ruleset = rules.on(day)
    return View(day, memory, engine_of(ruleset).facts(start.under(ruleset), day))
