"""The night of a chunk of a bucket's customers: reconciliation, rescoring, and commits to the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from standing.lake.chunks import Chunk
from standing.lake.gaps import missing_commits
from standing.lake.rows import Bucket
from standing.nightly.clock import ClockRun
from standing.nightly.metrics.all import MetricInputs, metrics
from standing.nightly.metrics.day_end import at_end
from standing.nightly.metrics.groups import groups
from standing.nightly.scores import Scoring
from standing.report.model import Figures, Groups
from standing.rescoring.bucket import STIRRED, rescore
from standing.rescoring.memories import latest, states_of
from standing.rescoring.reconciliation import reconcile
from standing.rules.timeline import Timeline
from standing.values.days import Day


class ChunkResult(NamedTuple):
    """The result of a chunk: its standing after the night, and at the end of the day (`at_end`); counts, and names."""

    standing: pl.DataFrame
    ended: pl.DataFrame
    counts: Counter[str]
    different: pl.DataFrame
    incomplete: list[str]
    metrics: Figures
    groups: Groups


@dataclass(frozen=True)
class Night:
    """The common data of a bucket's chunks: the standing `before`, if one is stored, and the ends of months."""

    rules: Timeline
    until: Day
    passing: ClockRun
    before: pl.DataFrame | None
    months: Mapping[str, pl.DataFrame]
    scoring: Scoring | None = None

    def of(self, share: Chunk, bucket: Bucket) -> ChunkResult:
        """Do the night of a chunk.

        Customers with gaps in the lake, or without any rows, are decided from the table. They are counted as customers
        and named, but not included in metrics from the lake.
        """
        states, records = latest(bucket.states), bucket.records.filter(~pl.col("late"))
        before = None if self.before is None else self.before.filter(share.holds)
        lost = _lost(before, bucket)
        incomplete = sorted({*missing_commits(bucket)["customer"], *lost["customer"]})
        whole = states.filter(~pl.col("customer").is_in(incomplete))
        reconciled = reconcile(self.rules, records, _moved_since(whole, before))
        rescored = rescore(self.rules, records, states_of(whole), before, self.until)
        self.passing.all([*rescored.stirred, *incomplete])
        scored, sent = self._scored(records)
        ended = at_end(rescored.standing, bucket.states, records, self.rules.on(self.until), self.until)
        counts = Counter({"customers": whole.height + len(incomplete), "incomplete_customers": len(incomplete)})
        counts += Counter({"stirred": len(rescored.stirred), "scores": sent})
        counts += Counter({"reconciled": reconciled.customers, "differences": reconciled.differences.height})
        figures = self._figures(share, bucket, ended, scored)
        standing = pl.concat([rescored.standing, lost], how="diagonal_relaxed")
        named = groups(bucket.decisions, self.until, self.rules.on(self.until).programme.time_zone)
        return ChunkResult(standing, ended, counts, reconciled.differences, incomplete, figures, named)

    def _scored(self, records: pl.DataFrame) -> tuple[pl.DataFrame | None, int]:
        """The chunk's scores, if there is a model, and the number of scores sent."""
        if self.scoring is None:
            return None, 0
        ruleset = self.rules.on(self.until)
        scored = self.scoring.bucket(records, ruleset, self.until)
        return scored, self.scoring.say(scored, records, ruleset, self.until)

    def _figures(self, share: Chunk, bucket: Bucket, ended: pl.DataFrame, scored: pl.DataFrame | None) -> Figures:
        own = {month: rows.filter(share.holds) for month, rows in self.months.items()}
        ruleset = self.rules.on(self.until)
        return metrics(MetricInputs(ruleset, self.until, ended, bucket.records, bucket.decisions, own, scored))


def _lost(before: pl.DataFrame | None, bucket: Bucket) -> pl.DataFrame:
    """The former standing of customers that have no state in the lake any more.

    They stay in the standing, so that every night names them until the lake's gaps are filled.
    """
    if before is None:
        return pl.DataFrame(schema={"customer": pl.String})
    return before.join(bucket.states, on="customer", how="anti").with_columns(pl.lit(value=True).alias(STIRRED))


def _moved_since(states: pl.DataFrame, before: pl.DataFrame | None) -> pl.DataFrame:
    """The states that were not reconciled by a night yet."""
    if before is None:
        return states
    return states.join(before.select("customer", "version"), on=["customer", "version"], how="anti")
