"""Scores in the night: a model is learnt from the lake once a month; only what rules use of it is sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from standing.aws.lake_bucket import ABSENT
from standing.lake.compaction import MONTH
from standing.lake.layout import current_key, numbers_of
from standing.lake.parquet import parquet_bytes
from standing.lake.rows import RECORDS
from standing.nightly.model import MODEL, OLD, LearnedModel, model_for, model_of, model_up_to
from standing.nightly.planned import Planned
from standing.nightly.scores import Scoring, UnsentScoresError, used_by
from standing.rules.features import Measure, by_name
from standing.rules.ruleset import Ruleset
from standing.scores.fitting.bgnbd import FEWEST
from standing.values.days import day_date, day_number
from standing.values.faults import Fault

from tests.make import cdnow
from tests.make import strategies as made
from tests.make.lakes import MemoryLake, bucket_of

CHURN = Measure(of=("score",), where={"name": "churn"}, value="value", keeps="latest")


class KeptBus:
    """A bus that keeps what is put on it, or refuses everything."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.entries: list[Any] = []
        self.refuses = refuses

    def put(self, entries: Sequence[Any]) -> list[int]:
        self.entries += entries
        return list(range(len(entries))) if self.refuses else []


def records(customers: int) -> pl.DataFrame:
    """The purchases of some of CDNOW's customers as records of the lake."""
    bought = cdnow.purchases()
    some = bought.filter(pl.col("customer").is_in(bought["customer"].unique().sort().head(customers).to_list()))
    known = some.with_columns(
        pl.col("day").cast(pl.Int32), source=pl.lit("cdnow"), id=pl.int_range(pl.len()).cast(pl.String),
        family=pl.lit("purchase"), late=pl.lit(value=False), version=pl.lit(1, dtype=pl.Int64),
    )  # fmt: skip
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in RECORDS.items() if name not in known.columns]
    return known.with_columns(missing).select(*RECORDS)


@pytest.fixture(scope="module")
def sold() -> pl.DataFrame:
    return records(500)


@pytest.fixture
def lake(sold: pl.DataFrame) -> MemoryLake:
    """Their records, each in its bucket."""
    kept = MemoryLake()
    numbers = sold["customer"].map_elements(bucket_of, return_dtype=pl.Int64)
    for (number,), rows in sold.with_columns(number=numbers).group_by("number"):
        for (month,), of_it in rows.drop("number").group_by(MONTH):
            kept.put(current_key("records", int(str(number)), str(month)), parquet_bytes(of_it))
    return kept


KNOWN = list(numbers_of(8))
DAY = day_number(cdnow.CALIBRATED)


def ruleset(*measures: Measure) -> Ruleset:
    return made.ruleset(()).model_copy(update={"measures": by_name(measures)})


def test_a_model_is_learnt_kept_and_learnt_anew_after_a_month(lake: MemoryLake) -> None:
    rules = ruleset()
    first = model_up_to(lake, rules, DAY, KNOWN)
    assert first.wrong is None
    assert first.model is not None
    assert (first.model.as_of, model_of(lake)) == (str(day_date(DAY)), first.model)
    assert model_up_to(lake, rules, DAY + OLD - 1, KNOWN).model == first.model
    later = model_up_to(lake, rules, DAY + OLD, KNOWN).model
    assert later is not None
    assert later.as_of == str(day_date(DAY + OLD))


def test_without_enough_customers_there_is_no_model_and_it_is_said_why() -> None:
    found = model_up_to(MemoryLake(), ruleset(), DAY, KNOWN)
    assert found.model is None
    assert found.wrong == Fault("few-repeaters", {"customers": 0, "fewest": FEWEST})


def test_a_model_that_cannot_be_read_is_learnt_anew(lake: MemoryLake) -> None:
    lake.put(MODEL, b"{}")
    assert model_of(lake) is None
    assert model_up_to(lake, ruleset(), DAY, KNOWN).model is not None


def test_a_night_in_which_nothing_is_due_scores_by_the_model_that_is_kept(lake: MemoryLake) -> None:
    nothing = Planned(str(day_date(DAY)), KNOWN, [])
    assert model_for(lake, ruleset(), nothing) == LearnedModel(None)
    assert lake.get(MODEL) is ABSENT
    learned = model_for(lake, ruleset(), nothing._replace(due=KNOWN))
    assert learned.model is not None
    later = nothing._replace(day=str(day_date(DAY + OLD)))
    assert model_for(lake, ruleset(), later) == learned


def test_only_what_rules_use_is_sent_and_only_where_its_band_is_new(lake: MemoryLake, sold: pl.DataFrame) -> None:
    model = model_up_to(lake, ruleset(), DAY, KNOWN).model
    assert model is not None
    bus = KeptBus()
    scoring = Scoring(model, bus)
    found = scoring.bucket(sold.lazy(), ruleset(), DAY)
    assert found.height == sold.filter(pl.col("day") <= DAY)["customer"].n_unique()
    assert {"r_score", "f_score", "m_score", "segment", "churn"} <= set(found.columns)
    assert scoring.say(found, sold.lazy(), ruleset(), DAY) == 0
    assert scoring.say(found, sold.lazy(), ruleset(CHURN), DAY) == found.height == len(bus.entries)
    details = [json.loads(entry["Detail"]) for entry in bus.entries]
    assert {one["name"] for one in details} == {"churn"}
    assert {one["time"][:10] for one in details} == {str(day_date(DAY + 1))}
    again = KeptBus()
    said = pl.DataFrame(
        [{"customer": one["customer"], "name": "churn", "band": one["band"], "value": one["value"]} for one in details]
    ).with_columns(family=pl.lit("score"), day=pl.lit(DAY + 1, dtype=pl.Int32), moment=pl.lit(0, dtype=pl.Int64))
    assert Scoring(model, again).say(found, said.lazy(), ruleset(CHURN), DAY) == 0


def test_what_the_bus_refuses_fails_the_bucket(lake: MemoryLake, sold: pl.DataFrame) -> None:
    model = model_up_to(lake, ruleset(), DAY, KNOWN).model
    assert model is not None
    scoring = Scoring(model, KeptBus(refuses=True))
    with pytest.raises(UnsentScoresError):
        scoring.say(scoring.bucket(sold.lazy(), ruleset(), DAY), sold.lazy(), ruleset(CHURN), DAY)


def test_rules_that_do_not_say_which_score_use_all() -> None:
    assert used_by(ruleset(Measure(of=("score",)))) == {"churn", "expected-purchases", "lifetime-value", "rfm"}
    assert used_by(ruleset(CHURN)) == {"churn"}
