"""BG/NBD: how often customers buy while they are customers, and whether they still are.

Fader, Hardie and Lee, "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model (Marketing
Science 24, 2005). Its inputs are a customer's x (`frequency`), t_x (`recency`) and `T`, in any unit of time. Purchases
come at a rate with a gamma distribution (r, alpha); after each one a customer leaves with a probability that has a beta
distribution (a, b).

The paper's formula (10) divides by a - 1 and subtracts nearly equal numbers. Here Pfaff's transformation (Abramowitz
and Stegun, 15.3.4) brings the hypergeometric function to a form that avoids both:

    E[Y(t)] = P(alive) * ((a+b+x-1) G - (1+w)^(1-a) p U),   w = t/(alpha+T),  z = t/(alpha+T+t),  p = a+b-1-r
    G = (1 - (1+w)^(1-a)) / (a-1)                           or ln(1+w), if a is 1
    U = z * sum over j of  (p+1)_j (a)_j / ((a+b+x)_j (2)_j) z^j

The sum's terms fall at least as fast as a geometric series, which bounds the truncation error. It depends only on x and
T, so it is computed once for each pair of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import polars as pl

from standing.values.faults import Fault, FaultError

KEY = ("frequency", "recency", "T")
X, T_X, T = pl.col("frequency"), pl.col("recency"), pl.col("T")
EXACT = 1e-11  # the largest relative error of a sum
ROUNDING = 2.0**-52
MOST_TERMS, BLOCK = 4_000, 16
SMALL = 1e-9  # |a - 1| below which G is ln(1+w) to 16 digits
TERM, TOTAL, SIZE, Z = pl.col("term"), pl.col("total"), pl.col("size"), pl.col("z")


class NotComputable(FaultError, ValueError):  # noqa: N818 -- what is wrong with the model or the horizon
    """What a model expects cannot be computed exactly enough."""


@dataclass(frozen=True)
class BgNbd:
    """The four parameters. `alpha` has the same unit of time as `recency` and `T`."""

    r: float
    alpha: float
    a: float
    b: float


def odds_of_leaving(model: BgNbd) -> pl.Expr:
    """D, the log odds that a repeat customer has left since."""
    until_now = ((T + model.alpha) / (T_X + model.alpha)).log()
    return (X + model.r) * until_now + log(model.a) - (X + (model.b - 1)).log()


def alive(model: BgNbd) -> pl.Expr:
    """The probability that a customer is still active; 1 for one-time buyers, as in the paper's model."""
    return pl.when(X == 0).then(1.0).otherwise(1 / (1 + odds_of_leaving(model).exp()))


def expected(model: BgNbd, customers: pl.DataFrame, weights: Mapping[float, float]) -> pl.DataFrame:
    """A row for each (x, t_x, T) of some customers: `alive`, and `expected`, the weighted sum of E[Y(t)] over some t.

    With one weight of 1, `expected` is the number of purchases within t. Raises NotComputable if the series cannot be
    summed to 11 digits: if r is far above a+b, or t is more than a hundred times alpha+T.
    """
    pairs = customers.select(X.cast(pl.Int64), T.cast(pl.Float64)).unique()
    ways = [pairs.with_columns(part=weight * _while_alive(model, pairs, t)) for t, weight in weights.items()]
    summed = pl.concat(ways).group_by("frequency", "T").agg(pl.col("part").sum())
    groups = customers.select(X.cast(pl.Int64), T_X.cast(pl.Float64), T.cast(pl.Float64)).unique()
    joined = groups.join(summed, on=["frequency", "T"], how="left").with_columns(alive=alive(model))
    return joined.select(*KEY, "alive", expected=pl.col("alive") * pl.col("part"))


def _while_alive(model: BgNbd, pairs: pl.DataFrame, t: float) -> pl.Series:
    """The expected number of purchases within t of a customer who is active now."""
    if t == 0:
        return pl.Series([0.0] * len(pairs))
    less, p = model.a - 1, model.a + model.b - 1 - model.r
    grown = (t / (model.alpha + T)).log1p()
    sums = _summed(model, pairs.select(X, z=t / (model.alpha + T + t)))
    pieces = pairs.with_columns(sums.alias("u")).select(
        ((X + (model.a + model.b - 1)) * _growth(less, grown)) - (grown * -less).exp() * p * pl.col("u")
    )
    return pieces.to_series()


def _growth(less: float, grown: pl.Expr) -> pl.Expr:
    """(1 - e^(-less * grown)) / less, without subtracting nearly equal numbers: 2 e^(-y) sinh(y), y half of it."""
    if abs(less) < SMALL:
        return grown * (1 - less * grown / 2)
    half = grown * (less / 2)
    return 2 * (-half).exp() * half.sinh() / less


def _summed(model: BgNbd, pairs: pl.DataFrame) -> pl.Series:
    """U of each row, with as many terms as the slowest row needs."""
    first, whole = model.a + model.b - model.r, model.a + model.b
    frame = pairs.with_columns(term=Z, total=Z, size=Z)
    for j in range(MOST_TERMS):
        if j % BLOCK == 0 and first + j > 0 and _is_exact(frame, model.a, j):
            return frame["total"]
        term = TERM * Z * ((first + j) * (model.a + j) / (2 + j)) / (X + (whole + j))
        frame = frame.select(X, Z, term=term, total=TOTAL + term, size=SIZE + term.abs())
    raise NotComputable(Fault("horizon-too-long", {"terms": MOST_TERMS}))


def _is_exact(frame: pl.DataFrame, a: float, j: int) -> bool:
    """Whether the truncation error is small enough: from here on each term is at most `most` times the one before."""
    most = Z * max(1.0, (a + j) / (2 + j))
    left_out = TERM.abs() * most / (1 - most)
    bounds = frame.select(
        small=((most < 1) & (left_out <= EXACT * TOTAL.abs())).all(),
        lost=(EXACT * TOTAL.abs() < ROUNDING * SIZE).any(),
    ).row(0, named=True)
    if bounds["small"] and bounds["lost"]:
        raise NotComputable(Fault("series-cancels"))
    return bool(bounds["small"])


def months(number: int, discount: float, days: float) -> dict[float, float]:
    """The weights of E[Y] at the ends of `number` months of `days` days, with each month's purchases discounted."""
    rates = [(1 + discount) ** -month for month in range(1, number + 1)] + [0.0]
    return {days * (month + 1): rates[month] - rates[month + 1] for month in range(number)}
