"""The end-to-end part: real purchases through the deployed template, on a local AWS only for the benchmark."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from math import ceil
from pathlib import Path
from statistics import median

from rich.console import Console
from standing.aws.stack import Target
from standing.local.aws import LocalAws, point_at
from standing.local.project import programme_folder
from standing.operations.audit import audit
from standing.operations.listener import await_published, listen
from standing.operations.sender import send
from standing.operations.usage import usage
from standing.present.progress import progress_bar
from standing.release.release import release_programme
from standing.rules.author.compiler import compile_rules
from standing.values.errors import UserError

from benchmarks.figures import Figures
from demo.data import write_demo

LOGS = ("IngestLogGroup", "PublishLogGroup")
BILLED = re.compile(r"^REPORT .*\bBilled Duration: ([0-9.]+) ms", re.DOTALL)


@dataclass(frozen=True)
class Round:
    """A part of the events, sent and applied: figures for each event."""

    events: int
    per_second: float
    write_units: float
    read_units: float


@dataclass(frozen=True)
class Log:
    """A function's log from a line on: its calls, their time, and its bytes."""

    lines: list[str]

    @property
    def calls(self) -> list[float]:
        """The billed milliseconds of each call."""
        return [float(found[1]) for line in self.lines if (found := BILLED.match(line))]

    @property
    def written(self) -> int:
        """The bytes of the log."""
        return sum(len(line.encode()) for line in self.lines)

    def counted(self, metric: str) -> float:
        """The sum of a metric."""
        metrics = (json.loads(line) for line in self.lines if line.startswith('{"_aws"'))
        return float(sum(sum(one.get(metric, ())) for one in metrics))


def measure(figures: Figures, households: int, rounds: int) -> None:
    """Deploy, send the demo's events in rounds, and note the figures for an event."""
    root = programme_folder()
    folder = root / ".standing" / "bench"
    with _deployed(folder) as target:
        parts = _parts(root, folder, households, rounds + 1)
        done = [_round(target, path) for path in parts]
        await_published(target)
        ingest, publish = (Log(_lines(target, group)) for group in LOGS)
    _note(figures, done, ingest, publish)
    figures.count("local.event_bytes", _mean_line(parts))


def _note(figures: Figures, done: list[Round], ingest: Log, publish: Log) -> None:
    events = sum(one.events for one in done)
    figures.note("local.events_per_second", [one.per_second for one in done[1:]])  # the first round has the cold starts
    figures.note("decision.write_units_per_event", [one.write_units for one in done])
    figures.note("decision.read_units_per_event", [one.read_units for one in done])
    figures.count("local.events_applied", events)
    figures.count("local.events_per_call", events / len(ingest.calls))
    figures.count("local.messages_again", ingest.counted("failed"))
    figures.count("local.ingest_call_ms", median(ingest.calls))
    figures.count("local.publish_calls_per_event", len(publish.calls) / events)
    figures.count("local.publish_call_ms", median(publish.calls))
    figures.count("local.outcomes_per_event", publish.counted("published") / events)
    figures.count("local.log_bytes_per_event", (ingest.written + publish.written) / events)


@contextmanager
def _deployed(folder: Path) -> Iterator[Target]:
    """The template on a local AWS in its own folder, so that a running one is not disturbed."""
    aws, before = LocalAws(folder / "local"), dict(os.environ)
    point_at(aws.start())
    try:
        release_programme(lambda _: None)
        listen(Target())
        yield Target()
    finally:
        aws.stop()
        os.environ.clear()
        os.environ.update(before)


def _parts(root: Path, folder: Path, households: int, parts: int) -> list[Path]:
    """The demo's events in `parts` files, dealt out in turn, so that each has events of every customer."""
    whole = folder / "events.jsonl"
    now, zone = datetime.now(UTC), compile_rules(root / "rules").programme.time_zone
    write_demo(folder / "before.jsonl", whole, households, zone, now, since=datetime(1970, 1, 1, tzinfo=UTC))
    lines = whole.read_text().splitlines(keepends=True)
    paths = [folder / f"events-{number}.jsonl" for number in range(parts)]
    for path, part in zip(paths, batched(lines, ceil(len(lines) / parts)), strict=True):
        path.write_text("".join(part))
    return paths


def _mean_line(paths: list[Path]) -> float:
    lines = [line for path in paths for line in path.read_bytes().splitlines()]
    return sum(map(len, lines)) / len(lines)


def _round(target: Target, path: Path) -> Round:
    before = usage(target)
    with progress_bar(Console(stderr=True)) as progress:
        sent = send(target, path, progress, wait=True)
    counted, after = audit(target, path), usage(target)
    if counted.lost or counted.dead_letters:
        raise UserError(f"{counted.lost} events lost, {counted.dead_letters} in a dead-letter queue: `standing audit`")
    write, read = after.write_units - before.write_units, after.read_units - before.read_units
    return Round(counted.applied, counted.sent / sent.seconds, write / counted.applied, read / counted.applied)


def _lines(target: Target, group: str) -> list[str]:
    pages = target.logs.get_paginator("filter_log_events").paginate(logGroupName=target.outputs[group])
    return [event["message"] for page in pages for event in page["events"]]
