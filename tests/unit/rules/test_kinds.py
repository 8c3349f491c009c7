"""A kind of feature is one entry in one table, and one in the table of each back end: none of them lacks any."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, get_args

import pytest
from standing.engine import courses, features
from standing.foresight import levers
from standing.rescoring import features as rescoring
from standing.rules.author.features import SHAPES, VALUES
from standing.rules.author.sources import FEATURE
from standing.rules.features import MeasuredFeature
from standing.rules.kinds import COMBINING, FEATURE_KINDS, KIND_WORDS, MEASURING, KindName
from standing.rules.prove import ranges

from tests.make.support import real_ruleset

EVERY, MEASURED, COMBINED = set(FEATURE_KINDS), set(MEASURING), set(COMBINING)


@pytest.mark.parametrize(
    ("table", "kinds"),
    [
        (features.FORMULAS, EVERY),
        (rescoring.TAKEN, MEASURED),
        (rescoring.MADE_OF, COMBINED),
        (courses.MOVES, MEASURED),
        (ranges.RANGES, EVERY),
        (levers.WAYS, MEASURED),
    ],
    ids=["formulas", "expressions", "expressions of others", "moves", "ranges", "levers"],
)
def test_each_back_end_has_every_kind(table: Collection[str], kinds: set[str]) -> None:
    assert set(table) == kinds


@pytest.mark.parametrize(
    "table",
    [features.FORMULAS, rescoring.TAKEN, rescoring.MADE_OF, courses.MOVES, ranges.RANGES, levers.WAYS],
    ids=["formulas", "expressions", "expressions of others", "moves", "ranges", "levers"],
)
def test_what_a_kind_is_given_to_takes_the_class_of_its_features(table: Mapping[KindName, Callable[..., Any]]) -> None:
    """The types of the tables do not say so: a table has entries for every class."""
    for kind, entry in table.items():
        named = entry.__annotations__.get("feature")
        assert named is None or named in {shape.__name__ for shape in SHAPES[kind].__mro__}, kind


def test_the_names_words_and_fields_of_kinds_are_those_of_the_table() -> None:
    assert set(get_args(KindName)) == EVERY
    assert set(KIND_WORDS.texts) == EVERY
    assert set(FEATURE.model_fields) >= EVERY
    assert {kind.wants for kind in FEATURE_KINDS.values()} - {"features"} == set(VALUES)


def test_the_rules_of_this_clone_keep_of_each_measure_what_its_kinds_want() -> None:
    ruleset = real_ruleset()
    measured = [one for one in ruleset.features if isinstance(one, MeasuredFeature)]
    kept = {(one.kind, ruleset.measures[one.measure].keeps) for one in measured}
    assert kept <= {(kind, about.keeps) for kind, about in FEATURE_KINDS.items()}
