"""One bucket's night: compaction, reconciliation, rescoring, and commits to the table.

Every step can be repeated and interrupted at any call: nothing is written twice, and the night's standing is stored
after the commits. Does not know other buckets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl

from standing.aws.lake_bucket import Lake
from standing.aws.rules_bucket import PreconditionFailed
from standing.lake.compaction import compact
from standing.lake.layout import current_key, standing_key
from standing.lake.parquet import CorruptFile, Wrong, parquet_bytes
from standing.lake.reader import open_bucket
from standing.lake.standings import keep_standing
from standing.lake.tombstones import tombstones
from standing.nightly.anomalies import anomalies
from standing.nightly.chunk import ChunkResult, Night
from standing.nightly.clock import ClockRun, TablePort
from standing.nightly.metrics.samples import merge_samples
from standing.nightly.metrics.sums import add_all
from standing.nightly.months import keep_month, kept_months
from standing.nightly.scores import Scoring
from standing.report.model import COUNTS, BucketReport, Difference
from standing.rules.timeline import Timeline
from standing.values.days import Day

NAMED = 20  # customers, and differences, that a report names


def rescore_bucket(
    lake: Lake,
    table: TablePort,
    rules: Timeline,
    number: int,
    until: Day,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    scoring: Scoring | None = None,
) -> BucketReport:
    """A bucket's night, to the end of the day `until`: its counts and faults, without times and usage.

    Raises CorruptFile if the bucket's own files cannot be read.
    """
    compacted = compact(lake, number)
    _refuse_damaged(compacted.wrong, number)
    opened, before = open_bucket(lake, number), keep_standing(lake, standing_key(number))
    known = None if before.rows is None else tombstones(lake, number).kept(before.rows)
    months, unread = kept_months(lake, number, until)
    night = Night(rules, until, ClockRun(rules, table, until, clock), known, months, scoring)
    lived = [night.of(share, opened.of(share)) for share in opened.chunks()]
    with suppress(PreconditionFailed):  # another run of the same night was faster, and found the same
        lake.replace(standing_key(number), parquet_bytes(_together(one.standing for one in lived)), before.etag)
    keep_month(lake, number, until, _together(one.ended for one in lived))
    anew = {standing_key(number): before.wrong.handled("worked-out-anew")} if before.wrong else {}
    odd = anomalies(opened.scan("records"), until)
    return replace(_report(number, lived, night.passing), wrong=compacted.wrong | anew | unread, odd=odd)


def _refuse_damaged(wrong: Wrong, number: int) -> None:
    """Before anything is said of any customer: compaction has read the files to their ends. Raises CorruptFile."""
    for key in (current_key("states", number), current_key("records", number)):
        if key in wrong:
            raise CorruptFile(wrong[key].at(key))


def _together(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(parts, how="diagonal")


def _report(number: int, lived: list[ChunkResult], passing: ClockRun) -> BucketReport:
    totals = sum((one.counts for one in lived), Counter[str]()) + passing.counts
    counts: dict[str, Any] = {name: totals[name] for name in COUNTS}
    names = [name for one in lived for name in one.incomplete]
    different = _together(one.different for one in lived).head(NAMED)
    return BucketReport(
        number,
        **counts,
        different=[Difference(**one) for one in different.rows(named=True)],
        incomplete=names[:NAMED],
        figures=add_all(one.metrics for one in lived),
        groups=merge_samples(one.groups for one in lived),
        moved_now=passing.moved,
    )
