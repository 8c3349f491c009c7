"""What compaction drops of runs of `standing backfill` that were taken back. Knows nothing of the table."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from standing.lake.layout import Kind

TOO_LATE_AT = pl.col("too_late_at")


def without_runs(kind: Kind, runs: frozenset[str]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Takes rows of a kind, without what some runs wrote."""
    if not runs or kind == "decisions":
        return lambda rows: rows
    of_them = pl.col("run").is_in(sorted(runs)).fill_null(value=False)
    undone = _too_late_again if kind == "records" else pl.DataFrame.clear
    return lambda rows: pl.concat([rows.filter(~of_them), undone(rows.filter(of_them))])


def _too_late_again(records: pl.DataFrame) -> pl.DataFrame:
    """Of records that a run brought, those that were sent too late to count before it: as they were then."""
    return records.filter(TOO_LATE_AT.is_not_null()).with_columns(
        pl.lit(0, dtype=pl.Int64).alias("version"),
        pl.lit(value=True).alias("late"),
        TOO_LATE_AT.alias("at"),
        pl.lit(None, dtype=pl.String).alias("run"),
        pl.lit(None, dtype=pl.Int64).alias("too_late_at"),
    )
