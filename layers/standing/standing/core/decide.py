"""Deciding: a state, some events, the rules and the time in; a new state and what to announce out.

Pure. The standing comes from the fold; this module adds the ledger: what is announced, asked for, or missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from standing.core.announce import LevelHonoured, RatingChanged, announce
from standing.core.days import Day, day_of
from standing.core.explain import Reason, reasons_for_care
from standing.core.fold import DayLived, live
from standing.core.intake import Event
from standing.core.measures import Buckets, empty, gather, prune
from standing.core.ruleset import Care, Ruleset
from standing.core.state import Memory, State


@dataclass(frozen=True)
class CareDecided:
    """A care action that fell due on `day`: requested, or missed because it was known too late to make sense."""

    care: str
    day: Day
    status: Literal["requested", "missed"]
    because: tuple[Reason, ...]


type Decision = RatingChanged | LevelHonoured | CareDecided


@dataclass(frozen=True)
class Outcome:
    """What one commit writes beside the events themselves."""

    state: State
    decisions: tuple[Decision, ...]


def needs_history(state: State | None, events: Iterable[Event], ruleset: Ruleset) -> bool:
    """Whether the fold must begin anew: an event of a day already behind, or features that were defined otherwise."""
    if state is None:
        return False
    return state.features_hash != ruleset.features_hash or any(event.day < state.day for event in events)


def decide(
    state: State | None,
    events: Sequence[Event],
    ruleset: Ruleset,
    now: datetime,
    history: Sequence[Event] = (),
) -> Outcome:
    """Apply events (all of one customer, none applied before) to a customer's state.

    `history` is every event applied so far. It is read where `needs_history` says so, and where there are no events at
    all: then the state is folded anew from it.
    """
    if state is None or not events or needs_history(state, events, ruleset):
        return _decide_anew(state, [*history, *events], ruleset, now)
    buckets = gather(state.buckets, events, ruleset)
    days = {event.day for event in events}
    # A finished day stays as it was decided, by the rules of its time; only a further event of it decides it again.
    again = state.day in days
    first, memory = (state.day, state.opened) if again else (state.day + 1, state.closed)
    lived = live(ruleset, buckets, memory, first, max(days), busy=days)
    return _outcome(state, buckets, list(lived), ruleset, now)


def _decide_anew(state: State | None, events: Sequence[Event], ruleset: Ruleset, now: datetime) -> Outcome:
    buckets = gather(empty(ruleset), events, ruleset)
    days = {event.day for event in events}
    last = max(days) if state is None else max(*days, state.day)
    lived = list(live(ruleset, buckets, Memory(), min(days), last, busy=days))
    if state is None:
        return _outcome(_unknown(events[0].detail.customer, ruleset), buckets, lived, ruleset, now)
    return _outcome(state, buckets, lived, ruleset, now, rewritten=True)


def _unknown(customer: str, ruleset: Ruleset) -> State:
    return State(customer, 0, 0, ruleset.features_hash, (), Memory(), Memory(), {}, {}, {})


def _outcome(
    before: State,
    buckets: Buckets,
    lived: list[DayLived],
    ruleset: Ruleset,
    now: datetime,
    *,
    rewritten: bool = False,
) -> Outcome:
    last = lived[-1]
    ledger = announce(before, lived, ruleset, rewritten=rewritten)
    care = _ask(before.asked, lived, ruleset, day_of(now, ruleset.programme.time_zone))
    state = replace(
        before,
        version=before.version + 1,
        day=last.day,
        features_hash=ruleset.features_hash,
        buckets=prune(buckets, last.day, ruleset),
        opened=last.opened,
        closed=last.closed,
        said=ledger.said,
        honoured=ledger.honoured,
        asked=before.asked | {decision.care: decision.day for decision in care},
    )
    return Outcome(state, (*ledger.decisions, *care))


def _ask(asked: dict[str, Day], lived: Iterable[DayLived], ruleset: Ruleset, today: Day) -> list[CareDecided]:
    """The care to act on. Where one rule fell due on several days caught up with at once, only the latest counts."""
    decided: dict[str, CareDecided] = {}
    for day in lived:
        for name in day.due:
            last = asked.get(name)
            if last is None or day.day - last >= ruleset.care[name].repeat_after:
                decided[name] = _care_decided(ruleset.care[name], day, ruleset, today)
    return list(decided.values())


def _care_decided(care: Care, lived: DayLived, ruleset: Ruleset, today: Day) -> CareDecided:
    in_time = today <= lived.day + care.do.within
    because = reasons_for_care(ruleset, care, lived.facts)
    return CareDecided(care.name, lived.day, "requested" if in_time else "missed", because)
