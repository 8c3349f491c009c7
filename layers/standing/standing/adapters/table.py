"""The table `Customers`: one row of state a customer, and its events, decisions and care beside it.

One commit is one DynamoDB transaction: the new state on condition of its version, each event on condition that it
is not there yet, and the decisions, which the table's stream carries to the publisher.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from botocore.exceptions import ClientError

from standing.adapters.decisions import care_sort_key, decision_rows
from standing.core.codec import pack, pack_checkpoint, unpack, unpack_checkpoint
from standing.core.days import Day, day_date
from standing.core.decide import Outcome
from standing.core.intake import Event, read_stored
from standing.core.retelling import Past
from standing.core.state import Checkpoint, State
from standing.core.timeline import Timeline

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_ITEMS = 40
STATE = "STATE"
MARGIN = 31  # days for which a row stays after it is of no more use
KEPT_FOR_EVER = {"profile", "override"}  # what they say holds until something else is said


@dataclass(frozen=True)
class Recorded:
    """An event's record: when it was taken in, and whether it counts (or came too late to)."""

    event: Event
    at: datetime
    counts: bool


def past(history: Iterable[Recorded], checkpoints: Iterable[Checkpoint] = ()) -> Past:
    """What was stored of a customer, as deciding wants it."""
    return Past([one.event for one in history if one.counts], list(checkpoints))


class Refused(Exception):  # noqa: N818 -- the table's word
    """A commit that changed nothing. `applied` holds the fingerprints of events that were there already.

    Where it is empty, somebody else was faster: load again and decide again.
    """

    def __init__(self, applied: dict[tuple[str, str], str]) -> None:
        super().__init__(f"{len(applied)} events applied already" if applied else "the state has moved on")
        self.applied = applied


@dataclass
class Units:
    """Capacity units that the table says were consumed."""

    read: float = 0.0
    write: float = 0.0


