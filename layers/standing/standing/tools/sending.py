"""Sending an event file to the bus, and waiting until the queue behind it is drained."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from standing.adapters.bus import Bus
from standing.tools.files import Line, Unsendable, read_lines
from standing.tools.project import UserError
from standing.tools.target import Target

CHUNK = 100
REFUSED = "was refused by the bus; send it again"
COUNTS: Any = [
    f"ApproximateNumberOfMessages{state}" for state in ("", "NotVisible", "Delayed")
]  # waiting, worked on, delayed
STILL_FOR = 3  # looks in a row that find the queue empty; its counts are approximate
STUCK_AFTER = 300.0  # seconds without progress


@dataclass
class Sent:
    """What became of a file: lines sent, lines that could not be, and how long it took until all were applied."""

    sent: int = 0
    unsendable: list[Unsendable] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        refused = [{"line": line.number, "why": line.why} for line in self.unsendable]
        return {"sent": self.sent, "refused": refused, "seconds": round(self.seconds, 1)}


def send(target: Target, path: Path, progress: Progress, *, wait: bool) -> Sent:
    """Send every line that can be sent, then wait for the queue. Lines that cannot be sent are reported, not fatal."""
    read = list(read_lines(path))
    lines = [line for line in read if isinstance(line, Line)]
    result = Sent(unsendable=[line for line in read if isinstance(line, Unsendable)])
    started = time.monotonic()
    bus = Bus(target.events, target.outputs["BusName"])
    bar = progress.add_task("sent to the bus", total=len(lines))
    for chunk in batched(lines, CHUNK):
        refused = bus.put([line.entry for line in chunk])
        result.unsendable += [
            Unsendable(chunk[place].number, "was refused by the bus; send it again") for place in refused
        ]
        result.sent += len(chunk) - len(refused)
        progress.advance(bar, len(chunk))
    if wait:
        await_drained(target, progress, result.sent)
    result.seconds = time.monotonic() - started
    return result


def await_drained(target: Target, progress: Progress, total: int) -> None:
    """Wait until nothing is left in the ingest queue. Raises UserError where it stops moving."""
    bar = progress.add_task("applied", total=total)
    empty, least, moved = 0, total, time.monotonic()
    while empty < STILL_FOR:
        left = waiting(target)
        empty = empty + 1 if left == 0 else 0
        if left < least:
            least, moved = left, time.monotonic()
        if time.monotonic() - moved > STUCK_AFTER:
            raise UserError(
                f"{left} messages have not moved for {STUCK_AFTER:.0f} s: look at the ingest function's log"
            )
        progress.update(bar, completed=total - min(left, total))
        time.sleep(0.3)


def waiting(target: Target) -> int:
    """Messages in the ingest queue: waiting, being worked on or delayed."""
    names: Any = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    answer = target.sqs.get_queue_attributes(QueueUrl=target.outputs["IngestQueueUrl"], AttributeNames=names)
    return sum(int(count) for count in answer["Attributes"].values())


def progress_bar(console: Any) -> Progress:  # noqa: ANN401 -- a rich console
    """The progress bar of everything that takes a while."""
    columns = (TextColumn("{task.description:>16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)
