"""Spending: the amount that each customer spent on each day with purchases, as input for scores.

Net: refunds are subtracted, and a day that was fully refunded is no day with purchases. Gross: refunds are ignored, as
in the literature, whose data have none.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from standing.rescoring.refunds import COUNTS_ON, IS_PURCHASE, IS_REFUND
from standing.values.days import Day

type Spend = Literal["net", "gross"]

DAY, AMOUNT = pl.col("day"), pl.col("amount")
BOUGHT, BACK = pl.col("bought"), pl.col("back")


def spending(records: pl.LazyFrame, day: Day, spend: Spend) -> pl.LazyFrame:
    """Rows of `customer`, `day`, `amount` (minor units) by the end of a day, of event records with `counts_on`."""
    known = records.filter(day >= DAY)
    if spend == "gross":
        return known.filter(IS_PURCHASE).select("customer", "day", "amount")
    moved = known.filter(IS_PURCHASE | IS_REFUND).group_by("customer", pl.col(COUNTS_ON).alias("day"))
    days = moved.agg(
        bought=AMOUNT.filter(IS_PURCHASE).sum(),
        back=AMOUNT.filter(IS_REFUND).sum(),
        orders=IS_PURCHASE.sum(),
    )
    kept = days.filter((pl.col("orders") > 0) & ((BACK == 0) | (BOUGHT > BACK)))  # a purchase with amount 0 counts, too
    return kept.select("customer", "day", amount=BOUGHT - BACK)
