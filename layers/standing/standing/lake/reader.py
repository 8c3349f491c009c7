"""Reading the lake: compacted buckets, and all rows of one customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain

import polars as pl

from standing.aws.lake_bucket import Lake
from standing.lake.buckets import buckets_of
from standing.lake.chunks import Chunk, chunks
from standing.lake.layout import KINDS, Kind, current_key, incoming_prefix, kind_prefix, month_in, staged_prefix
from standing.lake.parquet import CorruptFile, Wrong, collect, corrupt_at, read_all, scan_month
from standing.lake.rows import ORDER, Bucket, deduplicate, frame
from standing.values.days import Day, month_of

FIRST_LISTED: tuple[Kind, ...] = ("states", "records", "decisions")


@dataclass(frozen=True)
class OpenBucket:
    """A bucket's files: `etags` has them by kind and key. A file is read and checked when it is asked for, once.

    `wrong` has what was found to be corrupt, and could be done without.
    """

    lake: Lake
    number: int
    etags: Mapping[Kind, Mapping[str, str]]
    scanned: dict[str, pl.LazyFrame] = field(default_factory=dict)
    wrong: Wrong = field(default_factory=dict)

    def chunks(self) -> list[Chunk]:
        """Chunks that cover all its customers. Raises CorruptFile."""
        return chunks([self.scan("records"), self.scan("states")])

    def of(self, chunk: Chunk) -> Bucket:
        """The rows of a chunk's customers. Raises CorruptFile."""
        records, states = (collect(self.scan(kind).filter(chunk.holds)) for kind in ("records", "states"))
        decisions = collect(self.decisions().filter(chunk.holds))
        return Bucket(records.sort(ORDER["records"]), states.sort(ORDER["states"]), decisions.sort(ORDER["decisions"]))

    def scan(self, kind: Kind, keys: Iterable[str] | None = None) -> pl.LazyFrame:
        """The lazy rows of some files of a kind, or of all, in the order of their months. Raises CorruptFile."""
        wanted = list(self.etags[kind] if keys is None else keys)
        self._read(kind, wanted)
        return pl.concat([frame(kind).lazy(), *(self.scanned[key] for key in wanted)])

    def since(self, kind: Kind, day: Day | None) -> list[str]:
        """The keys of the files that have rows of a day or later; of all files without a day."""
        return [key for key in self.etags[kind] if day is None or month_in(key) >= month_of(day)]

    def decisions(self, since: Day | None = None) -> pl.LazyFrame:
        """The decisions, from a day on if one is given, or none if a file is corrupt: no standing needs them."""
        keys = self.since("decisions", since)
        for key in keys:
            try:
                self._read("decisions", [key])
            except CorruptFile as error:
                self.wrong[key] = error.fault
        return frame("decisions").lazy() if self.wrong else self.scan("decisions", keys)

    def _read(self, kind: Kind, keys: Iterable[str]) -> None:
        for key, stored in self.lake.get_all(key for key in keys if key not in self.scanned):
            with corrupt_at(key):
                self.scanned[key] = scan_month(kind, month_in(key), stored)
        for key in keys:
            self.scanned.setdefault(key, frame(kind).lazy())  # somebody deleted it since it was listed


def open_bucket(lake: Lake, number: int) -> OpenBucket:
    """Open a compacted bucket.

    States are listed first, because compaction writes records first: so no state lacks its records.
    """
    listed = {kind: lake.etags(kind_prefix(kind, number)) for kind in FIRST_LISTED}
    own = {
        kind: {key: etag for key, etag in of.items() if is_current(key, kind, number)} for kind, of in listed.items()
    }
    return OpenBucket(lake, number, own)


def read_bucket(lake: Lake, number: int) -> Bucket:
    """Read the records and states of a compacted bucket, without its decisions. Raises CorruptFile."""
    opened = open_bucket(lake, number)
    states = collect(opened.scan("states")).sort(ORDER["states"])
    return Bucket(collect(opened.scan("records")).sort(ORDER["records"]), states)


def current_keys(lake: Lake, kind: Kind, number: int) -> list[str]:
    """The keys of a bucket's compacted files of a kind, by month."""
    return [key for key in lake.keys(kind_prefix(kind, number)) if is_current(key, kind, number)]


def is_current(key: str, kind: Kind, number: int) -> bool:
    """Whether a key is that of a compacted file, and not of some object that somebody put beside them."""
    return key == current_key(kind, number, month_in(key))


def everything_of(lake: Lake, customer: str) -> Bucket:
    """All rows of a customer, including rows that are not compacted yet. Corrupt objects are left out."""
    numbers = buckets_of(lake).holding(customer)
    rows = {kind: _everything(lake, kind, customer, _keys(lake, kind, numbers)) for kind in KINDS}
    return Bucket(rows["records"], rows["states"], rows["decisions"])


def _keys(lake: Lake, kind: Kind, numbers: Iterable[int]) -> list[str]:
    of_buckets = ([*current_keys(lake, kind, one), *lake.keys(staged_prefix(kind, one))] for one in numbers)
    return [*chain.from_iterable(of_buckets), *lake.keys(incoming_prefix(kind))]


def _everything(lake: Lake, kind: Kind, customer: str, keys: Iterable[str]) -> pl.DataFrame:
    rows, _, _ = read_all(lake, kind, keys, pl.col("customer") == customer)
    return deduplicate(kind, rows)
