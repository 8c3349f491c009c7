"""A kind of feature is one entry in one table, and one in the table of each back end: none of them lacks any."""

from __future__ import annotations

from collections.abc import Collection
from typing import get_args

import pytest
from standing.engine import clock, features
from standing.foresight import levers
from standing.present.rules.words import WORDS
from standing.rescoring import features as rescoring
from standing.rules.author.features import VALUES
from standing.rules.author.sources import FeatureSource
from standing.rules.features import MeasuredFeature
from standing.rules.kinds import COMBINING, FEATURE_KINDS, MEASURING, KindName
from standing.rules.prove import ranges

from tests.make.support import real_ruleset

EVERY, MEASURED, COMBINED = set(FEATURE_KINDS), set(MEASURING), set(COMBINING)


@pytest.mark.parametrize(
    ("table", "kinds"),
    [
        (features.FORMULAS, EVERY),
        (rescoring.TAKEN, MEASURED),
        (rescoring.MADE_OF, COMBINED),
        (clock.MOVES, MEASURED),
        (ranges.RANGES, EVERY),
        (levers.WAYS, MEASURED),
    ],
    ids=["formulas", "expressions", "expressions of others", "moves", "ranges", "levers"],
)
def test_each_back_end_has_every_kind(table: Collection[str], kinds: set[str]) -> None:
    assert set(table) == kinds


def test_the_names_words_and_fields_of_kinds_are_those_of_the_table() -> None:
    assert set(get_args(KindName)) == EVERY
    assert set(WORDS.texts) >= EVERY
    assert set(FeatureSource.model_fields) >= EVERY
    assert {kind.wants for kind in FEATURE_KINDS.values()} - {"features"} == set(VALUES)


def test_the_rules_of_this_clone_keep_of_each_measure_what_its_kinds_want() -> None:
    ruleset = real_ruleset()
    measured = [one for one in ruleset.features if isinstance(one, MeasuredFeature)]
    kept = {(one.kind, ruleset.measures[one.measure].keeps) for one in measured}
    assert kept <= {(kind, about.keeps) for kind, about in FEATURE_KINDS.items()}
