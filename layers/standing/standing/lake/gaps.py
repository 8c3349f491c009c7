"""Gaps: rows of the table that the lake lacks, and how they are filled from the table.

Each commit raises a customer's version by one, and its state has the number of event records that it wrote. A state
that was copied from the table vouches for all commits up to its version. The records of its own commit are counted.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from standing.aws.lake_bucket import Lake
from standing.aws.table import STATE, Customers
from standing.lake.incoming import write_rows
from standing.lake.parquet import collect
from standing.lake.rows import Bucket, rows_in
from standing.rules.timeline import Timeline

BY_VERSION = ["customer", "version"]


def missing_commits(bucket: Bucket) -> pl.DataFrame:
    """Customers with gaps up to the lake's own version: `customer`, `version`, `missing`.

    `missing` is the number of versions whose state, or some of whose records, the lake lacks.
    """
    return gaps_in(counted_records(bucket.records.lazy()), bucket.states)


def counted_records(records: pl.LazyFrame) -> pl.DataFrame:
    """How many records each version of a customer has: `customer`, `version`, `there`."""
    return collect(records.filter(~pl.col("late")).group_by(BY_VERSION).agg(pl.len().alias("there")))


def gaps_in(counted: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """The same, from the number of records of each version, and from states with `origin` and `events`."""
    from_table = pl.col("version").filter(pl.col("origin") == "table")
    vouched = states.group_by("customer").agg(from_table.max().fill_null(0).alias("vouched"))
    seen = pl.concat([states.select(BY_VERSION), counted.select(BY_VERSION)]).group_by("customer").agg(pl.all().max())
    whole = (
        states.join(counted, on=BY_VERSION, how="left")
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
    """The number of vouching states that lack records of their own commit, by customer: `customer`, `short`."""
    vouching = states.filter(pl.col("origin") == "table").join(counted, on=["customer", "version"], how="left")
    lacking = vouching.filter(pl.col("there").fill_null(0) < pl.col("events").fill_null(0))
    return lacking.group_by("customer").agg(pl.len().cast(pl.Int64).alias("short"))


def behind_table(bucket: Bucket, versions: Iterable[tuple[str, int]]) -> pl.DataFrame:
    """Customers whose latest version in the lake is older than in the table: `customer`, `version`, `missing`."""
    table = pl.DataFrame(list(versions), schema={"customer": pl.String, "there": pl.Int64}, orient="row")
    known = bucket.states.group_by("customer").agg(pl.col("version").max())
    both = table.join(known, on="customer", how="left").with_columns(pl.col("version").fill_null(0))
    behind = both.filter(pl.col("version") < pl.col("there"))
    return behind.select("customer", "version", (pl.col("there") - pl.col("version")).alias("missing")).sort("customer")


def refill(lake: Lake, customers: Customers, rules: Timeline, names: Iterable[str]) -> int:
    """Write all rows of some customers from the table to the lake's incoming objects. Returns how many customers.

    Customers without a state, who were forgotten meanwhile, are left out.
    """
    filled = 0
    for name in names:
        # The state first: the rows that are read after it include the events and decisions of its commit.
        state = customers.state_row(name)
        if state is None:
            continue
        others = [row for row in customers.rows(name) if row["sk"]["S"] != STATE]
        for kind, rows in rows_in([*others, state], rules, "table").items():
            if rows:
                write_rows(lake, kind, rows)
        filled += 1
    return filled
