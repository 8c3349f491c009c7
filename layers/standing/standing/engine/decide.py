"""Decides: takes a state, events, the rules and the time; returns a new state and decisions.

Pure. The standing comes from the fold (`start` finds where it begins); the ledger (`ledger/`) derives decisions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from standing.engine.fold import DayResult, simulate_days
from standing.engine.ledger.announcements import LevelHonoured, RatingChanged, announce
from standing.engine.ledger.care import CareAccepted, CareClosed, CareDecided, answers_in, care_ledger
from standing.engine.measures import prune
from standing.engine.refunds import may_name_others
from standing.engine.start import (
    NOTHING,
    FoldStart,
    StoredHistory,
    checkpoints,
    features_changed,
    replay_all,
    replay_from_checkpoint,
    resume,
)
from standing.engine.state import Checkpoint, Memory, State
from standing.events.intake import Event
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_of

type Decision = RatingChanged | LevelHonoured | CareDecided | CareAccepted | CareClosed


@dataclass(frozen=True)
class DecisionResult:
    """What one commit writes besides the events: the new state, decisions, checkpoints."""

    state: State
    decisions: tuple[Decision, ...]
    checkpoints: tuple[Checkpoint, ...] = ()


def too_late(event: Event, rules: Timeline, now: datetime) -> bool:
    """Whether an event arrives later than the programme allows. Then it is recorded and changes nothing."""
    programme = rules.latest.programme
    return day_of(now, programme.time_zone) - event.day > programme.lateness


def is_late(state: State | None, events: Iterable[Event]) -> bool:
    """Whether some event is of a day before the state's last day."""
    return state is not None and any(event.day < state.day for event in events)


def needs_history(state: State | None, events: Iterable[Event], rules: Timeline) -> bool:
    """Whether deciding needs the stored history.

    It does if an event is late, if features were defined differently, or if a refund names an earlier purchase.
    """
    if state is None:
        return False
    some = list(events)
    last = max((event.day for event in some), default=state.day)
    if is_late(state, some) or features_changed(state, rules, last):
        return True
    return any(may_name_others(some, span.ruleset) for span in rules.spans(state.day, last))


def decide(
    state: State | None, events: Sequence[Event], rules: Timeline, now: datetime, past: StoredHistory = NOTHING
) -> DecisionResult:
    """Apply events (at least one, all of one customer, none applied before) to a customer's state.

    `past` is the stored history; it is only used if `needs_history` is true.
    """
    rewritten = is_late(state, events)
    if state is None or state.is_empty or rewritten:
        start = replay_from_checkpoint(events, past)
    else:
        start = resume(state, events, past)
    before = state or State(events[0].detail.customer, 0, 0, "", (), Memory(), Memory())
    return _decide_from(start, before, events, rules, now, past.checkpoints if rewritten else None)


def fold_anew(state: State, rules: Timeline, now: datetime, past: StoredHistory) -> DecisionResult:
    """Fold a customer again from all stored events, as if the last of them had come late."""
    return _decide_from(replay_all(past.events), state, (), rules, now, past.checkpoints)


def _decide_from(
    start: FoldStart,
    before: State,
    events: Sequence[Event],
    rules: Timeline,
    now: datetime,
    rewritten: Sequence[Checkpoint] | None,
) -> DecisionResult:
    """Decide from a fold's start. `rewritten` are the stored checkpoints that may be out of date."""
    last = max(*start.busy, before.day, start.day + 1)
    busy = start.busy | days_waited_for(before)
    lived = list(simulate_days(rules, start.under, start.memory, start.day + 1, last, busy=busy))
    return DecisionResult(
        *decision_result(before, events, start, lived, now, rewritten=rewritten is not None),
        checkpoints(start, lived, rewritten or ()),
    )


def days_waited_for(state: State) -> frozenset[Day]:
    """The days on which waiting care rules may be acted on. They are simulated even without other changes."""
    return frozenset(state.ledger.waiting.values())


def decision_result(
    before: State, events: Sequence[Event], start: FoldStart, lived: list[DayResult], now: datetime, *, rewritten: bool
) -> tuple[State, tuple[Decision, ...]]:
    """The state after the simulated days, and the decisions about them."""
    last = lived[-1]
    ratings = announce(before.ledger, lived, rewritten=rewritten)
    care = care_ledger(before.ledger, before.customer, now)
    today = day_of(now, last.ruleset.programme.time_zone)
    care.close(answers_in(events), today, last.ruleset.version)
    care.ask(lived)
    care.refrain(lived)
    state = State(
        before.customer,
        before.version + 1,
        last.day,
        last.ruleset.features_hash,
        prune(start.under(last.ruleset), last.day, last.ruleset),
        last.opened,
        last.closed,
        care.ledger(ratings.said, ratings.honoured, last),
    )
    return state, (*ratings.decisions, *care.decisions)
