"""Taking a batch of messages in: parse, load, decide, save.

A message that can never be applied goes to the Rejected queue at once and is acknowledged. One that failed for a
passing reason is named, so that it alone comes again. Events of one customer are decided together.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from typing import Any, NamedTuple, Protocol

from standing.aws.contention import Attempts
from standing.aws.logging import cause
from standing.aws.table import MOST_ITEMS, CommitConflict, EventRecord, Forgotten, TooLarge, count_rows, stored_history
from standing.engine.decide import DecisionResult, decide, needs_history, too_late
from standing.engine.start import NOTHING, StoredHistory
from standing.engine.state import Checkpoint, State
from standing.events import CareAnswer, EventDetail
from standing.events.expectations import EXPECTATIONS
from standing.events.intake import SOURCE, Event, Rejected, is_repeat, take_in
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_number

MOST_EVENTS = 30  # of one customer in one commit; with the state and the decisions it stays below MOST_ITEMS
# About ten seconds in all, a third of the function's timeout: giving up costs the queue's visibility timeout.
TRIES = 16
MOST_ROW = 400  # KB, as DynamoDB has it
REPLAYED = "conflicting-content"
SPOKEN_OF = (
    "applied",
    "duplicates",
    "rejected",
)  # a metric that never came is none to an alarm: 0 is told, too
UNKNOWN = "?"  # a source that cannot be read


class Message(NamedTuple):
    """A message of the queue: its id, and the bus's envelope as text."""

    id: str
    body: str


class ParsedMessage(NamedTuple):
    """A message whose event was taken in."""

    message: Message
    event: Event


class CustomersPort(Protocol):
    """What ingest needs of the table."""

    def load(self, customer: str) -> State | None:
        """The state as of the last commit."""

    def history(self, customer: str) -> list[EventRecord]:
        """Every event recorded so far."""

    def checkpoints(self, customer: str) -> list[Checkpoint]:
        """The ends of months that are kept."""

    def was_asked(self, customer: str, care: str, day: Day) -> bool:
        """Whether a care action was requested for a day."""

    def commit(
        self, before: State | None, outcome: DecisionResult, events: Sequence[Event], rules: Timeline, now: datetime
    ) -> None:
        """Write everything or nothing."""

    def record(self, events: Sequence[Event], rules: Timeline, now: datetime) -> None:
        """Keep events that came too late to count."""

    def claim(self, event: Event, too_late_at: datetime | None = None) -> bool:
        """Note that an event that a backfill brought was sent as well; whether it was of the backfill alone."""


class RejectedPort(Protocol):
    """What ingest needs of the Rejected queue."""

    def keep(self, message: str, rejection: dict[str, str]) -> None:
        """Keep a rejected message with its reason."""


@dataclass
class BatchReport:
    """What became of a batch: counts by outcome, and the messages that failed for a passing reason, with the error.

    `refused` counts by source what no record is kept of: `duplicates` and `rejected`.
    """

    counts: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    refused: dict[str, Counter[str]] = field(default_factory=dict)

    def refuse(self, what: str, source: str, count: int = 1) -> None:
        """Count events that were repeated or rejected."""
        self.counts[what] += count
        self.refused.setdefault(source, Counter())[what] += count


