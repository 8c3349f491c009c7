"""Refunds in the lake: adds the day on which an amount counts to each record.

`engine/refunds.py` defines which purchase a refund names; here it is the same as expressions.
"""

from __future__ import annotations

import polars as pl

from standing.lake.records import KEY
from standing.rules.ruleset import Ruleset

COUNTS_ON = "counts_on"
DAY, SOURCE, BOUGHT = pl.col("day"), pl.col("source"), pl.col("bought")
IS_PURCHASE, IS_REFUND = pl.col("family") == "purchase", pl.col("family") == "refund"
NAMES_ONE = IS_REFUND & pl.col("purchase").is_not_null()


def with_counting_day(records: pl.LazyFrame, ruleset: Ruleset, among: pl.LazyFrame | None = None) -> pl.LazyFrame:
    """Add `counts_on` to the event records of whole customers; if they are not all, `among` has all.

    It is the record's own day or, for a refund, the day of the purchase that it names, if that is found. Refunds that
    name one are read at once: mostly there are few, and where there are none, nobody looks for purchases.
    """
    refunds = records.filter(NAMES_ONE).collect(engine="streaming")
    if refunds.is_empty():
        return records.with_columns(DAY.alias(COUNTS_ON))
    own = (records if among is None else among).join(refunds.lazy().select("customer"), on="customer", how="semi")
    days = refunds.lazy().join(_purchases(refunds.lazy(), own, ruleset), on=[*KEY], how="left")
    moved = days.with_columns(pl.coalesce(COUNTS_ON, "day").alias(COUNTS_ON)).collect(engine="streaming")
    return pl.concat([records.filter(~NAMES_ONE).with_columns(DAY.alias(COUNTS_ON)), moved.lazy()], how="vertical")


def _purchases(refunds: pl.LazyFrame, records: pl.LazyFrame, ruleset: Ruleset) -> pl.LazyFrame:
    """The day of each refund's purchase, by the refund's key: of its own source, else of any; the latest of several."""
    sold = records.filter(IS_PURCHASE).select("customer", purchase="id", shop="source", bought="day")
    both = refunds.select(*KEY, "day", "purchase").join(sold, on=["customer", "purchase"]).filter(BOUGHT < DAY)
    if ruleset.purchase_reach is not None:
        both = both.filter(ruleset.purchase_reach >= DAY - BOUGHT)
    own = BOUGHT.filter(pl.col("shop") == SOURCE).max()
    return both.group_by(*KEY).agg(pl.coalesce(own, BOUGHT.max()).alias(COUNTS_ON))
