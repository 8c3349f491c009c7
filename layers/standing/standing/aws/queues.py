"""The messages of a queue, one after another. Only the messages that the caller has dealt with are deleted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from standing.aws.stack import Target

HIDDEN = 120  # seconds of visibility timeout: messages reappear even if this process is killed
WAIT = 1  # seconds of long polling: only a long poll queries all of a queue's servers


@dataclass(frozen=True)
class Message:
    """A message in a queue: the queue's id of it, its body, and when it was sent."""

    id: str
    body: str
    sent: datetime


def peek(target: Target, url: str) -> list[str]:
    """The body of every message. Nothing is deleted: afterwards, even after an error, all are visible again."""
    return [message.body for message in each(target, url)]


def each(target: Target, url: str, dealt_with: Callable[[Message], bool] = lambda _: False) -> list[Message]:
    """Every message of a queue, once each. Messages for which `dealt_with` returns True are deleted.

    All others are visible again afterwards, even if this is interrupted: nothing is lost.
    """
    seen: dict[str, Message] = {}
    handles: dict[str, str] = {}  # the last receipt handle by message id; older handles are invalid
    try:
        while received := _received(target, url, handles):
            fresh = [message for message in received if message.id not in seen]
            if not fresh:
                break  # the first ones are visible again
            for message in fresh:
                seen[message.id] = message
                if dealt_with(message):
                    target.sqs.delete_message(QueueUrl=url, ReceiptHandle=handles.pop(message.id))
    finally:
        for handle in handles.values():
            with suppress(ClientError):  # visible already
                target.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    return list(seen.values())


def _received(target: Target, url: str, handles: dict[str, str]) -> list[Message]:
    answer = target.sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        VisibilityTimeout=HIDDEN,
        WaitTimeSeconds=WAIT,
        MessageSystemAttributeNames=["SentTimestamp"],
    )
    messages: list[Any] = answer.get("Messages", [])
    handles |= {message["MessageId"]: message["ReceiptHandle"] for message in messages}
    return [Message(message["MessageId"], message["Body"], _moment(message)) for message in messages]


def _moment(message: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