@dataclass
class Ingest:
    """Applies batches of messages, each by the rules as they were when it began."""

    rules: Timeline
    customers: CustomersPort
    rejected: RejectedPort
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    pause: Callable[[float], None] = time.sleep
    timer: Callable[[], float] = time.monotonic

    def batch(self, messages: Iterable[Message], seconds: float = inf) -> BatchReport:
        """Apply a batch. Whatever its order and its repeats, the same events end in the same standing.

        After `seconds`, the customers that were not begun are named as failed, so that the answer comes in time.
        """
        report = BatchReport()
        deadline = self.timer() + seconds
        by_customer: dict[str, list[ParsedMessage]] = {}
        for message in messages:
            with_event = self._take_in(message, report)
            if with_event:
                by_customer.setdefault(with_event.event.detail.customer, []).append(with_event)
        for taken in by_customer.values():
            if self.timer() < deadline:
                self._settle(taken, report)
            else:
                report.failed |= {message.id: "no time left" for message, _ in taken}
        return report

    def _take_in(self, message: Message, report: BatchReport) -> ParsedMessage | None:
        try:
            return ParsedMessage(message, take_in(_envelope(message), self.rules.latest, self.clock()))
        except Rejected as rejection:
            self._reject(message, rejection, report)
        except Exception as error:  # noqa: BLE001 -- our own mistake must not fail the messages beside it
            report.failed[message.id] = cause(error)
        return None

    def _reject(self, message: Message, rejection: Rejected, report: BatchReport) -> None:
        try:
            self.rejected.keep(message.body, rejection.as_dict())
        except Exception as error:  # noqa: BLE001 -- whatever kept it out of the queue, this message must come again
            report.failed[message.id] = cause(error)
        else:
            report.refuse("rejected", _source(message))

    def _settle(self, taken: list[ParsedMessage], report: BatchReport) -> None:
        """Apply one customer's events, or name them all as failed: one customer never fails another."""
        try:
            taken = self._answerable(taken, report)
            for wave in _waves(taken):
                self._apply(wave, report)
        except Forgotten:
            self._refuse_forgotten(taken, report)
        except Exception as error:  # noqa: BLE001 -- named in the batch response, retried, and in the end in the DLQ
            report.failed |= {message.id: cause(error) for message, _ in taken}

    def _refuse_forgotten(self, taken: list[ParsedMessage], report: BatchReport) -> None:
        """Reject every event of a customer who was forgotten, perhaps between two commits of them."""
        expected = EXPECTATIONS("not_forgotten")
        for message, _ in taken:
            self._reject(message, Rejected("forgotten", "detail.customer", expected), report)

    def _answerable(self, taken: list[ParsedMessage], report: BatchReport) -> list[ParsedMessage]:
        """Without the answers to care actions that nobody requested, which are rejected."""
        unknown = [
            one for one in taken if isinstance(one.event.detail, CareAnswer) and not self._was_asked(one.event.detail)
        ]
        expected = EXPECTATIONS("requested_care")
        for one in unknown:
            self._reject(one.message, Rejected("unknown-action", "detail.care", expected), report)
        return [one for one in taken if one not in unknown]

    def _was_asked(self, detail: EventDetail) -> bool:
        if not isinstance(detail, CareAnswer):
            return True
        return self.customers.was_asked(detail.customer, detail.care, day_number(detail.day))

    def _apply(self, wave: dict[tuple[str, str], list[ParsedMessage]], report: BatchReport) -> None:
        """Commit events with keys of their own, earlier days first, in commits of bounded size."""
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
                most = 1  # to find the event that there is no room for: the others go on
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
        """The events that were there already; but for those that a backfill had brought and that are taken back by now.

        What is sent and was brought as well is no longer the backfill's alone.
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
        """The events but for the first, with which the customer's state would be larger than a row may be."""
        expected = EXPECTATIONS("room", most=MOST_ROW)
        for message, _ in wave[waiting[0].key]:
            self._reject(message, Rejected("too-large", "detail", expected), report)
        report.refuse("duplicates", waiting[0].source, 1 - len(wave[waiting[0].key]))
        return waiting[1:]

    def _commit(self, events: list[Event], report: BatchReport) -> int:
        """Commit the first of the events, or keep those that came too late to count; how many that were."""
        now = self.clock()
        if late := [event for event in events if too_late(event, self.rules, now)]:
            self.customers.record(late, self.rules, now)
            report.counts["too_late"] += len(late)
            return len(late)  # the events are in the order of their days
        return self.commit_some(events, report, now)

    def commit_some(self, events: list[Event], report: BatchReport, now: datetime) -> int:
        """Commit as many events of one customer, from the first on, as fit into one transaction, however old they are.

        How many that were. Raises CommitConflict or Forgotten where nothing was written.
        """
        state = self.customers.load(events[0].detail.customer)
        stored = self._past(events) if needs_history(state, events, self.rules) else NOTHING
        outcome = decide(state, events, self.rules, now, stored)
        while count_rows(outcome, events) > MOST_ITEMS and len(events) > 1:
            events = events[: len(events) // 2]
            outcome = decide(state, events, self.rules, now, stored)
        self.customers.commit(state, outcome, events, self.rules, now)
        report.counts["applied"] += len(events)
        report.counts["decisions"] += len(outcome.decisions)
        return len(events)

    def _past(self, events: Sequence[Event]) -> StoredHistory:
        """What was stored of the customer. Raises CommitConflict where some of the events are among it."""
        customer = events[0].detail.customer
        history = self.customers.history(customer)
        known = {one.event.key: one for one in history}
        if repeated := {event.key: known[event.key] for event in events if event.key in known}:
            brought = [key for key, one in repeated.items() if one.brought.run]
            # what the table would say as well, but before the costly fold
            raise CommitConflict({key: one.event for key, one in repeated.items()}, brought)
        return stored_history(history, self.customers.checkpoints(customer))

    def _known_already(self, copies: list[ParsedMessage], known: Event, report: BatchReport) -> None:
        if is_repeat(copies[0].event, known):
            report.refuse("duplicates", copies[0].event.source)
            return
        expected = EXPECTATIONS("new_id")
        report.refuse("duplicates", copies[0].event.source, 1 - len(copies))
        for message, _ in copies:
            self._reject(message, Rejected(REPLAYED, "detail.id", expected), report)


def _envelope(message: Message) -> dict[str, Any]:
    try:
        envelope = json.loads(message.body)
    except (ValueError, RecursionError):  # brackets within brackets, thousands deep
        envelope = None
    if not isinstance(envelope, dict):
        raise Rejected("not-an-event", "message", EXPECTATIONS("an_event"))
    return envelope


def _source(message: Message) -> str:
    """Where a rejected message came from, if it says so in a way that can be logged."""
    try:
        source = _envelope(message).get("source")
    except Rejected:
        return UNKNOWN
    return source if isinstance(source, str) and SOURCE.fullmatch(source) else UNKNOWN


def _waves(taken: list[ParsedMessage]) -> Iterator[dict[tuple[str, str], list[ParsedMessage]]]:
    """Copies of one event together; other content under a key that came before waits for the next wave."""
    while taken:
        wave: dict[tuple[str, str], list[ParsedMessage]] = {}
        later: list[ParsedMessage] = []
        for one in taken:
            copies = wave.setdefault(one.event.key, [])
            same = not copies or is_repeat(copies[0].event, one.event)
            (copies if same else later).append(one)
        yield wave
        taken = later
