"""The Rejected queue: events that can never be applied, whole, with the reason and what was expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass
class RejectedQueue:
    """Keeps events that were rejected, so that nothing is lost."""

    client: SQSClient
    url: str

    def keep(self, message: str, rejection: dict[str, str]) -> None:
        """Put a message, as it came, into the queue with the reason why it was rejected."""
        body = orjson.dumps({**rejection, "message": message}).decode()
        self.client.send_message(QueueUrl=self.url, MessageBody=body)
