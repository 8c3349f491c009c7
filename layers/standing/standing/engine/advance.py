"""Moves one customer's clock without an event. This changes when a standing is known, not what it is.

Pure. It decides what the next event would have decided first. A care action that is known sooner can be requested
instead of missed.
"""

from __future__ import annotations

from datetime import datetime

from standing.engine.decide import DecisionResult, days_waited_for, decision_result
from standing.engine.fold import simulate_days
from standing.engine.start import NOTHING, StoredHistory, checkpoints, resume
from standing.engine.state import State
from standing.rules.timeline import Timeline
from standing.values.days import Day


def advance_clock(
    state: State, rules: Timeline, until: Day, now: datetime, past: StoredHistory = NOTHING
) -> DecisionResult | None:
    """Move the clock to the end of a finished day. Returns None if there is nothing to decide or write.

    `past` is what was stored before; it is read where features are defined otherwise than they were
    (`features_changed`).
    """
    if until <= state.day:
        return None
    start = resume(state, (), past)
    busy = days_waited_for(state)
    lived = list(simulate_days(rules, start.under, start.memory, start.day + 1, until, busy=busy))
    moved, decisions = decision_result(state, (), start, lived, now, rewritten=False)
    return DecisionResult(moved, decisions, checkpoints(start, lived, ())) if decisions else None
