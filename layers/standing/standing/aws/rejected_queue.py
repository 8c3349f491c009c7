"""The Rejected queue: events that can never be applied, whole, with the reason and what was expected.

A message that with its reason is larger than a queue takes is cut: how much is missing, the SHA-256 of the whole, and
what event it was stay beside it.
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

MOST_BYTES = 256 * 1024  # of a message, in UTF-8: what every queue takes; some take more
LONGEST = 1_000  # characters of each text beside a message that is cut
LONGEST_NAME = 200  # of what says which event it was
NAMES = ("source", "detail-type", "detail")
REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # by SQS; all of them below U+10000


@dataclass
class RejectedQueue:
    """Keeps events that were rejected, so that nothing is lost."""

    client: SQSClient
    url: str

    def keep(self, message: str, rejection: dict[str, str]) -> None:
        """Put a message, as it came, into the queue with the reason why it was rejected."""
        self.client.send_message(QueueUrl=self.url, MessageBody=rejected_body(message, rejection))


def rejected_body(message: str, rejection: dict[str, str]) -> str:
    """The body that is kept: JSON that SQS takes, whatever the message; with `cut` where not all of it fits."""
    body = _text({**rejection, "message": message})
    return body if _size(body) <= MOST_BYTES else _cut(message, rejection)


def _cut(message: str, rejection: dict[str, str]) -> str:
    reason = {name: text[:LONGEST] for name, text in rejection.items()}
    whole = message.encode(errors="surrogatepass")
    cut = {"of_bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest(), **_event_in(message)}
    room = MOST_BYTES - _size(_text({**reason, "message": "", "cut": cut}))
    fits = bisect_right(range(len(message) + 1), room, key=lambda end: _size(_text(message[:end])) - len('""')) - 1
    return _text({**reason, "message": message[:fits], "cut": cut})


def _event_in(message: str) -> dict[str, str]:
    """Which event a message is of, as far as it can be read: `source`, `detail_type`, `id`, and its fingerprint."""
    found: dict[str, str] = {}
    with suppress(ValueError, RecursionError, LookupError, TypeError, AttributeError):
        source, detail_type, detail = (json.loads(message)[name] for name in NAMES)
        found |= {"source": str(source)[:LONGEST_NAME], "detail_type": str(detail_type)[:LONGEST_NAME]}
        found["fingerprint"] = fingerprint(source, detail_type, detail)
        found["id"] = str(detail["id"])[:LONGEST_NAME]
    return found


def _text(value: Any) -> str:  # noqa: ANN401 -- any JSON
    """As JSON, in which what SQS refuses is escaped."""
    return REFUSED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def _size(text: str) -> int:
    return len(text.encode())
