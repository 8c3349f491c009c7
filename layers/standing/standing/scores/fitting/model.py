"""Fitting: makes a model from purchases up to a day, or says why these customers do not determine one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from standing.scores.bands import CHURN as CHURN_BANDS
from standing.scores.bands import fifths
from standing.scores.fitting import bgnbd, gammagamma
from standing.scores.model import Amounts, Model, Purchases, Quintiles, decimal
from standing.scores.rfm import limits, summary
from standing.scores.scores import CHURN, PURCHASES, VALUE, scores
from standing.scores.spending import Spend
from standing.values.days import Day, day_date


@dataclass(frozen=True)
class FitSettings:
    """The settings of a model: see `Model`. `discount` is a fraction a month, as a decimal string."""

    currency: str
    minor_digits: int
    horizon: int = 90
    months: int = 12
    discount: str = "0.01"
    spend: Spend = "net"


def fit_model(purchases: pl.LazyFrame, day: Day, terms: FitSettings) -> Model:
    """Fit a model on purchases (`customer`, `day`, `amount` in minor units) up to a day. Raises NotConverged.

    They are what `spending` makes of event records, by the same terms.
    Bands of churn are fixed; those of the other scores are the fifths of these customers.
    """
    customers = summary(purchases, day).collect()
    first = Model(
        as_of=str(day_date(day)),
        spend=terms.spend,
        currency=terms.currency,
        minor_digits=terms.minor_digits,
        horizon=terms.horizon,
        months=terms.months,
        discount=terms.discount,
        purchases=_purchases(bgnbd.fit(customers.lazy())),
        amounts=_amounts(gammagamma.fit(customers.lazy())),
        bands={},
        quintiles=Quintiles(**{name: _texts(some) for name, some in limits(customers).items()}),
    )
    found = scores(first, customers)
    bands = {CHURN: CHURN_BANDS, PURCHASES: fifths(found[PURCHASES]), VALUE: fifths(found[VALUE])}
    return Model.model_validate({**first.model_dump(), "bands": bands})


def _texts(limits: Iterable[float | None]) -> tuple[str | None, ...]:
    return tuple(None if one is None else str(int(one)) if one == int(one) else repr(one) for one in limits)


def _purchases(fit: bgnbd.Fit) -> Purchases:
    model = fit.model
    r, alpha, a, b = (decimal(one) for one in (model.r, model.alpha, model.a, model.b))
    found = f"{fit.log_likelihood:.3f}"
    return Purchases(r=r, alpha=alpha, a=a, b=b, customers=fit.customers, log_likelihood=found)


def _amounts(fit: gammagamma.Fit) -> Amounts:
    p, q, v = (decimal(one) for one in (fit.model.p, fit.model.q, fit.model.v))
    return Amounts(p=p, q=q, v=v, customers=fit.customers, log_likelihood=f"{fit.log_likelihood:.3f}")
