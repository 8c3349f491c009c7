"""Retracts a run: removes what it brought from table and lake, as if it had never run. Publishes nothing.

It works bucket by bucket; every step can be repeated and interrupted at any call. A bucket is marked last: from then on
compaction drops the run's rows, even later ones; until then the lake still shows the run's customers.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

import orjson
import polars as pl

from standing.aws.contention import Attempts
from standing.aws.lake_bucket import ABSENT, Lake
from standing.aws.retraction import retract_run
from standing.aws.table import STATE, Customers, EventRecord, Forgotten, checkpoint_put, state_in
from standing.backfill.month_ends import RewrittenMonths, kept_month_ends, rewrite_month_ends, standing_without
from standing.backfill.remaining_history import RemainingHistory, remaining_history
from standing.backfill.settlement import is_told
from standing.engine.history import ImportedHistory, import_history, without_history
from standing.engine.state import Checkpoint, Ledger, State
from standing.events import Purchase
from standing.lake.compaction import compact
from standing.lake.layout import KINDS, Kind, named_after, retracted_prefix, staged_prefix
from standing.lake.parquet import CorruptFile, collect, parquet_bytes, scan_all
from standing.lake.reader import current_keys
from standing.lake.rows import Row, frame, rows_in
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_of

ALL = 10_000  # ends of months: more than are ever stored
TRIES = 10
COUNTS = ("customers", "events", "too_late_again", "gone", "announced", "forgotten")
RECORDS_GONE, REFUND = "records-gone", "refund"  # the kinds of conflict


class Conflict(NamedTuple):
    """Something that could not be retracted completely: the customer, the kind, and the event, if any."""

    customer: str
    kind: str
    event: str = ""


@dataclass
class StoredRun:
    """The results for a bucket's customers, and their new rows for the lake."""

    counts: Counter[str] = field(default_factory=Counter)
    conflicts: list[Conflict] = field(default_factory=list)
    rows: dict[Kind, list[Row]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    disowned: dict[Kind, list[pl.DataFrame]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    anew: dict[str, RewrittenMonths] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


class LakeRetraction(NamedTuple):
    """The run's rows in the lake; if history is finite, also all records of its customers that count."""

    records: pl.DataFrame
    states: pl.DataFrame
    everything: pl.DataFrame

    @property
    def customers(self) -> set[str]:
        """The customers of the run's rows."""
        return {*self.records["customer"], *self.states["customer"]}


@dataclass(frozen=True)
class Retraction:
    """Retracts a run from one table and one lake. Counts the decisions announced since the moment `began`."""

    lake: Lake
    customers: Customers
    rules: Timeline
    run: str
    began: datetime
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    pause: Callable[[float], None] = time.sleep

    def bucket(self, number: int, in_the_table: Iterable[str] = ()) -> dict[str, Any]:
        """Retract the run for a bucket's customers: those in the lake, and others that the table names.

        Returns counts and `conflicts`. Raises CorruptFile if the lake's own file cannot be read.
        """
        result, some = self._done(number), set(in_the_table)
        there = self._in_the_lake(number, some)
        names = sorted(there.customers | some)
        ends = kept_month_ends(self.lake, number).values() if names else ()
        for customer in names:
            self._customer(customer, there, ends, result)
        self._into_the_lake(number, result)
        summary = {"counts": dict(result.counts), "conflicts": [one._asdict() for one in result.conflicts]}
        if names:
            self.lake.put(self._mark(number), orjson.dumps(summary))
            compact(self.lake, number, self.pause)
        return summary

    def _mark(self, number: int) -> str:
        return f"{retracted_prefix(number)}{self.run}.json"

    def _done(self, number: int) -> StoredRun:
        """Retract what was written since a bucket was marked, and return its stored result."""
        stored = self.lake.get(self._mark(number))
        if stored is ABSENT:
            return StoredRun()
        compact(self.lake, number, self.pause)
        summary = orjson.loads(stored.body)
        return StoredRun(Counter(summary["counts"]), [Conflict(**one) for one in summary["conflicts"]])

    def _in_the_lake(self, number: int, in_the_table: Collection[str]) -> LakeRetraction:
        ours = pl.col("run") == self.run
        records, states = (self._read(kind, number, ours) for kind in KINDS if kind != "decisions")
        if self.rules.latest.programme.history is None:
            return LakeRetraction(records, states, records.clear())
        retraction = LakeRetraction(records, states, records.clear())
        of_them = pl.col("customer").is_in(sorted(retraction.customers.union(in_the_table)))
        return retraction._replace(everything=self._read("records", number, of_them & ~pl.col("late")))

    def _read(self, kind: Kind, number: int, which: pl.Expr) -> pl.DataFrame:
        """Rows of a bucket, including duplicates. Raises CorruptFile."""
        own = current_keys(self.lake, kind, number)
        files, wrong = scan_all(self.lake, kind, [*own, *self.lake.keys(staged_prefix(kind, number))])
        for key in own:
            if key in wrong:
                raise CorruptFile(wrong[key].at(key))
        return pl.concat([frame(kind), *(collect(file.filter(which)) for file in files.values())])

    def _customer(self, customer: str, there: LakeRetraction, ends: Collection[Day], result: StoredRun) -> None:
        if self.customers.is_forgotten(customer):
            result.counts["forgotten"] += 1
            return
        with suppress(Forgotten):  # a customer forgotten meanwhile has no rows left
            Attempts(TRIES, self.pause).run(partial(self._attempt, customer, there, ends, result))

    def _attempt(self, customer: str, there: LakeRetraction, ends: Collection[Day], result: StoredRun) -> None:
        """One attempt: delete the run's records of a customer, and write the state without them."""
        row, history = self.customers.state_row(customer), self.customers.history(customer)
        ours, own = [one for one in history if one.brought.run == self.run], pl.col("customer") == customer
        lake, everything = there.records.filter(own), there.everything.filter(own)
        if not ours and lake.is_empty():
            self._rows(customer, result)  # all events that it brought were sent since
            return
        remaining = remaining_history(self.run, history, self.customers.checkpoints(customer), lake, everything)
        if remaining is None:
            self._disown(customer, ours, there, result)
            return
        before = state_in(row) if row else None
        after = self._after(row, before, remaining)
        if ours or (after and not is_told(before, after.state)):
            self._write(before, after, remaining, ours, remaining.run if row and "run" in row else "")
        self._tell(customer, remaining, ours, lake, result)
        self._gather(customer, after, remaining, ends, result)

    def _after(self, row: Row | None, before: State | None, remaining: RemainingHistory) -> ImportedHistory | None:
        """The customer without the run, or None if nothing remains."""
        if row is None or before is None:
            return self._begun(remaining)
        if not remaining.past.events and not self._stays(row):
            return None
        if not remaining.past.events:
            return ImportedHistory(before if before.is_empty else without_history(before), (), {})
        return import_history(before, remaining.past, self.rules, before.day, ALL, remaining.first)

    def _begun(self, remaining: RemainingHistory) -> ImportedHistory | None:
        """Whether the run wrote no state of a customer, but one of its events was sent and does not count yet."""
        if not remaining.past.events or remaining.run:
            return None
        taken = import_history(None, remaining.past, self.rules, 0, ALL)
        return taken._replace(state=replace(taken.state, ledger=Ledger()))

    def _stays(self, row: Row) -> bool:
        """Whether an empty state must stay, because decisions were made whose ids depend on the versions.

        If only backfills wrote the customer, nothing stays, and a customer who comes back is new.
        """
        return "run" not in row or bool(self.customers.decisions(row["pk"]["S"]))

    def _write(
        self,
        before: State | None,
        after: ImportedHistory | None,
        remaining: RemainingHistory,
        ours: list[EventRecord],
        run: str,
    ) -> None:
        """Write checkpoints first, so that no late event begins at an outdated one; then the rest together."""
        made = after.checkpoints if after else ()
        if before:
            self.customers.delete_all(self._checkpoints(before.customer, remaining.stale(made)))
            self.customers.put_all(self._checkpoints(before.customer, made))
        retract_run(self.customers, before, after.state if after else None, ours, self.rules, run)

    def _checkpoints(self, customer: str, some: Iterable[Checkpoint]) -> list[Row]:
        return [checkpoint_put(customer, one, self.rules)["Item"] for one in some]

    def _tell(
        self, customer: str, remaining: RemainingHistory, ours: list[EventRecord], lake: pl.DataFrame, result: StoredRun
    ) -> None:
        # Events that were also sent stay: the lake may not have them yet.
        stay = {event.key for event in remaining.past.events}
        keys = ({one.event.key for one in ours} | set(lake.select("source", "id").iter_rows())) - stay
        late = lake.filter(pl.col("too_late_at").is_not_null()).select("source", "id")
        again = {one.event.key for one in ours if one.brought.too_late_at is not None} | set(late.iter_rows())
        result.counts.update({"customers": 1, "events": len(keys), "too_late_again": len(again)})
        bought = {one.event.detail.id for one in ours if isinstance(one.event.detail, Purchase)}
        bought |= {name for _, name in keys & set(_purchases(lake))}
        result.conflicts += [Conflict(customer, REFUND, name) for name in remaining.refunds_of(bought)]
        result.counts["announced"] += self._announced(customer)

    def _announced(self, customer: str) -> int:
        """The number of a customer's decisions announced since the run began. They stay announced."""
        rows = (row for row in self.customers.rows(customer) if "outcome" in row)
        moments = (datetime.fromisoformat(orjson.loads(row["detail"]["S"])["decided_at"]) for row in rows)
        return sum(1 for moment in moments if moment >= self.began)

    def _disown(self, customer: str, ours: list[EventRecord], there: LakeRetraction, result: StoredRun) -> None:
        """Leave a customer whose remaining history cannot be folded: its events belong to no run any more."""
        result.conflicts.append(Conflict(customer, RECORDS_GONE))
        for record in ours:
            self.customers.claim(record.event)
        self._rows(customer, result)
        wrote: dict[Kind, pl.DataFrame] = {"records": there.records, "states": there.states}
        for kind, rows in wrote.items():
            own = rows.filter(pl.col("customer") == customer)
            result.disowned[kind].append(own.with_columns(pl.lit(None, dtype=pl.String).alias("run")))

    def _gather(
        self,
        customer: str,
        after: ImportedHistory | None,
        remaining: RemainingHistory,
        ends: Collection[Day],
        result: StoredRun,
    ) -> None:
        """Collect a customer's new rows and ends of months for the lake."""
        if after is None or after.state.is_empty:
            result.gone.add(customer)
            result.counts["gone"] += 1
        result.anew[customer] = self._anew(after, remaining, ends)
        self._rows(customer, result)

    def _rows(self, customer: str, result: StoredRun) -> None:
        """Collect a customer's current table rows for the lake: the state first, then its records."""
        self.customers.disown(customer, self.run)  # a state that stays as it is
        state = self.customers.state_row(customer)
        others = [row for row in self.customers.rows(customer) if row["sk"]["S"] != STATE]
        for kind, rows in rows_in([*others, *([state] if state else [])], self.rules, "table").items():
            result.rows[kind] += rows

    def _anew(
        self, after: ImportedHistory | None, remaining: RemainingHistory, ends: Collection[Day]
    ) -> RewrittenMonths:
        """The customer at the ends of finished months, including those after its state, which nights stored."""
        if after is None or not remaining.past.events:
            return RewrittenMonths()
        over = day_of(self.clock(), self.rules.latest.programme.time_zone) - 1
        last = max((end for end in ends if end <= over), default=0)
        if last > after.state.day:
            after = import_history(None, remaining.past, self.rules, last, ALL, remaining.first)
        return RewrittenMonths(after.months, remaining.since)

    def _into_the_lake(self, number: int, result: StoredRun) -> None:
        for kind in KINDS:
            rows = pl.concat([frame(kind, result.rows[kind]), *result.disowned[kind]])
            if rows.height:
                body = parquet_bytes(rows)
                self.lake.put(f"{staged_prefix(kind, number)}retracted-{named_after([body.hex()])}.parquet", body)
        rewrite_month_ends(self.lake, number, result.anew, self.pause)
        standing_without(self.lake, number, result.gone, self.pause)


def _purchases(lake: pl.DataFrame) -> Iterable[tuple[str, str]]:
    """The keys of purchases among records of the lake."""
    return lake.filter(pl.col("family") == "purchase").select("source", "id").iter_rows()
