"""A bucket's stored ends of months: the standing of the last night of each month.

An older night never replaces a newer one. A file that cannot be read is reported and treated as missing.
"""

from __future__ import annotations

from contextlib import suppress

import polars as pl

from standing.aws.lake_bucket import Lake
from standing.aws.rules_bucket import PreconditionFailed
from standing.lake.layout import month_key
from standing.lake.parquet import Wrong, parquet_bytes
from standing.lake.standings import keep_standing, months_kept
from standing.nightly.metrics.months import compared_with
from standing.values.days import Day, month_of

NOBODY = pl.DataFrame(schema={"customer": pl.String, "day": pl.Int32})


def kept_months(lake: Lake, number: int, day: Day) -> tuple[dict[str, pl.DataFrame], Wrong]:
    """The stored ends of months that the metrics of a day need, and errors by key.

    A month that is stored for other buckets, but not for this one, had no customers here.
    """
    months: dict[str, pl.DataFrame] = {}
    wrong: Wrong = {}
    for month in compared_with(day):
        key = month_key(month, number)
        there = keep_standing(lake, key)
        if there.rows is not None:
            months[month] = there.rows
        elif there.wrong:
            wrong[key] = there.wrong.handled("not-compared")
        elif month in months_kept(lake):
            months[month] = NOBODY
    return months, wrong


def keep_month(lake: Lake, number: int, day: Day, standing: pl.DataFrame) -> None:
    """Store a night's standing for its month, unless a later night's is stored."""
    key = month_key(month_of(day), number)
    before = keep_standing(lake, key)
    if before.rows is not None and before.rows.filter(pl.col("day") > day).height:
        return
    with suppress(PreconditionFailed):  # another run of the same night was faster, and found the same
        lake.replace(key, parquet_bytes(standing), before.etag)
