"""Reading the lake: a bucket as compaction left it, and everything there is of one customer."""

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
    """A bucket's files, whose rows are read a share of its customers at a time."""

    number: int
    files: Mapping[Kind, StoredObject]
    scanned: dict[Kind, pl.LazyFrame] = field(default_factory=dict)

    def chunks(self) -> list[Chunk]:
        """Shares of its customers: together they hold everybody. Raises CorruptFile."""
        return chunks([self.scan("records"), self.scan("states")])

    def of(self, share: Chunk) -> Bucket:
        """What is known of some of its customers. Raises CorruptFile."""
        return Bucket(self._of("records", share), self._of("states", share), self._decisions(share))

    def scan(self, kind: Kind) -> pl.LazyFrame:
        """Rows that are still to be read; that the file is whole is looked at once. Raises CorruptFile."""
        if kind not in self.scanned:
            with corrupt_at(current_key(kind, self.number)):
                self.scanned[kind] = scan_stored(kind, self.files[kind])
        return self.scanned[kind]

    def _of(self, kind: Kind, share: Chunk) -> pl.DataFrame:
        with corrupt_at(current_key(kind, self.number)):
            return collect(self.scan(kind).filter(share.holds))

    def _decisions(self, share: Chunk) -> pl.DataFrame:
        """None where they are damaged: compaction has named them, and no standing needs them."""
        try:
            return self._of("decisions", share)
        except CorruptFile:
            return frame("decisions")


def open_bucket(lake: Lake, number: int) -> OpenBucket:
    """A bucket as compaction left it.

    The states are read first: compaction writes the records first, so there is no state whose records are not there.
    """
    kinds: list[Kind] = ["states", "records", "decisions"]
    return OpenBucket(number, {kind: lake.get(current_key(kind, number)) for kind in kinds})


def read_bucket(lake: Lake, number: int) -> Bucket:
    """The records and states of a bucket's customers, without the decisions. Raises CorruptFile.

    The states are read first: compaction writes the records first, so there is no state whose records are not there.
    """
    states = _current(lake, "states", number)
    return Bucket(_current(lake, "records", number), states)


def _current(lake: Lake, kind: Kind, number: int) -> pl.DataFrame:
    with corrupt_at(current_key(kind, number)):
        return read_stored(kind, lake.get(current_key(kind, number)))


def everything_of(lake: Lake, customer: str) -> Bucket:
    """Every row of a customer, those included that no compaction has seen yet; what cannot be read is left out."""
    found = {kind: _everything(lake, kind, customer) for kind in KINDS}
    return Bucket(found["records"], found["states"], found["decisions"])


def _everything(lake: Lake, kind: Kind, customer: str) -> pl.DataFrame:
    number = bucket_of(customer)
    keys = [current_key(kind, number), *lake.keys(staged_prefix(kind, number)), *lake.keys(incoming_prefix(kind))]
    rows, _, _ = read_all(lake, kind, keys)
    return deduplicate(kind, rows.filter(pl.col("customer") == customer))
