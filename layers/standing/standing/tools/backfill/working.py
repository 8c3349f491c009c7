"""What `standing backfill` does: files dealt out on disk, then settled bucket by bucket in processes of its own.

What was done is marked in the working folder, so that whoever begins again goes on there.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from standing.adapters.lake import Lake
from standing.adapters.rules_bucket import Overtaken
from standing.adapters.table import Refused
from standing.backfill.dealing import REFUSED, Tally, bucket_file, deal_out, events_in
from standing.backfill.files.opening import files_in
from standing.backfill.files.rows import Unreadable
from standing.backfill.mapping.reading import read_mapping
from standing.backfill.mapping.wrong import BadMapping
from standing.backfill.rows import Became, TakingIn, Uncounted
from standing.backfill.settling import Settled, Settling, named
from standing.batch.lake.layout import BUCKETS
from standing.core.days import Day
from standing.core.ruleset import Ruleset
from standing.core.timeline import Timeline
from standing.night.planning import day_asked_for, day_to_close
from standing.tools.project import UserError
from standing.tools.target import Target

DEALT, RULES = "dealt.json", "rules.json"

type Seen = Callable[[str, int, int | None], None]


class TooManyRefusedError(UserError):
    """So many rows are refused that the mapping is more likely wrong than they are; nothing was settled."""

    def __init__(self, tally: Tally, stop_at: float, path: Path) -> None:
        super().__init__(
            f"{tally.share:.1%} of the rows are refused, more than --stop-at {stop_at:.0%}: nothing was taken in. "
            f"Each of them is named in {path}; `--check` shows them by reason"
        )
        self.tally = tally


@contextmanager
def named_faults() -> Iterator[None]:
    """Faults of files and mappings as what a user is told."""
    try:
        yield
    except (BadMapping, Unreadable, Uncounted) as error:
        raise UserError(str(error)) from None


def taking_in(
    paths: Sequence[Path], mapping: Path | None, ruleset: Ruleset, now: datetime, folder: Path
) -> Iterator[Became]:
    """What the rows of files become. Raises BadMapping, Unreadable and Uncounted."""
    beside = mapping.parent if mapping else Path()
    taking = TakingIn(read_mapping(mapping) if mapping else None, beside, ruleset, now, folder)
    return taking.files(files_in(paths))


@dataclass(frozen=True)
class Backfill:
    """One backfill: its files, their mapping, and the folder in which its work is kept until it is done.

    New customers stand at the end of `until`, or of their last event if that is later. Where more than the part
    `stop_at` of the rows is refused, nothing is settled.
    """

    target: Target
    rules: Timeline
    paths: list[Path]
    mapping: Path | None
    folder: Path
    jobs: int
    until: Day
    stop_at: float = 1.0

    def run(self, seen: Seen) -> dict[str, Any]:
        """All of it; `seen` is told what is going on, how much of it is done, and of how much. Raises UserError."""
        dealt = self._dealt(seen)
        buckets, counts, aside = self._buckets(), Counter[str](), list[str]()
        for done, (bucket_counts, bucket_aside) in enumerate(self._settled(buckets), 1):
            counts.update(bucket_counts)
            aside += bucket_aside
            seen("buckets", done, len(buckets))
        self._tidy_up()
        return {**dealt, **dict(named(counts)), "aside": sorted(aside)}  # events: of those in the rows, what is new

    def _tidy_up(self) -> None:
        """Leave of the work only what names the rows that were left out: done again, it begins anew."""
        for path in self.folder.iterdir():
            if path.name != REFUSED:
                path.unlink()

    def _dealt(self, seen: Seen) -> dict[str, Any]:
        """What became of the rows, dealt out now or noted when they were. Raises UserError."""
        note = self.folder / DEALT
        if not note.exists():
            shutil.rmtree(self.folder, ignore_errors=True)  # half of it may be there
            self.folder.mkdir(parents=True)
            now = datetime.now(UTC)
            tally = self._tally(now, seen)
            (self.folder / RULES).write_text(self.rules.model_dump_json())
            told = tally.as_dict() | {"now": now.isoformat(), "refused_rows": str(self.folder / REFUSED)}
            note.write_text(json.dumps(told))
        found: dict[str, Any] = json.loads(note.read_text())
        return found

    def _tally(self, now: datetime, seen: Seen) -> Tally:
        """Deal the rows out. Raises UserError where a file cannot be used, or too many rows are refused."""
        with named_faults():
            taking = taking_in(self.paths, self.mapping, self.rules.latest, now, self.folder)
            tally = deal_out(taking, self.folder, lambda rows: seen("rows", rows, None))
        if tally.share > self.stop_at:
            self._tidy_up()
            raise TooManyRefusedError(tally, self.stop_at, self.folder / REFUSED)
        return tally

    def _buckets(self) -> list[int]:
        return [number for number in range(BUCKETS) if bucket_file(self.folder, number).exists()]

    def _settled(self, buckets: list[int]) -> Iterator[Settled]:
        """What became of each bucket: of those that are noted, and of those that are settled now. Raises UserError."""
        waiting = []
        for number in buckets:
            if (note := _note(self.folder, number)).exists():
                yield Settled(*json.loads(note.read_text()))
            else:
                waiting.append(number)
        outputs = self.target.outputs
        place = Place(str(self.folder), outputs["TableName"], outputs["LakeBucketName"], self.until)
        context = multiprocessing.get_context("spawn")  # polars' threads do not survive a fork
        with ProcessPoolExecutor(self.jobs, mp_context=context, initializer=_begin, initargs=(place,)) as pool:
            futures = [pool.submit(_settle, number) for number in waiting]
            try:
                yield from (future.result() for future in as_completed(futures))
            except (Refused, Overtaken):
                raise UserError("others keep writing the same customers: begin again later") from None
            finally:
                pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class Place:
    """What a process has to know: the working folder, and where the rows go."""

    folder: str
    table: str
    lake: str
    until: Day


_here: list[tuple[Place, Settling]] = []


def _begin(place: Place) -> None:
    """Begin a process of the pool; it has the environment of the command, and so its AWS."""
    threading.Thread(target=_end_with_the_command, daemon=True).start()
    rules = Timeline.model_validate_json((Path(place.folder) / RULES).read_bytes())
    target = Target()
    customers = target.customers_in(place.table)
    _here[:] = [(place, Settling(Lake(target.s3, place.lake), customers, rules, place.until))]


def _end_with_the_command() -> None:
    """End when the command is killed: nobody else would ever tell."""
    if (command := multiprocessing.parent_process()) is not None:
        command.join()
        os._exit(1)


def _settle(number: int) -> Settled:
    """Settle a bucket, and note that it is done."""
    ((place, settling),) = _here
    folder = Path(place.folder)
    events = events_in(bucket_file(folder, number), settling.rules.latest, datetime.now(UTC))
    settled = settling.bucket(number, events)
    note = _note(folder, number)
    half = note.with_suffix(".half")
    half.write_text(json.dumps(settled))
    half.replace(note)
    return settled


def _note(folder: Path, number: int) -> Path:
    return folder / f"{number:03d}.done"


def last_day(rules: Timeline, asked: str | None) -> Day:
    """The last day of a history: as somebody says, or the last that is over. Raises UserError."""
    try:
        return day_asked_for(asked, day_to_close(datetime.now(UTC), rules.latest))
    except ValueError as error:
        raise UserError(f"--until: {error}") from None


def folder_of(root: Path, target: Target, paths: list[Path], mapping: Path | None, until: Day) -> Path:
    """The working folder of a backfill: the same for the same files, as they are, into the same table."""
    parts = [target.outputs["TableName"], str(until)]
    for path in [*paths, *([mapping] if mapping else [])]:
        try:
            told = path.stat()
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}") from None
        parts.append(f"{path.resolve()} {told.st_size} {told.st_mtime_ns}")
    return root / ".standing" / "backfill" / hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def processors() -> int:
    """How many processes can work at once on this machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
