"""Gamma-Gamma: what a customer's purchases are worth on average, beside how often they come.

Fader, Hardie and Lee, RFM and CLV: Using Iso-Value Curves for Customer Base Analysis (Journal of Marketing Research 42,
2005); Fader and Hardie, The Gamma-Gamma Model of Monetary Value (2013). It knows of a customer x (`frequency`) and the
mean of those x repeat purchases (`monetary_value`), and of nothing else; it takes the two to be independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

X, MEAN = pl.col("frequency"), pl.col("monetary_value")


@dataclass(frozen=True)
class GammaGamma:
    """The three parameters; `v`, which the paper calls gamma, is in the unit that `monetary_value` is in."""

    p: float
    q: float
    v: float

    @property
    def mean(self) -> float:
        """The mean purchase of a customer of whom nothing is known."""
        return self.p * self.v / (self.q - 1)


def mean_purchase(model: GammaGamma) -> pl.Expr:
    """What a customer's next purchase is worth on average, in the unit of `v`: between all customers' mean and its own.

    (p v + p x m) / (p x + q - 1): the more purchases are known of a customer, the more its own mean counts.
    """
    return (model.p * model.v + model.p * X * MEAN) / (model.p * X + (model.q - 1))
