"""Messages that were laid aside, rejected or dead letters: what they are, kept in a file, dropped, or put back.

Whatever is dropped was shown before, by the queue's own id of the message: what came meanwhile stays.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from standing.aws.queues import Message as SqsMessage
from standing.aws.queues import each
from standing.aws.stack import Target
from standing.operations.audit import envelope_of
from standing.operations.sender import waiting
from standing.present.terminal import json_text
from standing.values.errors import UserError
from standing.values.messages import Message, message


@dataclass(frozen=True)
class QueuedMessage:
    """A message that is kept in a queue: what event it was, and why it is there (empty: it failed at every retry).

    `cut` says of how large a message only the beginning is kept; empty where it is whole. `message_id` is the queue's
    own id of it, `sent` when it was put there, and `body` what lies there.
    """

    source: str
    detail_type: str
    event_id: str
    reason: str = ""
    field: str = ""
    expected: str = ""
    cut: str = ""
    message_id: str = ""
    sent: str = ""
    body: str = ""

    def as_dict(self) -> dict[str, str]:
        """For `--json`: without the body, which may be long, and has personal fields."""
        return {name: value for name, value in asdict(self).items() if name != "body"}


@dataclass(frozen=True)
class QueueKind:
    """A kind of messages: the stack's outputs that name its queues, how a body is read, and the columns of a list."""

    name: str
    queues: tuple[str, ...]
    read: Callable[[str], dict[str, Any]]
    columns: tuple[str, ...] = ("source", "detail_type", "event_id")

    def kept(self, target: Target) -> list[QueuedMessage]:
        """Every message that can be read now, without taking any."""
        return [self._kept(one) for queue in self.queues for one in each(target, target.outputs[queue])]

    def waiting(self, target: Target) -> int:
        """How many messages there are, also those that somebody else is reading; in AWS, about a minute behind."""
        return sum(waiting(target, queue) for queue in self.queues)

    def drop(self, target: Target, shown: Collection[QueuedMessage]) -> int:
        """Delete messages that were shown, and no other; how many were still there."""
        dropped: set[str] = set()
        ids = {one.message_id for one in shown}

        def drops(message: SqsMessage) -> bool:
            dropped.update({message.id} & ids)
            return message.id in ids

        for queue in self.queues:
            each(target, target.outputs[queue], drops)
        return len(dropped)

    def _kept(self, message: SqsMessage) -> QueuedMessage:
        return _kept(self.read(message.body), message)


REJECTED = QueueKind("rejected", ("RejectedUrl",), json.loads, (*QueueKind.columns, "reason", "field", "expected"))
DEAD_LETTERS = QueueKind("dead-letters", ("DeadLettersUrl", "UndeliveredUrl"), lambda body: {"message": body})


def rejected(target: Target) -> list[QueuedMessage]:
    """What can never be applied, with reason, field and what was expected there."""
    return REJECTED.kept(target)


def dead_letters(target: Target) -> list[QueuedMessage]:
    """What failed at every retry for a reason that should have passed, or could not be delivered."""
    return DEAD_LETTERS.kept(target)


def redrive(target: Target) -> int:
    """Put every dead letter back into the ingest queue; how many. Each is deleted only after it was put back."""

    def put_back(message: SqsMessage) -> bool:
        target.sqs.send_message(QueueUrl=target.outputs["IngestQueueUrl"], MessageBody=message.body)
        return True

    return sum(len(each(target, queue, put_back)) for queue in target.dead_letter_queues)


def chosen_of(kept: Sequence[QueuedMessage], ids: Sequence[str], reasons: Sequence[str]) -> list[QueuedMessage]:
    """Those with one of these ids, of the event or of the message, and one of these reasons; all where none are named.

    Raises UserError where there is none of a name, so that nothing is dropped by a list that is wrong.
    """
    _check_names(
        "id", ids, [name for one in kept for name in (one.event_id, one.message_id)], message("`list` shows them")
    )
    there = sorted({one.reason for one in kept})
    named = message("there are: {reasons}", reasons=", ".join(there)) if there else message("there are none")
    _check_names("reason", reasons, there, named)
    by_id = [one for one in kept if not ids or one.event_id in ids or one.message_id in ids]
    return [one for one in by_id if not reasons or one.reason in reasons]


def _check_names(what: str, asked: Sequence[str], there: Iterable[str], way_out: Message) -> None:
    lacking = [name for name in asked if name not in set(there)]
    if lacking:
        raise UserError(
            "no message has the {what} {names}: {way_out}",
            what=what,
            names=", ".join(f"`{name}`" for name in lacking),
            way_out=way_out,
        )


def write(file: Path, kept: Iterable[QueuedMessage]) -> None:
    """Write messages whole, one JSON object a line, for the owner's eyes: all of them, or no file.

    Raises UserError where there is such a file: what was exported before may lie nowhere else.
    """
    if file.exists():
        raise UserError("{file} is there already: name another file, so that none is written over", file=file)
    part = file.with_name(f".{file.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as lines:
            lines.writelines(f"{json_text(asdict(one), indent=None)}\n" for one in kept)
            lines.flush()
            os.fsync(lines.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _kept(rejection: dict[str, Any], message: SqsMessage) -> QueuedMessage:
    cut = rejection.get("cut")
    about = _named(cut, "detail_type", cut.get("id")) if cut else _event_in(envelope_of(rejection["message"]))
    why = {part: str(rejection.get(part, "")) for part in ("reason", "field", "expected")}
    said = f"only the beginning of {cut['of_bytes']:,} bytes, SHA-256 {cut['sha256']}" if cut else ""
    sent = message.sent.isoformat(timespec="seconds")
    return QueuedMessage(*about, **why, cut=said, message_id=message.id, sent=sent, body=message.body)


def _event_in(envelope: dict[str, Any]) -> tuple[str, str, str]:
    detail = envelope.get("detail")
    return _named(envelope, "detail-type", detail.get("id") if isinstance(detail, dict) else None)


def _named(found: dict[str, Any], detail_type: str, event_id: object) -> tuple[str, str, str]:
    return str(found.get("source", "?")), str(found.get(detail_type, "?")), str(event_id or "?")
