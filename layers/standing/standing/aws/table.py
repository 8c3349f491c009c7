"""The table `Customers`: a state row for each customer, and rows of its events, decisions and care.

One commit is one DynamoDB transaction: the new state on condition of its version, each event on condition that it
does not exist yet, and the decisions, which the table's stream carries to the publisher.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import batched
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from botocore.exceptions import ClientError

from standing.aws.contention import Overtaken
from standing.aws.decisions import care_sort_key, decision_rows
from standing.engine.codec import pack, pack_checkpoint, unpack, unpack_checkpoint
from standing.engine.decide import DecisionResult
from standing.engine.start import StoredHistory
from standing.engine.state import Checkpoint, State
from standing.engine.tombstone import tombstone_key
from standing.events.intake import Event, read_stored
from standing.rules.timeline import Timeline
from standing.values.counted import counted
from standing.values.days import Day, day_date

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_ITEMS = 40
STATE = "STATE"
FORGOTTEN, SALT = "FORGOTTEN", "SALT"  # rows that belong to no customer
MOST_BATCHED = 25  # writes a call
MARGIN = 31  # days for which a row stays after it was last needed
KEPT_FOR_EVER = {"profile", "override"}  # they are valid until the next one
RUN = {"#run": "run"}  # expression name of the attribute `run`: the run of the backfill that wrote the row


class Provenance(NamedTuple):
    """The run of `standing backfill` that brought an event, if any, and when the event was sent too late, if it was.

    `too_late_at` is in seconds since 1970. Retracting the run restores the event to what it was without it.
    """

    run: str = ""
    too_late_at: int | None = None


SENT = Provenance()


@dataclass(frozen=True)
class EventRecord:
    """A stored event: when it was taken in, whether it counts (or came too late), and since which state version."""

    event: Event
    at: datetime
    counts: bool
    version: int = 0
    brought: Provenance = SENT


def stored_history(history: Iterable[EventRecord], checkpoints: Iterable[Checkpoint] = ()) -> StoredHistory:
    """A customer's stored events that count, and checkpoints, as `decide` needs them."""
    return StoredHistory([record.event for record in history if record.counts], list(checkpoints))


