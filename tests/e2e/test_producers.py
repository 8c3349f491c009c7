"""Who may say what: the bus's own policy, the functions' roles and ingest, on the local AWS with IAM enforced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from standing.aws.queues import peek
from standing.aws.stack import Target

from tests.e2e.test_road import deliver, outcomes, until
from tests.make.support import envelope

NAME = "stranger"


def detail(customer: str, number: str, **fields: Any) -> dict[str, Any]:
    time = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    return {"id": f"{customer}-{number}", "customer": customer, "time": time, **fields}


def purchase(customer: str, name: str = "p", amount: str = "10.00") -> dict[str, Any]:
    return envelope("purchase.v1", detail(customer, name, amount=amount, currency="USD"))


def override(customer: str, days: int = 30, source: str = "service.desk") -> dict[str, Any]:
    expires = str((datetime.now(UTC) + timedelta(days=days)).date())
    said = {"rating": "tier", "level": "gold", "reason": "goodwill", "author": "agent-7", "expires": expires}
    return envelope("override.v1", detail(customer, f"o-{source}-{days}", **said), source)


def score(customer: str) -> dict[str, Any]:
    said = {"name": "churn", "value": 9_000, "band": "high", "model": "made"}
    return envelope("score.v1", detail(customer, "s", **said))


FORGED = {"source": "standing", "detail-type": "rating.changed.v1", "detail": {"id": "1", "customer": "c"}}


@pytest.fixture(scope="module")
def allowed(target: Target) -> Iterator[Any]:
    """The events client of a user who may put anything on the bus, as far as its own policy goes."""
    iam, bus = boto3.client("iam"), target.events.describe_event_bus(Name=target.outputs["BusName"])["Arn"]
    statement = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    iam.create_user(UserName=NAME)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=NAME, PolicyName="all", PolicyDocument=policy)
    key = iam.create_access_key(UserName=NAME)["AccessKey"]
    yield session(key).client("events")
    iam.delete_access_key(UserName=NAME, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=NAME, PolicyName="all")
    iam.delete_user(UserName=NAME)


def session(key: Any) -> boto3.Session:
    names = {"aws_access_key_id": "AccessKeyId", "aws_secret_access_key": "SecretAccessKey"}
    return boto3.Session(**{name: key[part] for name, part in names.items()}, aws_session_token=key.get("SessionToken"))


@pytest.fixture(scope="module")
def rescore() -> Any:
    """The events client of whoever has taken the rescore function's role on."""
    stack = boto3.client("cloudformation")
    found = stack.describe_stack_resource(StackName="standing", LogicalResourceId="RescoreRole")
    role, iam = found["StackResourceDetail"]["PhysicalResourceId"], boto3.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    iam.update_assume_role_policy(
        RoleName=role, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    return session(boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]).client("events")


def put(client: Any, target: Target, *events: dict[str, Any]) -> int:
    """Put events in one call; how many failed."""
    bus = target.outputs["BusName"]
    entries = [
        {
            "EventBusName": bus,
            "Source": one["source"],
            "DetailType": one["detail-type"],
            "Detail": json.dumps(one["detail"]),
        }
        for one in events
    ]
    failed: int = client.put_events(Entries=entries)["FailedEntryCount"]
    return failed


@pytest.mark.parametrize(
    "events",
    [
        [FORGED],
        [purchase("denied"), FORGED],
        [score("denied")],
        [purchase("denied"), score("denied")],
        [{**purchase("denied"), "source": "standing"}],
    ],
)
def test_the_bus_denies_to_others_what_is_ours_to_say(
    target: Target, allowed: Any, events: list[dict[str, Any]]
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        put(allowed, target, *events)


def test_the_bus_takes_everything_else(target: Target, allowed: Any) -> None:
    assert put(allowed, target, purchase("taken"), purchase("taken", "other")) == 0


def test_the_night_may_say_scores_under_its_own_name_and_nothing_else(target: Target, rescore: Any) -> None:
    assert put(rescore, target, score("scored")) == 0
    for other in (purchase("scored"), {**purchase("scored"), "source": "scores"}, FORGED):
        with pytest.raises(ClientError, match="AccessDenied"):
            put(rescore, target, other)


def test_ingest_rejects_what_its_source_may_not_send_and_says_what_was_expected(
    target: Target, ear: str, tmp_path: Path
) -> None:
    sent = [
        purchase("asked"),
        override("asked", source="shop.checkout"),
        override("asked", source="elsewhere"),
        override("asked", days=800),
        override("asked"),
    ]
    counted = deliver(target, tmp_path / "events", sent)
    assert (counted.applied, counted.rejected, counted.lost) == (2, 3, 0)
    bodies = [json.loads(body) for body in peek(target, target.outputs["RejectedUrl"])]
    told = {json.loads(body["message"])["detail"]["id"]: body for body in bodies}
    said = {name: (body["reason"], body["field"], body["expected"]) for name, body in told.items()}
    assert said["asked-o-shop.checkout-30"] == (
        "not-allowed",
        "detail-type",
        "what this source may send: purchase, refund",
    )
    expected = "a source that programme.yaml names for override under `producers`: service.desk"
    assert said["asked-o-elsewhere-30"] == ("not-allowed", "source", expected)
    assert said["asked-o-service.desk-800"][:2] == ("too-long", "detail.expires")
    tiers = [one["detail"] for one in outcomes(target, ear, "asked") if one["detail"].get("rating") == "tier"]
    assert tiers[-1]["to"] == "gold"


def test_what_got_past_the_bus_is_rejected_all_the_same(target: Target) -> None:
    """As if somebody wrote to the queue, or the bus had no policy."""
    sent = [FORGED, {**score("forged"), "source": "elsewhere"}]
    for body in sent:
        target.sqs.send_message(QueueUrl=target.outputs["IngestQueueUrl"], MessageBody=json.dumps(body))

    def rejected() -> list[tuple[str, str]]:
        bodies = [json.loads(body) for body in peek(target, target.outputs["RejectedUrl"])]
        return [(one["reason"], one["field"]) for one in bodies if json.loads(one["message"]) in sent]

    until(lambda: len(rejected()) == len(sent))
    assert rejected() == [("not-allowed", "source")] * 2
