"""Dealing out: the events of all files, checked, by the lake's bucket of their customer, into a folder on disk.

So that afterwards the events of one customer stand in one file. What is no event is named, and the rest goes on.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

import orjson

from standing.backfill.mapping import Envelope, Rows
from standing.backfill.reading import Found, rows_in
from standing.batch.lake.layout import bucket_of
from standing.core.intake import Event, Rejected, take_in
from standing.core.ruleset import Ruleset

REFUSED = "refused.jsonl"


@dataclass
class Dealt:
    """How many events were dealt out, how many rows are none, and by reason."""

    events: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def deal_out(
    paths: list[Path], mapping: Rows | None, ruleset: Ruleset, now: datetime, folder: Path, seen: Callable[[int], None]
) -> Dealt:
    """Deal the rows of files out into a folder; rows that are no events go to `refused.jsonl` there, with the reason.

    Raises Unreadable where a file cannot be read at all.
    """
    dealt = Dealt()
    with ExitStack() as stack:
        refused = stack.enter_context((folder / REFUSED).open("wb"))
        files: dict[int, IO[bytes]] = {}
        for path, found in _rows(paths, mapping):
            try:
                number = bucket_of(_taken(found, ruleset, now).detail.customer)
            except Rejected as rejection:
                _refuse(refused, path, found, rejection, dealt)
                continue
            if number not in files:
                files[number] = stack.enter_context(bucket_file(folder, number).open("wb"))
            files[number].write(orjson.dumps(found.envelope) + b"\n")
            dealt.events += 1
            seen(dealt.events)
    return dealt


def _rows(paths: Iterable[Path], mapping: Rows | None) -> Iterator[tuple[Path, Found]]:
    return ((path, found) for path in paths for found in rows_in(path, mapping))


def bucket_file(folder: Path, number: int) -> Path:
    """Where the events of a bucket's customers are."""
    return folder / f"{number:03d}.jsonl"


def events_in(path: Path, ruleset: Ruleset, now: datetime) -> Iterator[Event]:
    """The events of a bucket's file."""
    with path.open("rb") as file:
        for line in file:
            envelope: Envelope = json.loads(line)
            yield take_in(envelope, ruleset, now)


def _taken(found: Found, ruleset: Ruleset, now: datetime) -> Event:
    if found.envelope is None:
        raise Rejected("no-event", "row", found.why)
    return take_in(found.envelope, ruleset, now)


def _refuse(file: IO[bytes], path: Path, found: Found, rejection: Rejected, dealt: Dealt) -> None:
    """Name a row, its reason and what was expected; its content stays where it came from."""
    about = {"file": str(path), "row": found.number, **rejection.as_dict()}
    file.write(orjson.dumps(about) + b"\n")
    dealt.refused[rejection.reason] += 1
