"""Splitting: the buckets of a lake are dealt out into more, one after another, while nights go on.

A bucket is first marked as split: from then on new rows go to the buckets below it. Then all that it has is dealt out
to them, erasures first. Every step can be repeated and interrupted at any call: what is moved is written before it is
deleted, and whoever comes next, the command or a night, finds by the mark what is still to be dealt out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import orjson
import polars as pl

from standing.aws.contention import Attempts
from standing.aws.lake_bucket import ABSENT, Lake, StoredObject
from standing.aws.rules_bucket import PreconditionFailed
from standing.lake.buckets import BUCKETS, Buckets, buckets_of, buckets_with_data
from standing.lake.compaction import by_bucket, compact, stage_rows
from standing.lake.layout import (
    BACKFILLS,
    KINDS,
    Kind,
    applied_key,
    month_in,
    month_key,
    month_prefix,
    named_after,
    number_in,
    numbers_of,
    retracted_prefix,
    staged_prefix,
    standing_key,
    tombstone_prefix,
)
from standing.lake.parquet import CorruptFile, Wrong, collect, parquet_bytes, scan, scan_month
from standing.lake.reader import current_keys, is_current
from standing.lake.standings import keep_standing, months_kept
from standing.lake.tombstones import tombstones
from standing.values.errors import UserError

TRIES = 10  # of an object that others write at the same time
RETRACTED = f"{BACKFILLS}/retracted/"

type Seen = Callable[[int, int], None]


def split(lake: Lake, bits: int, seen: Seen) -> Wrong:
    """Deal out a lake by so many bits; what is wrong, by key. The same again goes on where it was interrupted.

    Calls `seen` with the number of buckets that are done, and of all. Raises UserError if it cannot be dealt out so.
    """
    buckets = Attempts(TRIES).run(partial(_begun, lake, bits))
    wrong: Wrong = {}
    if buckets.into is None:
        return wrong
    waiting = sorted({*_with_anything(lake)} & {*numbers_of(buckets.bits)})
    _mark(lake, {*numbers_of(buckets.bits)} - {*waiting})
    for done, number in enumerate(waiting, 1):
        _mark(lake, {number})
        wrong |= deal_out(lake, number)
        for leaf in buckets_of(lake).leaves(number):
            wrong |= compact(lake, leaf).wrong
        seen(done, len(waiting))
    _end(lake)
    return wrong


def _begun(lake: Lake, bits: int) -> Buckets:
    """Say that the lake is being split, unless it is so already; its buckets now. Raises UserError."""
    buckets = buckets_of(lake)
    if bits == (buckets.into or buckets.bits):
        return buckets
    if buckets.into is not None:
        raise UserError(
            "the lake is being split by {into:bit|bits}: `standing lake split --bits {into}` goes on with it",
            into=buckets.into,
        )
    if bits < buckets.bits:
        raise UserError(
            "--bits {bits}: the lake is dealt out by {now:bit|bits}, and can only be split by more",
            bits=bits,
            now=buckets.bits,
        )
    lake.replace(BUCKETS, buckets._replace(into=bits).body(), buckets.etag)
    return buckets_of(lake)


def _mark(lake: Lake, numbers: Iterable[int]) -> None:
    """Mark buckets as split, unless somebody else has ended the split meanwhile."""

    def attempt() -> None:
        buckets = buckets_of(lake)
        if buckets.into is not None and not buckets.split.issuperset(numbers):
            lake.replace(BUCKETS, buckets._replace(split=buckets.split.union(numbers)).body(), buckets.etag)

    Attempts(TRIES).run(attempt)


def _end(lake: Lake) -> None:
    """Say that the lake is split, if nothing is left in the buckets of before, except what is damaged."""
    buckets = buckets_of(lake)
    left = [number for number in _with_anything(lake) if number in buckets.split]
    for number in left:
        deal_out(lake, number)
    if not any(number in buckets.split for number in _with_anything(lake)) and buckets.into is not None:
        with suppress(PreconditionFailed):  # somebody else ends it
            lake.replace(BUCKETS, Buckets(buckets.into).body(), buckets.etag)


def _with_anything(lake: Lake) -> set[int]:
    """The buckets by which anything at all is stored."""
    of_months = (folder for month in months_kept(lake) for folder in lake.folders(month_prefix(month)))
    marks = (folder for prefix in (tombstone_prefix(), RETRACTED) for folder in lake.folders(prefix))
    return buckets_with_data(lake).union(map(number_in, of_months), map(number_in, marks))


def deal_out(lake: Lake, number: int) -> Wrong:
    """Deal out what a bucket has to those below it that have its customers now; what is wrong, by key.

    Nothing if the bucket has its customers itself. A file that is damaged stays where it is, until it is restored.
    """
    buckets = buckets_of(lake)
    if buckets.is_leaf(number):
        return {}
    dealing = _Dealing(lake, number, buckets)
    dealing.erasures()
    for kind in KINDS:
        dealing.rows(kind)
    dealing.standings()
    return dealing.wrong


@dataclass(frozen=True)
class _Dealing:
    """Deals out one bucket. `wrong` has what is wrong, by key."""

    lake: Lake
    number: int
    buckets: Buckets
    wrong: Wrong = field(default_factory=dict)

    def erasures(self) -> None:
        """Hand on who was forgotten and which runs were retracted, before any row that they erase."""
        for prefix in (tombstone_prefix, retracted_prefix):
            for key, stored in self.lake.get_all(self.lake.keys(prefix(self.number))):
                name = key.removeprefix(prefix(self.number))
                for leaf in self.buckets.leaves(self.number):
                    self.lake.put(prefix(leaf) + name, self._mark_of(leaf, stored))
                self.lake.delete([key])
        self.lake.delete([applied_key(self.number)])

    def _mark_of(self, leaf: int, stored: StoredObject) -> bytes:
        """A tombstone, or the mark of a retracted run without the customers of other buckets."""
        if not stored.body:
            return stored.body
        mark = orjson.loads(stored.body)
        own = [one for one in mark["conflicts"] if self.buckets.of(one["customer"]) == leaf]
        return orjson.dumps(mark | {"conflicts": own})

    def rows(self, kind: Kind) -> None:
        """Stage the rows of a kind for the buckets below."""
        for key in [*self.lake.keys(staged_prefix(kind, self.number)), *current_keys(self.lake, kind, self.number)]:
            stored = self.lake.get(key)
            if stored is ABSENT:  # somebody else dealt it out
                continue
            try:
                rows = collect(self._scan(kind, key, stored))
            except CorruptFile as error:
                self.wrong[key] = error.fault
            else:
                stage_rows(self.lake, kind, rows, f"split-{named_after([key, stored.etag])}")
                self.lake.delete([key])

    def _scan(self, kind: Kind, key: str, stored: StoredObject) -> pl.LazyFrame:
        if is_current(key, kind, self.number):
            return scan_month(kind, month_in(key), stored)
        return scan(kind, stored.body)

    def standings(self) -> None:
        """Deal out the standings of the last night and of ends of months."""
        self._standing(standing_key)
        for month in months_kept(self.lake):
            self._standing(partial(month_key, month))

    def _standing(self, key_of: Callable[[int], str]) -> None:
        key = key_of(self.number)
        there = keep_standing(self.lake, key)
        if there.wrong:
            self.wrong[key] = there.wrong.handled("set-aside", aside=self.lake.quarantine(key))
        for leaf, own in self._dealt(there.rows):
            Attempts(TRIES).run(partial(self._beside, key_of(leaf), tombstones(self.lake, leaf).kept(own)))
        self.lake.delete([key])

    def _dealt(self, rows: pl.DataFrame | None) -> Iterator[tuple[int, pl.DataFrame]]:
        return iter(()) if rows is None else by_bucket(rows, self.buckets)

    def _beside(self, key: str, rows: pl.DataFrame) -> None:
        """Add customers to a standing that has others already. Who is there stays as they are."""
        there = keep_standing(self.lake, key)
        if there.wrong:
            return
        known = rows.clear() if there.rows is None else there.rows
        others = rows.join(known.select("customer"), on="customer", how="anti")
        if others.height:
            both = pl.concat([known, others], how="diagonal").sort("customer")
            self.lake.replace(key, parquet_bytes(both), there.etag)
