"""Moves the clock in the table: customers that a night found are decided by the engine, and written conditionally.

A newer state is never overwritten: after a conflict, the customer is loaded and decided again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from standing.aws.contention import Attempts, TooContended
from standing.aws.table import MOST_ITEMS, EventRecord, count_rows, stored_history
from standing.engine.advance import advance_clock
from standing.engine.decide import DecisionResult
from standing.engine.start import NOTHING, StoredHistory, features_changed
from standing.engine.state import Checkpoint, State
from standing.events.intake import Event
from standing.nightly.metrics.groups import moved_now
from standing.nightly.metrics.samples import merge_samples
from standing.report.model import Groups
from standing.rules.timeline import Timeline
from standing.values.days import Day

TRIES = 6


class TablePort(Protocol):
    """The part of the table that a night uses."""

    def load(self, customer: str) -> State | None:
        """The state as of the last commit."""

    def history(self, customer: str) -> list[EventRecord]:
        """Every event record."""

    def checkpoints(self, customer: str) -> list[Checkpoint]:
        """The stored checkpoints, oldest first."""

    def commit(
        self, before: State | None, outcome: DecisionResult, events: Sequence[Event], rules: Timeline, now: datetime
    ) -> None:
        """Write everything in one transaction."""


@dataclass
class ClockRun:
    """Moves customers' clocks to the end of a finished day.

    `counts` has customers by result (`moved`, `nothing`, `gone`, `busy`), commits, decisions and conflicts. `moved` has
    the customers whose level changed on the day itself.
    """

    rules: Timeline
    table: TablePort
    until: Day
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    pause: Callable[[float], None] = time.sleep
    counts: Counter[str] = field(default_factory=Counter)
    moved: Groups = field(default_factory=dict)

    def all(self, customers: Iterable[str]) -> None:
        """Move some customers. A customer whom others keep changing is counted as busy, and left to the next night."""
        for customer in customers:
            self.counts[self.move(customer)] += 1

    def move(self, customer: str) -> str:
        """Move one customer, in commits of bounded size, until there is nothing left to decide."""
        attempts, moved = Attempts(TRIES, self.pause), False
        try:
            while attempts.run(partial(self._commit, customer)):
                moved = True
        except TooContended:
            return "busy"
        finally:
            self.counts += Counter(conflicts=attempts.conflicts)  # nothing, where there were none
        return "moved" if moved else "nothing"

    def _commit(self, customer: str) -> bool:
        """Do one commit. Returns whether there was anything to write. Raises CommitConflict after a faster writer."""
        now, state = self.clock(), self.table.load(customer)
        if state is None or state.is_empty:
            self.counts["gone"] += 1
            return False
        outcome = self._outcome(state, now)
        if outcome is None:
            return False
        self.table.commit(state, outcome, (), self.rules, now)
        self.counts["commits"] += 1
        self.counts["decisions"] += len(outcome.decisions)
        self.moved = merge_samples([self.moved, moved_now(customer, outcome.decisions, self.until)])
        return True

    def _outcome(self, state: State, now: datetime) -> DecisionResult | None:
        """What to write: everything up to the day, or up to the last one for which it fits into one transaction."""
        stored = self._past(state) if features_changed(state, self.rules, self.until) else NOTHING

        def up_to(day: Day) -> DecisionResult | None:
            return advance_clock(state, self.rules, day, now, stored)

        whole = up_to(self.until)
        return whole if _fits(whole) else _as_much_as_fits(up_to, state.day, self.until)

    def _past(self, state: State) -> StoredHistory:
        return stored_history(self.table.history(state.customer), self.table.checkpoints(state.customer))


def _as_much_as_fits(up_to: Callable[[Day], DecisionResult | None], first: Day, last: Day) -> DecisionResult | None:
    """The result up to the last day, from `first` to `last`, for which it fits; for a single day, whatever its size."""
    fitting: DecisionResult | None = None
    while last - first > 1:
        middle = (first + last) // 2
        if _fits(outcome := up_to(middle)):
            first, fitting = middle, outcome or fitting
        else:
            last = middle
    return fitting or up_to(last)


def _fits(outcome: DecisionResult | None) -> bool:
    return outcome is None or count_rows(outcome, ()) <= MOST_ITEMS
