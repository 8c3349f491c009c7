"""Ingest of a batch of messages: parse, load, decide, save.

A message that can never be applied goes to the Rejected queue at once and is acknowledged. A message that failed for a
transient reason is named in the report, so that only it is retried. Events of one customer are decided together.

Most of the time is spent waiting for the table. So some customers are settled at once, each in a thread of its own, and
the waits overlap; decisions are still made one at a time.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from threading import Event as Signal
from threading import Lock
from typing import Any, NamedTuple, Protocol

from standing.aws.contention import Attempts
from standing.aws.logging import cause
from standing.aws.table import MOST_ITEMS, CommitConflict, EventRecord, Forgotten, TooLarge, count_rows, stored_history
from standing.engine.decide import DecisionResult, decide, needs_history, too_late
from standing.engine.start import NOTHING, StoredHistory
from standing.engine.state import Checkpoint, State
from standing.events import CareAnswer, EventDetail
from standing.events.expectations import EXPECTATIONS
from standing.events.intake import SOURCE, Event, Rejected, is_repeat, read_envelope, take_in
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_number

MOST_EVENTS = 30  # of one customer in one commit: with the state and decisions, usually at most MOST_ITEMS rows
# About ten seconds in all, a third of the function's timeout. Giving up costs the queue's visibility timeout.
TRIES = 16
AT_ONCE = 10  # customers whose waits for the table overlap; the function's clients have as many connections
MOST_ROW = 400  # KB, the limit of DynamoDB
REPLAYED = "conflicting-content"
ALWAYS_REPORTED = ("applied", "duplicates", "rejected")  # as metrics, even if 0: an alarm has no data otherwise
MANY = 2  # customers that are worth a thread each
UNKNOWN = "?"  # the source of a message that cannot be read


class Message(NamedTuple):
    """A message of the queue: its id, and the bus's envelope as text."""

    id: str
    body: str


class ParsedMessage(NamedTuple):
    """A message whose event was taken in."""

    message: Message
    event: Event


class CustomersPort(Protocol):
    """The part of the table that ingest uses."""

    def load(self, customer: str) -> State | None:
        """The state as of the last commit."""

    def history(self, customer: str) -> list[EventRecord]:
        """Every event record."""

    def checkpoints(self, customer: str) -> list[Checkpoint]:
        """The stored checkpoints, oldest first."""

    def was_asked(self, customer: str, care: str, day: Day) -> bool:
        """Whether a care action was requested for a day."""

    def commit(
        self, before: State | None, outcome: DecisionResult, events: Sequence[Event], rules: Timeline, now: datetime
    ) -> None:
        """Write everything in one transaction."""

    def record(self, events: Sequence[Event], rules: Timeline, now: datetime) -> None:
        """Store events that came too late to count."""

    def claim(self, event: Event, too_late_at: datetime | None = None) -> bool:
        """Mark an event of a backfill as sent, too. Returns False if no backfill brought it."""


class RejectedPort(Protocol):
    """The part of the Rejected queue that ingest uses."""

    def keep(self, message: str, rejection: dict[str, Any]) -> None:
        """Store a rejected message with its reason."""


@dataclass
class BatchReport:
    """The result of a batch: event counts, and the error of each message that failed for a transient reason, by its id.

    `refused` counts, by source, the events that leave no record: `duplicates` and `rejected`.
    """

    counts: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    refused: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, other: BatchReport) -> None:
        """Count in the result of a part of the batch."""
        self.counts.update(other.counts)
        self.failed |= other.failed
        for source, counts in other.refused.items():
            self.refused.setdefault(source, Counter()).update(counts)

    def refuse(self, what: str, source: str, count: int = 1) -> None:
        """Count duplicate or rejected events."""
        self.counts[what] += count
        self.refused.setdefault(source, Counter())[what] += count


