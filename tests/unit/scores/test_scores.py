"""Scores: the papers' own figures, `lifetimes` as a second oracle, the laws of a likelihood, and what is refused."""

from __future__ import annotations

import ast
import json
import random
import warnings
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from math import exp, lgamma, log
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.scores import bands, rfm, scores
from standing.scores import bgnbd as purchases
from standing.scores import gammagamma as amounts
from standing.scores.fitting import bgnbd, gammagamma, newton
from standing.scores.fitting.model import FitSettings, fit_model
from standing.scores.fitting.special import digamma, trigamma
from standing.scores.model import Model, decimal, read, text

from tests.make import cdnow
from tests.make.support import ROOT

PAPER = purchases.BgNbd(0.242593, 4.413602, 0.792919, 2.425895)
AT = datetime(1997, 9, 30, 23, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def all_customers() -> pl.DataFrame:
    return rfm.summary(cdnow.purchases().lazy(), cdnow.CALIBRATED_DAY).collect()


@pytest.fixture(scope="module")
def learnt() -> Model:
    return fit_model(cdnow.purchases().lazy(), cdnow.CALIBRATED_DAY, FitSettings("USD", 2))


def one(frequency: int, recency: float, age: float) -> pl.DataFrame:
    return pl.DataFrame({"customer": ["c"], "frequency": [frequency], "recency": [recency], "T": [age]})


def expects(model: purchases.BgNbd, customer: pl.DataFrame, t: float) -> float:
    return float(purchases.expected(model, customer, {t: 1.0})["expected"].item())


def beside(people: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    return people.join(groups, on=list(purchases.KEY), how="left", maintain_order="left")


# The papers' figures


def test_the_cdnow_sample_gives_the_parameters_of_the_paper() -> None:
    found = bgnbd.fit(cdnow.sample().lazy())
    model = found.model
    assert (round(model.r, 4), round(model.alpha, 3), round(model.a, 3), round(model.b, 3)) == (
        0.2426,
        4.414,
        0.793,
        2.426,
    )
    assert (found.customers, round(found.log_likelihood, 1)) == (2357, -9582.4)


def test_all_cdnow_customers_give_the_parameters_that_others_found(all_customers: pl.DataFrame) -> None:
    found = bgnbd.fit(cdnow.in_weeks(all_customers.lazy()))
    model = found.model
    assert (round(model.r, 4), round(model.alpha, 3), round(model.a, 4), round(model.b, 4)) == (
        0.2516,
        4.789,
        0.7234,
        2.1611,
    )
    assert (found.customers, round(found.log_likelihood, 1)) == (23_570, -95_368.4)


def test_gamma_gamma_gives_the_parameters_of_the_paper() -> None:
    found = gammagamma.fit(cdnow.sample().lazy())
    model = found.model
    assert (round(model.p, 2), round(model.q, 2), round(model.v, 1)) == (6.25, 3.74, 15.4)
    assert found.customers == 946


def test_a_customer_of_the_paper_is_expected_to_buy_as_often_as_it_says() -> None:
    assert round(expects(PAPER, one(2, 30.43, 38.86), 39), 3) == 1.226


# The second oracle


def test_lifetimes_agrees_on_every_customer_of_the_sample() -> None:
    lifetimes: Any = pytest.importorskip("lifetimes")
    people = cdnow.sample()
    model = bgnbd.fit(people.lazy()).model
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = lifetimes.BetaGeoFitter()
        other.fit(*(people[name].to_pandas() for name in purchases.KEY))
        columns = [people[name].to_numpy() for name in purchases.KEY]
        theirs = other.conditional_expected_number_of_purchases_up_to_time(39, *columns)
        alive = other.conditional_probability_alive(*columns)
    assert list(other.params_) == pytest.approx([model.r, model.alpha, model.a, model.b], rel=1e-4)
    same = purchases.BgNbd(*(float(one) for one in other.params_))
    mine = people.join(
        purchases.expected(same, people, {39.0: 1.0}), on=list(purchases.KEY), how="left", maintain_order="left"
    )
    assert mine["expected"].to_list() == pytest.approx(list(theirs), rel=1e-9)
    assert mine["alive"].to_list() == pytest.approx(list(alive), rel=1e-9)


def test_lifetimes_agrees_on_lifetime_values() -> None:
    lifetimes: Any = pytest.importorskip("lifetimes")
    people = cdnow.sample().filter(pl.col("frequency") > 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bought, paid = lifetimes.BetaGeoFitter(), lifetimes.GammaGammaFitter()
        bought.fit(*(people[name].to_pandas() for name in purchases.KEY))
        paid.fit(people["frequency"].to_pandas(), people["monetary_value"].to_pandas())
        columns = [people[name].to_pandas() for name in (*purchases.KEY, "monetary_value")]
        theirs = paid.customer_lifetime_value(bought, *columns, time=12, discount_rate=0.01, freq="W")
    model = purchases.BgNbd(*(float(one) for one in bought.params_))
    worth = amounts.GammaGamma(*(float(paid.params_[name]) for name in ("p", "q", "v")))
    weights = purchases.months(12, 0.01, 4.345)
    found = people.join(
        purchases.expected(model, people, weights), on=list(purchases.KEY), how="left", maintain_order="left"
    )
    mine = found.select(amounts.mean_purchase(worth) * pl.col("expected")).to_series()
    assert mine.to_list() == pytest.approx(list(theirs), rel=1e-8)


def test_lifetimes_agrees_on_the_summary(all_customers: pl.DataFrame) -> None:
    utils: Any = pytest.importorskip("lifetimes.utils")
    some = cdnow.purchases().filter(pl.col("customer") < "00500")
    rows = some.with_columns(pl.col("day").cast(pl.Date), pl.col("amount").cast(pl.Float64)).to_pandas()
    theirs = utils.summary_data_from_transaction_data(
        rows, "customer", "day", "amount", observation_period_end=cdnow.CALIBRATED
    )
    mine = all_customers.filter(pl.col("customer") < "00500").sort("customer")
    assert mine["customer"].to_list() == list(theirs.index)
    for name in (*purchases.KEY, "monetary_value"):
        assert mine[name].to_list() == pytest.approx(list(theirs[name])), name


# The hypergeometric function


def paper_formula(model: purchases.BgNbd, x: int, t_x: float, age: float, t: float) -> float:
    """The paper's equation (10) as it stands there, in 60 digits."""
    with localcontext() as context:
        context.prec = 60
        r, alpha, a, b, t_, tx, whole = (Decimal(one) for one in (model.r, model.alpha, model.a, model.b, t, t_x, age))
        z = t_ / (alpha + whole + t_)
        term = total = Decimal(1)
        j = 0
        while abs(term) > Decimal(10) ** -55 * total:
            term *= (r + x + j) * (b + x + j) / ((a + b + x - 1 + j) * (1 + j)) * z
            total, j = total + term, j + 1
        kept = ((alpha + whole) / (alpha + whole + t_)) ** (r + x)
        left = a / (b + x - 1) * ((alpha + whole) / (alpha + tx)) ** (r + x) if x else Decimal(0)
        return float((a + b + x - 1) / (a - 1) * (1 - kept * total) / (1 + left))


@settings(max_examples=60, deadline=None)
@given(
    r=st.floats(0.05, 3), alpha=st.floats(0.5, 50), a=st.floats(0.2, 5), b=st.floats(1.2, 6),
    x=st.integers(0, 60), age=st.floats(1, 400), part=st.floats(0.01, 1), t=st.floats(0.1, 400),
)  # fmt: skip
def test_expected_purchases_are_those_of_the_paper_to_nine_digits(
    r: float, alpha: float, a: float, b: float, x: int, age: float, part: float, t: float
) -> None:
    a += 0.001 * (a == 1)
    model, recency = purchases.BgNbd(r, alpha, a, b), age * part if x else 0.0
    assert expects(model, one(x, recency, age), t) == pytest.approx(paper_formula(model, x, recency, age, t), rel=1e-9)


@pytest.mark.parametrize("a", [1 - 1e-7, 1 - 1e-11, 1.0, 1 + 1e-11, 1 + 1e-7])
def test_nothing_is_lost_where_the_paper_divides_by_nought(a: float) -> None:
    """It is smooth there: what the formula gives on both sides, far enough away, lies evenly about it."""

    def at(a: float) -> float:
        return expects(purchases.BgNbd(0.24, 4.4, a, 2.4), one(3, 20.0, 38.0), 39)

    wide = 1e-4
    slope = (at(1 + wide) - at(1 - wide)) / (2 * wide)
    middle = (at(1 + wide) + at(1 - wide)) / 2
    assert at(a) == pytest.approx(middle + slope * (a - 1), rel=1e-8)
    if a != 1:
        assert at(a) == pytest.approx(paper_formula(purchases.BgNbd(0.24, 4.4, a, 2.4), 3, 20, 38, 39), rel=1e-12)


def test_a_series_that_would_be_wrong_is_refused() -> None:
    with pytest.raises(ValueError, match="r is too far above"):
        expects(purchases.BgNbd(60.0, 5.0, 0.5, 1.5), one(2, 10.0, 20.0), 400)
    with pytest.raises(ValueError, match="horizon is too long"):
        expects(purchases.BgNbd(0.3, 0.01, 0.8, 2.4), one(0, 0.0, 0.0), 100.0)


@given(st.floats(1e-3, 1e4))
def test_digamma_and_trigamma_obey_their_recurrence_and_are_slopes_of_ln_gamma(x: float) -> None:
    assert digamma(x + 1) == pytest.approx(digamma(x) + 1 / x, rel=1e-12, abs=1e-12)
    assert trigamma(x + 1) == pytest.approx(trigamma(x) - 1 / (x * x), rel=1e-10, abs=1e-12)
    h = 1e-5 * x
    assert digamma(x) == pytest.approx((lgamma(x + h) - lgamma(x - h)) / (2 * h), rel=1e-5, abs=1e-5)


def test_digamma_and_trigamma_at_one() -> None:
    assert digamma(1.0) == pytest.approx(-0.5772156649015329, rel=1e-14)
    assert trigamma(1.0) == pytest.approx(1.6449340668482264, rel=1e-14)


# The laws of a likelihood


def made(seed: int, customers: int = 40) -> pl.DataFrame:
    draw = random.Random(seed)
    rows = []
    for number in range(customers):
        age = draw.randrange(1, 300)
        x = draw.choice([0, 0, 1, 2, 5]) if age > 5 else 0
        recency = draw.randrange(1, age + 1) if x else 0
        rows.append((f"c{number}", x, recency, age, draw.randrange(100, 9000) / 7 if x else 0.0))
    return pl.DataFrame(rows, schema=["customer", "frequency", "recency", "T", "monetary_value"], orient="row")


def differences(slope: Any, at: list[float]) -> tuple[newton.Slope, list[float], list[list[float]]]:
    """The slope at a place, and its derivatives by numeric differences."""
    gradient, hessian = [], []
    for place, value in enumerate(at):
        h = 1e-5 * value
        up, down = (slope([*at[:place], value + by, *at[place + 1 :]]) for by in (h, -h))
        gradient.append((up.value - down.value) / (2 * h))
        hessian.append([(a - b) / (2 * h) for a, b in zip(up.gradient, down.gradient, strict=True)])
    return slope(at), gradient, hessian


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), at=st.tuples(*[st.floats(0.1, 5)] * 4))
def test_the_gradient_of_bg_nbd_equals_numeric_differences(seed: int, at: tuple[float, ...]) -> None:
    groups = bgnbd.collapsed(made(seed).lazy())
    r, alpha, a, b = at
    found, gradient, hessian = differences(bgnbd.Likelihood(groups).slope, [r, 20 * alpha, a, b])
    assert found.gradient == pytest.approx(gradient, rel=1e-5, abs=1e-8)
    for mine, theirs in zip(found.hessian, hessian, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-5, abs=1e-7)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), at=st.tuples(*[st.floats(0.3, 8)] * 3))
