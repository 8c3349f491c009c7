"""Event files: one JSON object a line, with `source`, `detail-type` and `detail`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from standing.aws.bus import MOST_BYTES, entry_bytes
from standing.events.intake import fingerprint
from standing.events.producers import OUR_SOURCE, SCORE
from standing.operations import json_lines
from standing.values.errors import UserError, failure_of
from standing.values.messages import Message, Readable, message

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

IS_SCORE = message("is a score, which only the night sends: leave it out")
PARTS = {"source": str, "detail-type": str, "detail": dict}


@dataclass(frozen=True)
class Line:
    """A line that can be sent; `number` counts from 1."""

    number: int
    source: str
    detail_type: str
    detail: dict[str, Any]

    @property
    def entry(self) -> PutEventsRequestEntryTypeDef:
        """The line as an entry for the bus."""
        detail = json.dumps(self.detail, ensure_ascii=True, separators=(",", ":"))
        return {"Source": self.source, "DetailType": self.detail_type, "Detail": detail}

    @property
    def fingerprint(self) -> str:
        """The fingerprint of its content."""
        return fingerprint(self.source, self.detail_type, self.detail)


@dataclass(frozen=True)
class UnsendableLine:
    """A line that is not sent, why, and the kind of reason by which lines are counted."""

    number: int
    said: Readable
    kind: Readable | None = None

    @property
    def why(self) -> str:
        """Why it is not sent, in English."""
        return str(self.said)

    @property
    def reason(self) -> Readable:
        """The reason without details of this line."""
        return self.kind or self.said


def read_lines(path: Path) -> Iterator[Line | UnsendableLine]:
    """Every line that is not empty. Raises UserError if there is no such file."""
    try:
        yield from map(_sendable, json_lines.json_lines(path))
    except OSError as error:
        raise UserError("{path}: {why}", path=path, why=failure_of(error)) from None


def read_lines_to_send(path: Path) -> Iterator[Line | UnsendableLine]:
    """The same, but scores are unsendable: the bus accepts them only from the night, and denies a call that has one."""
    for line in read_lines(path):
        is_score = isinstance(line, Line) and line.detail_type.partition(".")[0] == SCORE
        yield UnsendableLine(line.number, IS_SCORE) if is_score else line


def _sendable(read: json_lines.Line) -> Line | UnsendableLine:
    number, event, why = read
    if problem := why or _problem(event):
        return UnsendableLine(number, problem)
    line = Line(number, event["source"], event["detail-type"], event["detail"])
    if entry_bytes(line.entry) > MOST_BYTES:
        most, size = MOST_BYTES // 1024, f"{entry_bytes(line.entry) / 1024:,.0f}"
        too_long = message("is {size} KB; the bus accepts at most {most} KB", size=size, most=most)
        return UnsendableLine(number, too_long, message("is over {most} KB", most=most))
    return line


def _problem(event: dict[str, Any]) -> Message | None:
    for part, kind in PARTS.items():
        if not isinstance(event.get(part), kind) or not event[part]:
            return (
                message("needs `{part}`, an object", part=part)
                if kind is dict
                else message("needs `{part}`, a text", part=part)
            )
    if not (event["source"] + event["detail-type"]).isprintable():
        return message("has a control character or a lone surrogate in `source` or `detail-type`")
    if event["source"] == OUR_SOURCE:
        return message(
            "has the source `{source}`, which is our own: name the system that emits the event", source=OUR_SOURCE
        )
    return None
