"""Recovery: publishes decisions again, and rebuilds a customer from the event records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import batched
from typing import Any

from standing.aws.stack import Target
from standing.aws.table import CommitConflict, stored_history
from standing.engine.decide import fold_anew
from standing.rules.timeline import Timeline
from standing.values.errors import UserError
from standing.values.messages import Message, message

MOST_RECORDS = 100  # in one call, as the stream passes them


def replay_outbox(target: Target, since: date) -> int:
    """Publish every decision made on or after `since` (UTC) again, under the same ids. Returns how many.

    The publish function does it: only it may put outcomes on the bus. Raises UserError.
    """
    rows = [
        row
        for row in target.customers.outcomes()
        if json.loads(row["detail"]["S"])["decided_at"][:10] >= since.isoformat()
    ]
    failed = sum(_published(target, part) for part in batched(rows, MOST_RECORDS))
    if failed:
        raise UserError(
            "the bus refused {failed} of {rows:outcome|outcomes} at every attempt: replay again",
            failed=failed,
            rows=len(rows),
        )
    return len(rows)


def _published(target: Target, rows: Sequence[dict[str, Any]]) -> int:
    """Pass decisions to the publish function, as the table's stream does. Returns how many the bus refused."""
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
        raise UserError(
            "the stack `{stack}` has no output PublishFunction: it is a shadow, which publishes nothing, or is older "
            "than this command; `standing rules release` updates it",
            stack=target.stack,
        )
    return target.outputs["PublishFunction"]


def rebuild(target: Target, rules: Timeline, customer: str) -> Message:
    """Fold a customer again from the event records and store the result. Returns in words whether the state changed.

    Raises UserError if there is no such customer, or if the customer changed meanwhile.
    """
    state = target.customers.load(customer)
    if state is None or state.is_empty:
        raise UserError("no customer `{customer}` in {table}", customer=customer, table=target.outputs["TableName"])
    now = datetime.now(UTC)
    stored = stored_history(target.customers.history(customer), target.customers.checkpoints(customer))
    outcome = fold_anew(state, rules, now, stored)
    try:
        target.customers.commit(state, outcome, [], rules, now)
    except CommitConflict:
        raise UserError("`{customer}` changed meanwhile: rebuild it again", customer=customer) from None
    same = (state.closed, state.buckets) == (outcome.state.closed, outcome.state.buckets)
    if same:
        return message("the state agreed with its events")
    return message("the state did not agree with its events; it is corrected")
