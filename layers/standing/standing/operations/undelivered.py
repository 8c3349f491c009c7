"""Rejected messages and dead letters: list them, export them to a file, drop them, or put them back.

Only messages that were shown before are dropped, by the queue's message id: messages that arrived meanwhile stay.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from standing.aws.queues import Message as SqsMessage
from standing.aws.queues import each
from standing.aws.stack import Target
from standing.operations.audit import envelope_of
from standing.operations.sender import waiting
from standing.present.terminal import json_text
from standing.values.catalogue import Language
from standing.values.errors import UserError
from standing.values.messages import Message, in_a_row, message, read_message


@dataclass(frozen=True)
class QueuedMessage:
    """A message in a queue: its event, and why it is there (empty for a dead letter, which failed at every retry).

    `said` is what was expected, for every language, if it is stored beside the English. `cut` says the full size of a
    message of which only the beginning is stored; it is None for a complete message. `message_id` is the queue's own
    id, `sent` the time when it was sent to the queue (ISO 8601).
    """

    source: str
    detail_type: str
    event_id: str
    reason: str = ""
    field: str = ""
    expected: str = ""
    said: Message | None = None
    cut: Message | None = None
    message_id: str = ""
    sent: str = ""
    body: str = ""

    def as_dict(self) -> dict[str, str]:
        """For `--json`, in English: without the body, which may be long and has personal fields."""
        about = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in {"said", "body"}}
        return about | {"cut": str(self.cut or "")}

    def in_words(self, column: str, language: Language) -> str:
        """The text of a list's column."""
        readable = {"expected": self.said, "cut": self.cut}.get(column)
        return readable.in_language(language) if readable else str(getattr(self, column) or "")


@dataclass(frozen=True)
class QueueKind:
    """A kind of queue: the stack's outputs with its URLs, how to read a message's body, and the columns of a list."""

    name: str
    queues: tuple[str, ...]
    read: Callable[[str], dict[str, Any]]
    columns: tuple[str, ...] = ("source", "detail_type", "event_id")

    def kept(self, target: Target) -> list[QueuedMessage]:
        """Every message that can be read now. None is deleted."""
        return [self._message(message) for queue in self.queues for message in each(target, target.outputs[queue])]

    def waiting(self, target: Target) -> int:
        """The number of messages, including those that another process is reading. AWS's count lags by a minute."""
        return sum(waiting(target, queue) for queue in self.queues)

    def drop(self, target: Target, shown: Collection[QueuedMessage]) -> int:
        """Delete messages that were shown, and no others. Returns how many were still there."""
        dropped: set[str] = set()
        ids = {message.message_id for message in shown}

        def drops(message: SqsMessage) -> bool:
            dropped.update({message.id} & ids)
            return message.id in ids

        for queue in self.queues:
            each(target, target.outputs[queue], drops)
        return len(dropped)

    def _message(self, message: SqsMessage) -> QueuedMessage:
        return _message(self.read(message.body), message)


REJECTED = QueueKind("rejected", ("RejectedUrl",), json.loads, (*QueueKind.columns, "reason", "field", "expected"))
DEAD_LETTERS = QueueKind("dead-letters", ("DeadLettersUrl", "UndeliveredUrl"), lambda body: {"message": body})


def rejected(target: Target) -> list[QueuedMessage]:
    """The messages of the Rejected queue: events that can never be applied, with reasons."""
    return REJECTED.kept(target)


def dead_letters(target: Target) -> list[QueuedMessage]:
    """The messages that failed at every retry, or that could not be delivered."""
    return DEAD_LETTERS.kept(target)


def redrive(target: Target) -> int:
    """Send every dead letter back to the ingest queue. Returns how many. Each is deleted only after it was sent."""

    def put_back(message: SqsMessage) -> bool:
        target.sqs.send_message(QueueUrl=target.outputs["IngestQueueUrl"], MessageBody=message.body)
        return True

    return sum(len(each(target, queue, put_back)) for queue in target.dead_letter_queues)


def chosen_of(messages: Sequence[QueuedMessage], ids: Sequence[str], reasons: Sequence[str]) -> list[QueuedMessage]:
    """Select messages by ids (of the event or the message) and by reasons. An empty list of names selects all.

    Raises UserError for an id or reason that no message has, so that a wrong list drops nothing.
    """
    _check_names("id", ids, [name for queued in messages for name in _ids(queued)], message("`list` shows them"))
    existing = sorted({queued.reason for queued in messages})
    named = (
        message("existing reasons: {reasons}", reasons=in_a_row(existing)) if existing else message("there are none")
    )
    _check_names("reason", reasons, existing, named)
    by_id = [queued for queued in messages if not ids or not {*ids}.isdisjoint(_ids(queued))]
    return [queued for queued in by_id if not reasons or queued.reason in reasons]


def _ids(queued: QueuedMessage) -> tuple[str, str]:
    return queued.event_id, queued.message_id


def _check_names(what: str, asked: Sequence[str], existing: Iterable[str], way_out: Message) -> None:
    unknown = [name for name in asked if name not in set(existing)]
    if unknown:
        raise UserError(
            "no message has the {what} {names}: {way_out}",
            what=what,
            names=in_a_row(f"`{name}`" for name in unknown),
            way_out=way_out,
        )


def write(file: Path, messages: Iterable[QueuedMessage]) -> None:
    """Write complete messages to a new file, one JSON object a line, readable only by its owner: all, or no file.

    Raises UserError if the file exists, since it may be the only copy of an earlier export.
    """
    if file.exists():
        raise UserError("{file} exists already: name another file, so that none is overwritten", file=file)
    part = file.with_name(f".{file.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as lines:
            lines.writelines(f"{json_text(one.as_dict() | {'body': one.body}, indent=None)}\n" for one in messages)
            lines.flush()
            os.fsync(lines.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _message(rejection: dict[str, Any], message: SqsMessage) -> QueuedMessage:
    cut = rejection.get("cut")
    about = _named(cut, "detail_type", cut.get("id")) if cut else _event_in(envelope_of(rejection["message"]))
    why = {part: str(rejection.get(part, "")) for part in ("reason", "field", "expected")}
    sent = message.sent.isoformat(timespec="seconds")
    text, part = _expected(rejection), _cut(cut) if cut else None
    return QueuedMessage(*about, **why, said=text, cut=part, message_id=message.id, sent=sent, body=message.body)


def _expected(rejection: dict[str, Any]) -> Message | None:
    """What was expected, for every language; nothing where it was not kept, or is none of ours."""
    try:
        return read_message(rejection.get("said"))
    except ValueError:
        return None


def _cut(cut: dict[str, Any]) -> Message:
    return message("only the beginning of {size} bytes, SHA-256 {digest}", size=cut["of_bytes"], digest=cut["sha256"])


def _event_in(envelope: dict[str, Any]) -> tuple[str, str, str]:
    detail = envelope.get("detail")
    return _named(envelope, "detail-type", detail.get("id") if isinstance(detail, dict) else None)


def _named(event: dict[str, Any], detail_type: str, event_id: object) -> tuple[str, str, str]:
    return str(event.get("source", "?")), str(event.get(detail_type, "?")), str(event_id or "?")
