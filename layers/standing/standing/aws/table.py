"""The table `Customers`: one row of state a customer, and its events, decisions and care beside it.

One commit is one DynamoDB transaction: the new state on condition of its version, each event on condition that it
is not there yet, and the decisions, which the table's stream carries to the publisher.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
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
MARGIN = 31  # days for which a row stays after it is of no more use
KEPT_FOR_EVER = {"profile", "override"}  # what they say holds until something else is said
RUN = {"#run": "run"}  # how expressions name the attribute that says which run of a backfill wrote a row


class Provenance(NamedTuple):
    """Which run of `standing backfill` brought an event, if one did; and when it was sent too late to count, if it was.

    Seconds since 1970. By these the run can be taken back, and the event is again what it was without it.
    """

    run: str = ""
    too_late_at: int | None = None


SENT = Provenance()


@dataclass(frozen=True)
class EventRecord:
    """An event's record: when it was taken in, whether it counts (or came too late to), and from which version on."""

    event: Event
    at: datetime
    counts: bool
    version: int = 0
    brought: Provenance = SENT


def stored_history(history: Iterable[EventRecord], checkpoints: Iterable[Checkpoint] = ()) -> StoredHistory:
    """What was stored of a customer, as deciding wants it."""
    return StoredHistory([one.event for one in history if one.counts], list(checkpoints))


