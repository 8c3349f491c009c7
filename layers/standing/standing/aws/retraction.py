"""Taking back what a run of `standing backfill` brought: a customer's state without it, and its records gone, together.

On condition that nobody wrote the customer meanwhile, and that none of the events was sent since.
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
    """Write the state `after` over `before`, or delete it where there is none, and take back the records of one run.

    `run` is another run that wrote what is left. What does not fit beside the state goes before it: so what is left to
    do can still be seen. Raises CommitConflict where the customer was written meanwhile, or one of the events was sent.
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
    """Deletes records, or puts back those of events that were sent too late to count before they were brought."""
    for one in brought:
        still = {
            "TableName": table,
            "ConditionExpression": "#run = :run",
            "ExpressionAttributeNames": RUN,
            "ExpressionAttributeValues": {":run": {"S": one.brought.run}},
        }
        if one.brought.too_late_at is None:
            yield {"Delete": still | {"Key": event_key(one.event)}}
        else:
            at = datetime.fromtimestamp(one.brought.too_late_at, UTC)
            yield {"Put": still | {"Item": event_put(one.event, 0, rules, at, counts=False)["Item"]}}
