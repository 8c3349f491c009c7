"""Sends an event file to the bus, and waits until the ingest queue is drained."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any

from standing.aws.bus import Bus
from standing.aws.stack import Target
from standing.operations.check import PreparedFile, prepare
from standing.operations.event_files import UnsendableLine
from standing.values.catalogue import Language
from standing.values.errors import UserError
from standing.values.messages import message

if TYPE_CHECKING:
    from rich.progress import Progress

CHUNK = 100
REFUSED = message("was refused by the bus; send it again")
COUNTS: Any = [
    f"ApproximateNumberOfMessages{state}" for state in ("", "NotVisible", "Delayed")
]  # waiting, worked on, delayed
LOCAL_QUIET, AWS_QUIET = 1.0, 60.0  # seconds for which a queue must look empty; in AWS its counts lag behind
STUCK_AFTER = 300.0  # seconds without progress


@dataclass
class SendResult:
    """The result for a file: lines sent, lines that could not be sent, and seconds until all were applied.

    `doomed` has the lines that the rules reject, sent or not.
    """

    sent: int = 0
    unsendable: list[UnsendableLine] = field(default_factory=list)
    seconds: float = 0.0
    doomed: list[UnsendableLine] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        lines = {"refused": self.unsendable, "to_be_rejected": self.doomed}
        named = {name: [{"line": line.number, "why": line.why} for line in some] for name, some in lines.items()}
        return {"sent": self.sent, **named, "seconds": round(self.seconds, 1)}


def send(target: Target, path: Path, progress: Progress, *, wait: bool) -> SendResult:
    """Send every line that can be sent, then wait for the queue. Lines that cannot be sent are reported.

    The rules are not consulted: lines that they reject are sent, too.
    """
    return deliver(target, prepare(path, None, datetime.now(UTC)), progress, wait=wait)


def deliver(
    target: Target, read: PreparedFile, progress: Progress, *, wait: bool, language: Language = "en"
) -> SendResult:
    """Send the lines of a prepared file, then wait for the queue."""
    result = SendResult(unsendable=list(read.unsendable), doomed=read.doomed)
    started = time.monotonic()
    bus = Bus(target.events, target.outputs["BusName"])
    bar = progress.add_task(message("sent to the bus").in_language(language), total=len(read.lines))
    for chunk in batched(read.lines, CHUNK):
        refused = bus.put([line.entry for line in chunk])
        result.unsendable += [UnsendableLine(chunk[index].number, REFUSED) for index in refused]
        result.sent += len(chunk) - len(refused)
        progress.advance(bar, len(chunk))
    watched = await_drained(target, progress, result.sent, language) if wait else 0.0
    result.seconds = time.monotonic() - started - watched
    return result


def await_drained(target: Target, progress: Progress, total: int, language: Language = "en") -> float:
    """Wait until the ingest queue is empty and stays empty. Returns for how many seconds it was watched while empty.

    Raises UserError if it makes no progress.
    """
    bar = progress.add_task(message("applied").in_language(language), total=total)
    quiet = LOCAL_QUIET if "AWS_ENDPOINT_URL" in os.environ else AWS_QUIET
    remaining, changed = total, time.monotonic()
    while remaining or time.monotonic() - changed < quiet:
        before, remaining = remaining, waiting(target)
        changed = time.monotonic() if remaining != before else changed
        if remaining and time.monotonic() - changed > STUCK_AFTER:
            raise UserError(
                "{stuck:message has|messages have} not moved for {seconds:.0f} s: see the ingest log",
                stuck=remaining,
                seconds=STUCK_AFTER,
            )
        progress.update(bar, completed=total - min(remaining, total))
        time.sleep(0.2)
    return quiet


def waiting(target: Target, queue: str = "IngestQueueUrl") -> int:
    """The messages in a queue of the stack: visible, in flight or delayed. AWS's count lags by about a minute."""
    answer = target.sqs.get_queue_attributes(QueueUrl=target.outputs[queue], AttributeNames=COUNTS)
    return sum(int(count) for count in answer["Attributes"].values())
