"""The Rejected queue: events that can never be applied, in full, with the reason and what was expected.

A message that is too large for a queue together with its reason is cut. Its full length, its SHA-256, and the identity
of its event are kept beside it.
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from standing.events.intake import fingerprint

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MOST_BYTES = 256 * 1024  # of a message, in UTF-8: every queue accepts this much, some accept more
LONGEST = 1_000  # characters of each text of the reason, or bytes of its other parts, if the message is cut
LONGEST_NAME = 200  # characters of each part of the event's identity
NAMES = ("source", "detail-type", "detail")
REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # by SQS; all are below U+10000


@dataclass
class RejectedQueue:
    """Keeps rejected events, so that nothing is lost."""

    client: SQSClient
    url: str

    def keep(self, message: str, rejection: dict[str, Any]) -> None:
        """Send an original message to the queue, with the reason why it was rejected."""
        self.client.send_message(QueueUrl=self.url, MessageBody=rejected_body(message, rejection))


def rejected_body(message: str, rejection: dict[str, Any]) -> str:
    """The body to send: JSON that SQS accepts for any message. It has `cut` if the message did not fit."""
    body = _text({**rejection, "message": message})
    return body if _size(body) <= MOST_BYTES else _cut(message, rejection)


def _cut(message: str, rejection: dict[str, Any]) -> str:
    reason = {name: _shortened(part) for name, part in rejection.items()}
    whole = message.encode(errors="surrogatepass")
    cut = {"of_bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest(), **_event_in(message)}
    room = MOST_BYTES - _size(_text({**reason, "message": "", "cut": cut}))
    fits = bisect_right(range(len(message) + 1), room, key=lambda end: _size(_text(message[:end])) - len('""')) - 1
    return _text({**reason, "message": message[:fits], "cut": cut})


def _shortened(part: Any) -> Any:  # noqa: ANN401 -- any JSON
    """The beginning of a text; of anything else, which half of it would not be, all or nothing."""
    if isinstance(part, str):
        return part[:LONGEST]
    return part if _size(_text(part)) <= LONGEST else None


def _event_in(message: str) -> dict[str, str]:
    """A message's event as far as it can be read: `source`, `detail_type`, `fingerprint` and `id`."""
    event: dict[str, str] = {}
    with suppress(ValueError, RecursionError, LookupError, TypeError, AttributeError):
        source, detail_type, detail = (json.loads(message)[name] for name in NAMES)
        event |= {"source": str(source)[:LONGEST_NAME], "detail_type": str(detail_type)[:LONGEST_NAME]}
        event["fingerprint"] = fingerprint(source, detail_type, detail)
        event["id"] = str(detail["id"])[:LONGEST_NAME]
    return event


def _text(value: Any) -> str:  # noqa: ANN401 -- any JSON
    """A value as JSON, with the characters that SQS refuses escaped."""
    return REFUSED.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))


def _size(text: str) -> int:
    return len(text.encode())
