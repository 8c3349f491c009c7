"""Recovery: looking at what was rejected or failed, sending it again, publishing again, and rebuilding a customer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import batched
from typing import Any

from standing.adapters.table import Refused, past
from standing.core.decide import decide
from standing.core.timeline import Timeline
from standing.tools.events.auditing import envelope_of, peek
from standing.tools.project import UserError
from standing.tools.target import Target

MOST_RECORDS = 100  # at once, as the stream hands them over


@dataclass(frozen=True)
class Kept:
    """A message that is kept in a queue: what event it was, and why it is there (empty: it failed at every retry).

    `cut` says of how large a message only the beginning is kept; empty where it is whole.
    """

    source: str
    detail_type: str
    event_id: str
    reason: str = ""
    field: str = ""
    expected: str = ""
    cut: str = ""


def rejected(target: Target) -> list[Kept]:
    """What can never be applied, with reason, field and what was expected there."""
    return [_kept(json.loads(body)) for body in peek(target, target.outputs["RejectedUrl"])]


def dead_letters(target: Target) -> list[Kept]:
    """What failed at every retry for a reason that should have passed, or could not be delivered."""
    return [_kept({"message": body}) for queue in target.dead_letter_queues for body in peek(target, queue)]


def redrive(target: Target) -> int:
    """Put every dead letter back into the ingest queue; how many. Each is deleted only after it was put back."""
    moved = 0
    for queue in target.dead_letter_queues:
        for message in _taken(target, queue):
            target.sqs.send_message(QueueUrl=target.outputs["IngestQueueUrl"], MessageBody=message["Body"])
            target.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def replay_outbox(target: Target, since: date) -> int:
    """Have every decision made on `since` (UTC) or after published again, under the ids they had; how many.

    By the publish function: nobody else may put anything on the bus under our name. Raises UserError.
    """
    rows = [
        row
        for row in target.customers.outcomes()
        if json.loads(row["detail"]["S"])["decided_at"][:10] >= since.isoformat()
    ]
    failed = sum(_published(target, part) for part in batched(rows, MOST_RECORDS))
    if failed:
        raise UserError(f"the bus refused {failed} of {len(rows)} outcomes at every try: replay again")
    return len(rows)


def _published(target: Target, rows: Sequence[dict[str, Any]]) -> int:
    """Hand decisions to the publish function, as the table's stream does; how many the bus refused."""
    records = [_inserted(number, row) for number, row in enumerate(rows)]
    answer = target.functions.invoke(FunctionName=_publisher(target), Payload=json.dumps({"Records": records}))
    if "FunctionError" in answer:  # it took none
        return len(rows)
    return len(json.loads(answer["Payload"].read())["batchItemFailures"])


def _inserted(number: int, row: dict[str, Any]) -> dict[str, Any]:
    image = {name: row[name] for name in ("outcome", "detail")}
    return {"eventName": "INSERT", "dynamodb": {"SequenceNumber": str(number), "NewImage": image}}


def _publisher(target: Target) -> str:
    if "PublishFunction" not in target.outputs:
        said = f"the stack `{target.stack}` names no publisher: it is a shadow, which announces nothing, or"
        raise UserError(f"{said} of a time before this could be asked of it; `standing rules release` brings it up")
    return target.outputs["PublishFunction"]


def rebuild(target: Target, rules: Timeline, customer: str) -> str:
    """Fold a customer anew from the event records and store the result; what changed, in words.

    Raises UserError where there is no such customer, or where events kept coming in between.
    """
    state = target.customers.load(customer)
    if state is None or state.is_empty:
        raise UserError(f"no customer `{customer}` in {target.outputs['TableName']}")
    now = datetime.now(UTC)
    stored = past(target.customers.history(customer), target.customers.checkpoints(customer))
    outcome = decide(state, [], rules, now, stored)
    try:
        target.customers.commit(state, outcome, [], rules, now)
    except Refused:
        raise UserError(f"`{customer}` changed meanwhile: rebuild it again") from None
    same = (state.closed, state.buckets) == (outcome.state.closed, outcome.state.buckets)
    return "the state was as its events say" if same else "the state was not as its events say; now it is"


def _kept(rejection: dict[str, Any]) -> Kept:
    cut = rejection.get("cut")
    about = _named(cut, "detail_type", cut.get("id")) if cut else _event_in(envelope_of(rejection["message"]))
    why = {part: str(rejection.get(part, "")) for part in ("reason", "field", "expected")}
    said = f"only the beginning of {cut['of_bytes']:,} bytes, SHA-256 {cut['sha256']}" if cut else ""
    return Kept(*about, **why, cut=said)


def _event_in(envelope: dict[str, Any]) -> tuple[str, str, str]:
    detail = envelope.get("detail")
    return _named(envelope, "detail-type", detail.get("id") if isinstance(detail, dict) else None)


def _named(found: dict[str, Any], detail_type: str, event_id: object) -> tuple[str, str, str]:
    return str(found.get("source", "?")), str(found.get(detail_type, "?")), str(event_id or "?")


def _taken(target: Target, queue: str) -> Iterator[Any]:
    while messages := target.sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=60, WaitTimeSeconds=1
    ).get("Messages", []):
        yield from messages
