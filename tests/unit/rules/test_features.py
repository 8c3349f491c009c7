"""Features and their measures: one class for each family of kinds, and names that say what is measured."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import ValidationError
from standing.rules.author.compiler import assemble
from standing.rules.author.features import SHAPES
from standing.rules.features import Measure, MembershipYear, Window, by_name
from standing.rules.kinds import FEATURE_KINDS

from tests.make import programmes
from tests.make.strategies import CLUB, PROGRAMME, feature_of

WORDS = st.text('ab".=[] ', max_size=4)
MEASURES = st.builds(
    Measure,
    of=st.lists(st.sampled_from(["purchase", "refund"]), min_size=1, max_size=2, unique=True).map(tuple),
    where=st.dictionaries(st.sampled_from(["channel", "category"]), WORDS, max_size=2),
    value=st.sampled_from(["count", "amount", "channel"]),
    keeps=st.sampled_from(["sums", "latest"]),
)


def bought_where(**fields: str) -> Measure:
    return Measure(of=("purchase",), where=fields)


@example(bought_where(category="shoes][channel=web"), bought_where(category="shoes", channel="web"))
@given(MEASURES, MEASURES)
def test_measures_that_differ_have_names_that_differ(one: Measure, other: Measure) -> None:
    assert (one.name == other.name) is (one.content() == other.content())


@given(st.permutations(["channel", "category"]))
def test_a_name_is_the_same_however_its_filter_is_written(order: list[str]) -> None:
    measure = Measure(of=("purchase",), where=dict.fromkeys(order, "web"))
    assert measure.name == 'purchase[category="web"][channel="web"]'


@given(st.permutations(list(programmes.MEASURES)))
def test_the_order_in_which_states_keep_series_is_of_the_measures_alone(order: list[Measure]) -> None:
    expected = assemble(PROGRAMME, programmes.MEASURES, (), ())
    assume(list(by_name(order)) != [one.name for one in order])
    shuffled = expected.model_copy(update={"measures": {one.name: one for one in order}})
    assert (shuffled.series_order, shuffled.features_hash) == (expected.series_order, expected.features_hash)
    assert assemble(PROGRAMME, order, (), ()).version == expected.version


def test_every_kind_has_its_class_and_each_class_what_its_kinds_need() -> None:
    assert set(SHAPES) == set(FEATURE_KINDS)
    for kind, about in FEATURE_KINDS.items():
        fields = SHAPES[kind].model_fields.keys()
        assert (about.keeps is not None) is ("measure" in fields)
        assert about.windowed is ("window" in fields)
        assert about.adds_up is ("remainder" in fields)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("count", {"at_most": 3}),
        ("days_since_last", {"window": Window()}),
        ("latest", {"remainder": "feedback.remainder"}),
        ("points", {"ramps": (), "measure": "purchase"}),
        ("distinctly", {}),
    ],
)
def test_a_feature_has_no_field_of_another_kind(kind: str, more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        feature_of(name="a", kind=kind, unit="count", **({"measure": "purchase"} | more))


def test_a_ruleset_comes_back_from_its_json_with_its_classes() -> None:
    again = type(CLUB).model_validate_json(CLUB.model_dump_json(exclude_defaults=True))
    assert again == CLUB
    assert [type(one) for one in again.features] == [type(one) for one in CLUB.features]


@pytest.mark.parametrize(
    ("window", "reach"),
    [
        (Window(), None),
        (Window(over=30), 30),
        (Window(over=30, ending=60), 90),
        (Window(over="calendar-year"), 366),
        (Window(over=MembershipYear(anchor="purchase"), ending=1), 367),
    ],
)
def test_a_window_reaches_as_far_back_as_its_first_day(window: Window, reach: int | None) -> None:
    assert window.reach == reach
