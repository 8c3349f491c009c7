"""A bank's rules, built into the layer as they are deployed, decide a bank's events through the ingest function."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import orjson
import pytest
from standing.aws.table import Customers
from standing.rules.author.build import build_ruleset

from tests.integration.ingest.test_rules_of_a_batch import Context, start
from tests.make.support import ROOT, envelope, message, sender

BEGIN = datetime(2026, 1, 5, 4, tzinfo=UTC)  # noon in Shanghai
WHO = "c-77"


@pytest.fixture
def function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, customers: Customers) -> Iterator[Any]:
    """The ingest function, with the bank's rules in its layer."""
    build_ruleset(ROOT / "docs" / "examples" / "bank", tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "python")
    sys.modules.pop("standing_ruleset", None)
    yield start(monkeypatch, customers)
    sys.modules.pop("standing_ruleset", None)


def on(function: Any, day: int, detail_type: str, times: int = 1, **fields: Any) -> dict[str, Any]:
    """Some events of one day in a batch of that day; the function's answer."""
    moment = BEGIN + timedelta(days=day)
    function.ingest.clock = lambda: moment
    details = [
        {"id": f"{day}-{n}-{fields.get('kind', '')}", "customer": WHO, "time": moment.isoformat(), **fields}
        for n in range(times)
    ]
    source = sender(detail_type, function.ingest.rules.latest.programme.producers)
    sent = [message(n, envelope(detail_type, detail, source)) for n, detail in enumerate(details)]
    records = [{"messageId": one.id, "body": one.body} for one in sent]
    answer: dict[str, Any] = function.handler({"Records": records}, Context())
    return answer


def payments(function: Any, day: int, times: int) -> None:
    said = {"kind": "payment", "amount": "812.34", "currency": "CNY", "channel": "card"}
    assert on(function, day, "activity.v1", times, **said) == {"batchItemFailures": []}


def rows(customers: Customers, prefix: str) -> list[str]:
    return [orjson.dumps(row).decode() for row in customers._rows(WHO, prefix)]


def test_the_wealthy_customer_who_moves_less_and_complains_more_gets_a_visit(
    function: Any, customers: Customers, capsys: pytest.CaptureFixture[str]
) -> None:
    held = {"deposits": "412345.00", "investments": "301234.00"}
    assert on(function, 0, "profile.v1", amounts=held, currency="CNY") == {"batchItemFailures": []}
    for day, times in ((0, 10), (85, 10), (130, 10)):
        payments(function, day, times)
    assert not any("high-value-leaving" in row for row in rows(customers, "CARE#"))
    on(function, 176, "feedback.v1", kind="complaint", topic="fees")
    (visit,) = [row for row in rows(customers, "CARE#high-value-leaving#") if "requested" in row]
    assert all(said in visit for said in ("visit", "relationship-manager", "movements_trend <= 0.5", "complaints_rise"))
    state = customers.load(WHO)
    assert state is not None
    assert state.closed.levels["value"].level == "wealth"
    _check_privacy(customers, capsys.readouterr().out)


def _check_privacy(customers: Customers, logged: str) -> None:
    """What the customer has is stored with the event, because rules need it, and said nowhere else."""
    (profile,) = [row for row in rows(customers, "EVENT#") if "profile.v1" in row]
    assert "412345.00" in profile
    said = [*rows(customers, "DECISION#"), *rows(customers, "CARE#"), logged]
    assert any("(personal)" in one for one in said)
    for text in said:
        assert not any(number in text for number in ("412345", "301234", "713579"))


def test_an_activity_that_the_bank_does_not_name_is_rejected_with_those_that_it_does(function: Any) -> None:
    answer = on(function, 0, "activity.v1", kind="depositt", amount="5.00", currency="CNY")
    assert answer == {"batchItemFailures": []}
    queue = boto3.client("sqs").get_queue_url(QueueName="rejected")["QueueUrl"]
    (kept,) = boto3.client("sqs").receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"]
    assert "unknown-activity" in orjson.dumps(kept).decode()
    assert "deposit, payment, instalment-paid" in orjson.dumps(kept).decode()


def test_an_unusual_payment_is_verified_by_phone_without_consent(function: Any, customers: Customers) -> None:
    for day in (0, 10, 20):
        payments(function, day, 2)
    on(function, 30, "activity.v1", kind="payment", amount="9000.00", currency="CNY", channel="transfer")
    (call,) = rows(customers, "CARE#verify-payments#")
    assert all(said in call for said in ("requested", "verify-by-call", "phone"))
