"""Retraction of a run of `standing backfill`: deletes its records of a customer, and writes the state without them.

Both are conditional: nobody wrote the customer meanwhile, and none of the events was sent since.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import batched
from typing import Any

from standing.aws.table import RUN, STATE, Customers, EventRecord, event_key, event_put, state_put
from standing.engine.state import State
from standing.rules.timeline import Timeline

MOST = 90  # writes a transaction, which takes 100


def retract_run(
    customers: Customers,
    before: State | None,
    after: State | None,
    brought: Sequence[EventRecord],
    rules: Timeline,
    run: str = "",
) -> None:
    """Retract the records of one run, and replace the state `before` by `after`, or delete it if `after` is None.

    `run` is another run that wrote the remaining records. Records that do not fit into the state's transaction are
    retracted before it, so that an interrupted retraction can be seen and continued. Raises CommitConflict if the
    customer was written meanwhile, or if one of the events was sent.
    """
    *first, last = list(batched(_records(customers.table, brought, rules), MOST)) or [()]
    for some in first:
        customers.transact(some)
    if writes := [*_state(customers.table, before, after, rules, run), *last]:
        customers.transact(writes, after.customer if after and before is None else None)


def _state(
    table: str, before: State | None, after: State | None, rules: Timeline, run: str
) -> Iterator[dict[str, Any]]:
    if after is not None:
        yield {"Put": state_put(before, after, rules, 0, run) | {"TableName": table}}
    elif before is not None:
        yield {
            "Delete": {
                "TableName": table,
                "Key": {"pk": {"S": before.customer}, "sk": {"S": STATE}},
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(before.version)}},
            }
        }


def _records(table: str, brought: Sequence[EventRecord], rules: Timeline) -> Iterator[dict[str, Any]]:
    """Delete records. Restore those of events that were sent too late to count before the backfill brought them."""
    for record in brought:
        unchanged = {
            "TableName": table,
            "ConditionExpression": "#run = :run",
            "ExpressionAttributeNames": RUN,
            "ExpressionAttributeValues": {":run": {"S": record.brought.run}},
        }
        if record.brought.too_late_at is None:
            yield {"Delete": unchanged | {"Key": event_key(record.event)}}
        else:
            at = datetime.fromtimestamp(record.brought.too_late_at, UTC)
            yield {"Put": unchanged | {"Item": event_put(record.event, 0, rules, at, counts=False)["Item"]}}
