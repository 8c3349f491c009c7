"""The figures of a bucket's night: what they are counted from beside its records is read here, and kept."""

from __future__ import annotations

from contextlib import suppress

import polars as pl

from standing.adapters.lake import Lake
from standing.batch.figures.adding import Figures
from standing.batch.figures.all import Known, figures
from standing.batch.figures.closing import at_end
from standing.batch.lake.files import Damaged
from standing.batch.lake.reading import read_decisions
from standing.batch.lake.rows import Bucket, frame
from standing.core.days import Day
from standing.core.ruleset import Ruleset
from standing.night.months import keep_month, kept_months


def counted(
    lake: Lake,
    number: int,
    bucket: Bucket,
    standing: pl.DataFrame,
    scored: pl.DataFrame | None,
    ruleset: Ruleset,
    day: Day,
) -> tuple[Figures, dict[str, str]]:
    """The figures of a bucket at the end of a day, and what could not be read for them.

    `standing` and `scored` are what the night made of its customers. The standing is kept for the end of the month.
    """
    counts = bucket.records.filter(~pl.col("late"))
    ended = at_end(standing, bucket.states, counts, ruleset, day)
    months, wrong = kept_months(lake, number, day)
    decisions = frame("decisions")
    with suppress(Damaged):  # compaction has named it
        decisions = read_decisions(lake, number)
    keep_month(lake, number, day, ended)
    return figures(Known(ruleset, day, ended, bucket.records, decisions, months, scored)), wrong
