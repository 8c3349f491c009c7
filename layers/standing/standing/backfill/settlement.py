"""Settlement: writes the history of some customers to the table and the lake. Publishes nothing.

Every step can be repeated and interrupted at any call. A customer's records are written first and its state last, on
condition that nobody else wrote it meanwhile; otherwise the customer is folded again, with the new events.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

import polars as pl

from standing.aws.contention import Attempts
from standing.aws.lake_bucket import Lake
from standing.aws.table import (
    KEPT_FOR_EVER,
    CommitConflict,
    Customers,
    EventRecord,
    Forgotten,
    Provenance,
    checkpoint_put,
    event_put,
)
from standing.engine.history import ImportedHistory, import_history
from standing.engine.start import StoredHistory
from standing.engine.state import Memory, State
from standing.events.intake import Event, is_repeat
from standing.lake.buckets import buckets_of
from standing.lake.layout import Kind, month_key, named_after, staged_prefix
from standing.lake.parquet import parquet_bytes
from standing.lake.rows import Row, frame, recorded_row, state_row
from standing.lake.standings import KeptStanding, keep_standing
from standing.rescoring.memory import frame_of
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_of, month_of

type Key = tuple[str, str]

MONTHS = 14  # ends of months that are stored for reports
TRIES = 10


@dataclass
class PartHistory:
    """The lake's rows of a part's customers, and counts."""

    rows: dict[Kind, list[Row]] = field(default_factory=lambda: {"records": [], "states": []})
    months: dict[Day, list[tuple[str, Day, Memory]]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    aside: list[str] = field(default_factory=list)


class SettledPart(NamedTuple):
    """The result of a part: counts of `customers`, `events`, `known`, `conflicting`, `forgotten`.

    `aside` has the new keys of the lake's corrupt files.
    """

    counts: Counter[str]
    aside: list[str]


@dataclass(frozen=True)
class Settlement:
    """Settles into one table and one lake. `until` is the last finished day, `run` the id for a retraction."""

    lake: Lake
    customers: Customers
    rules: Timeline
    until: Day
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    run: str = ""
    pause: Callable[[float], None] = time.sleep

    def part(self, events: Iterable[Event]) -> SettledPart:
        """Settle the customers of some events, which are all that the files have of them."""
        gathered = PartHistory()
        for customer, own in _by_customer(events).items():
            try:
                self._customer(customer, own, gathered)
            except Forgotten:
                self.customers.forget(customer)  # what was written of it before the mark was seen
                gathered.counts["forgotten"] += 1
        self._into_the_lake(gathered)
        return SettledPart(gathered.counts, gathered.aside)

    def _customer(self, customer: str, events: list[Event], gathered: PartHistory) -> None:
        if self.customers.is_forgotten(customer):
            raise Forgotten
        Attempts(TRIES, self.pause).run(partial(self._settled, customer, events, gathered))

    def _settled(self, customer: str, events: list[Event], gathered: PartHistory) -> None:
        """One attempt: write a customer's new events to the table, and all of the customer's rows to the lake."""
        before, history = self.customers.load(customer), self.customers.history(customer)
        there = {one.event.key: one for one in history}
        new, counts = _new(events, there, self.run)
        brought = self._brought(there, new)
        counted = [one.event for one in history if one.counts]
        everything = StoredHistory([*counted, *new], self.customers.checkpoints(customer))
        taken = None
        if new or self._is_to_be_folded(before, history):
            taken = import_history(before, everything, self.rules, self.until, MONTHS, self._first(before, events))
            if new or not is_told(before, taken.state):
                self._write(before, taken, new, brought)
        # The last step that can be refused: the following steps are done once.
        self._gather(customer, everything.events, brought, gathered)
        self._keep_months(customer, taken.months if taken else {}, gathered)
        gathered.counts.update({"customers": 1, **counts})

    def _is_to_be_folded(self, before: State | None, history: list[EventRecord]) -> bool:
        """Whether records may exist that no state counts yet. If old records expire, only the needed part is folded."""
        return not self._expires or before is None or any(one.version > before.version for one in history)

    def _first(self, before: State | None, events: list[Event]) -> Day | None:
        """The day at which a fold must begin if the customer's oldest records may have expired."""
        return min(event.day for event in events) if self._expires and before else None

    @property
    def _expires(self) -> bool:
        return self.rules.latest.programme.history is not None

    def _brought(self, there: Mapping[Key, EventRecord], new: Iterable[Event]) -> dict[Key, Provenance]:
        """The run of each event, and when it was sent too late to count, if it was."""
        known = {key: one.brought for key, one in there.items()}
        return known | {event.key: Provenance(self.run, _sent_at(there.get(event.key))) for event in new}

    def _write(
        self, before: State | None, taken: ImportedHistory, new: list[Event], brought: Mapping[Key, Provenance]
    ) -> None:
        state, now = taken.state, self.clock()
        stored = (event for event in new if self._is_kept(event))
        rows = [event_put(event, state.version, self.rules, now, brought[event.key])["Item"] for event in stored]
        rows += [checkpoint_put(state.customer, one, self.rules)["Item"] for one in taken.checkpoints]
        self.customers.put_all(rows)
        self.customers.put_state(before, state, self.rules, len(new), self.run)

    def _is_kept(self, event: Event) -> bool:
        """Whether the table keeps a record of that day. The lake keeps all records."""
        programme = self.rules.latest.programme
        if programme.history is None or event.detail.family in KEPT_FOR_EVER:
            return True
        return event.day + programme.history >= day_of(self.clock(), programme.time_zone)

    def _keep_months(self, customer: str, months: Mapping[Day, Memory], gathered: PartHistory) -> None:
        for day, memory in months.items():
            gathered.months.setdefault(day, []).append((customer, day, memory))

    def _gather(
        self, customer: str, events: Sequence[Event], brought: Mapping[Key, Provenance], gathered: PartHistory
    ) -> None:
        """Collect a customer's current table rows for the lake."""
        row = self.customers.state_row(customer)
        if row is None:
            raise CommitConflict({})
        version, now, digits = int(row["version"]["N"]), self.clock(), self.rules.latest.programme.minor_digits
        ordered = sorted(events, key=lambda event: (event.day, event.key))
        records = (EventRecord(event, now, True, version, brought[event.key]) for event in ordered)
        gathered.rows["records"] += [recorded_row(record, digits) for record in records]
        gathered.rows["states"].append(state_row(row, self.rules, "table"))

    def _into_the_lake(self, gathered: PartHistory) -> None:
        buckets = buckets_of(self.lake)
        for kind, rows in gathered.rows.items():
            for number, own in buckets.grouped(rows, itemgetter("customer")).items():
                body = parquet_bytes(frame(kind, own))
                self.lake.put(f"{staged_prefix(kind, number)}backfill-{named_after([body.hex()])}.parquet", body)
        for day, memories in gathered.months.items():
            for number, theirs in buckets.grouped(memories, itemgetter(0)).items():
                key, rows_of_month = month_key(month_of(day), number), frame_of(theirs, {})
                Attempts(TRIES, self.pause).run(partial(self._month, key, rows_of_month, gathered))

    def _month(self, key: str, month: pl.DataFrame, gathered: PartHistory) -> None:
        """One try: customers' standing at the end of a month, beside that of others which is there already."""
        there = self._readable(key, gathered)
        others = month.clear() if there.rows is None else there.rows
        others = others.join(month.select("customer"), on="customer", how="anti")
        rows = pl.concat([others, month], how="diagonal").sort("customer")
        self.lake.replace(key, parquet_bytes(rows), there.etag)

    def _readable(self, key: str, gathered: PartHistory) -> KeptStanding:
        """The standing under a key. A corrupt file is quarantined and treated as missing."""
        there = keep_standing(self.lake, key)
        if there.wrong:
            gathered.aside.append(self.lake.quarantine(key))
            there = keep_standing(self.lake, key)
        return there


