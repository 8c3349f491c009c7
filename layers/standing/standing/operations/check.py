"""What would become of the lines of an event file, told before they are sent: by the rules, as ingest would ask them.

What only the table knows is not asked: whether an id is there with other content, and whether care was requested.
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
    """The lines of a file: those to send, those that cannot be sent, and those that would be rejected."""

    lines: list[Line] = field(default_factory=list)
    unsendable: list[UnsendableLine] = field(default_factory=list)
    doomed: list[UnsendableLine] = field(default_factory=list)


def prepare(path: Path, ruleset: Ruleset | None, now: datetime, *, anyway: bool = False) -> PreparedFile:
    """Read a file. By a ruleset, what it would reject is `doomed`, and among the lines to send only if sent `anyway`.

    Raises UserError where there is no such file.
    """
    found = PreparedFile()
    for line in read_lines_to_send(path):
        if isinstance(line, UnsendableLine):
            found.unsendable.append(line)
        elif why := refusal(line, ruleset, now) if ruleset else None:
            found.doomed.append(why)
            found.lines += [line] if anyway else []
        else:
            found.lines.append(line)
    return found


def refusal(line: Line, ruleset: Ruleset, now: datetime) -> UnsendableLine | None:
    """Why the event of a line would be rejected; nothing where it would be taken in."""
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
    """The first of some lines by their numbers; of many, how many more there are, and how many for each reason."""
    ordered = sorted(refused, key=lambda one: one.number)
    for one in ordered[:SHOWN]:
        yield message("{path}:{line}: {why}", path=path, line=str(one.number), why=one.said)
    if (more := len(ordered) - SHOWN) > 0:
        yield message("… and {more:line|lines} more. Of all {lines}:", more=more, lines=len(ordered))
        yield from _by_reason(ordered)


def _by_reason(refused: Sequence[UnsendableLine]) -> Iterator[Message]:
    reasons = {str(one.reason): one.reason for one in refused}
    for name, count in Counter(str(one.reason) for one in refused).most_common():
        yield message("{count}  {reason}", count=f"{count:>9,}", reason=reasons[name])
