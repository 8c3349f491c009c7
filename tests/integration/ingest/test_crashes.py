"""INV-4: a process may end at any call it makes, and nothing is lost, doubled or told otherwise.

A small world is run to its end: the queue delivers batches until each is acknowledged, the stream hands its records to
the publisher until their place is reported. Then it is run once more for every call in it, and that call is the
process's last, before or after it was carried out. What the queue and the stream do then is to deliver again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from threading import RLock
from typing import Any, NamedTuple

import boto3
import orjson
import pytest
from botocore.config import Config
from standing.aws.bus import Bus
from standing.aws.rejected_queue import RejectedQueue
from standing.aws.table import Customers
from standing.ingest.batch import Ingest, Message
from standing.publish.publisher import publish
from standing.rules.timeline import Timeline
from standing.values.days import day_date, day_of

from tests.integration.conftest import KEYS
from tests.make.strategies import CLUB
from tests.make.support import NOW, complaint, envelope, message, naming, purchase

MOST_RECEIVES = 5  # as the template's queue has it: a message that still fails then is a dead letter
BY_REGION = Config(account_id_endpoint_mode="disabled")  # the only addresses of streams that moto answers at
STREAM: Any = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}


class Crash(BaseException):
    """The end of a process: nothing in it handles this."""


class Fatal(NamedTuple):
    """The call at which something happens, and what: the process ends, or only the call fails."""

    number: int
    carried_out: bool
    end: type[BaseException]


NEVER = Fatal(-1, carried_out=False, end=Crash)


@dataclass
class Wire:
    """Every call that leaves the process, in order; one of them is fatal."""

    fatal: Fatal
    calls: list[str] = field(default_factory=list)
    put: list[dict[str, str]] = field(default_factory=list)
    turn: RLock = field(default_factory=RLock)

    def call(self, name: str, carry_out: Callable[[], Any]) -> Any:
        """Make a call, unless it is the fatal one. Threads take turns."""
        with self.turn:
            return self._call(name, carry_out)

    def _call(self, name: str, carry_out: Callable[[], Any]) -> Any:
        fatal = self.fatal.number == len(self.calls)
        self.calls.append(name)
        if fatal and not self.fatal.carried_out:
            raise self.fatal.end
        answer = carry_out()
        if fatal:
            raise self.fatal.end
        return answer

    def tap(self, client: Any) -> Any:
        """A client whose every call, those of its paginators included, goes through here."""
        client._make_api_call = lambda name, arguments: self.call(
            name, lambda: self._carry_out(client, name, arguments)
        )
        return client

    def _carry_out(self, client: Any, name: str, arguments: dict[str, Any]) -> Any:
        answer = type(client)._make_api_call(client, name, arguments)
        self.put += arguments.get("Entries", [])
        return answer


class Ends(NamedTuple):
    """What is left of a world in the end, but for how often something was said."""

    rows: dict[tuple[str, str], Any]
    published: dict[str, set[str]]
    rejected: set[str]
    dead: int


@dataclass
class Clients:
    """Clients that a process uses, and others with which a test looks on."""

    dynamodb: Any = field(default_factory=lambda: boto3.client("dynamodb"))
    events: Any = field(default_factory=lambda: boto3.client("events"))
    sqs: Any = field(default_factory=lambda: boto3.client("sqs"))
    aside: Any = field(default_factory=lambda: boto3.client("dynamodb"))
    queues: Any = field(default_factory=lambda: boto3.client("sqs"))
    streams: Any = field(default_factory=lambda: boto3.client("dynamodbstreams", config=BY_REGION))
    names: Iterator[str] = field(default_factory=lambda: (f"world-{number}" for number in count()))


class World:
    """A table with its stream, a Rejected queue and the bus, around processes that may end."""

    def __init__(self, clients: Clients, fatal: Fatal = NEVER) -> None:
        self.clients, self.name, self.wire = clients, next(clients.names), Wire(fatal)
        made = clients.aside.create_table(
            TableName=self.name, BillingMode="PAY_PER_REQUEST", StreamSpecification=STREAM, **KEYS
        )
        self.stream: str = made["TableDescription"]["LatestStreamArn"]
        self.rejected: str = clients.queues.create_queue(QueueName=self.name)["QueueUrl"]
        self.queue: list[Message] = []
        self.reported = ""
        self.dead = 0

    def run(self) -> Ends:
        """Deliver every batch, and publish after each what was decided."""
        for batch in BATCHES:
            self.queue = [message(number, body) for number, body in enumerate(batch)]
            self._again_and_again(self._ingest)
            self.dead += len(self.queue)
            self._again_and_again(self._publish)
        return Ends(self.rows(), self._published(), set(self._rejections()), self.dead)

    def _again_and_again(self, work: Callable[[], bool]) -> None:
        """One process after another, until one says that nothing is left."""
        for _ in range(MOST_RECEIVES):
            with suppress(Crash, TimeoutError):
                if work():
                    return

    def _ingest(self) -> bool:
        table = Customers(self.wire.tap(self.clients.dynamodb), self.name, new_salt=lambda: "salt")
        rejected = RejectedQueue(self.wire.tap(self.clients.sqs), self.rejected)
        ingest = Ingest(ANSWERED, table, rejected, clock=lambda: NOW, pause=lambda _: None)
        failed = ingest.batch(self.queue).failed
        self.wire.call("acknowledge", lambda: self._keep(failed))
        return not self.queue

    def _keep(self, failed: dict[str, str]) -> None:
        self.queue = [one for one in self.queue if one.id in failed]

    def _publish(self) -> bool:
        records = self.records(self.reported)
        failed = publish(records, Bus(self.wire.tap(self.clients.events), "default", lambda _: None))
        assert failed == []
        self.wire.call("report", lambda: self._report(records))
        return True

    def _report(self, records: list[Any]) -> None:
        self.reported = records[-1]["dynamodb"]["SequenceNumber"] if records else self.reported

    def records(self, after: str = "") -> list[Any]:
        """What is in the table's stream, after a place or from its beginning."""
        place = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        streams, where = self.clients.streams, place if after else {"ShardIteratorType": "TRIM_HORIZON"}
        (shard,) = streams.describe_stream(StreamArn=self.stream)["StreamDescription"]["Shards"]
        iterator = streams.get_shard_iterator(StreamArn=self.stream, ShardId=shard["ShardId"], **where)["ShardIterator"]
        records: list[Any] = streams.get_records(ShardIterator=iterator)["Records"]
        return records

    def rows(self) -> dict[tuple[str, str], Any]:
        """Every row of the table, to the byte."""
        rows = self.clients.aside.scan(TableName=self.name)["Items"]
        return {(row["pk"]["S"], row["sk"]["S"]): row for row in rows}

    def _published(self) -> dict[str, set[str]]:
        said: dict[str, set[str]] = {}
        for entry in self.wire.put:
            said.setdefault(orjson.loads(entry["Detail"])["id"], set()).add(entry["DetailType"] + entry["Detail"])
        return said

    def _rejections(self) -> Iterator[str]:
        arguments: Any = {"QueueUrl": self.rejected, "MaxNumberOfMessages": 10}
        while found := self.clients.queues.receive_message(**arguments).get("Messages"):
            yield from (one["Body"] for one in found)


