"""The batch path against the event path: the same features, the same standing, to the last digit."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.batch.records import SCHEMA, TEXTS, rows_of
from standing.batch.rescoring.features import features_on
from standing.core.conditions import Fact
from standing.core.days import Day
from standing.core.features import facts
from standing.core.intake import Event
from standing.core.measures import empty, gather
from standing.core.ruleset import Ruleset
from standing.rulebook.vocabulary import FAMILIES

from tests.unit import programmes


def taken(ruleset: Ruleset, events: list[Event], day: Day) -> dict[str, Fact]:
    """One customer's features from the lake; what is unknown is left out."""
    found = features_on(ruleset, rows_of(events, ruleset.programme.minor_digits).lazy(), day).collect()
    (row,) = found.select(feature.name for feature in ruleset.features).rows(named=True)
    return {name: value for name, value in row.items() if value is not None}


@settings(max_examples=400, deadline=None)
@given(programmes.rulesets(), programmes.histories(span=90), st.integers(990, 1_130))
def test_features_from_the_lake_are_those_of_the_state(ruleset: Ruleset, events: list[Event], day: Day) -> None:
    assert taken(ruleset, events, day) == facts(ruleset, gather(empty(ruleset), events, ruleset), day)


def test_a_row_holds_everything_that_rules_can_ask_of_an_event() -> None:
    for family in FAMILIES.values():
        asked = {*family.values, *family.fields, *family.dates}
        flat = {path for path in asked if "." not in path} - {"net_amount"}
        assert flat <= SCHEMA.keys(), flat - SCHEMA.keys()
        assert {path.partition(".")[0] for path in asked if "." in path} <= {"consent", "segments", "amounts", "dates"}
    assert all(SCHEMA[name] == pl.String for name in TEXTS)
