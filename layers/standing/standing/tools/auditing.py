"""Auditing: what became of every line of an event file, counted from outside.

It looks at the event records in the table and the messages in the Rejected queue, and at nothing that the functions
say of themselves.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import batched
from pathlib import Path
from typing import Any

from standing.adapters.table import event_sort_key
from standing.core.intake import fingerprint
from standing.tools.files import Line, read_lines
from standing.tools.target import Target

HIDDEN = 120  # seconds for which messages are hidden while they are counted


@dataclass(frozen=True)
class Audit:
    """Of `sent` lines: applied, ignored as duplicates, rejected, and lost (neither in the table nor rejected)."""

    sent: int
    applied: int
    duplicates: int
    rejected: int
    lost: int
    lost_lines: tuple[int, ...]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def audit(target: Target, path: Path) -> Audit:
    """Compare a file with the table and the Rejected queue."""
    lines = [line for line in read_lines(path) if isinstance(line, Line)]
    stored = set(_stored(target, lines))
    rejected = Counter(message_fingerprint(body) for body in peek(target, target.outputs["RejectedUrl"]))
    return compare(lines, stored, rejected)


def compare(lines: list[Line], stored: set[str], rejected: Counter[str]) -> Audit:
    """Account for each line by its fingerprint: the first copy of a stored event is applied, further ones ignored."""
    left = Counter(rejected)
    seen: set[str] = set()
    counts: Counter[str] = Counter()
    lost = []
    for line in lines:
        fate = _fate(line.fingerprint, stored, seen, left)
        counts[fate] += 1
        if fate == "lost":
            lost.append(line.number)
    return Audit(
        len(lines), counts["applied"], counts["duplicates"], counts["rejected"], counts["lost"], tuple(lost[:20])
    )


def _fate(mark: str, stored: set[str], seen: set[str], left: Counter[str]) -> str:
    if mark in stored:
        fate = "duplicates" if mark in seen else "applied"
        seen.add(mark)
        return fate
    left[mark] -= 1
    return "rejected" if left[mark] >= 0 else "lost"


def message_fingerprint(body: str) -> str:
    """The fingerprint of the event in a message of the Rejected queue; empty where there was none."""
    try:
        envelope = json.loads(json.loads(body)["message"])
        return fingerprint(envelope["source"], envelope["detail-type"], envelope["detail"])
    except (ValueError, KeyError, TypeError):
        return ""


def peek(target: Target, url: str) -> list[str]:
    """Every message of a queue, without taking any: they are visible again afterwards."""
    bodies: dict[str, str] = {}
    handles: list[str] = []
    while messages := _receive(target, url):
        bodies |= {message["MessageId"]: message["Body"] for message in messages}
        handles += [message["ReceiptHandle"] for message in messages]
    for handle in handles:
        target.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    return list(bodies.values())


def _receive(target: Target, url: str) -> list[Any]:
    answer = target.sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=HIDDEN, WaitTimeSeconds=1
    )
    return list(answer.get("Messages", []))


def _stored(target: Target, lines: Iterable[Line]) -> Iterator[str]:
    keys = dict.fromkeys(key for line in lines if (key := _key(line)))
    for batch in batched(keys, 100):
        yield from _read_batch(target, [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in batch])


def _key(line: Line) -> tuple[str, str] | None:
    customer, event_id = line.detail.get("customer"), line.detail.get("id")
    if not isinstance(customer, str) or not isinstance(event_id, str):
        return None
    sort = event_sort_key(line.source, event_id)
    return (customer, sort) if event_id and _fits(customer, 2048) and _fits(sort, 1024) else None


def _fits(text: str, most_bytes: int) -> bool:
    """Whether a text can be part of a key at all; half a surrogate pair cannot."""
    try:
        return 0 < len(text.encode()) <= most_bytes
    except UnicodeEncodeError:
        return False


def _read_batch(target: Target, keys: list[Any]) -> Iterator[str]:
    table = target.outputs["TableName"]
    asked: Any = {table: {"Keys": keys, "ProjectionExpression": "fingerprint", "ConsistentRead": True}}
    while asked:
        answer = target.dynamodb.batch_get_item(RequestItems=asked)
        yield from (row["fingerprint"]["S"] for row in answer["Responses"].get(table, []))
        asked = answer.get("UnprocessedKeys")