@dataclass
class Customers:
    """Loads and commits customers. Counts the capacity it used.

    `asked_in` is the table in which the requests of care are that are answered: its own, but for a candidate's rules,
    whose requests nobody hears.
    """

    client: DynamoDBClient
    table: str
    units: Units = field(default_factory=Units)
    asked_in: str | None = None

    def load(self, customer: str) -> State | None:
        """A customer's state as of the last commit, or none before the first."""
        row = self._row(customer, STATE)
        return _state(customer, row) if row else None

    def rules_of(self, customer: str) -> str:
        """The version of the rules that last decided a customer; empty where there is none."""
        row = self.client.get_item(
            TableName=self.table,
            Key=_key(customer, STATE),
            ProjectionExpression="#rules",
            ExpressionAttributeNames={"#rules": "rules"},  # a reserved word
        )
        return row["Item"]["rules"]["S"] if "Item" in row else ""

    def history(self, customer: str) -> list[Recorded]:
        """Every event recorded so far, brought up to its newest version and read back through its model."""
        return [_recorded(customer, row) for row in self._rows(customer, "EVENT#")]

    def checkpoints(self, customer: str) -> list[Checkpoint]:
        """The ends of months that are kept of a customer, oldest first."""
        return [_checkpoint(row) for row in self._rows(customer, "CHECKPOINT#")]

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
        """Every customer's state, in no order. Reads the whole table."""
        for row in self._scan("sk = :state", {":state": {"S": STATE}}):
            yield _state(row["pk"]["S"], row)

    def care(self) -> Iterator[dict[str, Any]]:
        """Every care action of the ledger, in no order. Reads the whole table."""
        for row in self._scan("begins_with(sk, :care)", {":care": {"S": "CARE#"}}):
            yield orjson.loads(row["detail"]["S"])

    def outcomes(self) -> Iterator[dict[str, Any]]:
        """The rows of every decision that is published, in no order. Reads the whole table."""
        yield from self._scan("attribute_exists(outcome)", {})

    def commit(
        self, before: State | None, outcome: Outcome, events: Sequence[Event], rules: Timeline, now: datetime
    ) -> None:
        """Write everything of one decision, or nothing. Raises Refused where nothing was written."""
        state = outcome.state
        self._write(
            [
                *(_event_put(event, state.version, rules, now) for event in events),
                _state_put(before, state, rules),
                *({"Item": row} for row in decision_rows(outcome, now)),
                *(_checkpoint_put(state.customer, checkpoint, rules) for checkpoint in outcome.checkpoints),
            ],
            events,
        )

    def record(self, events: Sequence[Event], rules: Timeline, now: datetime) -> None:
        """Keep events that came too late to count. Raises Refused where one of them is there already."""
        self._write([_event_put(event, 0, rules, now, counts=False) for event in events], events)

    def _write(self, rows: list[Any], events: Sequence[Event]) -> None:
        """One transaction; the rows of the events come first."""
        try:
            answer = self.client.transact_write_items(
                TransactItems=[{"Put": row | {"TableName": self.table}} for row in rows],
                ReturnConsumedCapacity="TOTAL",
            )
        except ClientError as error:
            raise _refusal(error, events) from error
        self.units.write += sum(part.get("CapacityUnits", 0.0) for part in answer.get("ConsumedCapacity", []))

    def _scan(self, condition: str, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        arguments: dict[str, Any] = {"TableName": self.table, "FilterExpression": condition, "ConsistentRead": True}
        if values:
            arguments["ExpressionAttributeValues"] = values
        for page in self.client.get_paginator("scan").paginate(**arguments):
            yield from page["Items"]

    def _row(self, customer: str, sort: str, table: str | None = None) -> dict[str, Any] | None:
        answer = self.client.get_item(
            TableName=table or self.table, Key=_key(customer, sort), ConsistentRead=True, ReturnConsumedCapacity="TOTAL"
        )
        self.units.read += answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
        return answer.get("Item")

    def _rows(self, customer: str, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": customer}, ":prefix": {"S": prefix}},
            ConsistentRead=True,
            ReturnConsumedCapacity="TOTAL",
        )
        for page in pages:
            self.units.read += page.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
            yield from page["Items"]


def items(outcome: Outcome, events: Sequence[Event]) -> int:
    """How many rows a commit would write."""
    return 1 + len(events) + len(outcome.decisions) + len(outcome.checkpoints)


def event_sort_key(source: str, event_id: str) -> str:
    """The sort key of an event's record. A source has no `#`, so this is unambiguous."""
    return f"EVENT#{source}#{event_id}"


def _key(customer: str, sort: str) -> dict[str, Any]:
    return {"pk": {"S": customer}, "sk": {"S": sort}}


def _state_put(before: State | None, state: State, rules: Timeline) -> dict[str, Any]:
    row = {
        **_key(state.customer, STATE),
        "version": {"N": str(state.version)},
        "day": {"N": str(state.day)},
        "features": {"S": state.features_hash},
        "rules": {"S": rules.on(state.day).version},
        "image": {"B": pack(state)},
    }
    if before is None:
        return {"Item": row, "ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "Item": row,
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": {":version": {"N": str(before.version)}},
    }


def _state(customer: str, row: dict[str, Any]) -> State:
    return unpack(
        bytes(row["image"]["B"]),
        customer=customer,
        version=int(row["version"]["N"]),
        day=int(row["day"]["N"]),
        features_hash=row["features"]["S"],
    )


def _event_put(event: Event, version: int, rules: Timeline, now: datetime, *, counts: bool = True) -> dict[str, Any]:
    detail = event.detail.stored()
    row = {
        **_key(event.detail.customer, event_sort_key(*event.key)),
        "day": {"N": str(event.day)},
        "type": {"S": event.detail.detail_type},
        "detail": {"S": _json({name: detail[name] for name in detail if name not in {"id", "customer"}})},
        "fingerprint": {"S": event.fingerprint},
        "version": {"N": str(version)},
        "at": {"N": str(int(now.timestamp()))},
    }
    if not counts:
        row["late"] = {"BOOL": True}
    if (history := rules.latest.programme.history) is not None and event.detail.family not in KEPT_FOR_EVER:
        row["expires_at"] = {"N": str((event.day + history + MARGIN) * 86_400)}
    return {
        "Item": row,
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def _recorded(customer: str, row: dict[str, Any]) -> Recorded:
    _, source, event_id = row["sk"]["S"].split("#", 2)
    raw = orjson.loads(row["detail"]["S"]) | {"id": event_id, "customer": customer}
    event = Event(source, read_stored(row["type"]["S"], raw), int(row["day"]["N"]), row["fingerprint"]["S"])
    at = datetime.fromtimestamp(int(row["at"]["N"]), UTC) if "at" in row else event.detail.time
    return Recorded(event, at, not row.get("late", {}).get("BOOL", False))


def _checkpoint_put(customer: str, checkpoint: Checkpoint, rules: Timeline) -> dict[str, Any]:
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


def _checkpoint(row: dict[str, Any]) -> Checkpoint:
    image, day = bytes(row["image"]["B"]), int(row["day"]["N"])
    return unpack_checkpoint(image, day=day, features_hash=row["features"]["S"])


def _refusal(error: ClientError, events: Sequence[Event]) -> Exception:
    """What a failed transaction means: a refusal, or the error itself where it is another kind."""
    response: dict[str, Any] = dict(error.response)
    if response["Error"]["Code"] == "TransactionConflictException":
        return Refused({})
    if response["Error"]["Code"] != "TransactionCanceledException":
        return error
    causes = response.get("CancellationReasons", [])
    if any(cause.get("Code") not in {"None", "ConditionalCheckFailed", "TransactionConflict"} for cause in causes):
        return error  # a throttle, or a row that is too large: not a matter of who was first
    return Refused(dict(_applied(causes[: len(events)], events)))


def _applied(causes: Sequence[dict[str, Any]], events: Sequence[Event]) -> Iterator[tuple[tuple[str, str], str]]:
    for cause, event in zip(causes, events, strict=True):
        if cause.get("Code") == "ConditionalCheckFailed":
            yield event.key, cause.get("Item", {}).get("fingerprint", {}).get("S", "")


def _json(content: object) -> str:
    return orjson.dumps(content).decode()
