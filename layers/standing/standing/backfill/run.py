"""Runs `standing backfill`: partitions files on disk, then settles bucket by bucket in separate processes.

Progress is recorded in the working folder, so that an interrupted run can be resumed.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from standing.aws.contention import TooContended
from standing.aws.lake_bucket import Lake
from standing.aws.stack import Target
from standing.aws.table import Customers
from standing.backfill.conversion import Conversion, Converted, RowCountMismatch
from standing.backfill.files.formats import files_in
from standing.backfill.files.rows import Unreadable
from standing.backfill.mapping.errors import BadMapping
from standing.backfill.mapping.reader import read_mapping
from standing.backfill.partition import PART_BITS, REFUSED, RowCounts, events_in, part_file, partition
from standing.backfill.settlement import SettledPart, Settlement, named
from standing.backfill.work_folders import DEALT, RUN, command_of, read_note, work_below, write_note
from standing.lake.layout import numbers_of
from standing.lake.runs import Run, begin, keep, run_of
from standing.nightly.plan import InvalidDay, day_asked_for, day_to_close
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import Day
from standing.values.errors import UserError, failure_of
from standing.values.messages import message

RULES = "rules.json"

BUSY = message("others keep writing the same customers: begin again later")

type Seen = Callable[[str, int, int | None], None]


class TooManyRefusedError(UserError):
    """Too many rows are refused, so the mapping is probably wrong. Nothing was settled."""

    def __init__(self, tally: RowCounts, stop_at: float, path: Path) -> None:
        super().__init__(
            "{share} of the rows are refused, more than --stop-at {stop_at}: nothing was taken in. "
            "Each of them is named in {path}; `--check` shows them by reason",
            share=f"{tally.share:.1%}",
            stop_at=f"{stop_at:.0%}",
            path=path,
        )
        self.tally = tally


@contextmanager
def faults_as_user_errors() -> Iterator[None]:
    """Raise UserError instead of errors of files and mappings."""
    try:
        yield
    except (BadMapping, Unreadable, RowCountMismatch) as error:
        raise UserError(error) from None


def convert_files(
    paths: Sequence[Path], mapping: Path | None, ruleset: Ruleset, now: datetime, folder: Path
) -> Iterator[Converted]:
    """Convert the rows of files. Raises BadMapping, Unreadable and RowCountMismatch."""
    beside = mapping.parent if mapping else Path()
    taking = Conversion(read_mapping(mapping) if mapping else None, beside, ruleset, now, folder)
    return taking.files(files_in(paths))


@dataclass(frozen=True)
class Backfill:
    """One backfill: its files, their mapping, and its working folder.

    New customers are decided up to the end of `until`, or of their last event if that is later. If more than the
    fraction `stop_at` of rows is refused, nothing is settled. `command` is the command that resumes it.
    """

    target: Target
    rules: Timeline
    paths: list[Path]
    mapping: Path | None
    folder: Path
    jobs: int
    until: Day
    stop_at: float = 1.0
    command: str = ""

    def run(self, seen: Seen) -> dict[str, Any]:
        """Run the backfill. `seen` gets the current step, the amount done, and the total. Raises UserError."""
        dealt = self._dealt(seen)
        run = self._begun()
        buckets, counts, aside = self._buckets(), Counter[str](), list[str]()
        for done, (bucket_counts, bucket_aside) in enumerate(self._settled(buckets), 1):
            counts.update(bucket_counts)
            aside += bucket_aside
            seen("buckets", done, len(buckets))
        totals = dict(named(counts))
        keep(self.target.lake, replace(run, ended=_now(), state="done", counts=totals))
        self._tidy_up()
        return {**dealt, **totals, "run": run.run, "aside": sorted(aside)}  # events: of those in the rows, what is new

    def _begun(self) -> Run:
        """The run, recorded in the lake before anything is settled. Raises UserError if it was retracted."""
        run = begin(self.target.lake, read_note(self.folder).run)
        if run.state not in {"begun", "done"}:
            raise self._taken_back(run.run)
        return run

    def _taken_back(self, run: str) -> UserError:
        return UserError(
            "the run {run} was taken back, or is: `standing backfill --retract {run}` takes back what is left of it, "
            "and removes {folder}; then the same command begins anew",
            run=run,
            folder=self.folder,
        )

    def _tidy_up(self) -> None:
        """Delete the working data except the list of refused rows. The same command then starts a new run."""
        for path in self.folder.iterdir():
            if path.name != REFUSED:
                path.unlink()

    def _dealt(self, seen: Seen) -> dict[str, Any]:
        """The counts of rows, which are partitioned now or were before. Raises UserError."""
        dealt = self.folder / DEALT
        if not dealt.exists() or not (self.folder / RUN).exists():  # of an earlier release: it had no id
            shutil.rmtree(self.folder, ignore_errors=True)  # half of it may be there
            self.folder.mkdir(parents=True)
            now = datetime.now(UTC)
            write_note(self.folder, self._run(now), self.until, self.command)
            tally = self._tally(now, seen)
            (self.folder / RULES).write_text(self.rules.model_dump_json())
            counts = tally.as_dict() | {"now": now.isoformat(), "refused_rows": str(self.folder / REFUSED)}
            dealt.write_text(json.dumps(counts))
        stored: dict[str, Any] = json.loads(dealt.read_text())
        return stored

    def _run(self, now: datetime) -> Run:
        """A new run. Its id is made of the time and the folder, so that it is unique."""
        unique = hashlib.sha256(f"{self.folder} {now.isoformat()}".encode()).hexdigest()[:8]
        mapping, began = self.mapping.name if self.mapping else None, now.isoformat(timespec="seconds")
        return Run(f"{now:%Y%m%d-%H%M}-{unique}", [path.name for path in self.paths], mapping, self.folder.name, began)

    def _tally(self, now: datetime, seen: Seen) -> RowCounts:
        """Partition the rows. Raises UserError if a file cannot be used, or if too many rows are refused."""
        with faults_as_user_errors():
            taking = convert_files(self.paths, self.mapping, self.rules.latest, now, self.folder)
            tally = partition(taking, self.folder, lambda rows: seen("rows", rows, None))
        if tally.share > self.stop_at:
            self._tidy_up()
            raise TooManyRefusedError(tally, self.stop_at, self.folder / REFUSED)
        return tally

    def _buckets(self) -> list[int]:
        return [number for number in numbers_of(PART_BITS) if part_file(self.folder, number).exists()]

    def _settled(self, buckets: list[int]) -> Iterator[SettledPart]:
        """The results of all buckets, settled before or now. Raises UserError."""
        waiting = []
        for number in buckets:
            if (done := _done(self.folder, number)).exists():
                yield SettledPart(*json.loads(done.read_text()))
            else:
                waiting.append(number)
        outputs = self.target.outputs
        began = read_note(self.folder)
        place = Worker(
            *(str(self.folder), outputs["TableName"], outputs["LakeBucketName"]),
            *(began.until, began.run.run, self.target.lake.bits),
        )
        context = multiprocessing.get_context("spawn")  # polars' threads do not survive a fork
        with ProcessPoolExecutor(self.jobs, mp_context=context, initializer=_begin, initargs=(place,)) as pool:
            futures = [pool.submit(_settle, number) for number in waiting]
            try:
                yield from (future.result() for future in as_completed(futures))
            except TooContended:
                raise UserError(BUSY) from None
            except RunRetracted as error:
                raise self._taken_back(str(error)) from None
            finally:
                pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class Worker:
    """The data of a worker process: the working folder, and the table and lake."""

    folder: str
    table: str
    lake: str
    until: Day
    run: str
    bits: int


class RunRetracted(Exception):  # noqa: N818 -- describes the run
    """A run, by its id, is retracted while it is settled."""


_here: list[tuple[Worker, Settlement]] = []


def _begin(place: Worker) -> None:
    """Initialise a worker process. It inherits the command's environment, and so its AWS."""
    threading.Thread(target=_end_with_the_command, daemon=True).start()
    rules = Timeline.model_validate_json((Path(place.folder) / RULES).read_bytes())
    target = Target()
    customers = target.customers_in(place.table)
    _here[:] = [(place, _settling(Lake(target.s3, place.lake, bits=place.bits), customers, rules, place))]


