"""Compaction: incoming objects become one file for each bucket, kind and month, sorted, each row once.

It drops forgotten customers, and rows of retracted runs of `standing backfill`. A month without new rows, in which
nobody is to be dropped, is not even read.

First, incoming rows are staged by bucket; then each bucket's months are rewritten. Every step can be repeated and
interrupted at any call: a file is replaced as a whole, only if it is still the one that was read, and its inputs are
deleted after.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl

from standing.aws.contention import Attempts, TooContended
from standing.aws.lake_bucket import Lake, StoredObject
from standing.aws.rules_bucket import PreconditionFailed
from standing.lake.buckets import Buckets, buckets_of
from standing.lake.chunks import chunks
from standing.lake.erasures import AppliedErasures, Erasures, applied_erasures, erasures, keep_applied
from standing.lake.layout import (
    KINDS,
    Kind,
    current_key,
    incoming_prefix,
    kind_prefix,
    month_in,
    named_after,
    staged_prefix,
)
from standing.lake.parquet import CorruptFile, Parts, Wrong, collect, parquet_bytes, read_all, scan_all, scan_month
from standing.lake.reader import is_current
from standing.lake.rows import deduplicate
from standing.lake.standings import forget_standings
from standing.lake.tombstones import tombstones
from standing.values.faults import Fault

AT_ONCE = 100  # objects that are staged together: at most 100,000 rows, which take less than half a GB
TRIES = 3  # of a bucket that another process compacts at the same time
MONTH = pl.col("day").cast(pl.Date).dt.to_string("%Y-%m")


@dataclass
class CompactionResult:
    """The result of a step: new rows by kind, and errors by object key. If `overtaken`, the step must be repeated."""

    rows: dict[Kind, int] = field(default_factory=dict)
    wrong: Wrong = field(default_factory=dict)
    overtaken: bool = False


def stage(lake: Lake) -> CompactionResult:
    """Stage incoming objects by bucket. Returns the number of staged rows, including duplicates."""
    done = CompactionResult(dict.fromkeys(KINDS, 0))
    gone = tombstones(lake)
    for kind in KINDS:
        for some in batched(lake.keys(incoming_prefix(kind)), AT_ONCE):
            rows, keys, wrong = read_all(lake, kind, some)
            stage_rows(lake, kind, gone.kept(rows), named_after(keys))
            _set_aside(lake, wrong, done)
            lake.delete(keys)
            done.rows[kind] += rows.height
    return done


def stage_rows(lake: Lake, kind: Kind, rows: pl.DataFrame, name: str) -> None:
    """Deal rows out to their buckets, as objects of this name. What is split meanwhile is dealt out by a night."""
    for number, own in by_bucket(rows, buckets_of(lake)):
        lake.put(f"{staged_prefix(kind, number)}{name}.parquet", parquet_bytes(own))


def compact_all(lake: Lake, numbers: Iterable[int] | None = None) -> CompactionResult:
    """Stage incoming objects and compact these buckets, or all. Returns the new rows, and all errors."""
    done = CompactionResult(dict.fromkeys(KINDS, 0), stage(lake).wrong)
    for number in buckets_of(lake).all() if numbers is None else numbers:
        made = compact(lake, number)
        done.wrong |= made.wrong
        done.overtaken |= made.overtaken
        done.rows = {kind: done.rows[kind] + made.rows.get(kind, 0) for kind in KINDS}
    return done


def compact(lake: Lake, number: int, pause: Callable[[float], None] = time.sleep) -> CompactionResult:
    """Merge what was dealt out to a bucket into its months. Returns the new rows, which it did not have before.

    Retries if another process compacts it at the same time, so that it has the rows of both. A month whose file is
    corrupt is left as it is and reported, and its new rows wait: S3 has the file's older versions.
    """
    done = CompactionResult()
    try:
        Attempts(TRIES, pause).run(partial(_compact_once, lake, number, done))
    except TooContended:
        done.overtaken = True
    return done


def _compact_once(lake: Lake, number: int, done: CompactionResult) -> None:
    """One try. Raises PreconditionFailed where somebody else changed a file, or forgot a customer, meanwhile."""
    etags = {kind: lake.etags(kind_prefix(kind, number)) for kind in KINDS}  # before erasures: see `_Months.read`
    gone, applied = erasures(lake, number), applied_erasures(lake, number)
    merged: list[str] = []
    files: dict[str, str] = {}
    for kind in KINDS:
        outcome = _Months(lake, kind, number, etags[kind], gone, applied, done).merge()
        done.rows[kind] = outcome.added
        merged += outcome.merged
        files |= outcome.files
    if gone.names and (now := AppliedErasures(gone.names, files)) != applied:
        keep_applied(lake, number, now)
    if erasures(lake, number) != gone:
        raise PreconditionFailed
    lake.delete(merged)


class _Merged(NamedTuple):
    """A kind's new rows, the keys of the objects that were merged, and the ETags of the months without erased rows."""

    added: int
    merged: list[str]
    files: dict[str, str]


