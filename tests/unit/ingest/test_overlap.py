"""A batch's customers wait for the table together; they are decided one at a time, and each is reported by itself."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier, BrokenBarrierError, active_count
from threading import Event as Signal
from typing import Any

import pytest
from standing.aws.table import Customers, EventRecord, Units
from standing.engine.decide import DecisionResult, decide
from standing.engine.state import Checkpoint, State
from standing.events.intake import Event
from standing.ingest.batch import AT_ONCE, Ingest, Message
from standing.rules.timeline import Timeline
from standing.values.days import Day

from tests.make.strategies import CLUB
from tests.make.support import NOW, KeptRejections, message, naming, purchase

RULES = Timeline.of(naming(CLUB))
PATIENCE = 30.0  # seconds, for what should happen at once
A_MOMENT = 0.05  # seconds, for what should never happen


class InMemory:
    """States in memory. `meet` is called before each read."""

    def __init__(self, meet: Any = lambda: None) -> None:
        self.states: dict[str, State] = {}
        self.meet = meet
        self.committed: list[tuple[str, list[str]]] = []

    def load(self, customer: str) -> State | None:
        self.meet()
        return self.states.get(customer)

    def history(self, _customer: str) -> list[EventRecord]:
        raise NotImplementedError

    def checkpoints(self, _customer: str) -> list[Checkpoint]:
        raise NotImplementedError

    def was_asked(self, _customer: str, _care: str, _day: Day) -> bool:
        raise NotImplementedError

    def commit(
        self, before: State | None, outcome: DecisionResult, events: Sequence[Event], _rules: Timeline, _now: datetime
    ) -> None:
        customer = outcome.state.customer
        assert self.states.get(customer) is before
        self.states[customer] = outcome.state
        self.committed.append((customer, [event.detail.id for event in events]))

    def record(self, _events: Sequence[Event], _rules: Timeline, _now: datetime) -> None:
        raise NotImplementedError

    def claim(self, _event: Event, _too_late_at: datetime | None = None) -> bool:
        raise NotImplementedError


def desk(customers: InMemory, **more: Any) -> Ingest:
    return Ingest(RULES, customers, KeptRejections(), clock=lambda: NOW, **more)


def of_customers(count: int) -> list[Message]:
    """A purchase of each customer."""
    return [message(number, purchase(number, customer=f"c-{number}")) for number in range(count)]


def test_customers_wait_for_the_table_together() -> None:
    together = Barrier(AT_ONCE)
    report = desk(InMemory(lambda: together.wait(PATIENCE))).batch(of_customers(3 * AT_ONCE))
    assert (report.counts["applied"], report.failed) == (3 * AT_ONCE, {})


def test_decisions_are_made_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    met = []
    both = Barrier(2)

    def watched(*arguments: Any) -> DecisionResult:
        try:
            both.wait(A_MOMENT)
            met.append(arguments)
        except BrokenBarrierError:
            both.reset()
        return decide(*arguments)

    monkeypatch.setattr("standing.ingest.batch.decide", watched)
    report = desk(InMemory()).batch(of_customers(4))
    assert (report.counts["applied"], met) == (4, [])


def test_events_of_one_customer_stay_in_order_beside_others() -> None:
    batch = [
        message(f"{who}-{day}", purchase(f"{who}-{day}", customer=f"c-{who}", days_ago=day))  # type: ignore[arg-type]
        for day in range(40)
        for who in range(5)
    ]
    customers = InMemory()
    report = desk(customers).batch(batch)
    assert report.counts["applied"] == 200
    for who in range(5):
        told = [name for customer, names in customers.committed if customer == f"c-{who}" for name in names]
        assert told == [f"p-{who}-{day}" for day in range(39, -1, -1)]


def test_a_customer_that_fails_is_named_and_the_others_are_not_disturbed() -> None:
    class Broken(InMemory):
        def load(self, customer: str) -> State | None:
            if customer == "c-7":
                raise TimeoutError("the table does not answer")
            return super().load(customer)

    customers = Broken()
    report = desk(customers).batch([*of_customers(20), message(99, purchase(-1, customer="c-3"))])
    assert (report.counts["applied"], set(report.failed)) == (20, {"m-7"})
    assert "c-7" not in customers.states


def test_customers_are_reported_in_the_order_in_which_they_came() -> None:
    report = desk(InMemory(), timer=iter([0.0, *[9.0] * 20]).__next__).batch(of_customers(20), seconds=5.0)
    assert list(report.failed) == [f"m-{number}" for number in range(20)]
    assert (report.counts, report.refused) == (Counter(), {})


def test_a_process_that_is_to_end_begins_no_more_customers() -> None:
    class End(BaseException):
        """The process is told to end."""

    class Ending(InMemory):
        def load(self, customer: str) -> State | None:
            if customer == "c-1":
                raise End
            return super().load(customer)

    customers = Ending()
    with pytest.raises(End):
        desk(customers, at_once=1).batch(of_customers(20))
    assert set(customers.states) == {"c-0"}


def test_no_thread_outlives_its_batch_and_one_customer_needs_none() -> None:
    before = active_count()
    desk(InMemory()).batch(of_customers(20))
    assert active_count() == before
    alone: list[int] = []
    desk(InMemory(lambda: alone.append(active_count()))).batch(of_customers(1))
    assert alone == [before]


def add_often(units: Units) -> None:
    for _ in range(3_000):
        units.add(read={"CapacityUnits": 1.0})


def test_units_of_threads_add_up() -> None:
    units, often = Units(), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            for one in [threads.submit(add_often, units) for _ in range(8)]:
                one.result()
    finally:
        sys.setswitchinterval(often)
    assert units.read == 24_000


def test_threads_that_need_the_salt_at_once_ask_for_it_once() -> None:
    class Salted:
        """A table whose first answer waits a little for a second question."""

        asked, again = 0, Signal()

        def get_item(self, **_: Any) -> Any:
            self.asked += 1
            if self.asked > 1:
                self.again.set()
            self.again.wait(0.2)
            return {"Item": {"salt": {"S": "0f"}}}

    client: Any = Salted()
    customers, together = Customers(client, "customers"), Barrier(8)

    def salt() -> str:
        together.wait(PATIENCE)
        return customers.salt

    with ThreadPoolExecutor(8) as threads:
        assert [one.result() for one in [threads.submit(salt) for _ in range(8)]] == ["0f"] * 8
    assert client.asked == 1
