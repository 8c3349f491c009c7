"""Fitting Gamma-Gamma: maximum likelihood estimation of its parameters.

Fader, Hardie and Lee, RFM and CLV: Using Iso-Value Curves for Customer Base Analysis (Journal of Marketing Research 42,
2005), appendix. Customers with equal (x, mean) are one row; the gradient and the Hessian are analytic.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma, log
from typing import Any

import polars as pl

from standing.scores.fitting.newton import NotConverged, Slope, Vector, highest
from standing.scores.fitting.special import digamma, trigamma
from standing.scores.gammagamma import MEAN, GammaGamma, X
from standing.values.faults import Fault

NAMES = ("p", "q", "v")
KEY = ("frequency", "monetary_value")
COUNT = pl.col("customers")
FEWEST = 10  # repeat customers needed for a fit


@dataclass(frozen=True)
class Fit:
    """A fitted model, the number of repeat customers, and their total log-likelihood."""

    model: GammaGamma
    customers: int
    log_likelihood: float
    steps: int


def fit(customers: pl.LazyFrame) -> Fit:
    """The parameters with the highest likelihood. Raises NotConverged if these customers do not determine them."""
    back = customers.select(KEY).filter((X > 0) & (MEAN > 0)).group_by(KEY).agg(pl.len().alias("customers"))
    groups = back.with_columns(X.cast(pl.Int64), MEAN.cast(pl.Float64)).sort(KEY).collect()
    likelihood = Likelihood(groups)
    if likelihood.customers < FEWEST:
        raise NotConverged(Fault("few-payers", {"customers": likelihood.customers, "fewest": FEWEST}))
    top = highest(likelihood.slope, likelihood.start, NAMES)
    model = GammaGamma(*top.parameters)
    if model.q <= 1:
        raise NotConverged(Fault("mean-unbounded", {"q": f"{model.q:.3f}"}))
    return Fit(model, likelihood.customers, top.value * likelihood.customers, top.steps)


class Likelihood:
    """The mean log-likelihood of a repeat customer, with its analytic derivatives.

    ln L = lnΓ(px+q) - lnΓ(px) - lnΓ(q) + q ln v + (px-1) ln m + px ln x - (px+q) ln(v + x m).
    """

    def __init__(self, groups: pl.DataFrame) -> None:
        self.groups = groups.select(X.cast(pl.Float64), COUNT, total=X * MEAN)
        self.customers = int(groups["customers"].sum() or 0)
        self.counts = groups.group_by("frequency").agg(COUNT.sum()).rows()
        fixed = groups.select(
            of_means=(COUNT * MEAN.log()).sum(),
            of_totals=(COUNT * X * (X * MEAN).log()).sum(),
            paid=(COUNT * MEAN).sum(),
        ).row(0, named=True)
        self.of_means, self.of_totals = fixed["of_means"], fixed["of_totals"]
        self.start = (1.0, 2.0, fixed["paid"] / max(self.customers, 1))

    def slope(self, at: Vector) -> Slope:
        """Value, gradient and Hessian at p, q, v."""
        p, q, v = at
        n = self.customers
        sums = self.groups.select(**_sums(v)).row(0, named=True)
        value, to_p, to_q, pp, pq, qq = _of_counts(self.counts, p, q)
        value += n * (q * log(v) - lgamma(q)) - self.of_means + p * self.of_totals - p * sums["x_log"] - q * sums["log"]
        gradient = [
            to_p + self.of_totals - sums["x_log"],
            to_q + n * (log(v) - digamma(q)) - sums["log"],
            n * q / v - p * sums["x_over"] - q * sums["over"],
        ]
        qq, qv = qq - n * trigamma(q), n / v - sums["over"]
        vv = -n * q / v**2 + p * sums["x_over2"] + q * sums["over2"]
        hessian = [[pp, pq, -sums["x_over"]], [pq, qq, qv], [-sums["x_over"], qv, vv]]
        return Slope(value / n, [one / n for one in gradient], [[one / n for one in row] for row in hessian])


def _of_counts(counts: list[Any], p: float, q: float) -> tuple[float, ...]:
    """The part that only depends on x: lnΓ(px+q) - lnΓ(px), and its derivatives: p, q, pp, pq and qq."""
    totals = [0.0] * 6
    for x, customers in counts:
        bend, both = trigamma(p * x + q), p * x + q
        found = (
            lgamma(both) - lgamma(p * x),
            x * (digamma(both) - digamma(p * x)),
            digamma(both),
            x * x * (bend - trigamma(p * x)),
            x * bend,
            bend,
        )
        totals = [total + customers * one for total, one in zip(totals, found, strict=True)]
    return tuple(totals)


def _sums(v: float) -> dict[str, pl.Expr]:
    paid = pl.col("total") + v
    found = {"log": paid.log(), "over": 1 / paid, "over2": 1 / paid**2}
    return {name: (COUNT * one).sum() for name, one in found.items()} | {
        f"x_{name}": (COUNT * X * one).sum() for name, one in found.items()
    }