def test_the_gradient_of_gamma_gamma_equals_numeric_differences(seed: int, at: tuple[float, ...]) -> None:
    people = made(seed).filter(pl.col("frequency") > 0)
    groups = people.group_by("frequency", "monetary_value").agg(customers=pl.len())
    p, q, v = at
    found, gradient, hessian = differences(gammagamma.Likelihood(groups).slope, [p, q, 300 * v])
    assert found.gradient == pytest.approx(gradient, rel=1e-5, abs=1e-8)
    for mine, theirs in zip(found.hessian, hessian, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-5, abs=1e-7)


def likelihood_by_customer(people: pl.DataFrame, model: purchases.BgNbd) -> float:
    """The paper's equation (6), customer by customer, in plain Python."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    total = 0.0
    for x, t_x, age in people.select(purchases.KEY).iter_rows():
        a1 = lgamma(r + x) - lgamma(r) + r * log(alpha)
        a2 = lgamma(a + b) + lgamma(b + x) - lgamma(b) - lgamma(a + b + x)
        stays = -(r + x) * log(alpha + age)
        leaves = exp(log(a) - log(b + x - 1) - (r + x) * log(alpha + t_x) - stays) if x else 0.0
        total += a1 + a2 + stays + log(1 + leaves)
    return total


def test_collapsing_equal_customers_changes_nothing(all_customers: pl.DataFrame) -> None:
    some = all_customers.head(3000)
    groups = bgnbd.collapsed(some.lazy())
    assert len(groups) < len(some)
    mine = bgnbd.Likelihood(groups).slope([0.3, 30.0, 0.8, 2.0]).value * len(some)
    assert mine == pytest.approx(likelihood_by_customer(some, purchases.BgNbd(0.3, 30.0, 0.8, 2.0)), rel=1e-12)


def test_the_unit_of_time_scales_alpha_and_nothing_else(all_customers: pl.DataFrame) -> None:
    days, weeks = bgnbd.fit(all_customers.lazy()).model, bgnbd.fit(cdnow.in_weeks(all_customers.lazy())).model
    assert (days.r, days.alpha, days.a, days.b) == pytest.approx((weeks.r, 7 * weeks.alpha, weeks.a, weeks.b), rel=1e-8)


def test_the_unit_of_money_scales_v_and_nothing_else(all_customers: pl.DataFrame) -> None:
    dollars = all_customers.with_columns(pl.col("monetary_value") / 100)
    cents, whole = gammagamma.fit(all_customers.lazy()).model, gammagamma.fit(dollars.lazy()).model
    assert (cents.p, cents.q, cents.v) == pytest.approx((whole.p, whole.q, 100 * whole.v), rel=1e-8)


def test_a_fit_that_begins_at_a_part_of_many_customers_ends_where_it_would_have(
    all_customers: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = bgnbd.fit(all_customers.lazy())
    monkeypatch.setattr(bgnbd, "MANY", 100)
    begun = bgnbd.fit(all_customers.lazy())
    assert begun.steps < whole.steps
    assert begun.model.alpha == pytest.approx(whole.model.alpha, rel=1e-9)


# What is refused


def test_customers_who_do_not_tell_the_parameters_are_refused() -> None:
    with pytest.raises(newton.NotConverged, match="at least 10 are needed"):
        bgnbd.fit(one(1, 3, 9).lazy())
    alike = pl.DataFrame({"frequency": [3] * 50, "recency": [9.0] * 50, "T": [10.0] * 50})
    with pytest.raises(newton.NotConverged):
        bgnbd.fit(alike.lazy())
    same = pl.DataFrame({"frequency": [3] * 50, "monetary_value": [9.0] * 50})
    with pytest.raises(newton.NotConverged):
        gammagamma.fit(same.lazy())


@pytest.mark.parametrize(
    "wrong", [(1, 5.0, 4.0), (-1, 0.0, 4.0), (0, 3.0, 4.0), (1, 0.0, 4.0), (None, 0.0, 4.0), (1, 2.0, float("nan"))]
)
def test_customers_who_cannot_be_are_refused(wrong: tuple[Any, ...]) -> None:
    people = pl.DataFrame(
        [wrong], schema=dict(zip(purchases.KEY, (pl.Int64, pl.Float64, pl.Float64), strict=True)), orient="row"
    )
    with pytest.raises(ValueError, match="no customer can have"):
        bgnbd.fit(people.lazy())


def test_too_few_steps_publish_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newton, "MOST_STEPS", 3)
    with pytest.raises(newton.NotConverged, match="no top after 3 steps"):
        bgnbd.fit(cdnow.sample().lazy())


# Models are data


def test_a_model_is_kept_as_json_without_floats_and_read_back(learnt: Model, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(text(learnt))
    assert read(path) == learnt
    json.loads(path.read_text(), parse_float=lambda said: pytest.fail(f"a float: {said}"))
    path.write_text(path.read_text().replace('"horizon": 90', '"horizon": 91'))
    with pytest.raises(ValueError, match="was changed by hand"):
        read(path)
    path.write_text("{}")
    with pytest.raises(ValueError, match="is not a model of scores"):
        read(path)


def test_the_same_purchases_in_any_order_give_the_same_model(learnt: Model) -> None:
    shuffled = cdnow.purchases().sample(fraction=1.0, shuffle=True, seed=7)
    assert text(fit_model(shuffled.lazy(), cdnow.CALIBRATED_DAY, FitSettings("USD", 2))) == text(learnt)


@given(st.floats(1e-8, 1e12))
def test_a_published_number_is_the_fitted_one_to_nine_digits(value: float) -> None:
    assert float(decimal(value)) == pytest.approx(value, rel=1e-8)


def lines(path: Path) -> set[str]:
    return {" ".join(line.split()[:2]).partition(".")[0] for line in path.read_text().splitlines()}


def test_who_scores_imports_nothing_that_fits() -> None:
    folder = ROOT / "layers" / "standing" / "standing" / "scores"
    for path in folder.glob("*.py"):
        imported = {
            name
            for node in ast.walk(ast.parse(path.read_text()))
            for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
        }
        assert not {name for name in imported if "fitting" in name}, path.name
    for path in folder.rglob("*.py"):
        assert not {"scipy", "numpy", "lifetimes", "pandas"} & set(path.read_text().replace(".", " ").split()), (
            path.name
        )


# Scores and bands


def test_scores_are_whole_numbers_in_their_ranges(learnt: Model, all_customers: pl.DataFrame) -> None:
    found = scores.scores(learnt, all_customers)
    assert len(found) == len(all_customers)
    assert [found[name].dtype for name in scores.NAMES] == [pl.Int64] * 3
    assert found.null_count().sum_horizontal().item() == 0
    assert found.select(pl.col("churn").is_between(0, 10_000).all()).item()
    once = all_customers.filter(pl.col("frequency") == 0).select("customer")
    assert found.join(once, on="customer", how="semi")["churn"].max() == 0


def test_a_score_is_said_again_only_when_its_band_changes(learnt: Model, all_customers: pl.DataFrame) -> None:
    some = all_customers.sort("customer").head(200)
    found, nothing = (
        scores.scores(learnt, some),
        pl.DataFrame(schema={"customer": pl.String, "name": pl.String, "band": pl.String}),
    )
    first = scores.changed(learnt, found, nothing)
    assert len(first) == 200 * 4
    assert scores.changed(learnt, found, first).is_empty()
    moved = found.with_columns(churn=10_000 - pl.col("churn"))
    again = scores.changed(learnt, moved, first)
    assert set(again["name"]) == {"churn"}
    assert 0 < len(again) < 200
    said = {(row["customer"], row["name"]): row["band"] for row in first.iter_rows(named=True)}
    alone = [
        scores.due(learnt, row["customer"], name, row[name], said[row["customer"], name], AT)
        for row in moved.iter_rows(named=True) for name in sorted(scores.NAMES)
    ]  # fmt: skip
    assert [event for event in alone if event] == list(scores.events(learnt, again, AT))


@given(steps=st.lists(st.integers(1, 99), unique=True, max_size=4), values=st.lists(st.integers(0, 99), min_size=1))
def test_a_band_is_the_same_by_the_expression_and_alone(steps: list[int], values: list[int]) -> None:
    made_bands = tuple((least, f"b{least}") for least in [0, *sorted(steps)])
    frame = pl.DataFrame({"value": values}).select(bands.band(made_bands, pl.col("value")))
    assert frame.to_series().to_list() == [bands.band_of(made_bands, value) for value in values]


def test_fifths_are_bands_that_hold_a_fifth_each() -> None:
    assert bands.fifths(pl.Series(range(100))) == (
        (0, "lowest"),
        (20, "low"),
        (40, "middle"),
        (60, "high"),
        (80, "highest"),
    )
    assert bands.fifths(pl.Series([0] * 90 + [7] * 10)) == ((0, "lowest"),)
    assert bands.fifths(pl.Series([], dtype=pl.Int64)) == ((0, "lowest"),)