class CommitConflict(Overtaken):
    """A commit that changed nothing. `applied` holds the events that were there already under the same keys.

    Where it is empty, somebody else was faster: load again and decide again. `brought` are those of them that a run of
    `standing backfill` brought, and nobody sent so far.
    """

    def __init__(self, applied: dict[tuple[str, str], Event], brought: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(f"{counted(len(applied), 'event')} applied already" if applied else "the state has moved on")
        self.applied = applied
        self.brought = frozenset(brought)


class TooLarge(Exception):  # noqa: N818 -- what a row or a commit is
    """A commit of more bytes than a row, or a transaction, may have: nothing was written, and never will be."""


class Forgotten(Exception):  # noqa: N818 -- the word users meet in the queue's name
    """A commit for a customer who was forgotten: nothing was written, and never will be."""


@dataclass
class Units:
    """Capacity units that the table says were consumed."""

    read: float = 0.0
    write: float = 0.0


@dataclass
class Customers:
    """Loads and commits customers. Counts the capacity it used.

    `asked_in` is the table in which the requests of care are that are answered: its own, but for a candidate's rules,
    whose requests nobody hears. `new_salt` makes the salt of a table that has none yet.
    """

    client: DynamoDBClient
    table: str
    units: Units = field(default_factory=Units)
    asked_in: str | None = None
    new_salt: Callable[[], str] = lambda: secrets.token_hex(16)
    pause: Callable[[float], None] = time.sleep

    @cached_property
    def salt(self) -> str:
        """The table's salt, by which forgotten customers are marked; written once, by whoever needs it first."""
        found = self._row(SALT, SALT)
        if found is None:
            self._write_salt()
            found = self._row(SALT, SALT)
        assert found is not None  # noqa: S101 -- it is there, whoever wrote it
        return str(found["salt"]["S"])

    def load(self, customer: str) -> State | None:
        """A customer's state as of the last commit, or none before the first."""
        row = self._row(customer, STATE)
        return state_in(row) if row else None

    def rules_of(self, customer: str) -> str:
        """The version of the rules that last decided a customer; empty where there is none."""
        row = self.client.get_item(
            TableName=self.table,
            Key=_key(customer, STATE),
            ProjectionExpression="#rules",
            ExpressionAttributeNames={"#rules": "rules"},  # a reserved word
        )
        return row["Item"]["rules"]["S"] if "Item" in row else ""

    def history(self, customer: str) -> list[EventRecord]:
        """Every event recorded so far, brought up to its newest version and read back through its model."""
        return [recorded_in(row) for row in self._rows(customer, "EVENT#")]

    def checkpoints(self, customer: str) -> list[Checkpoint]:
        """The ends of months that are kept of a customer, oldest first."""
        return [checkpoint_in(row) for row in self._rows(customer, "CHECKPOINT#")]

    def was_asked(self, customer: str, care: str, day: Day) -> bool:
        """Whether a care action was requested for a day."""
        row = self._row(customer, care_sort_key(care, day), self.asked_in) or {}
        return bool(row.get("outcome", {}).get("S") == "care.requested.v1")

    def decisions(self, customer: str) -> list[dict[str, Any]]:
        """Every decision made, oldest commit first, as published (or not)."""
        rows = [*self._rows(customer, "DECISION#"), *self._rows(customer, "CARE#")]
        details: list[dict[str, Any]] = [orjson.loads(row["detail"]["S"]) for row in rows]
        return sorted(details, key=lambda detail: (detail["sequence"], detail["id"]))

    def states(self) -> Iterator[State]:
        """The state of every customer of whom some event counts, in no order. Reads the whole table."""
        for row in self._scan("sk = :state", {":state": {"S": STATE}}):
            if not (state := state_in(row)).is_empty:
                yield state

    def care(self) -> Iterator[dict[str, Any]]:
        """Every care action of the ledger, in no order. Reads the whole table."""
        for row in self._scan("begins_with(sk, :care)", {":care": {"S": "CARE#"}}):
            yield orjson.loads(row["detail"]["S"])

    def outcomes(self) -> Iterator[dict[str, Any]]:
        """The rows of every decision that is published, in no order. Reads the whole table."""
        yield from self._scan("attribute_exists(outcome)", {})

    def commit(
        self, before: State | None, outcome: DecisionResult, events: Sequence[Event], rules: Timeline, now: datetime
    ) -> None:
        """Write all of one decision, or nothing. Raises CommitConflict or Forgotten where nothing was written."""
        state = outcome.state
        rows = [
            *(event_put(event, state.version, rules, now) for event in events),
            state_put(before, state, rules, len(events)),
            *({"Item": row} for row in decision_rows(outcome, now)),
            *(checkpoint_put(state.customer, checkpoint, rules) for checkpoint in outcome.checkpoints),
        ]
        # Forgetting deletes the state, so a later commit than the first is refused by its version.
        self._write(rows, events, unless_forgotten=None if before else state.customer)

    def record(self, events: Sequence[Event], rules: Timeline, now: datetime) -> None:
        """Keep events that came too late to count. Raises CommitConflict where one is there already, or Forgotten."""
        rows = [event_put(event, 0, rules, now, counts=False) for event in events]
        self._write(rows, events, unless_forgotten=events[0].detail.customer)

    def claim(self, event: Event, too_late_at: datetime | None = None) -> bool:
        """Note that an event that a backfill brought was sent as well; whether it still was of the backfill alone.

        From then on it stays when the backfill is taken back; where it was sent too late to count, as one that was.
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
        """Note that a customer's state is not only of a run of `standing backfill`; one of another stays as it is."""
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
        """The customers of whom a run of `standing backfill` wrote rows that are still there. Reads the whole table."""
        found = self._scan("#run = :run", {":run": {"S": run}}, RUN)
        return {row["pk"]["S"] for row in found}

    def rows(self, customer: str) -> list[dict[str, Any]]:
        """Every row of a customer, as it is stored."""
        return [row for row in self._rows(customer, "") if row["sk"]["S"] not in {FORGOTTEN, SALT}]

    def state_row(self, customer: str) -> dict[str, Any] | None:
        """A customer's state as it is stored, or none."""
        return self._row(customer, STATE)

    def versions(self) -> Iterator[tuple[str, int]]:
        """Every customer's version, in no order. Reads the whole table."""
        for row in self._scan("sk = :state", {":state": {"S": STATE}}):
            yield row["pk"]["S"], int(row["version"]["N"])

    def is_forgotten(self, customer: str) -> bool:
        """Whether a customer was forgotten."""
        return self._row(tombstone_key(self.salt, customer), FORGOTTEN) is not None

    def forget(self, customer: str) -> int:
        """Delete every row of a customer, and take in no event of theirs from now on; how many rows. Can be repeated.

        The mark comes first, so that no first commit can follow; then the state, so that no other can. What is there
        then is all there will ever be.
        """
        self.client.put_item(TableName=self.table, Item=_key(tombstone_key(self.salt, customer), FORGOTTEN))
        there = self.client.delete_item(TableName=self.table, Key=_key(customer, STATE), ReturnValues="ALL_OLD")
        rows = self.rows(customer)
        self.delete_all(rows)
        return len(rows) + ("Attributes" in there)

    def delete_all(self, rows: Iterable[dict[str, Any]]) -> None:
        """Delete rows, those that are gone already too."""
        for some in batched(rows, MOST_BATCHED):
            self._batch([{"DeleteRequest": {"Key": {name: row[name] for name in ("pk", "sk")}}} for row in some])

    def _batch(self, writes: Sequence[dict[str, Any]]) -> None:
        """Do up to MOST_BATCHED writes; what the table had no room for is done again, ever more slowly."""
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
            return  # somebody else was faster

    def put_state(self, before: State | None, state: State, rules: Timeline, events: int, run: str = "") -> None:
        """Write a state alone, committed with so many events, by a run of `standing backfill` if it names one.

        Raises CommitConflict or Forgotten where it was not.
        """
        self._write([state_put(before, state, rules, events, run)], (), None if before else state.customer)

    def put_all(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write rows over whatever is there under their keys."""
        for some in batched(rows, MOST_BATCHED):
            self._batch([{"PutRequest": {"Item": row}} for row in some])

    def transact(self, writes: Sequence[Any], unless_forgotten: str | None = None) -> None:
        """Do writes of any kind together, or none of them. Raises CommitConflict where a condition of one did not hold.

        Or Forgotten, where it is asked whether a customer was.
        """
        look: list[Any] = [{"ConditionCheck": self._not_forgotten(unless_forgotten)}] if unless_forgotten else []
        try:
            self.client.transact_write_items(TransactItems=[*writes, *look])
        except ClientError as error:
            raise _refusal(error, (), len(writes)) from error

    def _write(self, rows: list[Any], events: Sequence[Event], unless_forgotten: str | None) -> None:
        """One transaction; the rows of the events come first, and the look at who was forgotten last."""
        writes: list[Any] = [{"Put": row | {"TableName": self.table}} for row in rows]
        if unless_forgotten is not None:
            writes.append({"ConditionCheck": self._not_forgotten(unless_forgotten)})
        try:
            answer = self.client.transact_write_items(TransactItems=writes, ReturnConsumedCapacity="TOTAL")
        except ClientError as error:
            raise _refusal(error, events, len(rows)) from error
        self.units.write += sum(part.get("CapacityUnits", 0.0) for part in answer.get("ConsumedCapacity", []))

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
        self.units.read += answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
        return answer.get("Item")

    def _rows(self, customer: str, prefix: str) -> Iterator[dict[str, Any]]:
        """The rows of a customer whose sort key begins so; all of them where the prefix is empty."""
        values = {":pk": {"S": customer}} | ({":prefix": {"S": prefix}} if prefix else {})
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk" + (" AND begins_with(sk, :prefix)" if prefix else ""),
            ExpressionAttributeValues=values,
            ConsistentRead=True,
            ReturnConsumedCapacity="TOTAL",
        )
        for page in pages:
            self.units.read += page.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
            yield from page["Items"]


def count_rows(outcome: DecisionResult, events: Sequence[Event]) -> int:
    """How many rows a commit would write."""
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
    """Writing a state over the one before it, committed with so many events, perhaps by a run of a backfill."""
    row = {
        **_key(state.customer, STATE),
        "version": {"N": str(state.version)},
        "day": {"N": str(state.day)},
        "features": {"S": state.features_hash},
        "rules": {"S": rules.on(state.day).version},
        "events": {"N": str(events)},  # of this commit: by it the lake knows whether it has them all
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
    """Writing an event's record where there is none yet."""
    detail = event.detail.stored()
    row = {
        **event_key(event),
        "day": {"N": str(event.day)},
        "type": {"S": event.detail.detail_type},
        "detail": {"S": _json({name: detail[name] for name in detail if name not in {"id", "customer"}})},
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
    """The event in a row of the table, brought up to its newest version and read back through its model."""
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
    """A checkpoint is of use for as long as an event of the month after may still come."""
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
    """What a failed transaction of so many rows means: a refusal, or the error itself where it is another kind."""
    response: dict[str, Any] = dict(error.response)
    if response["Error"]["Code"] == "TransactionConflictException":
        return CommitConflict({})
    if _is_too_large(response):
        return TooLarge("more bytes than a row or a transaction may have")
    if response["Error"]["Code"] != "TransactionCanceledException":
        return error
    causes = response.get("CancellationReasons", [])
    if any(cause.get("Code") not in {"None", "ConditionalCheckFailed", "TransactionConflict"} for cause in causes):
        return error  # a throttle: not a matter of who was first
    if any(cause.get("Code") == "ConditionalCheckFailed" for cause in causes[rows:]):
        return Forgotten()
    applied = dict(_applied(causes[: len(events)], events))
    brought = [key for key, one in applied.items() if one.brought.run]
    return CommitConflict({key: one.event for key, one in applied.items()}, brought)


def _is_too_large(response: dict[str, Any]) -> bool:
    """Whether a write was refused for its size, as a whole or for one of its rows."""
    causes = [response["Error"], *response.get("CancellationReasons", [])]
    refused = (cause for cause in causes if cause.get("Code") in {"ValidationException", "ValidationError"})
    return any("size" in (cause.get("Message") or "").lower() for cause in refused)


def _applied(
    causes: Sequence[dict[str, Any]], events: Sequence[Event]
) -> Iterator[tuple[tuple[str, str], EventRecord]]:
    for cause, event in zip(causes, events, strict=True):
        if cause.get("Code") == "ConditionalCheckFailed":
            yield event.key, recorded_in(cause["Item"])


def _json(content: object) -> str:
    return orjson.dumps(content).decode()
