"""Compaction: incoming objects become one file for each bucket and kind, sorted, each row once.

It drops forgotten customers, and rows of retracted runs of `standing backfill`.

First, incoming rows are staged by bucket; then each bucket is rewritten. Every step can be repeated and interrupted at
any call: a file is replaced as a whole, only if it is still the one that was read, and its inputs are deleted after.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from tempfile import TemporaryDirectory

import polars as pl

from standing.aws.contention import Attempts, TooContended
from standing.aws.lake_bucket import Lake
from standing.lake.chunks import chunks
from standing.lake.layout import (
    BUCKETS,
    KINDS,
    Kind,
    bucket_of,
    current_key,
    incoming_prefix,
    named_after,
    staged_prefix,
)
from standing.lake.parquet import CorruptFile, Parts, Wrong, collect, parquet_bytes, read_all, scan_all, scan_stored
from standing.lake.rows import deduplicate
from standing.lake.runs import runs_taken_back
from standing.lake.standings import forget_standings
from standing.lake.tombstones import Tombstones, tombstones
from standing.lake.undo import without_runs

AT_ONCE = 100  # objects that are staged together: at most 100,000 rows, which take less than half a GB

TRIES = 3  # of a bucket that another process compacts at the same time


@dataclass
class CompactionResult:
    """The result of a step: rows by kind, and errors by object key. If `overtaken`, the step must be repeated."""

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
            for number, own in _by_bucket(gone.kept(rows)):
                lake.put(f"{staged_prefix(kind, number)}{named_after(keys)}.parquet", parquet_bytes(own))
            _set_aside(lake, wrong, done)
            lake.delete(keys)
            done.rows[kind] += rows.height
    return done


def compact_all(lake: Lake, numbers: Iterable[int] = range(BUCKETS)) -> CompactionResult:
    """Stage incoming objects and compact these buckets. Returns the buckets' rows, and all errors."""
    done = CompactionResult(dict.fromkeys(KINDS, 0), stage(lake).wrong)
    for number in numbers:
        made = compact(lake, number)
        done.wrong |= made.wrong
        done.overtaken |= made.overtaken
        done.rows = {kind: done.rows[kind] + made.rows.get(kind, 0) for kind in KINDS}
    return done


def compact(lake: Lake, number: int, pause: Callable[[float], None] = time.sleep) -> CompactionResult:
    """Make one bucket anew of its files and of what was dealt out to it; the rows that it then has.

    Retries if another process compacts it at the same time, so that it has the rows of both. A bucket whose own file is
    corrupt is left as it is and reported: S3 has its older versions.
    """
    done = CompactionResult()
    try:
        Attempts(TRIES, pause).run(partial(_compact_once, lake, number, done))
    except TooContended:
        done.overtaken = True
    return done


def _compact_once(lake: Lake, number: int, done: CompactionResult) -> None:
    gone, runs = tombstones(lake, number), runs_taken_back(lake, number)
    for kind in KINDS:
        try:
            done.rows[kind] = _compact(lake, kind, number, gone, runs, done)
        except CorruptFile as error:
            done.wrong[current_key(kind, number)] = error.fault


def _compact(
    lake: Lake, kind: Kind, number: int, gone: Tombstones, runs: frozenset[str], done: CompactionResult
) -> int:
    stored = lake.get(current_key(kind, number))
    before = scan_stored(kind, stored)
    new, wrong = scan_all(lake, kind, lake.keys(staged_prefix(kind, number)))
    _set_aside(lake, wrong, done)
    with TemporaryDirectory() as folder:
        made = _made(kind, [before, *new.values()], gone, without_runs(kind, runs), Parts(folder))
        if kind == "states" and made.forgotten:
            forget_standings(lake, number, gone)  # before the states, which show that standings must be forgotten
        if made.changed:
            lake.replace(current_key(kind, number), made.parts.parquet_bytes(), stored.etag)
    lake.delete(new)
    return made.rows


@dataclass
class CompactedBucket:
    """A bucket's new file: its rows, whether they changed, and whether forgotten customers were dropped."""

    parts: Parts
    rows: int = 0
    changed: bool = False
    forgotten: bool = False


def _made(
    kind: Kind,
    files: list[pl.LazyFrame],
    gone: Tombstones,
    undone: Callable[[pl.DataFrame], pl.DataFrame],
    parts: Parts,
) -> CompactedBucket:
    """Merge a bucket's own file, which is the first, with its staged files, a chunk of customers at a time."""
    made = CompactedBucket(parts)
    for chunk in chunks(files):
        was, *new = (collect(file.filter(chunk.holds)) for file in files)
        stay = gone.kept(was)
        now = deduplicate(kind, undone(pl.concat([stay, *map(gone.kept, new)])))
        parts.add(now)
        made.rows += now.height
        made.changed |= not now.equals(was)
        made.forgotten |= stay.height < was.height
    return made


def _by_bucket(rows: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    """Rows by bucket."""
    customers = rows["customer"].unique(maintain_order=True)
    numbers = pl.Series([bucket_of(customer) for customer in customers], dtype=pl.Int16)
    known = pl.DataFrame({"customer": customers, "bucket": numbers})
    by_bucket = rows.join(known, on="customer", maintain_order="left").partition_by(
        "bucket", as_dict=True, include_key=False, maintain_order=True
    )
    return ((int(str(number)), own) for (number,), own in by_bucket.items())


def _set_aside(lake: Lake, wrong: Wrong, done: CompactionResult) -> None:
    for key, why in wrong.items():
        done.wrong[key] = why.handled("set-aside", aside=lake.quarantine(key))
