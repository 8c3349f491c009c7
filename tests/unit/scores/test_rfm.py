"""RFM: the columns as the literature has them, quintiles that no order of rows can change, and the segments."""

from __future__ import annotations

from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.scores import rfm
from standing.values.segments import SEGMENTS

from tests.make.support import ROOT

ROWS = [  # customer, day, cents
    ("ann", 10, 500), ("ann", 20, 100), ("ann", 20, 300), ("ann", 35, 601),
    ("bob", 12, 700), ("bob", 12, 50),
    ("eve", 39, 900), ("eve", 41, 900),
]  # fmt: skip


def bought(rows: list[tuple[str, int, int]]) -> pl.LazyFrame:
    return pl.LazyFrame(rows, schema={"customer": pl.String, "day": pl.Int32, "amount": pl.Int64}, orient="row")


def test_the_columns_are_those_of_the_literature() -> None:
    found = rfm.summary(bought(ROWS), 40).sort("customer").collect()
    assert found.rows(named=True) == [
        {"customer": "ann", "recency": 25, "days_since_last": 5, "frequency": 2, "T": 30, "monetary_value": 500.5},
        {"customer": "bob", "recency": 0, "days_since_last": 28, "frequency": 0, "T": 28, "monetary_value": 0.0},
        {"customer": "eve", "recency": 0, "days_since_last": 1, "frequency": 0, "T": 1, "monetary_value": 0.0},
    ]


def test_what_comes_after_the_day_is_not_there() -> None:
    assert rfm.summary(bought(ROWS), 9).collect().is_empty()


PURCHASE = st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 30), st.integers(1, 5))


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(PURCHASE, min_size=1, max_size=60), draw=st.randoms())
def test_equal_customers_have_equal_scores_in_any_order(rows: list[tuple[str, int, int]], draw: Random) -> None:
    shuffled = list(rows)
    draw.shuffle(shuffled)
    first, second = (rfm.scored(rfm.summary(bought(one), 30)).sort("customer").collect() for one in (rows, shuffled))
    assert first.equals(second)
    for value, score in (("days_since_last", "r_score"), ("frequency", "f_score"), ("monetary_value", "m_score")):
        assert first[score].is_between(1, 5).all()
        assert first.group_by(value).agg(pl.col(score).n_unique())[score].max() == 1
        rising = first.sort(value, descending=value == "days_since_last")[score]
        assert rising.is_sorted()


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(PURCHASE, min_size=1, max_size=60))
def test_limits_score_those_they_were_taken_from_as_among_themselves(rows: list[tuple[str, int, int]]) -> None:
    customers = rfm.summary(bought(rows), 30).collect()
    by_limits = rfm.scored_by(customers.lazy(), rfm.limits(customers)).sort("customer").collect()
    assert by_limits.equals(rfm.scored(customers.lazy()).sort("customer").collect())


def test_of_a_hundred_different_customers_each_fifth_has_its_score() -> None:
    found = rfm.scored(rfm.summary(bought([(f"{day:03}", day, 100) for day in range(100)]), 100)).collect()
    assert found.sort("customer")["r_score"].to_list() == [1 + number // 20 for number in range(100)]


def test_every_pair_of_scores_has_a_segment_and_every_segment_a_pair() -> None:
    assert {code for row in rfm.GRID.values() for code in row} == set(SEGMENTS.texts)
    assert [len(row) for row in rfm.GRID.values()] == [5] * 5
    assert set(rfm.GRID) == {1, 2, 3, 4, 5}


def test_the_table_in_the_docs_is_the_one_that_is_used() -> None:
    titles = {code: f"`{code}` {SEGMENTS.say(code, 'zh')}" for code in SEGMENTS.texts}
    rows = [f"| {r} | " + " | ".join(titles[code] for code in row) + " |" for r, row in rfm.GRID.items()]
    assert "\n".join(rows) in (ROOT / "docs" / "scores.md").read_text()


def test_who_bought_lately_often_and_for_much_is_a_champion_and_who_did_neither_is_lost() -> None:
    rows = [(f"c{number}", 2 * number, 100) for number in range(9)]
    rows += [("best", 30 + day, 5000) for day in range(10)]
    found = rfm.scored(rfm.summary(bought(rows), 40)).sort("customer").collect()
    segments = dict(found.select("customer", "segment").rows())
    assert (segments["best"], segments["c0"], segments["c8"]) == ("champions", "lost", "new-customers")
