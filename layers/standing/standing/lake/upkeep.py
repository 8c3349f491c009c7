"""The work of the lake's commands. Results are plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

import polars as pl

from standing.aws.stack import Target
from standing.lake.buckets import buckets_of
from standing.lake.compaction import CompactionResult, compact_all
from standing.lake.gaps import behind_table, missing_commits, refill
from standing.lake.parquet import CorruptFile
from standing.lake.reader import read_bucket
from standing.rules.timeline import Timeline
from standing.values.errors import UserError
from standing.values.messages import message

WAY_OUT = message(
    "Restore the object's previous version; or delete it and run `standing lake gaps --refill`, "
    "which restores what the table still has."
)


def compact_now(target: Target, bucket: int | None) -> CompactionResult:
    """Compact one bucket or all: the rows by kind, and what was wrong."""
    return compact_all(target.lake, None if bucket is None else [bucket])


def gaps(target: Target) -> list[dict[str, Any]]:
    """All gaps: `customer`, the lake's `version`, and the number of `missing` versions. Raises UserError."""
    buckets = buckets_of(target.lake)
    versions = buckets.grouped(target.customers.versions(), itemgetter(0))
    missing = (
        pl.concat(_gaps(target, buckets.all(), versions))
        .group_by("customer")
        .agg(pl.col("version").max(), pl.col("missing").sum())
    )
    return missing.sort("customer").to_dicts()


def fill_gaps(target: Target, rules: Timeline, names: Sequence[str]) -> tuple[int, CompactionResult]:
    """Fill gaps from the table and compact. Returns how many customers, and the compaction's result."""
    customers = refill(target.lake, target.customers, rules, names)
    return customers, compact_all(target.lake, sorted({*map(buckets_of(target.lake).of, names)}))


def _gaps(target: Target, numbers: Iterable[int], versions: dict[int, list[tuple[str, int]]]) -> Iterator[pl.DataFrame]:
    for number in numbers:
        try:
            bucket = read_bucket(target.lake, number)
        except CorruptFile as error:
            raise UserError("{error}\n{way_out}", error=error, way_out=WAY_OUT) from None
        yield missing_commits(bucket)
        yield behind_table(bucket, versions.get(number, []))
