"""Gamma-Gamma: the average value of a customer's purchases, independent of their frequency.

Fader, Hardie and Lee, RFM and CLV: Using Iso-Value Curves for Customer Base Analysis (Journal of Marketing Research 42,
2005); Fader and Hardie, The Gamma-Gamma Model of Monetary Value (2013). Its inputs are a customer's x (`frequency`) and
the mean of those x repeat purchases (`monetary_value`). It assumes that the two are independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

X, MEAN = pl.col("frequency"), pl.col("monetary_value")


@dataclass(frozen=True)
class GammaGamma:
    """The three parameters. `v`, called gamma in the paper, has the same unit as `monetary_value`."""

    p: float
    q: float
    v: float

    @property
    def mean(self) -> float:
        """The mean purchase of a customer without repeat purchases."""
        return self.p * self.v / (self.q - 1)


def mean_purchase(model: GammaGamma) -> pl.Expr:
    """The expected value of a customer's next purchase, in the unit of `v`: a mix of all customers' mean and its own.

    (p v + p x m) / (p x + q - 1): the more purchases a customer has, the more its own mean counts.
    """
    return (model.p * model.v + model.p * X * MEAN) / (model.p * X + (model.q - 1))