def _settling(lake: Lake, customers: Customers, rules: Timeline, place: Worker) -> Settlement:
    return Settlement(lake, customers, rules, place.until, run=place.run)


def _end_with_the_command() -> None:
    """End the worker when the command was killed, which nothing else reports to it."""
    if (command := multiprocessing.parent_process()) is not None:
        command.join()
        os._exit(1)


def _settle(number: int) -> SettledPart:
    """Settle a bucket, and record that it is done. Raises RunRetracted."""
    ((place, settling),) = _here
    if (run := run_of(settling.lake, place.run)) and run.state not in {"begun", "done"}:
        raise RunRetracted(place.run)
    folder = Path(place.folder)
    settled = settling.part(events_in(part_file(folder, number)))
    done = _done(folder, number)
    half = done.with_suffix(".half")
    half.write_text(json.dumps(settled))
    half.replace(done)
    return settled


def _done(folder: Path, number: int) -> Path:
    return folder / f"{number:03d}.done"


def fill_back(
    target: Target,
    rules: Timeline,
    root: Path,
    files: list[Path],
    seen: Seen,
    mapping: Path | None = None,
    until: str | None = None,
    jobs: int | None = None,
    stop_at: float = 1.0,
) -> dict[str, Any]:
    """Take files in, with a working folder below `root`. Returns the counts of rows, and the seconds it took.

    Raises UserError.
    """
    day, began = last_day(rules, until), time.monotonic()
    work = folder_of(root, target, files, mapping, until)
    command = command_of(files, mapping, until)
    done = Backfill(target, rules, files, mapping, work, jobs or processors(), day, stop_at, command).run(seen)
    return done | {"seconds": round(time.monotonic() - began, 1)}


def percent(text: str) -> float:
    """A part of one, from a percentage such as `5 %` or `5`. Raises UserError."""
    try:
        part = float(text.strip().removesuffix("%")) / 100
    except ValueError:
        part = -1
    if not 0 <= part <= 1:
        raise UserError("--stop-at {text}: expected a percentage from 0 to 100, such as 5 %", text=text)
    return part


def last_day(rules: Timeline, asked: str | None) -> Day:
    """The last day of a history: the given one, or the last finished day. Raises UserError."""
    try:
        return day_asked_for(asked, day_to_close(datetime.now(UTC), rules.latest))
    except InvalidDay as error:
        raise UserError("--until: {error}", error=error) from None


def folder_of(root: Path, target: Target, paths: list[Path], mapping: Path | None, until: str | None) -> Path:
    """The working folder of a backfill: the same for the same unchanged files into the same table.

    It also depends on the last day, if one is given.
    """
    parts = [target.outputs["TableName"], until or ""]
    for path in [*paths, *([mapping] if mapping else [])]:
        try:
            status = path.stat()
        except OSError as error:
            raise UserError("{path}: {why}", path=path, why=failure_of(error)) from None
        parts.append(f"{path.resolve()} {status.st_size} {status.st_mtime_ns}")
    return work_below(root) / hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def processors() -> int:
    """The number of processors available."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
