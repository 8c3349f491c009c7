"""What a bucket's files may no longer have: rows of forgotten customers, and of retracted runs of `standing backfill`.

A bucket remembers which erasures were applied to all its months. Only others make compaction read them all.
"""

from __future__ import annotations

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


def erasures(lake: Lake, number: int) -> Erasures:
    """All erasures of a bucket."""
    return Erasures(tombstones(lake, number), runs_taken_back(lake, number))


def applied_erasures(lake: Lake, number: int) -> frozenset[str]:
    """The names of the erasures that were applied to all months of a bucket."""
    stored = lake.get(applied_key(number))
    return frozenset() if stored is ABSENT else frozenset(orjson.loads(stored.body))


def keep_applied(lake: Lake, number: int, erased: Erasures) -> None:
    """Remember that erasures were applied to all months of a bucket."""
    lake.put(applied_key(number), orjson.dumps(sorted(erased.names)))
