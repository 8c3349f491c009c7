"""Reading the lake: compacted buckets, and all rows of one customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from standing.aws.lake_bucket import Lake, StoredObject
from standing.lake.chunks import Chunk, chunks
from standing.lake.layout import KINDS, Kind, bucket_of, current_key, incoming_prefix, staged_prefix
from standing.lake.parquet import CorruptFile, collect, corrupt_at, read_all, read_stored, scan_stored
from standing.lake.rows import Bucket, deduplicate, frame


@dataclass(frozen=True)
class OpenBucket:
    """A bucket's files, whose rows are read a chunk of customers at a time."""

    number: int
    files: Mapping[Kind, StoredObject]
    scanned: dict[Kind, pl.LazyFrame] = field(default_factory=dict)

    def chunks(self) -> list[Chunk]:
        """Chunks that cover all its customers. Raises CorruptFile."""
        return chunks([self.scan("records"), self.scan("states")])

    def of(self, chunk: Chunk) -> Bucket:
        """The rows of a chunk's customers. Raises CorruptFile."""
        return Bucket(self._of("records", chunk), self._of("states", chunk), self._decisions(chunk))

    def scan(self, kind: Kind) -> pl.LazyFrame:
        """The lazy rows of a kind. The file is checked once. Raises CorruptFile."""
        if kind not in self.scanned:
            with corrupt_at(current_key(kind, self.number)):
                self.scanned[kind] = scan_stored(kind, self.files[kind])
        return self.scanned[kind]

    def _of(self, kind: Kind, share: Chunk) -> pl.DataFrame:
        with corrupt_at(current_key(kind, self.number)):
            return collect(self.scan(kind).filter(share.holds))

    def _decisions(self, chunk: Chunk) -> pl.DataFrame:
        """The decisions, or no rows if their file is corrupt: compaction reports it, and no standing needs them."""
        try:
            return self._of("decisions", chunk)
        except CorruptFile:
            return frame("decisions")


def open_bucket(lake: Lake, number: int) -> OpenBucket:
    """Open a compacted bucket.

    States are read first, because compaction writes records first: so no state lacks its records.
    """
    kinds: list[Kind] = ["states", "records", "decisions"]
    return OpenBucket(number, {kind: lake.get(current_key(kind, number)) for kind in kinds})


def read_bucket(lake: Lake, number: int) -> Bucket:
    """Read the records and states of a compacted bucket, without its decisions. Raises CorruptFile.

    States are read first, because compaction writes records first: so no state lacks its records.
    """
    states = _current(lake, "states", number)
    return Bucket(_current(lake, "records", number), states)


def _current(lake: Lake, kind: Kind, number: int) -> pl.DataFrame:
    with corrupt_at(current_key(kind, number)):
        return read_stored(kind, lake.get(current_key(kind, number)))


def everything_of(lake: Lake, customer: str) -> Bucket:
    """All rows of a customer, including rows that are not compacted yet. Corrupt objects are left out."""
    rows = {kind: _everything(lake, kind, customer) for kind in KINDS}
    return Bucket(rows["records"], rows["states"], rows["decisions"])


def _everything(lake: Lake, kind: Kind, customer: str) -> pl.DataFrame:
    number = bucket_of(customer)
    keys = [current_key(kind, number), *lake.keys(staged_prefix(kind, number)), *lake.keys(incoming_prefix(kind))]
    rows, _, _ = read_all(lake, kind, keys)
    return deduplicate(kind, rows.filter(pl.col("customer") == customer))
