"""One meaning, several readers: durable-rules, polars and plain Python say the same of any rules and any facts."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.batch import reader as batch
from standing.core.conditions import Condition, Fact
from standing.core.readers import Reader, durable, plain

from tests.unit import strategies as made
from tests.unit.strategies import line

CUSTOMERS = st.lists(made.facts, min_size=1, max_size=4)
RULES = made.rules | made.rules | made.rules | made.wide_rules


def agree(rules: dict[str, Condition], customers: list[dict[str, Fact]]) -> None:
    """Each reader, for each customer; and polars for all of them at once."""
    oracle = [plain.Reader(rules).match(facts) for facts in customers]
    readers: list[Reader] = [durable.Reader(rules), batch.Reader(rules)]
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
@given(RULES, CUSTOMERS)
def test_all_readers_agree(rules: dict[str, Condition], customers: list[dict[str, Fact]]) -> None:
    agree(rules, customers)


@pytest.mark.long
@settings(max_examples=20_000)
@given(RULES, CUSTOMERS)
def test_all_readers_agree_on_twenty_thousand_cases(
    rules: dict[str, Condition], customers: list[dict[str, Fact]]
) -> None:
    agree(rules, customers)


def test_a_fact_that_no_customer_has_is_unknown_to_all() -> None:
    rules: dict[str, Condition] = {
        "number": line("a", ">", 1),
        "text": line("segment", "==", "student"),
        "unknown": line("segment", "unknown"),
    }
    agree(rules, [{}, {}])
