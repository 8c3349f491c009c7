"""Aftermath: what customers of each level at the end of a month did in the days after it."""

from __future__ import annotations

import polars as pl

from standing.nightly.metrics.counts import summed
from standing.nightly.metrics.months import AFTER
from standing.nightly.metrics.sums import Nested
from standing.rescoring.refunds import COUNTS_ON
from standing.values.days import Day

FAMILY, AMOUNT = pl.col("family"), pl.col("amount")
PURCHASE = FAMILY == "purchase"
COMPLAINT = (FAMILY == "feedback") & (pl.col("kind") == "complaint")
NET = pl.when(PURCHASE).then(AMOUNT).when(FAMILY == "refund").then(-AMOUNT)


def aftermath(then: pl.DataFrame, records: pl.LazyFrame, end: Day) -> Nested:
    """By rating and level: its `customers` at the end of `end`, and of the days after it `buyers`, `orders`, `spend`
    (minor units, less refunds) and `complaints`.

    `then` has the level holders at `end`; `records` has those that count, with `counts_on`.
    """
    did = done(records, end + 1, end + AFTER)
    sums = {name: pl.col(name).sum() for name in ("orders", "spend", "complaints")}
    both = then.join(did, on="customer", how="left")
    return summed(both, ["rating", "level"], customers=pl.len(), buyers=(pl.col("orders") > 0).sum(), **sums)


def done(records: pl.LazyFrame, first: Day, last: Day) -> pl.DataFrame:
    """Each customer's `orders`, `spend` (minor units) and `complaints` from `first` to `last`.

    `spend` is the net amount of purchases of these days, less refunds of them by `last`.
    """
    within = records.filter(pl.col("day").is_between(first, last))
    spend = pl.when(pl.col(COUNTS_ON) >= first).then(NET).sum()
    did = within.group_by("customer").agg(
        orders=PURCHASE.sum().cast(pl.Int64), spend=spend, complaints=COMPLAINT.sum().cast(pl.Int64)
    )
    return did.collect(engine="streaming")
