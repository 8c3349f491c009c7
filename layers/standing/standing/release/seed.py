"""Seeding: decides the events of the live table by a candidate's rules, into the shadow's table.

It uses the same commits as events that arrive meanwhile, so their order does not matter, and an interrupted seeding can
be repeated. The live table is only read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from standing.aws.contention import Attempts, TooContended
from standing.aws.table import CommitConflict, Customers
from standing.events.intake import Event
from standing.ingest.batch import MOST_EVENTS, TRIES, BatchReport, Ingest
from standing.values.errors import UserError


@dataclass(frozen=True)
class ShadowSeed:
    """Seeds the shadow's table from the live one. `ingest` commits to the shadow's table."""

    live: Customers
    ingest: Ingest
    shadow: Customers
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def seed(self, customers: Iterable[str], seen: Callable[[], None]) -> int:
        """Decide the missing events of some customers, and call `seen` after each. Returns the number of events."""
        events = 0
        for customer in customers:
            events += self._customer(customer)
            seen()
        return events

    def _customer(self, customer: str) -> int:
        """Decide one customer's events, oldest first. Raises UserError if others kept changing the customer."""
        before, attempts = len(missing := self._missing(customer)), Attempts(TRIES, self.ingest.pause)
        while missing:
            try:
                done = self.ingest.commit_some(missing[:MOST_EVENTS], BatchReport(), self.clock())
                missing = missing[done:]
            except CommitConflict:  # an event of this customer came in between
                missing = self._missing(customer)
                self._after_conflict(attempts, customer)
        return before

    def _after_conflict(self, attempts: Attempts, customer: str) -> None:
        try:
            attempts.after_conflict()
        except TooContended:
            raise UserError(
                "`{customer}` kept changing: start the shadow again, and the rest is done", customer=customer
            ) from None

    def _missing(self, customer: str) -> list[Event]:
        """The events that count in the live table and that the shadow does not have yet."""
        known = {one.event.key for one in self.shadow.history(customer)}
        counted = (one.event for one in self.live.history(customer) if one.counts)
        return sorted((one for one in counted if one.key not in known), key=lambda event: (event.day, event.key))
