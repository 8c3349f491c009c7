"""Audit: accounts for every line of an event file, independently of the functions.

It reads the event records in the table and the messages in the queues. It does not use logs, metrics or reports of the
functions.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from typing import Any

from standing.aws.queues import HIDDEN, peek
from standing.aws.stack import Target
from standing.aws.table import event_sort_key, recorded_in
from standing.events.intake import fingerprint
from standing.operations.check import refusal
from standing.operations.event_files import Line, read_lines_to_send
from standing.operations.sender import waiting
from standing.rules.ruleset import Ruleset
from standing.values.errors import UserError


@dataclass(frozen=True)
class Audit:
    """The result for each of `sent` lines: applied, too late to count, duplicate, rejected, dead letter, or lost.

    A lost line is nowhere. A line of `held_back` is nowhere either, but the rules would reject it, so it was not sent.
    `unsendable` lines are never sent. `lost_lines` has the numbers of the first 20 lost lines.
    """

    sent: int
    applied: int = 0
    too_late: int = 0
    duplicates: int = 0
    rejected: int = 0
    dead_letters: int = 0
    lost: int = 0
    held_back: int = 0
    unsendable: int = 0
    lost_lines: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def audit(target: Target, path: Path, ruleset: Ruleset | None = None) -> Audit:
    """Compare a file with the table and the queues. Raises UserError if they cannot be counted at the moment.

    With a ruleset, lines that it rejects and that are nowhere count as held back, not as lost.
    """
    read = list(read_lines_to_send(path))
    lines = [line for line in read if isinstance(line, Line)]
    on_its_way = waiting(target)
    rejected = Counter(message_fingerprint(body) for body in peek(target, target.outputs["RejectedUrl"]))
    dead = Counter(envelope_fingerprint(body) for queue in target.dead_letter_queues for body in peek(target, queue))
    stored = dict(_stored(target, lines))  # last: messages on their way have arrived by now, or are reported below
    audited = compare(lines, stored, rejected, dead, _doomed(lines, ruleset))
    if audited.lost:
        _check_settled(target, rejected, on_its_way)
    return replace(audited, unsendable=len(read) - len(lines))


def _doomed(lines: list[Line], ruleset: Ruleset | None) -> set[int]:
    now = datetime.now(UTC)
    return {line.number for line in lines if refusal(line, ruleset, now)} if ruleset else set()


def compare(
    lines: list[Line],
    stored: Mapping[str, bool],
    rejected: Counter[str],
    dead: Counter[str] | None = None,
    doomed: Collection[int] = (),
) -> Audit:
    """Account for each line by its fingerprint: the first copy of a stored event is applied, others are duplicates.

    `stored` says by fingerprint whether a stored event counts, which one that came too late does not. `doomed` has the
    numbers of the lines that were held back, unless they were sent anyway.
    """
    unmatched = {"rejected": Counter(rejected), "dead_letters": Counter(dead or {})}
    seen: set[str] = set()
    counts: Counter[str] = Counter()
    lost = []
    for line in lines:
        fate = _fate(line.fingerprint, stored, seen, unmatched)
        if fate == "lost" and line.number in doomed:
            fate = "held_back"
        counts[fate] += 1
        if fate == "lost":
            lost.append(line.number)
    return Audit(len(lines), **counts, lost_lines=tuple(lost[:20]))


def _fate(mark: str, stored: Mapping[str, bool], seen: set[str], unmatched: dict[str, Counter[str]]) -> str:
    if mark in stored:
        fate = "duplicates" if mark in seen else "applied" if stored[mark] else "too_late"
        seen.add(mark)
        return fate
    for queue, marks in unmatched.items():
        if marks[mark] > 0:
            marks[mark] -= 1
            return queue
    return "lost"


def _check_settled(target: Target, rejected: Counter[str], on_its_way: int) -> None:
    """Raise UserError if a lost line may be on its way, or hidden because another process is reading the queue."""
    if on_its_way:
        raise UserError(
            "{left:message is|messages are} still in the ingest queue: audit again when it is drained", left=on_its_way
        )
    there = waiting(target, "RejectedUrl")
    if there > rejected.total():
        raise UserError(
            "{hidden:message|messages} of the Rejected queue cannot be read just now, because somebody else is "
            "reading there: audit again in {seconds} seconds",
            hidden=there - rejected.total(),
            seconds=HIDDEN,
        )


def message_fingerprint(body: str) -> str:
    """The fingerprint of the event in a message of the Rejected queue; empty if it has none."""
    try:
        parsed = json.loads(body)
        return str(parsed["cut"].get("fingerprint", "")) if "cut" in parsed else envelope_fingerprint(parsed["message"])
    except (ValueError, KeyError, TypeError):
        return ""


def envelope_fingerprint(body: str) -> str:
    """The fingerprint of the event in an envelope of the bus; empty if it has none."""
    envelope = envelope_of(body)
    try:
        return fingerprint(envelope["source"], envelope["detail-type"], envelope["detail"])
    except (KeyError, RecursionError):
        return ""


def fingerprint_in(row: dict[str, Any]) -> tuple[str, bool]:
    """A stored event's fingerprint, computed anew since the stored one may be of an older kind; whether it counts."""
    recorded = recorded_in(row)
    event = recorded.event
    return fingerprint(event.source, event.detail.detail_type, event.detail.stored()), recorded.counts


def envelope_of(body: str) -> dict[str, Any]:
    """The envelope in a message's body; empty if there is none."""
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return envelope if isinstance(envelope, dict) else {}


def _stored(target: Target, lines: Iterable[Line]) -> Iterator[tuple[str, bool]]:
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
    """Whether a text can be part of a key. A lone surrogate cannot."""
    try:
        return 0 < len(text.encode()) <= most_bytes
    except UnicodeEncodeError:
        return False


def _read_batch(target: Target, keys: list[Any]) -> Iterator[tuple[str, bool]]:
    table = target.outputs["TableName"]
    asked: Any = {table: {"Keys": keys, "ConsistentRead": True}}
    while asked:
        answer = target.dynamodb.batch_get_item(RequestItems=asked)
        yield from (fingerprint_in(row) for row in answer["Responses"].get(table, []))
        asked = answer.get("UnprocessedKeys")
