"""Many writers, one customer: on the local AWS, because moto's conditional writes are not atomic across threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from standing.aws.stack import Target
from standing.aws.table import Customers
from standing.engine.view import view
from standing.ingest.batch import Ingest, Message
from standing.rules.timeline import Timeline

from tests.make.support import KeptRejections, envelope

WRITERS, EACH, BATCH = 16, 250, 10


@dataclass
class Counting:
    """The table, counting the commits that one writer made."""

    inner: Customers
    commits: int = 0

    def load(self, customer: str) -> Any:
        return self.inner.load(customer)

    def history(self, customer: str) -> Any:
        return self.inner.history(customer)

    def checkpoints(self, customer: str) -> Any:
        return self.inner.checkpoints(customer)

    def was_asked(self, *arguments: Any) -> bool:
        return self.inner.was_asked(*arguments)

    def record(self, *arguments: Any) -> None:
        self.inner.record(*arguments)

    def claim(self, *arguments: Any) -> bool:
        return self.inner.claim(*arguments)

    def commit(self, *arguments: Any) -> None:
        self.inner.commit(*arguments)
        self.commits += 1


def messages(writer: int, time: str) -> list[Message]:
    details = (
        {"id": f"w{writer}-{n}", "customer": "contended", "time": time, "amount": "1.00", "currency": "USD"}
        for n in range(EACH)
    )
    bodies = (envelope("purchase.v1", detail) for detail in details)
    return [Message(f"{writer}-{n}", orjson.dumps(body).decode()) for n, body in enumerate(bodies)]


def write(writer: int, target: Target, rules: Timeline, time: str) -> tuple[int, int]:
    """Deliver a writer's messages as the queue would, again and again until they are acknowledged."""
    table = Counting(Customers(target.dynamodb, target.outputs["TableName"]))
    ingest = Ingest(rules, table, KeptRejections())
    waiting, acknowledged = messages(writer, time), 0
    while waiting:
        batch, waiting = waiting[:BATCH], waiting[BATCH:]
        failed = ingest.batch(batch).failed
        acknowledged += len(batch) - len(failed)
        waiting += [message for message in batch if message.id in failed]
    return acknowledged, table.commits


@pytest.mark.invariant("INV-3")
def test_sixteen_writers_to_one_customer_lose_nothing(target: Target, rules: Timeline) -> None:
    time = datetime.now(UTC).isoformat()
    with ThreadPoolExecutor(WRITERS) as pool:
        results = list(pool.map(lambda writer: write(writer, target, rules, time), range(WRITERS)))
    state = target.customers.load("contended")
    assert state is not None
    assert sum(acknowledged for acknowledged, _ in results) == WRITERS * EACH
    assert state.version == sum(commits for _, commits in results)
    assert len(target.customers.history("contended")) == WRITERS * EACH
    assert view(state, rules, state.day).facts["spend_365d"] == WRITERS * EACH * 100
