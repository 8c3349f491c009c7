"""Checks an event file before it is sent: finds the lines that ingest would reject.

It does not read the table, so it does not find an id that is stored with other content, or an answer to a care action
that was never requested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from standing.events.intake import Rejected, take_in
from standing.operations.event_files import Line, UnsendableLine, read_lines_to_send
from standing.rules.ruleset import Ruleset
from standing.values.messages import Message, message

SHOWN = 10


@dataclass
class PreparedFile:
    """The lines of a file: lines to send, lines that cannot be sent, and lines that ingest would reject (`doomed`)."""

    lines: list[Line] = field(default_factory=list)
    unsendable: list[UnsendableLine] = field(default_factory=list)
    doomed: list[UnsendableLine] = field(default_factory=list)


def prepare(path: Path, ruleset: Ruleset | None, now: datetime, *, anyway: bool = False) -> PreparedFile:
    """Read a file. With a ruleset, the lines that it rejects are `doomed`, and are sent only if `anyway` is true.

    Raises UserError if there is no such file.
    """
    prepared = PreparedFile()
    for line in read_lines_to_send(path):
        if isinstance(line, UnsendableLine):
            prepared.unsendable.append(line)
        elif why := refusal(line, ruleset, now) if ruleset else None:
            prepared.doomed.append(why)
            prepared.lines += [line] if anyway else []
        else:
            prepared.lines.append(line)
    return prepared


def refusal(line: Line, ruleset: Ruleset, now: datetime) -> UnsendableLine | None:
    """Why a line's event would be rejected, or None if it would be taken in."""
    try:
        take_in({"source": line.source, "detail-type": line.detail_type, "detail": line.detail}, ruleset, now)
    except Rejected as error:
        return UnsendableLine(
            line.number,
            message("would be rejected: {error}", error=error),
            message("{reason} in `{field}`", reason=error.reason, field=error.field),
        )
    return None


def described(path: Path, refused: Sequence[UnsendableLine]) -> Iterator[Message]:
    """The first SHOWN refused lines with their reasons; then the number of further lines, and counts by reason."""
    ordered = sorted(refused, key=lambda line: line.number)
    for line in ordered[:SHOWN]:
        yield message("{path}:{line}: {why}", path=path, line=str(line.number), why=line.said)
    if (more := len(ordered) - SHOWN) > 0:
        yield message("… and {more:line|lines} more. Of all {lines}:", more=more, lines=len(ordered))
        yield from _by_reason(ordered)


def _by_reason(refused: Sequence[UnsendableLine]) -> Iterator[Message]:
    reasons = {str(line.reason): line.reason for line in refused}
    for name, count in Counter(str(line.reason) for line in refused).most_common():
        yield message("{count}  {reason}", count=f"{count:>9,}", reason=reasons[name])
