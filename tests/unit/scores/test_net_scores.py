"""Scores and refunds: what was given back was not bought, unless a model was learnt gross."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from standing.events.intake import Event
from standing.lake.parquet import parquet_bytes
from standing.lake.records import rows_of
from standing.nightly.model import MODEL, OLD, model_up_to
from standing.nightly.scores import Scoring
from standing.rescoring.refunds import with_counting_day
from standing.scores.fitting.model import FitSettings, fit_model
from standing.scores.model import Model, parsed, text
from standing.scores.rfm import summary
from standing.scores.scores import scores
from standing.scores.spending import Spend, spending

from tests.make import cdnow
from tests.make.lakes import MemoryLake
from tests.make.strategies import CLUB, complaint, order, refund
from tests.unit.nightly.test_night_scores import CHURN, DAY, KNOWN, KeptBus, lake, ruleset, sold
from tests.unit.scores.test_score_commands import run
from tests.unit.scores.test_score_commands import sold as sold_file

__all__ = ["lake", "sold", "sold_file"]  # fixtures


def spent(*events: Event, day: int = 100, spend: Spend = "net") -> dict[int, int]:
    """What one customer spent, by day."""
    rows = spending(with_counting_day(rows_of(events, 2).lazy(), CLUB), day, spend).collect()
    return dict(rows.group_by("day").agg(pl.col("amount").sum()).sort("day").iter_rows())


A, B = order(10, "90.00", "a"), order(20, "50.00", "b")


@pytest.mark.parametrize(
    ("back", "left"),
    [
        ([], {10: 9_000, 20: 5_000}),
        ([refund(15, "90.00", of="a")], {20: 5_000}),
        ([refund(15, "89.99", of="a")], {10: 1, 20: 5_000}),
        ([refund(15, "40.00", "x", of="a"), refund(20, "50.00", "y", of="a")], {20: 5_000}),
        ([refund(10, "90.00")], {20: 5_000}),
        ([refund(10, "90.00", of="a")], {20: 5_000}),
        ([refund(15, "90.00")], {10: 9_000, 20: 5_000}),
        ([refund(15, "90.00", of="unknown")], {10: 9_000, 20: 5_000}),
        ([refund(101, "90.00", of="a")], {10: 9_000, 20: 5_000}),
        ([order(10, "5.00", "c"), refund(15, "90.00", of="a")], {10: 500, 20: 5_000}),
        ([order(30, "0.00", "nothing"), complaint(40)], {10: 9_000, 20: 5_000, 30: 0}),
    ],
)
def test_what_was_given_back_is_taken_off_the_day_of_its_purchase(back: list[Event], left: dict[int, int]) -> None:
    assert spent(A, B, *back) == left
    bought = [one for one in (A, B, *back) if one.detail.family == "purchase"]
    assert spent(A, B, *back, spend="gross") == spent(*bought)


def test_neither_recency_nor_frequency_nor_value_sees_what_was_given_back() -> None:
    events = [A, B, order(30, "70.00", "c"), refund(31, "70.00", "x", of="c"), refund(33, "10.00", "y", of="b")]
    rows = spending(with_counting_day(rows_of(events, 2).lazy(), CLUB), 40, "net")
    (row,) = summary(rows, 40).collect().rows(named=True)
    del row["customer"]
    assert row == {"recency": 10, "days_since_last": 20, "frequency": 1, "T": 30, "monetary_value": 4_000.0}


@pytest.fixture(scope="module")
def models() -> dict[Spend, Model]:
    bought = cdnow.purchases().lazy()
    ways: tuple[Spend, Spend] = ("net", "gross")
    return {way: fit_model(bought, cdnow.CALIBRATED_DAY, FitSettings("USD", 2, spend=way)) for way in ways}


def test_a_model_says_how_it_was_learnt(models: dict[Spend, Model]) -> None:
    assert parsed(text(models["gross"]).encode()).spend == "gross"
    assert models["net"].hash != models["gross"].hash
    silent = json.loads(text(models["net"]))
    del silent["spend"]
    with pytest.raises(ValueError, match="spend"):
        parsed(json.dumps(silent).encode())


def test_a_great_purchase_that_was_given_back_is_worth_nothing(models: dict[Spend, Model]) -> None:
    day = cdnow.CALIBRATED_DAY
    few = [order(day - ago, "20.00", f"o{ago}") for ago in (200, 90, 10)]
    great = [order(day - 5, "77183.60", "great"), refund(day - 5, "77183.60", of="great")]
    known, least = rows_of([*few, *great], 2), rows_of(few, 2)
    found = {way: Scoring(model, KeptBus()).bucket(known.lazy(), CLUB, day) for way, model in models.items()}
    alone = scores(models["net"], summary(spending(with_counting_day(least.lazy(), CLUB), day, "net"), day).collect())
    assert found["net"].equals(alone)
    assert found["gross"]["lifetime-value"].item() > 100 * alone["lifetime-value"].item()


def test_of_who_gave_everything_back_nothing_is_expected_any_more(models: dict[Spend, Model]) -> None:
    day, bus = cdnow.CALIBRATED_DAY, KeptBus()
    model = models["net"]
    highest = pl.DataFrame({"customer": ["c-1"], "name": ["lifetime-value"], "band": ["highest"], "value": [9]})
    said = highest.with_columns(
        pl.lit("score").alias("family"), day=pl.lit(day - 3, pl.Int32), moment=pl.lit(0, pl.Int64)
    )
    events = rows_of([order(day - 5, "77.00", "a"), refund(day - 1, "77.00", of="a")], 2)
    scoring = Scoring(model, bus)
    found = scoring.bucket(events.lazy(), CLUB, day)
    assert found.is_empty()
    value = CHURN.model_copy(update={"where": {"name": "lifetime-value"}})
    assert scoring.say(found, said.lazy(), ruleset(value, CHURN), day) == 1
    (detail,) = [json.loads(entry["Detail"]) for entry in bus.entries]
    lowest = model.bands["lifetime-value"][0][1]
    assert (detail["name"], detail["value"], detail["band"]) == ("lifetime-value", 0, lowest)
    other = said.with_columns(name=pl.lit("worth"))
    assert scoring.say(found, other.lazy(), ruleset(value, CHURN), day) == 0


def test_the_night_learns_net_and_gross_where_the_model_before_was(lake: MemoryLake) -> None:
    first = model_up_to(lake, ruleset(), DAY, KNOWN).model
    assert first is not None
    assert first.spend == "net"
    lake.put(MODEL, text(first.model_copy(update={"spend": "gross"})).encode())
    later = model_up_to(lake, ruleset(), DAY + OLD, KNOWN).model
    assert later is not None
    assert later.spend == "gross"


def test_the_night_learns_from_what_was_kept(sold: pl.DataFrame) -> None:
    """Half of the purchases given back, each named: as if they had not been made."""
    place = pl.int_range(pl.len()) % 2 == 0
    half = sold.filter(place)
    back = half.with_columns(family=pl.lit("refund"), purchase=pl.col("id"), id=pl.format("back-{}", "id"))
    kept = [_learnt(rows) for rows in (pl.concat([sold, back.with_columns(pl.col("day") + 1)]), sold.filter(~place))]
    assert kept[0] == kept[1]


def _learnt(rows: pl.DataFrame) -> Model | None:
    one = MemoryLake()
    one.put("records/bucket=007/records.parquet", parquet_bytes(rows))
    return model_up_to(one, CLUB, DAY, [7]).model


def test_the_command_takes_both_ways(sold_file: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    for more, said in ((), "net"), (("--gross",), "gross"):
        fit = run("fit", sold_file, "--as-of", "1997-09-30", "--out", model, *more)
        assert fit.exit_code == 0, fit.output
        assert json.loads(model.read_text())["spend"] == said
        assert f"{said}: " in fit.output
