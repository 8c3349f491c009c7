"""One meaning, four readers: durable-rules, polars, plain Python and z3 say the same of any rules and any facts."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from standing.rules.conditions import Condition, comparisons
from standing.rules.kinds import FEATURE_KINDS
from standing.rules.ruleset import Ruleset

from tests.make import backends as proving
from tests.make import programmes, written
from tests.make.agreement import CASES, agree, compared_apart
from tests.make.strategies import line


@settings(max_examples=500)
@given(CASES)
def test_all_readers_agree(case: written.Case) -> None:
    agree(*case, proving.SolverBackend)


@pytest.mark.long
@pytest.mark.parametrize("number", range(20))
def test_all_readers_agree_on_a_thousand_of_twenty_thousand_cases(number: int) -> None:
    assert compared_apart(number, 1_000) == ""


def test_the_made_rules_have_every_construct() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=200, derandomize=True, database=None)
    @given(written.cases)
    def count(case: written.Case) -> None:
        seen.update(name for name, occurs in written.CONSTRUCTS.items() if occurs(*case))

    count()
    assert {name: seen[name] for name in written.CONSTRUCTS if seen[name] < 10} == {}


def test_the_made_programmes_have_every_kind_of_feature() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=200, derandomize=True, database=None)
    @given(programmes.rulesets())
    def count(ruleset: Ruleset) -> None:
        asked = {line.fact for tree in ruleset.rules.values() for line in comparisons(tree)}
        seen.update({feature.kind for feature in ruleset.features if feature.name in asked})

    count()
    assert {kind: seen[kind] for kind in FEATURE_KINDS if seen[kind] < 5} == {}


def test_a_fact_that_no_customer_has_is_unknown_to_all() -> None:
    rules: dict[str, Condition] = {
        "number": line("a", ">", 1),
        "text": line("segment", "==", "student"),
        "unknown": line("segment", "unknown"),
    }
    agree(rules, [{}, {}])
