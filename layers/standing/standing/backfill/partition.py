"""Partitions the checked events of all files by their customer, into a folder on disk.

So that afterwards the events of one customer stand in one file. What is no event is named, and the rest goes on.
What was checked is not checked again: a line has a seal, by which it is known to be as it was written.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson

from standing.backfill.conversion import Converted, Refusal
from standing.events import MODELS
from standing.events.intake import Event
from standing.lake.layout import bucket_of
from standing.values.errors import UserError

REFUSED = "refused.jsonl"
EXAMPLES = 3
PART_BITS = 8  # 256 parts, so that one fits into memory whatever the lake is dealt out into

type Reason = tuple[str, str, str]


@dataclass
class RowCounts:
    """Counts of rows: each is taken, refused or skipped on purpose.

    `refused` counts rows by reason, field and what was expected, in English; `examples` has the first few of each.
    `others` counts refused rows of joined files, which are not rows of the files themselves.
    """

    rows: int = 0
    taken: int = 0
    skipped: int = 0
    events: int = 0
    refused: Counter[Reason] = field(default_factory=Counter)
    others: int = 0
    examples: dict[Reason, list[Refusal]] = field(default_factory=dict)

    def add(self, became: Converted) -> None:
        """Count converted rows."""
        self.rows += became.rows
        self.events += len(became.events)
        if became.refused:
            self._refuse(became)
        elif became.events:
            self.taken += became.rows
        else:
            self.skipped += became.rows

    def _refuse(self, became: Converted) -> None:
        for refusal in became.refused:
            reason = (refusal.reason, refusal.field, str(refusal.expected))
            self.refused[reason] += 1
            if len(shown := self.examples.setdefault(reason, [])) < EXAMPLES:
                shown.append(refusal)
        self.others += 0 if became.rows else len(became.refused)  # rows of joined files

    @property
    def share(self) -> float:
        """The fraction of refused rows, including those of joined files, from 0 to 1."""
        return self.refused.total() / max(self.rows + self.others, 1)

    def as_dict(self) -> dict[str, Any]:
        """The counts, with reasons sorted by frequency."""
        return {
            "rows": self.rows,
            "taken": self.taken,
            "skipped": self.skipped,
            "refused": self.refused.total() - self.others,
            "refused_in_joined": self.others,
            "events": self.events,
            "reasons": [self._reason(reason, count) for reason, count in self.refused.most_common()],
        }

    def _reason(self, reason: Reason, count: int) -> dict[str, Any]:
        examples = [{"file": str(one.path), "row": one.number} for one in self.examples[reason]]
        expected = self.examples[reason][0].expected.stored()
        parts = dict(zip(("reason", "field", "expected"), reason, strict=True))
        return parts | {"said": expected, "rows": count, "examples": examples}


def partition(became: Iterable[Converted], folder: Path, seen: Callable[[int], None]) -> RowCounts:
    """Partition converted rows into a folder. Refused rows go to `refused.jsonl` there, with the reason.

    Raises the errors of reading rows.
    """
    tally = RowCounts()
    with ExitStack() as stack:
        refused = stack.enter_context((folder / REFUSED).open("wb"))
        files: dict[int, IO[bytes]] = {}
        for converted in became:
            for event in converted.events:
                number = part_of(event.detail.customer)
                if number not in files:
                    files[number] = stack.enter_context(part_file(folder, number).open("wb"))
                files[number].write(_line(event))
            for refusal in converted.refused:
                refused.write(json.dumps(_named(refusal)).encode() + b"\n")
            tally.add(converted)
            seen(tally.rows)
    return tally


def part_of(customer: str) -> int:
    """The part of a customer: all its events are in one, and a part's customers are of few buckets of the lake."""
    return bucket_of(customer, PART_BITS)


def part_file(folder: Path, number: int) -> Path:
    """The file of a part's events."""
    return folder / f"{number:03d}.jsonl"


def events_in(path: Path) -> Iterator[Event]:
    """The events of a part's file, as they were taken in. Raises UserError where a line is not as it was written."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield _event(line)
            except (ValueError, LookupError, TypeError, AttributeError):
                raise UserError(
                    "{path}: line {number} is not as it was written: remove {folder}, and the same command begins anew",
                    path=path,
                    number=number,
                    folder=path.parent,
                ) from None


def _line(event: Event) -> bytes:
    content = {
        "source": event.source,
        "type": event.detail.detail_type,
        "day": event.day,
        "fingerprint": event.fingerprint,
        "detail": event.detail.stored(),
    }
    return orjson.dumps(content | {"seal": _seal(content)}) + b"\n"


def _event(line: bytes) -> Event:
    """The event of a line. Raises one of several errors where it is not as it was written."""
    content: dict[str, Any] = orjson.loads(line)
    if content.pop("seal") != _seal(content):
        raise ValueError("another seal")
    return Event(
        content["source"], MODELS[content["type"]].trusted(content["detail"]), content["day"], content["fingerprint"]
    )


def _seal(content: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(content)).hexdigest()


def _named(refusal: Refusal) -> dict[str, Any]:
    """A refused row: its place, the reason and what was expected, without its content."""
    return {
        "file": str(refusal.path),
        "row": refusal.number,
        "reason": refusal.reason,
        "field": refusal.field,
        "expected": str(refusal.expected),
    }
