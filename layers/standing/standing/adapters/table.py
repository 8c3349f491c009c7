"""The table `Customers`: one row of state a customer, and its events, decisions and care beside it.

One commit is one DynamoDB transaction: the new state on condition of its version, each event on condition that it
is not there yet, and the decisions, which the table's stream carries to the publisher.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from botocore.exceptions import ClientError

from standing.core.announce import LevelHonoured, RatingChanged
from standing.core.codec import pack, unpack
from standing.core.days import day_date, end_of_day
from standing.core.decide import CareDecided, Decision, Outcome
from standing.core.events import MODELS
from standing.core.intake import Event
from standing.core.ruleset import Ruleset
from standing.core.state import State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_ITEMS = 40
STATE = "STATE"


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
    """Loads and commits customers. Counts the capacity it used."""

    client: DynamoDBClient
    table: str
    units: Units = field(default_factory=Units)

    def load(self, customer: str) -> State | None:
        """A customer's state as of the last commit, or none before the first."""
        answer = self.client.get_item(
            TableName=self.table,
            Key=_key(customer, STATE),
            ConsistentRead=True,
            ReturnConsumedCapacity="TOTAL",
        )
        self.units.read += answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
        return _state(customer, answer["Item"]) if "Item" in answer else None

    def rules_of(self, customer: str) -> str:
        """The version of the rules that last decided a customer; empty where there is none."""
        row = self.client.get_item(
            TableName=self.table,
            Key=_key(customer, STATE),
            ProjectionExpression="#rules",
            ExpressionAttributeNames={"#rules": "rules"},  # a reserved word
        )
        return row["Item"]["rules"]["S"] if "Item" in row else ""

    def history(self, customer: str) -> list[Event]:
        """Every event applied so far, read back through its model."""
        return [_event(customer, row) for row in self._rows(customer, "EVENT#")]

    def decisions(self, customer: str) -> list[dict[str, Any]]:
        """Every decision made, oldest commit first, as published (or missed)."""
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
        self, before: State | None, outcome: Outcome, events: Sequence[Event], ruleset: Ruleset, now: datetime
    ) -> None:
        """Write everything of one decision, or nothing. Raises Refused where nothing was written."""
        rows: list[Any] = [
            _state_put(before, outcome.state, ruleset),
            *(_event_put(event, outcome.state.version) for event in events),
            *_decision_puts(outcome, ruleset, now),
        ]
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
    return 1 + len(events) + len(outcome.decisions)


def event_sort_key(source: str, event_id: str) -> str:
    """The sort key of an event's record. A source has no `#`, so this is unambiguous."""
    return f"EVENT#{source}#{event_id}"


def _key(customer: str, sort: str) -> dict[str, Any]:
    return {"pk": {"S": customer}, "sk": {"S": sort}}


def _state_put(before: State | None, state: State, ruleset: Ruleset) -> dict[str, Any]:
    row = {
        **_key(state.customer, STATE),
        "version": {"N": str(state.version)},
        "day": {"N": str(state.day)},
        "features": {"S": state.features_hash},
        "rules": {"S": ruleset.version},
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


def _event_put(event: Event, version: int) -> dict[str, Any]:
    detail = event.detail.stored()
    row = {
        **_key(event.detail.customer, event_sort_key(*event.key)),
        "day": {"N": str(event.day)},
        "type": {"S": event.detail.detail_type},
        "detail": {"S": _json({name: detail[name] for name in detail if name not in {"id", "customer"}})},
        "fingerprint": {"S": event.fingerprint},
        "version": {"N": str(version)},
    }
    return {
        "Item": row,
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def _event(customer: str, row: dict[str, Any]) -> Event:
    _, source, event_id = row["sk"]["S"].split("#", 2)
    detail = orjson.loads(row["detail"]["S"]) | {"id": event_id, "customer": customer}
    model = MODELS[row["type"]["S"]].model_validate(detail)
    return Event(source, model, int(row["day"]["N"]), row["fingerprint"]["S"])


def _decision_puts(outcome: Outcome, ruleset: Ruleset, now: datetime) -> Iterator[dict[str, Any]]:
    for number, decision in enumerate(outcome.decisions):
        state = outcome.state
        sort = _decision_sort_key(decision, state.version, number)
        stable = hashlib.sha256(f"{state.customer}|{sort}".encode()).hexdigest()[:32]
        detail = {
            "id": stable,
            "customer": state.customer,
            "sequence": state.version,
            "rules": ruleset.version,
            "decided_at": now.isoformat(timespec="seconds"),
            **_decision_detail(decision, ruleset),
        }
        row: dict[str, Any] = {**_key(state.customer, sort), "detail": {"S": _json(detail)}}
        if outcome_type := _published_as(decision):
            row["outcome"] = {"S": outcome_type}
        yield {"Item": row}


def _decision_sort_key(decision: Decision, version: int, number: int) -> str:
    if isinstance(decision, CareDecided):
        return f"CARE#{decision.care}#{day_date(decision.day)}"
    return f"DECISION#{version:012d}#{number:02d}"


def _published_as(decision: Decision) -> str | None:
    if isinstance(decision, CareDecided):
        return "care.requested.v1" if decision.status == "requested" else None
    return "rating.changed.v1" if isinstance(decision, RatingChanged) else None


def _decision_detail(decision: Decision, ruleset: Ruleset) -> dict[str, Any]:
    common = {"day": str(day_date(decision.day)), "because": decision.because}
    if isinstance(decision, RatingChanged):
        return {"rating": decision.rating, "from": decision.was, "to": decision.level, **common}
    if isinstance(decision, LevelHonoured):
        until = str(day_date(decision.until))
        return {
            "rating": decision.rating,
            "honoured": decision.level,
            "computed": decision.computed,
            "until": until,
            **common,
        }
    do = ruleset.care[decision.care].do
    expires = end_of_day(decision.day + do.within, ruleset.programme.time_zone)
    return {
        "care": decision.care,
        "status": decision.status,
        "action": do.action,
        "owner": do.owner,
        "priority": do.priority,
        "expires_at": expires.isoformat(),
        **common,
    }


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
    return Refused(dict(_applied(causes[1 : 1 + len(events)], events)))


def _applied(causes: Sequence[dict[str, Any]], events: Sequence[Event]) -> Iterator[tuple[tuple[str, str], str]]:
    for cause, event in zip(causes, events, strict=True):
        if cause.get("Code") == "ConditionalCheckFailed":
            yield event.key, cause.get("Item", {}).get("fingerprint", {}).get("S", "")


def _json(content: object) -> str:
    return orjson.dumps(content).decode()
