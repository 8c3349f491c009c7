"""All figures of a bucket's night: what the night's report says as `figures` (docs/report.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from standing.nightly.metrics.aftermath import aftermath
from standing.nightly.metrics.care import care
from standing.nightly.metrics.day_end import with_facts
from standing.nightly.metrics.drift import distributions, numbers
from standing.nightly.metrics.levels import changes, level_holders, levels, moves
from standing.nightly.metrics.months import month_before, month_end, month_watched
from standing.nightly.metrics.quality import quality, refunds
from standing.nightly.metrics.scores import scores
from standing.nightly.metrics.sums import Nested
from standing.report.model import Figures
from standing.rescoring.refunds import with_counting_day
from standing.rules.ruleset import Ruleset
from standing.values.days import Day


@dataclass(frozen=True)
class MetricInputs:
    """What the figures of a bucket are counted from.

    `standing`: of the end of `day`, as `closing.at_end` gives it; `months`: the same of the ends of months that are
    kept. `records`: all, those that came too late included. `scored`: a row a customer, or none.
    """

    ruleset: Ruleset
    day: Day
    standing: pl.DataFrame
    records: pl.DataFrame
    decisions: pl.DataFrame
    months: Mapping[str, pl.DataFrame]
    scored: pl.DataFrame | None = None


def metrics(known: MetricInputs) -> Figures:
    """The figures of a bucket; what would be 0, or compares with a month that is not kept, is left out."""
    day, zone = known.day, known.ruleset.programme.time_zone
    counts = with_counting_day(known.records.filter(~pl.col("late")).lazy(), known.ruleset).collect()
    now = level_holders(known.standing, known.ruleset.ratings)
    then = {month: _then(known, frame) for month, frame in known.months.items()}
    before, watched = month_before(day), month_watched(day)
    return Figures(
        levels=levels(now),
        moves={before: moves(now, then[before])} if before in then else {},
        changes=changes(now, known.decisions, day),
        after={watched: aftermath(then[watched], counts, month_end(watched))} if watched in then else {},
        drift=_drift(known, now, then, counts),
        **scores(known.scored, counts, day),
        care=care(known.decisions, day, zone),
        quality=quality(known.records, day, zone),
        refunds=refunds(counts, day, zone),
    )


def _then(known: MetricInputs, month: pl.DataFrame) -> pl.DataFrame:
    """Who held what at the end of a month, without those who are no customers any more."""
    return level_holders(month.join(known.standing, on="customer", how="semi"), known.ruleset.ratings)


def _drift(known: MetricInputs, now: pl.DataFrame, then: Mapping[str, pl.DataFrame], counts: pl.DataFrame) -> Nested:
    names = numbers(known.ruleset)
    found = {"now": distributions(known.standing, now, names)}
    for month, frame in known.months.items():
        whole = with_facts(frame, counts, known.ruleset, month_end(month), names)
        found[month] = distributions(whole, then[month], names)
    return found
