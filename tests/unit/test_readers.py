"""One meaning, four readers: durable-rules, polars, plain Python and z3 say the same of any rules and any facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import get_args

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.batch import reader as batch
from standing.core.conditions import Condition, Fact, comparisons
from standing.core.readers import Reader, durable, plain
from standing.core.ruleset import Feature, Ruleset
from standing.rulebook.proving import reader as proving

from tests.unit import programmes, written
from tests.unit import strategies as made
from tests.unit.strategies import line

CUSTOMERS = st.lists(made.facts, min_size=1, max_size=4)
RULES = made.rules | made.rules | made.rules | made.wide_rules
CASES: st.SearchStrategy[written.Case] = st.tuples(RULES, CUSTOMERS) | written.cases | written.lived()


def agree(
    rules: dict[str, Condition], customers: list[dict[str, Fact]], *more: Callable[[dict[str, Condition]], Reader]
) -> None:
    """Each reader, for each customer; and polars for all of them at once."""
    oracle = [plain.Reader(rules).match(facts) for facts in customers]
    readers: list[Reader] = [durable.Reader(rules), batch.Reader(rules), *(one(rules) for one in more)]
    for reader in readers:
        assert [reader.match(facts) for facts in customers] == oracle
    held = batch.Reader(rules).match_all(frame(customers)).rows(named=True)
    assert [frozenset(name for name, holds in row.items() if holds) for row in held] == oracle


def frame(customers: list[dict[str, Fact]]) -> pl.DataFrame:
    """A column a fact; a fact is a text everywhere or a number everywhere, as in any ruleset."""
    names = sorted({name for facts in customers for name in facts})
    return pl.DataFrame(
        {"": range(len(customers))} | {name: [facts.get(name) for facts in customers] for name in names}
    )


@settings(max_examples=500)
@given(CASES)
def test_all_readers_agree(case: written.Case) -> None:
    agree(*case, proving.Reader)


@pytest.mark.long
@settings(max_examples=20_000)
@given(CASES)
def test_all_readers_agree_on_twenty_thousand_cases(case: written.Case) -> None:
    agree(*case)


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
    kinds = get_args(Feature.model_fields["kind"].annotation)
    assert {kind: seen[kind] for kind in kinds if seen[kind] < 5} == {}


def test_a_fact_that_no_customer_has_is_unknown_to_all() -> None:
    rules: dict[str, Condition] = {
        "number": line("a", ">", 1),
        "text": line("segment", "==", "student"),
        "unknown": line("segment", "unknown"),
    }
    agree(rules, [{}, {}])
