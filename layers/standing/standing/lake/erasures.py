"""What a bucket's files may no longer have: rows of forgotten customers, and of retracted runs of `standing backfill`.

A bucket remembers which erasures were applied to its months, and which files these are. Only another erasure, or a
file that somebody wrote without knowing of them all, makes compaction read a month without new rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import orjson
import polars as pl

from standing.aws.lake_bucket import ABSENT, Lake
from standing.lake.layout import Kind, applied_key
from standing.lake.runs import runs_taken_back
from standing.lake.tombstones import Tombstones, tombstones
from standing.lake.undo import without_runs


class Erasures(NamedTuple):
    """Forgotten customers, and retracted runs."""

    forgotten: Tombstones
    runs: frozenset[str]

    def kept(self, kind: Kind, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows that stay."""
        return self.without_runs(kind, self.forgotten.kept(rows))

    def without_runs(self, kind: Kind, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows that are of no retracted run."""
        return without_runs(kind, self.runs)(rows)

    @property
    def names(self) -> frozenset[str]:
        """A name for each."""
        return self.runs | self.forgotten.names


class AppliedErasures(NamedTuple):
    """Erasures, by their names, that were applied to some files: their ETags, by key."""

    names: frozenset[str]
    files: Mapping[str, str]

    def cover(self, gone: Erasures, key: str, etag: str) -> bool:
        """Whether a file has nothing of what is to be erased."""
        return not gone.names or (gone.names <= self.names and self.files.get(key) == etag)


def erasures(lake: Lake, number: int) -> Erasures:
    """All erasures of a bucket."""
    return Erasures(tombstones(lake, number), runs_taken_back(lake, number))


def applied_erasures(lake: Lake, number: int) -> AppliedErasures:
    """The erasures that were applied to the months of a bucket."""
    stored = lake.get(applied_key(number))
    known = {"names": [], "files": {}} if stored is ABSENT else orjson.loads(stored.body)
    return AppliedErasures(frozenset(known["names"]), known["files"])


def keep_applied(lake: Lake, number: int, applied: AppliedErasures) -> None:
    """Remember that erasures were applied to the months of a bucket."""
    lake.put(applied_key(number), orjson.dumps({"names": sorted(applied.names), "files": dict(applied.files)}))
