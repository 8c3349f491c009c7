"""From an event on the bus to an outcome on the bus, through everything that is deployed."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from rich.console import Console
from standing.aws.queues import peek
from standing.aws.stack import Target
from standing.engine.codec import pack
from standing.engine.measures import empty, prune
from standing.engine.view import view, view_of_history
from standing.operations import recovery, undelivered
from standing.operations.audit import Audit, audit
from standing.operations.listener import await_published
from standing.operations.sender import send, waiting
from standing.present.progress import progress_bar
from standing.rules.timeline import Timeline

from demo.data import bad_events
from tests.make.support import envelope, taken

UNPUBLISHED = {"missed", "held-out", "held-back"}  # of care: only the table remembers it
type Event = dict[str, Any]


def purchase(customer: str, number: int, amount: str, days_ago: float) -> Event:
    time = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    detail = {"id": f"{customer}-{number}", "customer": customer, "time": time, "amount": amount, "currency": "USD"}
    return envelope("purchase.v1", detail)


def complaint(customer: str, number: int, days_ago: float, comment: str = "") -> Event:
    time = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    detail = {"id": f"{customer}-c{number}", "customer": customer, "time": time, "kind": "complaint"}
    return envelope("feedback.v1", detail | ({"comment": comment} if comment else {}))


def consent(customer: str, channel: str, days_ago: float) -> Event:
    time = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    detail = {"id": f"{customer}-{channel}", "customer": customer, "time": time, "consent": {channel: True}}
    return envelope("profile.v1", detail)


def deliver(target: Target, path: Path, events: list[Event]) -> Audit:
    """Send events as `standing send` does, and account for them as `standing audit` does."""
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    with progress_bar(Console(quiet=True)) as progress:
        assert send(target, path, progress, wait=True).sent == len(events)
    return audit(target, path)


def outcomes(target: Target, ear: str, customer: str) -> list[Event]:
    await_published(target)
    heard = [json.loads(body) for body in peek(target, ear)]
    return [outcome for outcome in heard if outcome["detail"]["customer"] == customer]


PATIENCE = 300  # seconds: no measure of speed, so that a busy machine makes no test fail; it ends what hangs


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s"
        time.sleep(0.2)


def test_a_purchase_becomes_a_tier_and_a_complaint_a_call_back(target: Target, ear: str, tmp_path: Path) -> None:
    events = [consent("road", "letter", 5), purchase("road", 1, "2500.00", 3), complaint("road", 2, 0.01)]
    assert deliver(target, tmp_path / "events", events).applied == 3
    published = outcomes(target, ear, "road")
    heard = [outcome["detail"] for outcome in published]
    # Whichever of them was applied first, or all at once (then the day decides): gold was announced in the end.
    tiers = [detail for detail in heard if detail.get("rating") == "tier"]
    tier = max(tiers, key=lambda detail: (detail["sequence"], detail["day"]))
    assert tier["to"] == "gold"
    assert tier["because"][0] == {
        "line": "spend_365d >= 2000.00",
        "actual": "2500.00",
        "holds": True,
    }
    asked = {one["detail"]["action"] for one in published if one["detail-type"] == "care.requested.v1"}
    # Where the complaint was known before the purchase, its customer was of a lower tier then.
    assert asked - {"apologise"} == {"call-back", "congratulate"}


@pytest.mark.invariant("INV-1")
def test_a_thousand_events_shuffled_and_repeated(target: Target, rules: Timeline, tmp_path: Path) -> None:
    chance = random.Random(7)
    events = [
        purchase(f"inv1-{n % 25}", n, f"{chance.randint(5, 400)}.{n % 100:02d}", chance.randint(0, 390))
        if n % 10
        else complaint(f"inv1-{n % 25}", n, chance.randint(0, 120))
        for n in range(1000)
    ]
    deliveries = [event for event in events for _ in range(chance.randint(1, 5))]
    chance.shuffle(deliveries)
    counted = deliver(target, tmp_path / "events", deliveries)
    assert (counted.applied, counted.lost, counted.rejected) == (1000, 0, 0)
    assert counted.duplicates == len(deliveries) - 1000
    for number in range(25):
        customer = f"inv1-{number}"
        state = target.customers.load(customer)
        assert state is not None
        own = [event for event in events if event["detail"]["customer"] == customer]
        folded = view_of_history(taken(rules.latest, *own, now=datetime.now(UTC)), rules, state.day)
        assert view(state, rules, state.day) == folded


@pytest.mark.invariant("INV-5")
def test_each_decision_is_published_under_one_stable_id(target: Target, ear: str, tmp_path: Path) -> None:
    deliver(target, tmp_path / "events", [purchase("ids", n, "700.00", 40 - n) for n in range(8)])
    heard = outcomes(target, ear, "ids")
    decided = target.customers.decisions("ids")
    assert {outcome["detail"]["id"] for outcome in heard} == {
        detail["id"] for detail in decided if "honoured" not in detail and detail.get("status") not in UNPUBLISHED
    }
    assert [outcome["detail-type"] for outcome in heard].count("rating.changed.v1") >= 3


def test_bad_events_are_rejected_with_a_reason_and_the_others_go_through(target: Target, tmp_path: Path) -> None:
    good = purchase("bad", 1, "10.00", 1)
    events = [good, *bad_events(good, datetime.now(UTC)), purchase("bad", 2, "5.00", 1)]
    counted = deliver(target, tmp_path / "events", events)
    assert (counted.applied, counted.rejected, counted.lost) == (2, len(events) - 2, 0)
    bodies = [json.loads(body) for body in peek(target, target.outputs["RejectedUrl"])]
    reasons = {json.loads(body["message"])["detail"]["id"]: (body["reason"], body["field"]) for body in bodies}
    assert reasons["bad-negative-amount"] == ("does-not-fit", "detail.amount")
    assert reasons["bad-wrong-currency"] == ("wrong-currency", "detail.currency")
    assert reasons["bad-far-future"] == ("in-the-future", "detail.time")
    assert reasons["bad-long-customer"] == ("does-not-fit", "detail.customer")
    assert reasons["bad-control-character"] == ("does-not-fit", "detail.customer")
    assert reasons["bad-unknown-type"] == ("unknown-type", "detail-type")
    assert reasons["bad-1"] == ("conflicting-content", "detail.id")
    assert all(len(body["expected"]) > 3 for body in bodies)


def test_decisions_are_published_again_under_the_ids_they_had(target: Target, ear: str, tmp_path: Path) -> None:
    deliver(target, tmp_path / "events", [purchase("again", 1, "900.00", 3)])
    before = sorted(outcome["detail"]["id"] for outcome in outcomes(target, ear, "again"))
    assert recovery.replay_outbox(target, datetime.now(UTC).date() - timedelta(days=1)) > 0
    until(lambda: len(outcomes(target, ear, "again")) == 2 * len(before))
    assert sorted({outcome["detail"]["id"] for outcome in outcomes(target, ear, "again")}) == before
    assert recovery.replay_outbox(target, datetime.now(UTC).date() + timedelta(days=1)) == 0


def test_a_damaged_state_is_rebuilt_from_the_events(target: Target, rules: Timeline, tmp_path: Path) -> None:
    deliver(target, tmp_path / "events", [purchase("damaged", n, "700.00", 9 - n) for n in range(4)])
    state = target.customers.load("damaged")
    assert state is not None
    assert str(recovery.rebuild(target, rules, "damaged")) == "the state agreed with its events"
    wrong = replace(state, version=state.version + 2, buckets=prune(empty(rules.latest), state.day, rules.latest))
    key = {"pk": {"S": "damaged"}, "sk": {"S": "STATE"}}
    target.dynamodb.update_item(
        TableName=target.outputs["TableName"],
        Key=key,
        UpdateExpression="SET image = :image, version = :version",
        ExpressionAttributeValues={":image": {"B": pack(wrong)}, ":version": {"N": str(wrong.version)}},
    )
    assert str(recovery.rebuild(target, rules, "damaged")) == "the state did not agree with its events; it is corrected"
    again = target.customers.load("damaged")
    assert again is not None
    assert (again.closed, again.buckets) == (state.closed, state.buckets)


def test_nothing_personal_is_logged_stored_or_published(target: Target, ear: str, tmp_path: Path) -> None:
    wrong = complaint("private", 2, 0.1, "MY-SECRET")
    wrong["detail"]["topic"] = {"MY-SECRET": 1}
    deliver(target, tmp_path / "events", [complaint("private", 1, 0.1, "MY-SECRET"), wrong])
    await_published(target)
    logged = [
        event["message"]
        for group in ("IngestLogGroup", "PublishLogGroup", "ArchiveLogGroup")
        for event in target.logs.filter_log_events(logGroupName=target.outputs[group])["events"]
    ]
    assert logged
    assert "MY-SECRET" not in str(logged)
    assert "private" not in str(logged)
    assert "MY-SECRET" not in str(target.dynamodb.scan(TableName=target.outputs["TableName"]))
    assert "MY-SECRET" not in str(peek(target, ear))
    assert not any(b"MY-SECRET" in target.lake.get(key).body for key in target.lake.keys(""))


@pytest.mark.invariant("INV-6")
def test_what_failed_for_want_of_a_permission_is_redriven_unharmed(
    target: Target, rules: Timeline, tmp_path: Path
) -> None:
    """Least privilege is enforced: without its policy the function can do nothing. With it back, nothing was lost."""
    events = [purchase("redrive", n, "300.00", 60 - n * 10) for n in range(6)]
    queue = target.outputs["IngestQueueUrl"]
    dead = target.outputs["DeadLettersUrl"]
    role, policy = _without_policy()
    try:
        _retry_every(target, queue, seconds=1)
        (tmp_path / "events").write_text("".join(json.dumps(event) + "\n" for event in events))
        with progress_bar(Console(quiet=True)) as progress:
            send(target, tmp_path / "events", progress, wait=False)
        until(lambda: len(peek(target, dead)) == 6 and waiting(target) == 0)
        assert target.customers.load("redrive") is None
    finally:
        boto3.client("iam").put_role_policy(RoleName=role, PolicyName="ingest", PolicyDocument=json.dumps(policy))
        _retry_every(target, queue, seconds=180)
    assert [kept.source for kept in undelivered.dead_letters(target)] == ["shop.checkout"] * 6
    assert undelivered.redrive(target) == 6
    assert undelivered.dead_letters(target) == []
    until(lambda: waiting(target) == 0)
    until(lambda: audit(target, tmp_path / "events").applied == 6)
    state = target.customers.load("redrive")
    assert state is not None
    folded = view_of_history(taken(rules.latest, *events, now=datetime.now(UTC)), rules, state.day)
    assert view(state, rules, state.day) == folded


def _without_policy() -> tuple[str, Any]:
    iam = boto3.client("iam")
    stack = boto3.client("cloudformation").describe_stack_resource(StackName="standing", LogicalResourceId="IngestRole")
    role = stack["StackResourceDetail"]["PhysicalResourceId"]
    policy: Any = iam.get_role_policy(RoleName=role, PolicyName="ingest")["PolicyDocument"]
    kept = [one for one in policy["Statement"] if "dynamodb" not in str(one["Action"])]
    crippled = json.dumps({**policy, "Statement": kept})
    iam.put_role_policy(RoleName=role, PolicyName="ingest", PolicyDocument=crippled)
    return role, policy


def _retry_every(target: Target, queue: str, seconds: int) -> None:
    target.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": str(seconds)})