def _by_customer(events: Iterable[Event]) -> dict[str, list[Event]]:
    by_customer: dict[str, list[Event]] = {}
    for event in events:
        by_customer.setdefault(event.detail.customer, []).append(event)
    return by_customer


def is_told(before: State | None, after: State) -> bool:
    """Whether a state holds already what all events make of the customer."""
    return before is not None and (before.buckets, before.closed) == (after.buckets, after.closed)


def _sent_at(recorded: EventRecord | None) -> int | None:
    """When a stored event that does not count was sent."""
    return int(recorded.at.timestamp()) if recorded and not recorded.counts else None


def _new(events: Iterable[Event], there: dict[Key, EventRecord], run: str = "") -> tuple[list[Event], Counter[str]]:
    """The events that do not count yet, without duplicates, including those that were sent too late to count.

    Events with a stored id and other content are left out. Events that an interrupted run brought count as brought.
    """
    counts: Counter[str] = Counter()
    new: dict[Key, Event] = {}
    again: set[Key] = set()
    for event in events:
        recorded = there.get(event.key)
        known = new.get(event.key) or (recorded.event if recorded else None)
        if known is not None and not is_repeat(known, event):
            counts["conflicting"] += 1
        elif event.key in new or (recorded and recorded.counts):
            ours = bool(run and recorded and recorded.brought.run == run and event.key not in again)
            again |= {event.key} if ours else set()
            counts["events" if ours else "known"] += 1
        else:
            new[event.key] = event
            counts["events"] += 1
    return list(new.values()), counts


def named(counts: Counter[str]) -> Iterator[tuple[str, Any]]:
    """All counts by name, including zeros."""
    return ((name, counts[name]) for name in ("customers", "events", "known", "conflicting", "forgotten"))