@dataclass
class Ingest:
    """Applies batches of messages, all by the rules that it was made with."""

    rules: Timeline
    customers: CustomersPort
    rejected: RejectedPort
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    pause: Callable[[float], None] = time.sleep
    timer: Callable[[], float] = time.monotonic
    at_once: int = AT_ONCE
    _deciding: Lock = field(default_factory=Lock, init=False, repr=False)

    def batch(self, messages: Iterable[Message], seconds: float = inf) -> BatchReport:
        """Apply a batch. The same events lead to the same standing in any order, with or without repeats.

        After `seconds`, the messages of customers not yet begun are reported as failed, so that the batch ends in time.
        """
        report = BatchReport()
        deadline = self.timer() + seconds
        by_customer: dict[str, list[ParsedMessage]] = {}
        for message in messages:
            parsed = self._take_in(message, report)
            if parsed:
                by_customer.setdefault(parsed.event.detail.customer, []).append(parsed)
        for part in self._settle_all(list(by_customer.values()), deadline):
            report.add(part)
        return report

    def _settle_all(self, customers: list[list[ParsedMessage]], deadline: float) -> Iterator[BatchReport]:
        """Settle customers, some at once. Returns a report of each, in their order."""
        if len(customers) < MANY:
            yield from (self._settle_in_time(taken, deadline) for taken in customers)
            return
        ending = Signal()  # set if the process is to end: then no more are begun

        def settle(taken: list[ParsedMessage]) -> BatchReport:
            try:
                return BatchReport() if ending.is_set() else self._settle_in_time(taken, deadline)
            except BaseException:
                ending.set()
                raise

        with ThreadPoolExecutor(min(self.at_once, len(customers)), "settling") as threads:
            yield from threads.map(settle, customers)

    def _settle_in_time(self, taken: list[ParsedMessage], deadline: float) -> BatchReport:
        if self.timer() >= deadline:
            return BatchReport(failed={message.id: "no time left" for message, _ in taken})
        report = BatchReport()
        self._settle(taken, report)
        return report

    def _take_in(self, message: Message, report: BatchReport) -> ParsedMessage | None:
        try:
            return ParsedMessage(message, take_in(read_envelope(message.body), self.rules.latest, self.clock()))
        except Rejected as rejection:
            self._reject(message, rejection, report)
        except Exception as error:  # noqa: BLE001 -- a bug must not fail the other messages
            report.failed[message.id] = cause(error)
        return None

    def _reject(self, message: Message, rejection: Rejected, report: BatchReport) -> None:
        try:
            self.rejected.keep(message.body, rejection.stored())
        except Exception as error:  # noqa: BLE001 -- not in the queue for any reason: the message must be retried
            report.failed[message.id] = cause(error)
        else:
            report.refuse("rejected", _source(message))

    def _settle(self, taken: list[ParsedMessage], report: BatchReport) -> None:
        """Apply one customer's events, or report all of them as failed. Other customers are not affected."""
        try:
            taken = self._answerable(taken, report)
            for wave in _waves(taken):
                self._apply(wave, report)
        except Forgotten:
            self._refuse_forgotten(taken, report)
        except Exception as error:  # noqa: BLE001 -- reported as failed, retried, and finally in the DLQ
            report.failed |= {message.id: cause(error) for message, _ in taken}

    def _refuse_forgotten(self, taken: list[ParsedMessage], report: BatchReport) -> None:
        """Reject all events of a customer who was forgotten, perhaps between two commits of the batch."""
        expected = EXPECTATIONS("not_forgotten")
        for message, _ in taken:
            self._reject(message, Rejected("forgotten", "detail.customer", expected), report)

    def _answerable(self, taken: list[ParsedMessage], report: BatchReport) -> list[ParsedMessage]:
        """Reject the answers to care actions that were never requested. Returns the other messages."""
        unknown = [
            parsed
            for parsed in taken
            if isinstance(parsed.event.detail, CareAnswer) and not self._was_asked(parsed.event.detail)
        ]
        expected = EXPECTATIONS("requested_care")
        for parsed in unknown:
            self._reject(parsed.message, Rejected("unknown-action", "detail.care", expected), report)
        return [parsed for parsed in taken if parsed not in unknown]

    def _was_asked(self, detail: EventDetail) -> bool:
        if not isinstance(detail, CareAnswer):
            return True
        return self.customers.was_asked(detail.customer, detail.care, day_number(detail.day))

    def _apply(self, wave: dict[tuple[str, str], list[ParsedMessage]], report: BatchReport) -> None:
        """Commit events with distinct keys, earlier days first, in commits of bounded size."""
        waiting = sorted((copies[0].event for copies in wave.values()), key=lambda event: (event.day, event.key))
        for copies in wave.values():
            report.refuse("duplicates", copies[0].event.source, len(copies) - 1)
        attempts, most = Attempts(TRIES, self.pause), MOST_EVENTS
        while waiting:
            try:
                waiting = waiting[self._commit(waiting[:most], report) :]
                attempts.succeeded()
                most = MOST_EVENTS
            except TooLarge:
                waiting = waiting if most > 1 else self._without_first(waiting, wave, report)
                most = 1  # to find the event that is too large; the others are applied
            except CommitConflict as refusal:
                known = self._that_stay(refusal, wave)
                for key, event in known.items():
                    self._known_already(wave[key], event, report)
                waiting = [event for event in waiting if event.key not in known]
                if not known:
                    attempts.after_conflict()

    def _that_stay(
        self, refusal: CommitConflict, wave: dict[tuple[str, str], list[ParsedMessage]]
    ) -> dict[tuple[str, str], Event]:
        """The events that are stored already, without those of a backfill that has been retracted meanwhile.

        An event of a backfill that is now sent, too, is marked as sent.
        """
        now = self.clock()
        return {
            key: known
            for key, known in refusal.applied.items()
            if key not in refusal.brought or self._stays(wave[key][0].event, known, now)
        }

    def _stays(self, event: Event, known: Event, now: datetime) -> bool:
        late = now if too_late(event, self.rules, now) else None
        return not is_repeat(event, known) or self.customers.claim(event, late)

    def _without_first(
        self, waiting: list[Event], wave: dict[tuple[str, str], list[ParsedMessage]], report: BatchReport
    ) -> list[Event]:
        """Reject the first event, which would make the customer's state too large for a row. Returns the others."""
        expected = EXPECTATIONS("room", most=MOST_ROW)
        for message, _ in wave[waiting[0].key]:
            self._reject(message, Rejected("too-large", "detail", expected), report)
        report.refuse("duplicates", waiting[0].source, 1 - len(wave[waiting[0].key]))
        return waiting[1:]

    def _commit(self, events: list[Event], report: BatchReport) -> int:
        """Commit the first events, or record those that came too late to count. Returns how many were written."""
        now = self.clock()
        if late := [event for event in events if too_late(event, self.rules, now)]:
            self.customers.record(late, self.rules, now)
            report.counts["too_late"] += len(late)
            return len(late)  # events are sorted by day, so the late ones come first
        return self.commit_some(events, report, now)

    def commit_some(self, events: list[Event], report: BatchReport, now: datetime) -> int:
        """Commit the first events of one customer, as many as fit into one transaction, however old they are.

        Returns how many were committed. Raises CommitConflict, Forgotten or TooLarge if nothing was written.
        """
        state = self.customers.load(events[0].detail.customer)
        stored = self._past(events) if needs_history(state, events, self.rules) else NOTHING
        with self._deciding:
            outcome, events = self._decided(state, events, now, stored)
        self.customers.commit(state, outcome, events, self.rules, now)
        report.counts["applied"] += len(events)
        report.counts["decisions"] += len(outcome.decisions)
        return len(events)

    def _decided(
        self, state: State | None, events: list[Event], now: datetime, stored: StoredHistory
    ) -> tuple[DecisionResult, list[Event]]:
        """The result of the first events, as many as fit into one transaction, and these events."""
        outcome = decide(state, events, self.rules, now, stored)
        while count_rows(outcome, events) > MOST_ITEMS and len(events) > 1:
            events = events[: len(events) // 2]
            outcome = decide(state, events, self.rules, now, stored)
        return outcome, events

    def _past(self, events: Sequence[Event]) -> StoredHistory:
        """The customer's stored history. Raises CommitConflict if it has some of the events already."""
        customer = events[0].detail.customer
        history = self.customers.history(customer)
        known = {record.event.key: record for record in history}
        if repeated := {event.key: known[event.key] for event in events if event.key in known}:
            brought = [key for key, record in repeated.items() if record.brought.run]
            # The commit would find this conflict, too, but only after the costly fold.
            raise CommitConflict({key: record.event for key, record in repeated.items()}, brought)
        return stored_history(history, self.customers.checkpoints(customer))

    def _known_already(self, copies: list[ParsedMessage], known: Event, report: BatchReport) -> None:
        if is_repeat(copies[0].event, known):
            report.refuse("duplicates", copies[0].event.source)
            return
        expected = EXPECTATIONS("new_id")
        report.refuse("duplicates", copies[0].event.source, 1 - len(copies))
        for message, _ in copies:
            self._reject(message, Rejected(REPLAYED, "detail.id", expected), report)


def _source(message: Message) -> str:
    """The source of a rejected message if it has a valid one that can be logged, else UNKNOWN."""
    try:
        source = read_envelope(message.body).get("source")
    except Rejected:
        return UNKNOWN
    return source if isinstance(source, str) and SOURCE.fullmatch(source) else UNKNOWN


def _waves(taken: list[ParsedMessage]) -> Iterator[dict[tuple[str, str], list[ParsedMessage]]]:
    """Waves of events with distinct keys, with all copies of each. Other content under a key is in the next wave."""
    while taken:
        wave: dict[tuple[str, str], list[ParsedMessage]] = {}
        later: list[ParsedMessage] = []
        for parsed in taken:
            copies = wave.setdefault(parsed.event.key, [])
            same = not copies or is_repeat(copies[0].event, parsed.event)
            (copies if same else later).append(parsed)
        yield wave
        taken = later
