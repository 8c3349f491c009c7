"""All figures of a bucket's night: what the night's report says under `figures` (docs/report.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from standing.batch.figures.adding import Figures
from standing.batch.figures.after import after
from standing.batch.figures.care import care
from standing.batch.figures.closing import with_facts
from standing.batch.figures.drift import numbers, spread
from standing.batch.figures.levels import changes, held, levels, moves
from standing.batch.figures.months import month_before, month_end, month_watched
from standing.batch.figures.quality import quality, refunds
from standing.batch.figures.scores import scores
from standing.batch.rescoring.refunds import counted_on
from standing.core.days import Day
from standing.core.ruleset import Ruleset


@dataclass(frozen=True)
class Known:
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


def figures(known: Known) -> Figures:
    """The figures of a bucket; what would be 0, or compares with a month that is not kept, is left out."""
    day, zone = known.day, known.ruleset.programme.time_zone
    counts = counted_on(known.records.filter(~pl.col("late")).lazy(), known.ruleset).collect()
    now = held(known.standing, known.ruleset.ratings)
    then = {month: _then(known, frame) for month, frame in known.months.items()}
    before, watched = month_before(day), month_watched(day)
    return {
        "levels": levels(now),
        "moves": {before: moves(now, then[before])} if before in then else {},
        "changes": changes(now, known.decisions, day),
        "after": {watched: after(then[watched], counts, month_end(watched))} if watched in then else {},
        "drift": _drift(known, now, then, counts),
        **scores(known.scored, counts, day),
        "care": care(known.decisions, day, zone),
        "quality": quality(known.records, day, zone),
        "refunds": refunds(counts, day, zone),
    }


def _then(known: Known, month: pl.DataFrame) -> pl.DataFrame:
    """Who held what at the end of a month, without those who are no customers any more."""
    return held(month.join(known.standing, on="customer", how="semi"), known.ruleset.ratings)


def _drift(known: Known, now: pl.DataFrame, then: Mapping[str, pl.DataFrame], counts: pl.DataFrame) -> Figures:
    names = numbers(known.ruleset)
    found = {"now": spread(known.standing, now, names)}
    for month, frame in known.months.items():
        whole = with_facts(frame, counts, known.ruleset, month_end(month), names)
        found[month] = spread(whole, then[month], names)
    return found
