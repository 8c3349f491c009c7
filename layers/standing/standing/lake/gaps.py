"""Gaps: where the lake does not have what the table has, and filling them from the table.

Each commit raises a customer's version by one and says how many event records it wrote. A state that came from the
table itself vouches for everything up to its version, but for the records of its own commit: those are counted.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from standing.aws.lake_bucket import Lake
from standing.aws.table import STATE, Customers
from standing.lake.incoming import write_rows
from standing.lake.rows import Bucket, rows_in
from standing.rules.timeline import Timeline


def missing_commits(bucket: Bucket) -> pl.DataFrame:
    """Customers of whom something is missing up to the lake's own version: `customer`, `version`, `missing`.

    `missing` counts the versions of which the state or a record is not there.
    """
    by_version, states = ["customer", "version"], bucket.states
    counted = bucket.records.filter(~pl.col("late")).group_by(by_version).agg(pl.len().alias("there"))
    from_table = pl.col("version").filter(pl.col("origin") == "table")
    vouched = states.group_by("customer").agg(from_table.max().fill_null(0).alias("vouched"))
    seen = pl.concat([states.select(by_version), counted.select(by_version)]).group_by("customer").agg(pl.all().max())
    whole = (
        states.join(counted, on=by_version, how="left")
        .join(vouched, on="customer")
        .filter(pl.col("version") > pl.col("vouched"))
        .filter(pl.col("there").fill_null(0) >= pl.col("events").fill_null(0))
        .group_by("customer")
        .agg(pl.len().cast(pl.Int64).alias("whole"))
    )
    known = seen.join(vouched, on="customer", how="left").join(whole, on="customer", how="left").fill_null(0)
    known = known.join(_short(states, counted), on="customer", how="left").with_columns(pl.col("short").fill_null(0))
    missing = (pl.col("version") - pl.col("vouched") - pl.col("whole") + pl.col("short")).alias("missing")
    return known.select("customer", "version", missing).filter(pl.col("missing") > 0).sort("customer")


def _short(states: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """Of each customer, how many states that vouch for all before them lack records of their own commit."""
    vouching = states.filter(pl.col("origin") == "table").join(counted, on=["customer", "version"], how="left")
    lacking = vouching.filter(pl.col("there").fill_null(0) < pl.col("events").fill_null(0))
    return lacking.group_by("customer").agg(pl.len().cast(pl.Int64).alias("short"))


def behind_table(bucket: Bucket, versions: Iterable[tuple[str, int]]) -> pl.DataFrame:
    """Customers of whom the lake knows an older version than the table, or none: `customer`, `version`, `missing`."""
    table = pl.DataFrame(list(versions), schema={"customer": pl.String, "there": pl.Int64}, orient="row")
    known = bucket.states.group_by("customer").agg(pl.col("version").max())
    both = table.join(known, on="customer", how="left").with_columns(pl.col("version").fill_null(0))
    behind = both.filter(pl.col("version") < pl.col("there"))
    return behind.select("customer", "version", (pl.col("there") - pl.col("version")).alias("missing")).sort("customer")


def refill(lake: Lake, customers: Customers, rules: Timeline, names: Iterable[str]) -> int:
    """Write everything that the table has of some customers into the lake, to be compacted; how many of them.

    Those who have no state, because they were forgotten meanwhile, are left out.
    """
    filled = 0
    for name in names:
        # First the state: what it counts, and what it said, is among the rows that are read after it.
        state = customers.state_row(name)
        if state is None:
            continue
        others = [row for row in customers.rows(name) if row["sk"]["S"] != STATE]
        for kind, rows in rows_in([*others, state], rules, "table").items():
            if rows:
                write_rows(lake, kind, rows)
        filled += 1
    return filled
