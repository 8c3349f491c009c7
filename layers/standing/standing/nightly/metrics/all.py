"""All figures of a bucket's night: what the night's report says as `figures` (docs/report.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from standing.nightly.metrics.aftermath import aftermath
from standing.nightly.metrics.care import care
from standing.nightly.metrics.day_end import with_facts
from standing.nightly.metrics.drift import distributions, numbers
from standing.nightly.metrics.levels import changes, level_holders, levels, moves
from standing.nightly.metrics.months import month_before, month_watched
from standing.nightly.metrics.quality import DAYS as QUALITY_DAYS
from standing.nightly.metrics.quality import quality, refunds
from standing.nightly.metrics.scores import YEAR, scores
from standing.nightly.metrics.sums import Nested
from standing.report.model import Figures
from standing.rescoring.refunds import IS_REFUND, with_counting_day
from standing.rules.ruleset import Ruleset
from standing.values.days import Day, month_end


class RecordsPort(Protocol):
    """The records of a bucket, including those that came too late."""

    def everything(self) -> pl.LazyFrame:
        """All records."""

    def since(self, day: Day) -> pl.LazyFrame:
        """Those from a day on."""

    def taken_in_since(self, day: Day) -> pl.LazyFrame:
        """Those that were taken in on a day or later, and perhaps others."""


@dataclass(frozen=True)
class MetricInputs:
    """The inputs of a bucket's metrics.

    `standing` is of the end of `day`, as `day_end.at_end` returns it; `months` has the same for the stored ends of
    months. `scored` has a row a customer, or is None.
    """

    ruleset: Ruleset
    day: Day
    standing: pl.DataFrame
    records: RecordsPort
    decisions: pl.DataFrame
    months: Mapping[str, pl.DataFrame]
    scored: pl.DataFrame | None = None


def metrics(known: MetricInputs) -> Figures:
    """The metrics of a bucket. Zeros, and comparisons with months that are not stored, are left out."""
    day, zone = known.day, known.ruleset.programme.time_zone
    counts, recent = _counts(known), known.records.taken_in_since(day - QUALITY_DAYS + 1)
    now = level_holders(known.standing, known.ruleset.ratings)
    then = {month: _then(known, frame) for month, frame in known.months.items()}
    before, watched = month_before(day), month_watched(day)
    return Figures(
        levels=levels(now),
        moves={before: moves(now, then[before])} if before in then else {},
        changes=changes(now, known.decisions, day),
        after={watched: aftermath(then[watched], counts, month_end(watched))} if watched in then else {},
        drift=_drift(known, now, then),
        **scores(known.scored, counts, day),
        care=care(known.decisions, day, zone),
        quality=quality(recent, day, zone),
        refunds=refunds(_counted(known, recent.filter(IS_REFUND)), known.records.since, day, zone),
    )


def _counts(known: MetricInputs) -> pl.LazyFrame:
    """The records that count of all days that figures speak of, with `counts_on`."""
    first = min(month_end(month_watched(known.day)) + 1, known.day - YEAR + 1)
    return _counted(known, known.records.since(first))


def _counted(known: MetricInputs, some: pl.LazyFrame) -> pl.LazyFrame:
    """Those of some records that count, with `counts_on`: purchases are looked up among all."""
    there = [records.filter(~pl.col("late")) for records in (some, known.records.everything())]
    return with_counting_day(there[0], known.ruleset, among=there[1])


def _then(known: MetricInputs, month: pl.DataFrame) -> pl.DataFrame:
    """The level holders at the end of a month, without those who are no longer customers."""
    return level_holders(month.join(known.standing, on="customer", how="semi"), known.ruleset.ratings)


def _drift(known: MetricInputs, now: pl.DataFrame, then: Mapping[str, pl.DataFrame]) -> Nested:
    names = numbers(known.ruleset)
    drift = {"now": distributions(known.standing, now, names)}
    counts = known.records.everything().filter(~pl.col("late"))
    for month, frame in known.months.items():
        whole = with_facts(frame, counts, known.ruleset, month_end(month), names)
        drift[month] = distributions(whole, then[month], names)
    return drift
