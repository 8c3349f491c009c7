"""RFM: recency, frequency and monetary value of each customer, their quintiles, and the usual named segments.

Columns are as in the BG/NBD literature and `lifetimes.utils.summary_data_from_transaction_data`: purchases of one day
count as one, and the first day is no repeat. Its input is the spending of each day (`spending`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from standing.values.days import Day

DAY, AMOUNT = pl.col("day"), pl.col("amount")
FIFTHS = 5
SIGNS = {"days_since_last": -1, "frequency": 1, "monetary_value": 1}  # -1: lower is better

type Limits = Mapping[str, tuple[float | None, ...]]

TOTALS = ("first_bought", "last_bought", "repeats", "repeated")

GRID = {  # by the recency score: for each score of frequency and monetary value together, 1 to 5, a segment
    5: ("new-customers", "potential-loyalist", "potential-loyalist", "champions", "champions"),
    4: ("promising", "potential-loyalist", "loyal", "champions", "champions"),
    3: ("promising", "about-to-sleep", "need-attention", "loyal", "loyal"),
    2: ("hibernating", "about-to-sleep", "at-risk", "at-risk", "at-risk"),
    1: ("lost", "hibernating", "at-risk", "cannot-lose-them", "cannot-lose-them"),
}


def summary(purchases: pl.LazyFrame, day: Day) -> pl.LazyFrame:
    """A row for each customer who bought by the end of a day, from rows of `customer`, `day`, `amount` (minor units).

    `frequency` is x: the number of days with purchases after the first. `recency` is t_x: days from the first to the
    last of them. `T` is days from the first to `day`, `days_since_last` from the last to `day`. `monetary_value` is the
    mean of a repeat day's purchases, in minor units, or 0 without repeats.
    """
    return summary_of(totals(purchases.filter(day >= DAY)), day)


def totals(purchases: pl.LazyFrame) -> pl.LazyFrame:
    """What a summary is made of, whatever its day: the `first_bought` and `last_bought` day of each customer.

    `repeats` is the number of days with purchases after the first, `repeated` their amount in minor units.
    """
    days = purchases.group_by("customer", "day").agg(AMOUNT.cast(pl.Int64).sum())
    return days.group_by("customer").agg(
        first_bought=DAY.min().cast(pl.Int64),
        last_bought=DAY.max().cast(pl.Int64),
        repeats=pl.len().cast(pl.Int64) - 1,
        repeated=AMOUNT.filter(DAY.min() < DAY).sum(),
    )


def summary_of(bought: pl.LazyFrame, day: Day) -> pl.LazyFrame:
    """The summary at the end of a day, of totals that have no later purchases."""
    first, last, repeats = pl.col("first_bought"), pl.col("last_bought"), pl.col("repeats")
    return bought.select(
        "customer",
        recency=last - first,
        days_since_last=day - last,
        frequency=repeats,
        T=day - first,
        monetary_value=pl.when(repeats > 0).then(pl.col("repeated") / repeats).otherwise(0.0),
    )


def scored(customers: pl.LazyFrame) -> pl.LazyFrame:
    """Add scores from 1 to 5: `r_score` (5: most recent), `f_score`, `m_score`; and the `segment` of the three.

    A score depends on the fraction of customers with a lower value: below a fifth it is 1, from four fifths on 5. So
    equal values have equal scores, whatever the order of customers.
    """
    last, frequency, money = (pl.col(name) for name in ("days_since_last", "frequency", "monetary_value"))
    scores = customers.with_columns(r_score=_fifth(-last), f_score=_fifth(frequency), m_score=_fifth(money))
    return scores.with_columns(segment=_segment())


def limits(customers: pl.DataFrame) -> Limits:
    """The limits of these customers' scores, to score others, or the same customers later, in the same way."""
    return {name: _limits(customers[name].to_list(), sign) for name, sign in SIGNS.items()}


def _limits(values: list[float], sign: int) -> tuple[float | None, ...]:
    """For each score from 2 on, the worst value that has it, or None if no customer has it."""
    ranked = sorted(sign * value for value in values)
    lower = {value: place for place, value in reversed(list(enumerate(ranked)))}
    scores = {value: place * FIFTHS // len(ranked) + 1 for value, place in lower.items()}
    least = (
        min((v for v, score in scores.items() if score >= wanted), default=None) for wanted in range(2, FIFTHS + 1)
    )
    return tuple(None if one is None else sign * one for one in least)


def scored_by(customers: pl.LazyFrame, borders: Limits) -> pl.LazyFrame:
    """Like `scored`, with given limits."""
    r, f, m = (_by_limits(name, sign, borders[name]) for name, sign in SIGNS.items())
    return customers.with_columns(r_score=r, f_score=f, m_score=m).with_columns(segment=_segment())


def _by_limits(name: str, sign: int, borders: Iterable[float | None]) -> pl.Expr:
    reached = [(sign * pl.col(name) >= sign * one).cast(pl.Int64) for one in borders if one is not None]
    return pl.lit(1, dtype=pl.Int64) + pl.sum_horizontal(reached) if reached else pl.lit(1, dtype=pl.Int64)


def _fifth(value: pl.Expr) -> pl.Expr:
    lower = value.rank("min").cast(pl.Int64) - 1
    return lower * FIFTHS // pl.len().cast(pl.Int64) + 1


def _segment() -> pl.Expr:
    """The segment by recency score, and by the mean of the other two scores, with halves rounded up."""
    both = (pl.col("f_score") + pl.col("m_score") + 1) // 2
    table = {10 * r + fm: code for r, row in GRID.items() for fm, code in enumerate(row, 1)}
    return (10 * pl.col("r_score") + both).replace_strict(table, return_dtype=pl.String)
