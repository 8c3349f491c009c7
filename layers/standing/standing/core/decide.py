"""Deciding: a state, some events, the rules and the time in; a new state and what to announce out.

Pure. The standing comes from the fold; this module adds the ledger: what is announced, asked for, or missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from standing.core.days import Day, day_of
from standing.core.explain import Reason, reasons_for_care, reasons_for_level
from standing.core.fold import DayLived, live
from standing.core.intake import Event
from standing.core.measures import Buckets, empty, gather, prune
from standing.core.ruleset import Care, Ruleset
from standing.core.state import Held, Memory, State


@dataclass(frozen=True)
class RatingChanged:
    """A level to announce: `was` is what was announced before (none at first), `day` is when it took effect."""

    rating: str
    was: str | None
    level: str
    day: Day
    because: tuple[Reason, ...]


@dataclass(frozen=True)
class CareDecided:
    """A care action that fell due on `day`: requested, or missed because it was known too late to make sense."""

    care: str
    day: Day
    status: Literal["requested", "missed"]
    because: tuple[Reason, ...]


type Decision = RatingChanged | CareDecided


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
    """Apply events (at least one, all of one customer, none applied before) to a customer's state.

    `history` is every event applied so far; it is read only where `needs_history` says so.
    """
    if state is None or needs_history(state, events, ruleset):
        return _decide_anew(state, [*history, *events], ruleset, now)
    buckets = gather(state.buckets, events, ruleset)
    last = max(event.day for event in events)
    lived = live(ruleset, buckets, state.opened, state.day, last, busy={event.day for event in events})
    return _outcome(state, buckets, list(lived), ruleset, now)


def _decide_anew(state: State | None, events: Sequence[Event], ruleset: Ruleset, now: datetime) -> Outcome:
    buckets = gather(empty(ruleset), events, ruleset)
    days = {event.day for event in events}
    last = max(days) if state is None else max(*days, state.day)
    lived = list(live(ruleset, buckets, Memory(), min(days), last, busy=days))
    if state is None:
        return _outcome(_unknown(events[0].detail.customer, ruleset), buckets, lived, ruleset, now)
    return _outcome(state, buckets, lived, ruleset, now, only_last_day=True)


def _unknown(customer: str, ruleset: Ruleset) -> State:
    return State(customer, 0, 0, ruleset.features_hash, (), Memory(), Memory(), {}, {})


def _outcome(
    before: State,
    buckets: Buckets,
    lived: list[DayLived],
    ruleset: Ruleset,
    now: datetime,
    *,
    only_last_day: bool = False,
) -> Outcome:
    last = lived[-1]
    changed = _announce(before.said, lived, ruleset, only_last_day=only_last_day)
    care = _ask(before.asked, lived, ruleset, day_of(now, ruleset.programme.time_zone))
    state = replace(
        before,
        version=before.version + 1,
        day=last.day,
        features_hash=ruleset.features_hash,
        buckets=prune(buckets, last.day, ruleset),
        opened=last.opened,
        closed=last.closed,
        said=before.said | {change.rating: change.level for change in changed},
        asked=before.asked | {decision.care: decision.day for decision in care},
    )
    return Outcome(state, (*changed, *care))


def _announce(
    said: dict[str, str], lived: list[DayLived], ruleset: Ruleset, *, only_last_day: bool
) -> list[RatingChanged]:
    """A change for each day on which a level is no longer what was last said; of rewritten history, only the result."""
    changes: list[RatingChanged] = []
    said = dict(said)
    for day in lived[-1:] if only_last_day else lived:
        for name, held in day.closed.levels.items():
            if said.get(name) != held.level:
                changes.append(_change(name, said.get(name), held, lived, ruleset))
                said[name] = held.level
    return changes


def _change(name: str, was: str | None, held: Held, lived: list[DayLived], ruleset: Ruleset) -> RatingChanged:
    place = max(0, held.since - lived[0].day)  # the facts of the day on which the level took effect
    because = reasons_for_level(ruleset, ruleset.ratings[name], was, held.level, lived[place].facts)
    return RatingChanged(name, was, held.level, held.since, because)


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
