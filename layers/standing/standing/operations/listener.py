"""A listener on the bus: a separate queue that counts published outcomes independently."""

from __future__ import annotations

import json
import time

from standing.aws.queues import peek
from standing.aws.stack import Target
from standing.events.producers import OUR_SOURCE
from standing.values.errors import UserError

NAME = "standing-listener"
QUIET = 120.0  # seconds to wait for the publisher


def listen(target: Target) -> str:
    """Create a queue that receives every outcome from now on. Returns its URL."""
    url = target.sqs.create_queue(QueueName=NAME, Attributes={"MessageRetentionPeriod": "3600"})["QueueUrl"]
    arn = target.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus = target.outputs["BusName"]
    target.events.put_rule(Name=NAME, EventBusName=bus, EventPattern=json.dumps({"source": [OUR_SOURCE]}))
    rule = target.events.describe_rule(Name=NAME, EventBusName=bus)["Arn"]
    target.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _policy(arn, rule)})
    target.events.put_targets(Rule=NAME, EventBusName=bus, Targets=[{"Id": "listener", "Arn": arn}])
    return url


def await_published(target: Target) -> None:
    """Wait until the listener has received as many outcomes as the table has. Raises UserError after QUIET seconds."""
    url = target.sqs.get_queue_url(QueueName=NAME)["QueueUrl"]
    expected = sum(1 for _ in target.customers.outcomes())
    deadline = time.monotonic() + QUIET
    while (received := _received(target, url, expected)) < expected:
        if time.monotonic() > deadline:
            raise UserError(
                "{heard} of {expected:outcome|outcomes} published after {seconds:.0f} s: see the publish log",
                heard=received,
                expected=expected,
                seconds=QUIET,
            )
        time.sleep(0.3)


def _received(target: Target, url: str, expected: int) -> int:
    """The number of distinct outcomes received. Messages are read only if there may be enough."""
    length = _length(target, url)
    return len({json.loads(body)["detail"]["id"] for body in peek(target, url)}) if length >= expected else length


def _length(target: Target, url: str) -> int:
    answer = target.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def _policy(queue_arn: str, rule_arn: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