@dataclass(frozen=True)
class _Months:
    """The months of a bucket's kind, with the ETags that their files had at first."""

    lake: Lake
    kind: Kind
    number: int
    etags: Mapping[str, str]
    gone: Erasures
    applied: AppliedErasures
    done: CompactionResult

    def merge(self) -> _Merged:
        """Merge what is staged into its months, and drop from them what is to be erased.

        What belongs to a corrupt month waits.
        """
        self._name_strangers()
        new, wrong = scan_all(self.lake, self.kind, self.lake.keys(staged_prefix(self.kind, self.number)))
        _set_aside(self.lake, wrong, self.done)
        months = {month for rows in new.values() for month in collect(rows.select(MONTH.unique())).to_series()}
        months |= {month_in(key) for key in self._own if not self.applied.cover(self.gone, key, self.etags[key])}
        files = {key: self.etags[key] for key in self._own if month_in(key) not in months}
        added, waits = 0, False
        for month in sorted(months):
            key = current_key(self.kind, self.number, month)
            try:
                more, files[key] = self._merge_month(month, key, list(new.values()))
                added += more
            except CorruptFile as error:
                self.done.wrong[key] = error.fault
                waits = True
        return _Merged(added, [] if waits else list(new), files)

    @property
    def _own(self) -> list[str]:
        return [key for key in self.etags if is_current(key, self.kind, self.number)]

    def _name_strangers(self) -> None:
        """Name objects beside the files of months: who reads the lake by a pattern reads their rows, too."""
        self.done.wrong |= {key: Fault("not-ours") for key in self.etags.keys() - set(self._own)}

    def _merge_month(self, month: str, key: str, new: list[pl.LazyFrame]) -> tuple[int, str]:
        """Merge the rows of a month. Returns how many are new, and the file's ETag. Raises CorruptFile."""
        stored = self._read(key)
        before, of_it = scan_month(self.kind, month, stored), [rows.filter(month == MONTH) for rows in new]
        with TemporaryDirectory() as folder:
            made = _made(self.kind, [before, *of_it], self.gone, Parts(folder))
            if self.kind == "states" and made.forgotten:
                forget_standings(self.lake, self.number, self.gone.forgotten)  # before the states, which show who it is
            etag = self.lake.replace(key, made.parts.parquet_bytes(), stored.etag) if made.changed else stored.etag
        return made.added, etag

    def _read(self, key: str) -> StoredObject:
        """A month's file, as it was before the erasures were listed: who erased meanwhile has replaced it.

        Raises PreconditionFailed.
        """
        stored = self.lake.get(key)
        if stored.etag != self.etags.get(key, ""):
            raise PreconditionFailed
        return stored


@dataclass
class CompactedMonth:
    """A month's new file: its new rows, whether anything changed, and whether forgotten customers were dropped."""

    parts: Parts
    added: int = 0
    changed: bool = False
    forgotten: bool = False


def _made(kind: Kind, files: list[pl.LazyFrame], gone: Erasures, parts: Parts) -> CompactedMonth:
    """Merge a month's own file, which is the first, with what is staged, a chunk of customers at a time."""
    made = CompactedMonth(parts)
    for chunk in chunks(files):
        was, *new = (collect(file.filter(chunk.holds)) for file in files)
        stay, *others = map(gone.forgotten.kept, (was, *new))
        rest = gone.without_runs(kind, stay)
        now = deduplicate(kind, pl.concat([rest, *(gone.without_runs(kind, rows) for rows in others)]))
        parts.add(now)
        made.added += max(now.height - rest.height, 0)
        made.changed |= not now.equals(was)
        made.forgotten |= stay.height + sum(map(len, others)) < was.height + sum(map(len, new))
    return made


def by_bucket(rows: pl.DataFrame, buckets: Buckets) -> Iterator[tuple[int, pl.DataFrame]]:
    """Rows by the bucket of their customer."""
    customers = rows["customer"].unique(maintain_order=True)
    numbers = pl.Series([buckets.of(customer) for customer in customers], dtype=pl.Int32)
    known = pl.DataFrame({"customer": customers, "bucket": numbers})
    dealt = rows.join(known, on="customer", maintain_order="left").partition_by(
        "bucket", as_dict=True, include_key=False, maintain_order=True
    )
    return ((int(str(number)), own) for (number,), own in dealt.items())


def _set_aside(lake: Lake, wrong: Wrong, done: CompactionResult) -> None:
    for key, why in wrong.items():
        done.wrong[key] = why.handled("set-aside", aside=lake.quarantine(key))
