"""Scoring: a model's scores of customers, as integers; and the `score` events to send.

Floating-point results are rounded down here, once. From here on a score is the integer in its event, which all backends
of the rules compare.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import polars as pl

from standing.scores.bands import band, band_of
from standing.scores.bgnbd import expected, months
from standing.scores.gammagamma import mean_purchase
from standing.scores.model import Model
from standing.scores.rfm import scored_by

UNIT = 10_000
MONTH = 30.0  # days
CHURN, PURCHASES, VALUE = "churn", "expected-purchases", "lifetime-value"
NAMES = (CHURN, PURCHASES, VALUE)
EXPECTED = (PURCHASES, VALUE)  # scores that are 0 for a customer without purchases
RFM = "rfm"  # the sum of its three scores, 3 to 15; its band is the segment
RFM_COLUMNS = ("r_score", "f_score", "m_score", "segment")
GROUP = ["frequency", "recency", "T"]
MOST = 10**12  # the highest score, in ten-thousandths, that an event allows
TINY = 1e-9  # added before flooring, so that a rounding error does not lower a whole number


def scores(model: Model, customers: pl.DataFrame) -> pl.DataFrame:
    """The scores of each customer of an RFM summary (in days and minor units), in ten-thousandths.

    `churn` is the probability that the customer has left for good, `expected-purchases` the number of days with
    purchases in the next `horizon` days, `lifetime-value` the present value of purchases in the next `months`, in the
    currency. `rfm` is the sum of `r_score`, `f_score` and `m_score`, which are included, like `segment`.
    """
    typed = customers.with_columns(pl.col("frequency").cast(pl.Int64), pl.col("recency", "T").cast(pl.Float64))
    soon = expected(model.purchases.bgnbd, typed, {float(model.horizon): 1.0})
    worth = expected(model.purchases.bgnbd, typed, months(model.months, float(model.discount), MONTH))
    joined = typed.join(soon.rename({"expected": "soon"}), on=GROUP, how="left")
    joined = joined.join(worth.select(*GROUP, discounted="expected"), on=GROUP, how="left")
    value = mean_purchase(model.amounts.gammagamma) * pl.col("discounted") / 10**model.minor_digits
    found = {CHURN: 1 - pl.col("alive"), PURCHASES: pl.col("soon"), VALUE: value}
    told = joined.select("customer", **{name: _whole(one) for name, one in found.items()})
    segments = scored_by(customers.lazy(), model.quintiles.limits).select("customer", *RFM_COLUMNS).collect()
    return told.join(segments, on="customer").with_columns(_rfm().alias(RFM)).sort("customer")


def _rfm() -> pl.Expr:
    return pl.sum_horizontal("r_score", "f_score", "m_score").cast(pl.Int64) * UNIT


def _whole(value: pl.Expr) -> pl.Expr:
    return (value * UNIT + TINY).floor().clip(0, MOST).cast(pl.Int64)


def changed(model: Model, found: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """The scores that moved to another band since they were last sent: rows of `customer`, `name`, `value`, `band`.

    `said` has the last `band` of each `customer` and `name` that was sent. A customer in `said` who is not in `found`,
    because everything was refunded, gets 0 for expected purchases and lifetime value.
    """
    gone = (
        said.filter(pl.col("name").is_in(EXPECTED)).select("customer").unique().join(found, on="customer", how="anti")
    )
    nothing = gone.with_columns(pl.lit(0, pl.Int64).alias(name) for name in EXPECTED)
    found = pl.concat([found, nothing], how="diagonal")
    bands = {name: band(bands, pl.col(name)) for name, bands in model.bands.items()} | {RFM: pl.col("segment")}
    parts = [
        found.select("customer", pl.lit(name).alias("name"), pl.col(name).alias("value"), one.alias("band"))
        for name, one in bands.items()
    ]
    before = said.select("customer", "name", before="band")
    known = pl.concat(parts).filter(pl.col("value").is_not_null())
    both = known.join(before, on=["customer", "name"], how="left")
    return both.filter(pl.col("band").ne_missing(pl.col("before"))).drop("before").sort("customer", "name")


def last_said(records: pl.LazyFrame) -> pl.DataFrame:
    """The last sent band of each customer's scores, from event records as in `lake/records.py`."""
    of_scores = records.filter(pl.col("family") == "score")
    said = of_scores.sort(
        "day", "moment", "band", descending=[False, False, True]
    )  # for one moment, in the order of rules
    return said.group_by("customer", "name").agg(pl.col("band").last()).collect()


def due(model: Model, customer: str, name: str, value: int, before: str | None, at: datetime) -> dict[str, Any] | None:
    """The event for a customer's score as of a moment, or None if its band was sent before."""
    now = band_of(model.bands[name], value)
    return None if now == before else event(model, customer, name, value, now, at)


def event(model: Model, customer: str, name: str, value: int, in_band: str, at: datetime) -> dict[str, Any]:
    """A `score.v1` detail. Its id has everything that it depends on, so that a repeated run repeats the event."""
    said = {"name": name, "value": value, "band": in_band, "model": model.hash}
    return {"id": f"{name}/{at.date()}/{model.hash}", "customer": customer, "time": at.isoformat(), **said}


def events(model: Model, rows: pl.DataFrame, at: datetime) -> Iterator[dict[str, Any]]:
    """The events for the rows of `changed`."""
    for row in rows.iter_rows(named=True):
        yield event(model, row["customer"], row["name"], row["value"], row["band"], at)