class CommitConflict(Overtaken):
    """A commit that changed nothing. `applied` holds the events that were there already under the same keys.

    If it is empty, another writer was faster: load and decide again. `brought` has the keys of the events among them
    that a run of `standing backfill` brought and that no producer has sent so far.
    """

    def __init__(self, applied: dict[tuple[str, str], Event], brought: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(f"{counted(len(applied), 'event')} applied already" if applied else "the state has moved on")
        self.applied = applied
        self.brought = frozenset(brought)


class TooLarge(Exception):  # noqa: N818 -- describes a row or a commit
    """The commit exceeds the size limit of a row or a transaction: nothing was written, and a retry cannot help."""


class Forgotten(Exception):  # noqa: N818 -- the word users meet in the queue's name
    """The customer was forgotten: nothing was written, and a retry cannot help."""


@dataclass
class Units:
    """Consumed capacity units, as the table reports them. Threads may add to them at once."""

    read: float = 0.0
    write: float = 0.0
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def add(self, *, read: Mapping[str, Any] | None = None, write: Iterable[Mapping[str, Any]] = ()) -> None:
        """Add what an answer says was consumed by a read, or by each part of a write."""
        reads, writes = _consumed(read or {}), sum(map(_consumed, write))
        with self._turn:
            self.read += reads
            self.write += writes


def _consumed(capacity: Mapping[str, Any]) -> float:
    units: float = capacity.get("CapacityUnits", 0.0)
    return units


@dataclass
class Customers:
    """Loads and commits customers. Counts the capacity units it consumes.

    `asked_in` is the table that has the care requests being answered. By default it is this table; a shadow, whose
    requests are not published, uses the live table. `new_salt` makes the salt of a table that has none yet.
    """

    client: DynamoDBClient
    table: str
    units: Units = field(default_factory=Units)
    asked_in: str | None = None
    new_salt: Callable[[], str] = lambda: secrets.token_hex(16)
    pause: Callable[[float], None] = time.sleep
    _salting: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    @property
    def salt(self) -> str:
        """The table's salt, with which the keys of tombstones are hashed. The first caller that needs it writes it."""
        with self._salting:  # or each thread would ask for it
            return self._salt

    @cached_property
    def _salt(self) -> str:
        row = self._row(SALT, SALT)
        if row is None:
            self._write_salt()
            row = self._row(SALT, SALT)
        assert row is not None  # noqa: S101 -- this or another process wrote it
        return str(row["salt"]["S"])

    def load(self, customer: str) -> State | None:
        """A customer's state as of the last commit, or None before the first."""
        row = self._row(customer, STATE)
        return state_in(row) if row else None

    def rules_of(self, customer: str) -> str:
        """The version of the rules that last decided a customer; empty if there is no such customer."""
        row = self.client.get_item(
            TableName=self.table,
            Key=_key(customer, STATE),
            ProjectionExpression="#rules",
            ExpressionAttributeNames={"#rules": "rules"},  # a reserved word
        )
        return row["Item"]["rules"]["S"] if "Item" in row else ""

    def history(self, customer: str) -> list[EventRecord]:
        """Every event record of a customer, upcast to its newest version."""
        return [recorded_in(row) for row in self._rows(customer, "EVENT#")]

    def checkpoints(self, customer: str) -> list[Checkpoint]:
        """The stored checkpoints of a customer, oldest first."""
        return [checkpoint_in(row) for row in self._rows(customer, "CHECKPOINT#")]

    def was_asked(self, customer: str, care: str, day: Day) -> bool:
        """Whether a care action was requested for a day."""
        row = self._row(customer, care_sort_key(care, day), self.asked_in) or {}
        return bool(row.get("outcome", {}).get("S") == "care.requested.v1")

    def decisions(self, customer: str) -> list[dict[str, Any]]:
        """The details of a customer's decisions, published or not, oldest commit first."""
        rows = [*self._rows(customer, "DECISION#"), *self._rows(customer, "CARE#")]
        details: list[dict[str, Any]] = [orjson.loads(row["detail"]["S"]) for row in rows]
        return sorted(details, key=lambda detail: (detail["sequence"], detail["id"]))

    def states(self) -> Iterator[State]:
        """The state of every customer with at least one event that counts, in no order. Scans the table."""
        for row in self._scan("sk = :state", {":state": {"S": STATE}}):
            if not (state := state_in(row)).is_empty:
                yield state

    def care(self) -> Iterator[dict[str, Any]]:
        """The details of all care actions, in no order. Scans the table."""
        for row in self._scan("begins_with(sk, :care)", {":care": {"S": "CARE#"}}):
            yield orjson.loads(row["detail"]["S"])

    def outcomes(self) -> Iterator[dict[str, Any]]:
        """The rows of all decisions that are published, in no order. Scans the table."""
        yield from self._scan("attribute_exists(outcome)", {})

    def commit(
        self, before: State | None, outcome: DecisionResult, events: Sequence[Event], rules: Timeline, now: datetime
    ) -> None:
        """Write one decision result, its events and checkpoints in one transaction, or nothing.

        Raises CommitConflict, Forgotten or TooLarge if nothing was written.
        """
        state = outcome.state
        rows = [
            *(event_put(event, state.version, rules, now) for event in events),
            state_put(before, state, rules, len(events)),
            *({"Item": row} for row in decision_rows(outcome, now)),
            *(checkpoint_put(state.customer, checkpoint, rules) for checkpoint in outcome.checkpoints),
        ]
        # Forgetting deletes the state, so the version check refuses any commit but the first.
        self._write(rows, events, unless_forgotten=None if before else state.customer)

    def record(self, events: Sequence[Event], rules: Timeline, now: datetime) -> None:
        """Store events that came too late to count. Raises CommitConflict if one is stored already, or Forgotten."""
        rows = [event_put(event, 0, rules, now, counts=False) for event in events]
        self._write(rows, events, unless_forgotten=events[0].detail.customer)

    def claim(self, event: Event, too_late_at: datetime | None = None) -> bool:
        """Mark an event of a backfill as sent by its producer, too. Returns False if no backfill brought the event.

        From then on the event stays when the backfill is retracted. With `too_late_at`, it stays as an event that came
        too late to count.
        """
        change: dict[str, Any] = {"UpdateExpression": "REMOVE #run, too_late_at"}
        if too_late_at is not None:
            change = {
                "UpdateExpression": "SET too_late_at = if_not_exists(too_late_at, :at)",
                "ExpressionAttributeValues": {":at": {"N": str(int(too_late_at.timestamp()))}},
            }
        try:
            self.client.update_item(
                TableName=self.table,
                Key=event_key(event),
                ConditionExpression="attribute_exists(#run)",
                ExpressionAttributeNames=RUN,
                **change,
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def disown(self, customer: str, run: str) -> None:
        """Mark a customer's state as no longer written by a run of `standing backfill`, if it names that run."""
        with suppress(self.client.exceptions.ConditionalCheckFailedException):
            self.client.update_item(
                TableName=self.table,
                Key=_key(customer, STATE),
                UpdateExpression="REMOVE #run",
                ConditionExpression="#run = :run",
                ExpressionAttributeNames=RUN,
                ExpressionAttributeValues={":run": {"S": run}},
            )

    def brought_by(self, run: str) -> set[str]:
        """The customers that still have rows of a run of `standing backfill`. Scans the table."""
        rows = self._scan("#run = :run", {":run": {"S": run}}, RUN)
        return {row["pk"]["S"] for row in rows}

    def rows(self, customer: str) -> list[dict[str, Any]]:
        """Every row of a customer, in DynamoDB's format."""
        return [row for row in self._rows(customer, "") if row["sk"]["S"] not in {FORGOTTEN, SALT}]

    def state_row(self, customer: str) -> dict[str, Any] | None:
        """A customer's state row in DynamoDB's format, or None."""
        return self._row(customer, STATE)

    def versions(self) -> Iterator[tuple[str, int]]:
        """Every customer and its state version, in no order. Scans the table."""
        for row in self._scan("sk = :state", {":state": {"S": STATE}}):
            yield row["pk"]["S"], int(row["version"]["N"])

    def is_forgotten(self, customer: str) -> bool:
        """Whether a customer was forgotten."""
        return self._row(tombstone_key(self.salt, customer), FORGOTTEN) is not None

    def forget(self, customer: str) -> int:
        """Delete every row of a customer, and refuse their events from now on. Idempotent. Returns the number of rows.

        The tombstone is written first, so that no first commit can follow; then the state is deleted, so that no later
        commit can. After that no row can be added.
        """
        self.client.put_item(TableName=self.table, Item=_key(tombstone_key(self.salt, customer), FORGOTTEN))
        deleted = self.client.delete_item(TableName=self.table, Key=_key(customer, STATE), ReturnValues="ALL_OLD")
        rows = self.rows(customer)
        self.delete_all(rows)
        return len(rows) + ("Attributes" in deleted)

    def delete_all(self, rows: Iterable[dict[str, Any]]) -> None:
        """Delete rows. Rows that do not exist are ignored."""
        for some in batched(rows, MOST_BATCHED):
            self._batch([{"DeleteRequest": {"Key": {name: row[name] for name in ("pk", "sk")}}} for row in some])

    def _batch(self, writes: Sequence[dict[str, Any]]) -> None:
        """Do up to MOST_BATCHED writes. Unprocessed writes are retried with growing pauses."""
        waiting: Any = {self.table: writes}
        pause = 0.0
        while waiting:
            self.pause(pause)
            waiting = self.client.batch_write_item(RequestItems=waiting).get("UnprocessedItems")
            pause = min(2.0, 2 * pause + 0.05)

    def _write_salt(self) -> None:
        row = _key(SALT, SALT) | {"salt": {"S": self.new_salt()}}
        try:
            self.client.put_item(TableName=self.table, Item=row, ConditionExpression="attribute_not_exists(pk)")
        except self.client.exceptions.ConditionalCheckFailedException:
            return  # another writer was faster

    def put_state(self, before: State | None, state: State, rules: Timeline, events: int, run: str = "") -> None:
        """Write a state alone. `events` is the number of events of its commit, `run` its run of `standing backfill`.

        Raises CommitConflict or Forgotten if it was not written.
        """
        self._write([state_put(before, state, rules, events, run)], (), None if before else state.customer)

    def put_all(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write rows. Existing rows with the same keys are replaced."""
        for some in batched(rows, MOST_BATCHED):
            self._batch([{"PutRequest": {"Item": row}} for row in some])

    def transact(self, writes: Sequence[Any], unless_forgotten: str | None = None) -> None:
        """Do writes of any kind in one transaction.

        Raises CommitConflict if the condition of one failed, and Forgotten if the customer `unless_forgotten` was.
        """
        checks: list[Any] = [{"ConditionCheck": self._not_forgotten(unless_forgotten)}] if unless_forgotten else []
        try:
            self.client.transact_write_items(TransactItems=[*writes, *checks])
        except ClientError as error:
            raise _refusal(error, (), len(writes)) from error

    def _write(self, rows: list[Any], events: Sequence[Event], unless_forgotten: str | None) -> None:
        """Write rows in one transaction. Event rows come first, and the check for a tombstone comes last."""
        writes: list[Any] = [{"Put": row | {"TableName": self.table}} for row in rows]
        if unless_forgotten is not None:
            writes.append({"ConditionCheck": self._not_forgotten(unless_forgotten)})
        try:
            answer = self.client.transact_write_items(TransactItems=writes, ReturnConsumedCapacity="TOTAL")
        except ClientError as error:
            raise _refusal(error, events, len(rows)) from error
        self.units.add(write=answer.get("ConsumedCapacity", ()))

    def _not_forgotten(self, customer: str) -> dict[str, Any]:
        key = _key(tombstone_key(self.salt, customer), FORGOTTEN)
        return {"TableName": self.table, "Key": key, "ConditionExpression": "attribute_not_exists(pk)"}

    def _scan(
        self, condition: str, values: dict[str, Any], names: dict[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        arguments: dict[str, Any] = {"TableName": self.table, "FilterExpression": condition, "ConsistentRead": True}
        arguments |= {"ExpressionAttributeValues": values} if values else {}
        arguments |= {"ExpressionAttributeNames": names} if names else {}
        for page in self.client.get_paginator("scan").paginate(**arguments):
            yield from page["Items"]

    def _row(self, customer: str, sort: str, table: str | None = None) -> dict[str, Any] | None:
        answer = self.client.get_item(
            TableName=table or self.table, Key=_key(customer, sort), ConsistentRead=True, ReturnConsumedCapacity="TOTAL"
        )
        self.units.add(read=answer.get("ConsumedCapacity"))
        return answer.get("Item")

    def _rows(self, customer: str, prefix: str) -> Iterator[dict[str, Any]]:
        """The rows of a customer whose sort key has the prefix; all rows if it is empty."""
        values = {":pk": {"S": customer}} | ({":prefix": {"S": prefix}} if prefix else {})
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk" + (" AND begins_with(sk, :prefix)" if prefix else ""),
            ExpressionAttributeValues=values,
            ConsistentRead=True,
            ReturnConsumedCapacity="TOTAL",
        )
        for page in pages:
            self.units.add(read=page.get("ConsumedCapacity"))
            yield from page["Items"]


def count_rows(outcome: DecisionResult, events: Sequence[Event]) -> int:
    """The number of rows that a commit would write."""
    return 1 + len(events) + len(outcome.decisions) + len(outcome.checkpoints)


def event_sort_key(source: str, event_id: str) -> str:
    """The sort key of an event's record. A source has no `#`, so this is unambiguous."""
    return f"EVENT#{source}#{event_id}"


def event_key(event: Event) -> dict[str, Any]:
    """The key of an event's record."""
    return _key(event.detail.customer, event_sort_key(*event.key))


def _key(customer: str, sort: str) -> dict[str, Any]:
    return {"pk": {"S": customer}, "sk": {"S": sort}}


def state_put(before: State | None, state: State, rules: Timeline, events: int, run: str = "") -> dict[str, Any]:
    """The put of a state on condition that `before` is still stored. `events` is the number of events of its commit."""
    row = {
        **_key(state.customer, STATE),
        "version": {"N": str(state.version)},
        "day": {"N": str(state.day)},
        "features": {"S": state.features_hash},
        "rules": {"S": rules.on(state.day).version},
        "events": {"N": str(events)},  # of this commit: the lake checks by it that it has them all
        "image": {"B": pack(state)},
        **({"run": {"S": run}} if run else {}),
    }
    if before is None:
        return {"Item": row, "ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "Item": row,
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": {":version": {"N": str(before.version)}},
    }


def state_in(row: dict[str, Any]) -> State:
    """The state in a row of the table."""
    return unpack(
        bytes(row["image"]["B"]),
        customer=row["pk"]["S"],
        version=int(row["version"]["N"]),
        day=int(row["day"]["N"]),
        features_hash=row["features"]["S"],
    )


def event_put(
    event: Event, version: int, rules: Timeline, now: datetime, brought: Provenance = SENT, *, counts: bool = True
) -> dict[str, Any]:
    """The put of an event's record on condition that there is none yet."""
    row = {
        **event_key(event),
        "day": {"N": str(event.day)},
        "type": {"S": event.detail.detail_type},
        "detail": {"S": event.detail.row()},
        "fingerprint": {"S": event.fingerprint},
        "version": {"N": str(version)},
        "at": {"N": str(int(now.timestamp()))},
    }
    if not counts:
        row["late"] = {"BOOL": True}
    if brought.run:
        row["run"] = {"S": brought.run}
    if brought.too_late_at is not None:
        row["too_late_at"] = {"N": str(brought.too_late_at)}
    if (history := rules.latest.programme.history) is not None and event.detail.family not in KEPT_FOR_EVER:
        row["expires_at"] = {"N": str((event.day + history + MARGIN) * 86_400)}
    return {
        "Item": row,
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def recorded_in(row: dict[str, Any]) -> EventRecord:
    """The event record in a row of the table, upcast to its newest version."""
    customer = row["pk"]["S"]
    _, source, event_id = row["sk"]["S"].split("#", 2)
    raw = orjson.loads(row["detail"]["S"]) | {"id": event_id, "customer": customer}
    event = Event(source, read_stored(row["type"]["S"], raw), int(row["day"]["N"]), row["fingerprint"]["S"])
    at = datetime.fromtimestamp(int(row["at"]["N"]), UTC) if "at" in row else event.detail.time
    late, version = row.get("late", {}).get("BOOL", False), int(row.get("version", {}).get("N", 0))
    return EventRecord(event, at, not late, version, _brought(row))


def _brought(row: dict[str, Any]) -> Provenance:
    too_late_at = int(row["too_late_at"]["N"]) if "too_late_at" in row else None
    return Provenance(row.get("run", {}).get("S", ""), too_late_at)


def checkpoint_put(customer: str, checkpoint: Checkpoint, rules: Timeline) -> dict[str, Any]:
    """The put of a checkpoint. It expires when no event of the month after it can come any more."""
    lateness = rules.latest.programme.lateness
    row = {
        **_key(customer, f"CHECKPOINT#{day_date(checkpoint.day):%Y-%m}"),
        "day": {"N": str(checkpoint.day)},
        "features": {"S": checkpoint.features_hash},
        "image": {"B": pack_checkpoint(checkpoint)},
        "expires_at": {"N": str((checkpoint.day + lateness + 2 * MARGIN) * 86_400)},
    }
    return {"Item": row}


def checkpoint_in(row: dict[str, Any]) -> Checkpoint:
    """The checkpoint in a row of the table."""
    image, day = bytes(row["image"]["B"]), int(row["day"]["N"])
    return unpack_checkpoint(image, day=day, features_hash=row["features"]["S"])


def _refusal(error: ClientError, events: Sequence[Event], rows: int) -> Exception:
    """The exception for a failed transaction of `rows` rows: a refusal, or the error itself for other causes."""
    response: dict[str, Any] = dict(error.response)
    if response["Error"]["Code"] == "TransactionConflictException":
        return CommitConflict({})
    if _is_too_large(response):
        return TooLarge("more bytes than a row or a transaction may have")
    if response["Error"]["Code"] != "TransactionCanceledException":
        return error
    causes = response.get("CancellationReasons", [])
    if any(cause.get("Code") not in {"None", "ConditionalCheckFailed", "TransactionConflict"} for cause in causes):
        return error  # a throttle, not a conflict
    if any(cause.get("Code") == "ConditionalCheckFailed" for cause in causes[rows:]):
        return Forgotten()
    applied = dict(_applied(causes[: len(events)], events))
    brought = [key for key, record in applied.items() if record.brought.run]
    return CommitConflict({key: record.event for key, record in applied.items()}, brought)


def _is_too_large(response: dict[str, Any]) -> bool:
    """Whether a transaction was refused for its total size or for the size of a row."""
    causes = [response["Error"], *response.get("CancellationReasons", [])]
    refused = (cause for cause in causes if cause.get("Code") in {"ValidationException", "ValidationError"})
    return any("size" in (cause.get("Message") or "").lower() for cause in refused)


def _applied(
    causes: Sequence[dict[str, Any]], events: Sequence[Event]
) -> Iterator[tuple[tuple[str, str], EventRecord]]:
    for cause, event in zip(causes, events, strict=True):
        if cause.get("Code") == "ConditionalCheckFailed":
            yield event.key, recorded_in(cause["Item"])