# What is delivered: two customers, a repeat, a rejection, more events than a commit takes, late events and an answer.

ANSWERED = Timeline.of(naming(CLUB))  # somebody is named for answers to care
FEW = 3  # events in a commit


def survey(number: int, days_ago: float = 0.0) -> dict[str, Any]:
    """An answered survey: the lowest score, which makes the care rule `recover` due."""
    detail = {"id": f"s-{number}", "customer": "c-1", "time": (NOW - timedelta(days=days_ago)).isoformat()}
    return envelope("feedback.v1", detail | {"kind": "survey", "score": 1, "scale": [1, 5]})


def answer(number: int) -> dict[str, Any]:
    """Somebody called the customer of that survey back."""
    detail = {"id": f"a-{number}", "customer": "c-1", "time": NOW.isoformat()}
    asked = {"care": "recover", "day": str(day_date(day_of(NOW, "UTC"))), "status": "done", "reason": "reached"}
    return envelope("care.v1", detail | asked)


BATCHES = [
    [purchase(1, amount="120.00", days_ago=95), complaint(2, days_ago=94), purchase(3, customer="c-2", days_ago=50)],
    [
        *(purchase(number, amount="60.00", days_ago=40 - number) for number in range(10, 14)),
        purchase(1, amount="120.00", days_ago=95),
        purchase(4, amount="-1.00"),
    ],
    [survey(5), purchase(6, amount="300.00", days_ago=70)],
    [answer(7), complaint(8, days_ago=65), purchase(1, amount="9.00"), purchase(9, customer="c-2", days_ago=60)],
]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits of few events, so that a small batch needs several."""
    monkeypatch.setattr("standing.ingest.batch.MOST_EVENTS", FEW)


def test_the_world_has_everything_that_can_be_interrupted() -> None:
    """Otherwise the test below would prove little."""
    world = World(Clients())
    ends = world.run()
    kinds = [sort.split("#")[0] for _, sort in ends.rows]
    assert {kind: kinds.count(kind) for kind in ("STATE", "EVENT", "CHECKPOINT")} == {
        "STATE": 2,
        "EVENT": 12,
        "CHECKPOINT": 4,
    }
    assert {row["outcome"]["S"] for row in ends.rows.values() if "outcome" in row} == {
        "rating.changed.v1",
        "care.requested.v1",
        "care.closed.v1",
    }
    assert (len(ends.rejected), ends.dead) == (2, 0)
    rewritten = [
        record
        for record in world.records()
        if record["eventName"] == "MODIFY" and record["dynamodb"]["Keys"]["sk"]["S"].startswith("CHECKPOINT#")
    ]
    assert rewritten
    assert {
        "GetItem",
        "Query",
        "PutItem",
        "TransactWriteItems",
        "SendMessage",
        "PutEvents",
        "acknowledge",
        "report",
    } == set(world.wire.calls)


def fatals(calls: int, end: type[BaseException]) -> list[Fatal]:
    """Every boundary. A process that ends before a call leaves what one leaves that ends after the call before."""
    before = range(1 if end is Crash else calls)
    return [Fatal(n, carried_out=False, end=end) for n in before] + [Fatal(n, True, end) for n in range(calls)]


@pytest.mark.invariant("INV-4")
@pytest.mark.parametrize("end", [Crash, pytest.param(TimeoutError, marks=pytest.mark.long)])
def test_whatever_call_is_the_last_the_end_is_the_same(end: type[BaseException]) -> None:
    clients = Clients()
    whole = World(clients)
    expected = whole.run()
    assert set(expected.published) == {
        orjson.loads(row["detail"]["S"])["id"] for row in expected.rows.values() if "outcome" in row
    }
    otherwise: dict[str, list[str]] = {}
    for fatal in fatals(len(whole.wire.calls), end):
        world = World(clients, fatal)
        ends = world.run()
        assert len(world.wire.calls) > fatal.number
        if differs := [part for part in Ends._fields if getattr(ends, part) != getattr(expected, part)]:
            when = "after" if fatal.carried_out else "before"
            otherwise[f"{when} {fatal.number} {whole.wire.calls[fatal.number]}"] = differs
    assert otherwise == {}
