"""A number and what it counts: one is told from many, and large numbers have separators."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standing.present import language
from standing.present.report.words import phrase
from standing.values.counted import Counted, counted


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0 events"), (1, "1 event"), (2, "2 events"), (1_234, "1,234 events")]
)
def test_one_is_told_from_many(number: int, told: str) -> None:
    assert counted(number, "event") == told


def test_a_word_may_have_a_plural_of_its_own_and_a_verb() -> None:
    assert [counted(number, "delivery is", "deliveries are") for number in (1, 2)] == [
        "1 delivery is",
        "2 deliveries are",
    ]


@given(st.integers())
def test_bare_it_is_the_number_with_separators_and_otherwise_any_format_of_a_number(number: int) -> None:
    assert f"{Counted(number)}" == f"{number:,}"
    assert f"{Counted(number):d}" == str(number)


def test_phrases_and_reports_count_what_they_tell() -> None:
    assert language.phrase("not_proved", "en", problems=1) == "1 problem to mend before anything can be proved"
    assert language.phrase("not_proved", "en", problems=2) == "2 problems to mend before anything can be proved"
    assert phrase("moved", "en", count=1) == "1 customer moved by the night"
    assert phrase("moved", "en", count=1_200) == "1,200 customers moved by the night"
    assert phrase("moved", "zh", count=1_200) == "1,200位客户状态有变化"
