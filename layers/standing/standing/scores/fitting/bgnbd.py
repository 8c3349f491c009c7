"""Fitting BG/NBD: maximum likelihood estimation of its parameters.

Fader, Hardie and Lee, "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model (Marketing Science
24, 2005), equation (6). Customers with equal (x, t_x, T) are one row; the gradient and the Hessian are analytic.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma, log
from typing import Any

import polars as pl

from standing.scores.bgnbd import KEY, T_X, BgNbd, T, X, odds_of_leaving
from standing.scores.fitting.newton import Maximum, NotConverged, Slope, Vector, highest
from standing.scores.fitting.special import digamma, trigamma
from standing.values.faults import Fault

NAMES = ("r", "alpha", "a", "b")
COUNT = pl.col("customers")
FEWEST = 10  # repeat customers needed for a fit
MANY, EVERY = 50_000, 16  # with more than MANY groups, every 16th is fitted first, for starting values


@dataclass(frozen=True)
class Fit:
    """A fitted model, the number of customers, and their total log-likelihood."""

    model: BgNbd
    customers: int
    log_likelihood: float
    steps: int


def collapsed(customers: pl.LazyFrame) -> pl.DataFrame:
    """A row for each distinct (x, t_x, T), with the number of customers: all that the likelihood depends on."""
    counted = customers.select(KEY).group_by(KEY).agg(pl.len().alias("customers"))
    typed = counted.with_columns(X.cast(pl.Int64), T_X.cast(pl.Float64), T.cast(pl.Float64))
    return typed.sort(KEY).collect()  # sorted, so that the same customers give the same digits


def fit(customers: pl.LazyFrame) -> Fit:
    """The parameters with the highest likelihood. Raises NotConverged if these customers do not determine them."""
    groups = collapsed(customers)
    _check(groups)
    return fit_groups(groups)


def fit_groups(groups: pl.DataFrame) -> Fit:
    """The same, for collapsed customers."""
    likelihood = Likelihood(groups)
    top: Maximum = highest(likelihood.slope, _beginning(groups, likelihood), NAMES)
    return Fit(BgNbd(*top.parameters), likelihood.customers, top.value * likelihood.customers, top.steps)


def _beginning(groups: pl.DataFrame, likelihood: Likelihood) -> tuple[float, ...]:
    """The starting values; for many groups, the result for a part of them, which is close and cheap."""
    if len(groups) <= MANY:
        return likelihood.start
    part = Likelihood(groups.gather_every(EVERY))
    try:
        return highest(part.slope, part.start, NAMES).parameters
    except NotConverged:
        return likelihood.start


def _check(groups: pl.DataFrame) -> None:
    wrong = groups.filter((X < 0) | (T_X < 0) | (T_X > T) | ((X == 0) & (T_X != 0)) | ((X > 0) & (T_X == 0)))
    unknown = groups.filter(pl.any_horizontal(pl.col(*KEY).is_null(), T_X.is_nan(), T.is_nan()))
    if len(wrong) or len(unknown):
        row = (wrong if len(wrong) else unknown).row(0, named=True)
        raise NotConverged(Fault("no-such-customer", {"row": str(row)}))
    back = int(groups.filter(X > 0)["customers"].sum())
    if back < FEWEST:
        raise NotConverged(Fault("few-repeaters", {"customers": back, "fewest": FEWEST}))


class Likelihood:
    """The mean log-likelihood of a customer, with its analytic derivatives.

    ln L = lnΓ(r+x) - lnΓ(r) + r ln alpha + ln B(a, b+x) - ln B(a, b) - (r+x) ln(alpha+T) + ln(1 + e^D) for x > 0, where
    D = (r+x) ln((alpha+T)/(alpha+t_x)) + ln(a/(b+x-1)): the odds of having left. For x = 0 there is no D.
    """

    def __init__(self, groups: pl.DataFrame) -> None:
        self.customers = int(groups["customers"].sum())
        self.counts = groups.group_by("frequency").agg(COUNT.sum()).rows()
        never = groups.filter(X == 0).group_by("frequency", "T").agg(COUNT.sum())
        once = groups.filter(X > 0).group_by("frequency", "T").agg(COUNT.sum())
        self.lengths = pl.concat([never, once])
        self.back = groups.filter(X > 0)
        bought, lived = (float((groups["customers"] * groups[name]).sum()) for name in ("frequency", "T"))
        self.start = (1.0, max(lived, 1e-9) / max(bought, 1.0), 1.0, 2.0)

    def slope(self, at: Vector) -> Slope:
        """Value, gradient and Hessian at r, alpha, a, b."""
        value, gradient, rows = _of_counts(self.counts, at)
        lengths = self.lengths.select(**_of_lengths(at)).row(0, named=True)
        odds = self.back.lazy().with_columns(**_odds(at)).with_columns(**_derived(at)).select(**_of_odds()).collect()
        found = odds.row(0, named=True)
        value += found["value"] - lengths["value"]
        for place, name in enumerate(NAMES):
            gradient[place] += found[name] - lengths.get(name, 0.0)
            for other, second in enumerate(NAMES):
                pair = "/".join(sorted((name, second), key=NAMES.index))
                rows[place][other] += found[pair] - lengths.get(pair, 0.0)
        every = float(self.customers)
        return Slope(value / every, [one / every for one in gradient], [[one / every for one in row] for row in rows])


def _of_counts(counts: list[Any], at: Vector) -> tuple[float, Vector, list[Vector]]:
    """The part that only depends on x."""
    r, alpha, a, b = at
    value, gradient, every = 0.0, [0.0] * 4, 0
    second = {"rr": 0.0, "ab": 0.0, "bb": 0.0}
    for x, customers in counts:
        every += customers
        value += customers * (lgamma(r + x) + lgamma(b + x) - lgamma(a + b + x))
        gradient[0] += customers * digamma(r + x)
        gradient[2] -= customers * digamma(a + b + x)
        gradient[3] += customers * (digamma(b + x) - digamma(a + b + x))
        second["rr"] += customers * trigamma(r + x)
        second["ab"] -= customers * trigamma(a + b + x)
        second["bb"] += customers * (trigamma(b + x) - trigamma(a + b + x))
    value += every * (r * log(alpha) - lgamma(r) + lgamma(a + b) - lgamma(b))
    gradient[0] += every * (log(alpha) - digamma(r))
    gradient[1] += every * r / alpha
    gradient[2] += every * digamma(a + b)
    gradient[3] += every * (digamma(a + b) - digamma(b))
    rr, ab = second["rr"] - every * trigamma(r), second["ab"] + every * trigamma(a + b)
    bb = second["bb"] + every * (trigamma(a + b) - trigamma(b))
    of_r, of_alpha = [rr, every / alpha, 0.0, 0.0], [every / alpha, -every * r / alpha**2, 0.0, 0.0]
    return value, gradient, [of_r, of_alpha, [0.0, 0.0, ab, ab], [0.0, 0.0, ab, bb]]


def _of_lengths(at: Vector) -> dict[str, pl.Expr]:
    """(r+x) ln(alpha+T): its value, and its derivatives with respect to r and alpha."""
    r, alpha, _, _ = at
    bought, age = X + r, T + alpha
    found = {
        "value": bought * age.log(),
        "r": age.log(),
        "alpha": bought / age,
        "r/alpha": 1 / age,
        "alpha/alpha": -bought / age**2,
    }
    return {name: (COUNT * one).sum() for name, one in found.items()}


def _odds(at: Vector) -> dict[str, pl.Expr]:
    _, alpha, _, b = at
    return {
        "d": odds_of_leaving(BgNbd(*at)),
        "v": ((T + alpha) / (T_X + alpha)).log(),
        "w": 1 / (T + alpha) - 1 / (T_X + alpha),
        "c": 1 / (X + (b - 1)),
        "bent": 1 / (T_X + alpha) ** 2 - 1 / (T + alpha) ** 2,
    }


def _derived(at: Vector) -> dict[str, pl.Expr]:
    """The probability p of having left, and D's derivative with respect to alpha, weighted by customers."""
    r, _, a, _ = at
    d, p = pl.col("d"), 1 / (1 + (-pl.col("d")).exp())
    return {
        "value": COUNT * (d.clip(lower_bound=0) + (-d.abs()).exp().log1p()),
        "p": COUNT * p,
        "q": COUNT * p * (1 - p),
        "y": (X + r) * pl.col("w"),
        "z": (X + r) * pl.col("bent"),
        "inverse": pl.lit(1 / a),
    }


def _of_odds() -> dict[str, pl.Expr]:
    """ln(1 + e^D): its value and all derivatives; D's own derivatives are v, y, 1/a and -c."""
    p, q, v, w, c, y, z, inverse = (pl.col(name) for name in ("p", "q", "v", "w", "c", "y", "z", "inverse"))
    found = {
        "value": pl.col("value"),
        "r": p * v,
        "alpha": p * y,
        "a": p * inverse,
        "b": -p * c,
        "r/r": q * v * v,
        "r/alpha": q * v * y + p * w,
        "r/a": q * v * inverse,
        "r/b": -q * v * c,
        "alpha/alpha": q * y * y + p * z,
        "alpha/a": q * y * inverse,
        "alpha/b": -q * y * c,
        "a/a": (q - p) * inverse * inverse,
        "a/b": -q * inverse * c,
        "b/b": (q + p) * c * c,
    }
    return {name: one.sum() for name, one in found.items()}
