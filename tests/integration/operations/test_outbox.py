"""INV-5: the stream forgets after a day; what the publisher never saw is published from the decisions themselves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from standing.aws.bus import Bus
from standing.aws.stack import Target
from standing.aws.table import Customers
from standing.ingest.batch import Ingest
from standing.operations.recovery import replay_outbox
from standing.publish.publisher import UnpublishedError, publish
from standing.values.errors import UserError

from tests.make.strategies import CLUB_RULES
from tests.make.support import NOW, KeptRejections, complaint, envelope, message, purchase

DOWN = NOW - timedelta(hours=30)  # since when nothing was published
BEFORE = DOWN - timedelta(days=1)


@dataclass
class Carrying:
    """An EventBridge that notes what it took. It can refuse entries, which no emulator can be told to."""

    refuses: int = 0
    taken: list[str] = field(default_factory=list)

    def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 -- AWS's name
        refused, self.refuses = min(self.refuses, len(Entries)), max(0, self.refuses - len(Entries))
        self.taken += [entry["Detail"] for entry in Entries[refused:]]
        answers: list[dict[str, str]] = [{"ErrorCode": "ThrottlingException"}] * refused
        answers += [{"EventId": "e"}] * (len(Entries) - refused)
        return {"FailedEntryCount": refused, "Entries": answers}

    def ids(self) -> Counter[str]:
        return Counter(json.loads(detail)["id"] for detail in self.taken)


@dataclass
class Publisher:
    """A Lambda on which there is the publish function alone."""

    events: Carrying

    def invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 -- AWS's names
        assert FunctionName == "publish"
        bus = Bus(self.events, "bus", lambda _: None)  # type: ignore[arg-type]  # a fake
        try:
            failed = publish(json.loads(Payload)["Records"], bus)
        except UnpublishedError as error:
            return {"FunctionError": "Unhandled", "Payload": BytesIO(json.dumps({"errorMessage": str(error)}).encode())}
        answer = {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
        return {"Payload": BytesIO(json.dumps(answer).encode())}


def stack(customers: Customers, events: Carrying) -> Target:
    """The deployed stack, as far as publishing again needs it."""
    target = Target()
    outputs = {"BusName": "bus", "PublishFunction": "publish"}
    vars(target).update(customers=customers, functions=Publisher(events), outputs=outputs)
    return target


def survey(number: int, customer: str) -> dict[str, Any]:
    detail = {"id": f"s-{number}", "customer": customer, "time": NOW.isoformat(), "kind": "survey"}
    return envelope("feedback.v1", detail | {"score": 1, "scale": [1, 5]})


def decide(customers: Customers, bodies: Sequence[dict[str, Any]], now: datetime) -> None:
    ingest = Ingest(CLUB_RULES, customers, KeptRejections(), clock=lambda: now, pause=lambda _: None)
    assert ingest.batch([message(number, body) for number, body in enumerate(bodies)]).failed == {}


def rows(customers: Customers) -> list[dict[str, Any]]:
    """Every decision's row, published or not."""
    items = customers.client.scan(TableName=customers.table)["Items"]
    return [row for row in items if row["sk"]["S"].startswith(("DECISION#", "CARE#"))]


def ids(rows: Sequence[dict[str, Any]]) -> set[str]:
    return {json.loads(row["detail"]["S"])["id"] for row in rows}


@pytest.fixture
def published_before(customers: Customers) -> set[str]:
    """The ids of decisions of the day before, which were published in time."""
    decide(customers, [purchase(1, customer=f"c-{n}", amount="150.00", days_ago=9) for n in range(4)], BEFORE)
    return ids(rows(customers))


def outage(customers: Customers) -> None:
    """Thirty hours in which decisions of every kind are made, some of them about what happened long before."""
    for hours in (0, 7, 20, 29):
        late = purchase(100 + hours, customer="c-1", amount="900.00", days_ago=60 - hours)
        bodies = [late, *(purchase(10 * hours + n, customer=f"c-{n}", amount="120.00", days_ago=3) for n in range(8))]
        decide(customers, bodies, DOWN + timedelta(hours=hours))
    decide(customers, [*(survey(n, f"c-{n}") for n in range(8)), complaint(1), complaint(2, customer="c-2")], NOW)


@pytest.mark.invariant("INV-5")
def test_after_thirty_hours_without_a_publisher_nothing_is_lost(
    customers: Customers, published_before: set[str]
) -> None:
    """No record of the stream is ever handed over: those of the first hours are gone, and none is needed."""
    outage(customers)
    bus = Carrying()
    publishable = ids([row for row in rows(customers) if "outcome" in row]) - published_before
    assert len(publishable) > 30  # more than three calls of put_events carry
    assert replay_outbox(stack(customers, bus), DOWN.date()) == len(publishable)
    assert bus.ids() == Counter(publishable)  # each once, under the id it was given when it was decided


@pytest.mark.invariant("INV-5")
@pytest.mark.usefixtures("published_before")
def test_what_is_published_again_is_what_the_stream_would_have_carried(customers: Customers) -> None:
    outage(customers)
    again, by_stream = Carrying(), Carrying()
    replay_outbox(stack(customers, again), BEFORE.date())
    inserted = [{"eventName": "INSERT", "dynamodb": {"NewImage": row}} for row in rows(customers)]
    publish(inserted, Bus(by_stream, "bus"))  # type: ignore[arg-type]  # a fake
    assert sorted(again.taken) == sorted(by_stream.taken)


@pytest.mark.invariant("INV-5")
@pytest.mark.usefixtures("published_before")
def test_a_bus_that_refuses_is_asked_again_and_in_the_end_it_is_said(
    customers: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("standing.aws.bus.TRIES", 1)
    outage(customers)
    bus = Carrying(refuses=3)
    with pytest.raises(UserError, match="refused 3 of"):
        replay_outbox(stack(customers, bus), BEFORE.date())
    replay_outbox(stack(customers, bus), BEFORE.date())
    assert bus.ids().keys() == ids([row for row in rows(customers) if "outcome" in row])


@pytest.mark.usefixtures("published_before")
def test_a_bus_that_takes_nothing_at_all_is_said(customers: Customers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("standing.aws.bus.TRIES", 1)
    publishable = len([row for row in rows(customers) if "outcome" in row])
    with pytest.raises(UserError, match=f"refused {publishable} of {publishable} outcomes"):
        replay_outbox(stack(customers, Carrying(refuses=9_999)), BEFORE.date())


@pytest.mark.usefixtures("published_before")
def test_a_stack_without_a_publisher_announces_nothing(customers: Customers) -> None:
    bus = Carrying()
    target = stack(customers, bus)
    vars(target)["outputs"] = {"BusName": "bus"}
    with pytest.raises(UserError, match="has no output PublishFunction: it is a shadow"):
        replay_outbox(target, BEFORE.date())
    assert bus.taken == []
