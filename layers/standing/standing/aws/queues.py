"""The messages of a queue, one after another. Looking takes none; what is dealt with is deleted, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from standing.aws.stack import Target

HIDDEN = 120  # seconds after which messages come back by themselves, should this process be killed
WAIT = 1  # seconds for which an answer is awaited: only one that waits looks on every machine of a queue


@dataclass(frozen=True)
class Message:
    """A message as it lies in a queue: the queue's own id of it, its body, and when it was put there."""

    id: str
    body: str
    sent: datetime


def peek(target: Target, url: str) -> list[str]:
    """Every message's body, without taking any: whatever happens, they are visible again afterwards."""
    return [message.body for message in each(target, url)]


def each(target: Target, url: str, dealt_with: Callable[[Message], bool] = lambda _: False) -> list[Message]:
    """Every message of a queue, once each; those that `dealt_with` says so of are deleted.

    All others are visible again afterwards, also where this is stopped half-way: nothing is lost.
    """
    seen: dict[str, Message] = {}
    held: dict[str, str] = {}  # the last handle of each; one of before does no more
    try:
        while found := _received(target, url, held):
            fresh = [message for message in found if message.id not in seen]
            if not fresh:
                break  # the first ones are visible again
            for message in fresh:
                seen[message.id] = message
                if dealt_with(message):
                    target.sqs.delete_message(QueueUrl=url, ReceiptHandle=held.pop(message.id))
    finally:
        for handle in held.values():
            with suppress(ClientError):  # visible already
                target.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    return list(seen.values())


def _received(target: Target, url: str, held: dict[str, str]) -> list[Message]:
    answer = target.sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        VisibilityTimeout=HIDDEN,
        WaitTimeSeconds=WAIT,
        MessageSystemAttributeNames=["SentTimestamp"],
    )
    messages: list[Any] = answer.get("Messages", [])
    held |= {one["MessageId"]: one["ReceiptHandle"] for one in messages}
    return [Message(one["MessageId"], one["Body"], _moment(one)) for one in messages]


def _moment(message: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
