"""What compaction drops of retracted runs of `standing backfill`. Does not know the table."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from standing.lake.layout import Kind

TOO_LATE_AT = pl.col("too_late_at")


def without_runs(kind: Kind, runs: frozenset[str]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """A function that drops the rows of some runs from a frame of this kind."""
    if not runs or kind == "decisions":
        return lambda rows: rows
    of_them = pl.col("run").is_in(sorted(runs)).fill_null(value=False)
    undone = _too_late_again if kind == "records" else pl.DataFrame.clear
    return lambda rows: pl.concat([rows.filter(~of_them), undone(rows.filter(of_them))])


def _too_late_again(records: pl.DataFrame) -> pl.DataFrame:
    """The records of a run whose events were also sent too late to count, restored to that: version 0, late."""
    return records.filter(TOO_LATE_AT.is_not_null()).with_columns(
        pl.lit(0, dtype=pl.Int64).alias("version"),
        pl.lit(value=True).alias("late"),
        TOO_LATE_AT.alias("at"),
        pl.lit(None, dtype=pl.String).alias("run"),
        pl.lit(None, dtype=pl.Int64).alias("too_late_at"),
    )
