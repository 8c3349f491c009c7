"""INV-13: however many events of one customer come at once, each commit is small, whole and in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import orjson
import pytest
from standing.aws.table import MOST_ITEMS, Customers
from standing.engine.decide import DecisionResult
from standing.engine.state import State
from standing.engine.view import view, view_of_history
from standing.events.fields import LONGEST_CODE, MOST_ENTRIES
from standing.events.intake import Event
from standing.ingest.batch import MOST_EVENTS, Ingest, Message
from standing.rules.ruleset import Stratum
from standing.rules.timeline import Timeline

from tests.make.strategies import PURCHASES, every, feature, line, rating, ruleset
from tests.make.support import NOW, KeptRejections, complaint, envelope, message, purchase, taken

MEGABYTE = 1024 * 1024
MANY = 150


@dataclass
class Noting:
    """A table that notes every transaction's rows, as they go over the wire."""

    inner: Customers
    transactions: list[list[dict[str, Any]]] = field(default_factory=list)
    events: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        write = self.inner.client.transact_write_items

        def noted(**arguments: Any) -> Any:
            answer = write(**arguments)
            self.transactions.append([item["Put"]["Item"] for item in arguments["TransactItems"] if "Put" in item])
            return answer

        self.inner.client.transact_write_items = noted  # type: ignore[method-assign]

    def commit(
        self, before: State | None, outcome: DecisionResult, events: Sequence[Event], rules: Timeline, now: datetime
    ) -> None:
        self.inner.commit(before, outcome, events, rules, now)
        self.events.append([event.day for event in events])

    def __getattr__(self, name: str) -> Any:
        """As the table itself."""
        return getattr(self.inner, name)


def size(rows: Sequence[dict[str, Any]]) -> int:
    """At least the bytes that DynamoDB counts for some rows."""
    return len(orjson.dumps(rows, default=lambda value: value.hex()))


def settle(table: Noting, rules: Timeline, batch: Sequence[Message]) -> None:
    """Deliver a batch, of which everything must be applied."""
    report = Ingest(rules, table, KeptRejections(), clock=lambda: NOW, pause=lambda _: None).batch(batch)
    assert (report.failed, report.counts["applied"]) == ({}, len(batch))


def whole(table: Noting, rules: Timeline, batch: Sequence[Message]) -> None:
    """Each commit is small enough, holds what belongs together, and the days go on from one to the next."""
    assert len(table.transactions) == len(table.events) > 1
    for version, rows in enumerate(table.transactions, start=1):
        assert len(rows) <= MOST_ITEMS
        assert size(rows) < MEGABYTE
        (state,) = (row for row in rows if row["sk"]["S"] == "STATE")
        told = [orjson.loads(row["detail"]["S"]) for row in rows if row["sk"]["S"].startswith(("DECISION#", "CARE#"))]
        assert int(state["version"]["N"]) == version
        assert {one["sequence"] for one in told} <= {version}
        assert {row["version"]["N"] for row in rows if row["sk"]["S"].startswith("EVENT#")} == {str(version)}
    assert all(max(earlier) <= min(later) for earlier, later in pairwise(table.events))
    state_now = table.inner.load("c-1")
    assert state_now is not None
    events = taken(rules.latest, *(orjson.loads(one.body) for one in batch))
    assert view(state_now, rules, state_now.day) == view_of_history(events, rules, state_now.day)
    assert len(table.inner.history("c-1")) == len(batch)


@pytest.mark.invariant("INV-13")
def test_a_hundred_and_fifty_events_of_one_customer_are_split(rules: Timeline, customers: Customers) -> None:
    bodies = [complaint(n, days_ago=n) if n % 10 == 0 else purchase(n, days_ago=n * 0.7) for n in range(MANY)]
    batch = [message(number, body) for number, body in enumerate(bodies)]
    table = Noting(customers)
    settle(table, rules, batch[::-1])
    whole(table, rules, batch)


@pytest.mark.invariant("INV-13")
def test_commits_of_the_largest_events_stay_below_a_megabyte(rules: Timeline, customers: Customers) -> None:
    """No event type stores more than a profile with as many entries as it may have, each as long as it may be."""
    batch = [message(number, largest(number)) for number in range(2 * MOST_EVENTS)]
    table = Noting(customers)
    settle(table, rules, batch)
    whole(table, rules, batch)
    assert max(map(size, table.transactions)) > MEGABYTE / 4


def largest(number: int) -> dict[str, Any]:
    """A profile change as large as one can be."""
    names = [f"{'n' * 61}{entry:02d}" for entry in range(MOST_ENTRIES)]
    known = {"dates": dict.fromkeys(names, "2026-01-01"), "segments": dict.fromkeys(names, "😀" * LONGEST_CODE)}
    who = {"id": f"{number:02d}" + "😀" * 198, "customer": "c-1", "time": (NOW - timedelta(days=number)).isoformat()}
    return envelope("profile.v1", who | known)


@pytest.mark.invariant("INV-13")
def test_commits_of_many_decisions_are_split_too(customers: Customers) -> None:
    """Each day of a purchase sets ten ratings, and the day after unsets them."""
    flags = [rating(f"flag{n}", ["off", "on"], {"on": every(line("orders_1d", ">=", 1))}) for n in range(10)]
    rules = Timeline.of(ruleset([feature("orders_1d", "count", PURCHASES, over=1)], Stratum(ratings=tuple(flags))))
    batch = [message(number, purchase(number, days_ago=60 - 3 * number)) for number in range(20)]
    table = Noting(customers)
    settle(table, rules, batch)
    whole(table, rules, batch)
    assert sum(len(rows) for rows in table.transactions) > 20 * 20
