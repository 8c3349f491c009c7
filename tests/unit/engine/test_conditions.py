"""One condition, several readers: durable-rules, plain Python and the alternatives agree on any facts."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from standing.engine.backends import durable, plain
from standing.engine.features import EXACT
from standing.rules.conditions import (
    INVERSE,
    Atom,
    Branch,
    Comparison,
    Condition,
    Fact,
    Group,
    Operator,
    branches,
    comparisons,
    count_branches,
)

from tests.make import strategies as made
from tests.make.strategies import every, line, none_of, some

MEANING: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _atom_holds(atom: Atom, facts: Mapping[str, Fact]) -> bool:
    if atom.op == "unknown":
        return (atom.fact not in facts) == bool(atom.value)
    return atom.fact in facts and MEANING[atom.op](facts[atom.fact], atom.value)


def _any_branch_holds(found: list[Branch], facts: Mapping[str, Fact]) -> bool:
    return any(all(_atom_holds(atom, facts) for atom in branch) for branch in found)


def _both(condition: Condition, facts: Mapping[str, Fact]) -> bool:
    """What both readers say of one condition; they must agree."""
    said = {bool(reader({"rule": condition}).match(facts)) for reader in (plain.PlainBackend, durable.DurableBackend)}
    assert len(said) == 1
    return said.pop()


@settings(max_examples=500)
@given(made.rules, st.lists(made.facts, min_size=1, max_size=4))
def test_durable_rules_and_plain_python_agree(rules: dict[str, Condition], customers: list[dict[str, Fact]]) -> None:
    fast, oracle = durable.DurableBackend(rules), plain.PlainBackend(rules)
    for facts in customers:
        assert fast.match(facts) == oracle.match(facts)


@settings(max_examples=500)
@given(made.rules, st.lists(made.facts, min_size=1, max_size=4))
def test_conditions_as_functions_and_as_trees_agree(
    rules: dict[str, Condition], customers: list[dict[str, Fact]]
) -> None:
    quick = plain.PlainBackend(rules)
    for facts in customers:
        assert quick.match(facts) == {name for name, condition in rules.items() if plain.holds(condition, facts)}


@settings(max_examples=100)
@given(made.wide_rules, st.lists(made.facts, min_size=1, max_size=3))
def test_they_agree_on_more_rules_than_one_engine_can_hold(
    rules: dict[str, Condition], customers: list[dict[str, Fact]]
) -> None:
    fast, oracle = durable.DurableBackend(rules), plain.PlainBackend(rules)
    assert len(fast.shards) > 1
    for facts in customers:
        assert fast.match(facts) == oracle.match(facts)


@settings(max_examples=500)
@given(made.conditions, st.lists(made.facts, min_size=1, max_size=4))
def test_a_condition_holds_exactly_where_one_of_its_branches_does(
    condition: Condition, customers: list[dict[str, Fact]]
) -> None:
    found = branches(condition)
    for facts in customers:
        assert plain.holds(condition, facts) is _any_branch_holds(found, facts)


@settings(max_examples=500)
@given(made.conditions)
def test_branches_are_never_more_than_counted(condition: Condition) -> None:
    found = branches(condition)
    assert len(found) <= count_branches(condition)
    assert len(set(found)) == len(found)


@given(made.conditions, made.facts)
def test_none_of_a_condition_is_its_opposite(condition: Condition, facts: dict[str, Fact]) -> None:
    assert _both(none_of(condition), facts) is not _both(condition, facts)


@given(st.lists(made.conditions, min_size=1, max_size=3), made.facts)
def test_all_any_and_none_mean_what_they_say(parts: list[Condition], facts: dict[str, Fact]) -> None:
    held = [plain.holds(part, facts) for part in parts]
    assert plain.holds(every(*parts), facts) is (held.count(True) == len(held))
    assert plain.holds(some(*parts), facts) is (held.count(True) > 0)
    assert plain.holds(none_of(*parts), facts) is (held.count(True) == 0)


@given(made.comparisons(), made.numbers)
def test_a_fact_that_is_not_asked_for_changes_nothing(comparison: Comparison, value: int) -> None:
    for facts in ({}, {"a": value}):
        assert _both(comparison, facts) is _both(comparison, {**facts, "unasked": value})


@pytest.mark.parametrize(
    ("op", "below", "equal", "above"),
    [
        ("==", False, True, False),
        ("!=", True, False, True),
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
    ],
)
@pytest.mark.parametrize("value", [0, 7, -7, 2**31, -(2**32), EXACT - 1, 1 - EXACT])
def test_each_operator_at_its_boundary(op: Operator, below: bool, equal: bool, above: bool, value: int) -> None:
    compared = line("a", op, value)
    assert [_both(compared, {"a": value + step}) for step in (-1, 0, 1)] == [below, equal, above]


@pytest.mark.parametrize("op", [*MEANING, "in"])
def test_a_comparison_with_something_unknown_is_false_and_none_of_it_is_true(op: Operator) -> None:
    compared = line("a", op, (3, 4) if op == "in" else 3)
    assert not _both(compared, {"b": 3})
    assert _both(none_of(compared), {"b": 3})


def test_in_holds_for_each_of_its_values_and_no_other() -> None:
    listed = line("a", "in", (-1, 4, EXACT))
    assert [value for value in (-2, -1, 0, 4, 5, EXACT) if _both(listed, {"a": value})] == [-1, 4, EXACT]
    assert [value for value in (-2, -1, 4, EXACT) if _both(none_of(listed), {"a": value})] == [-2]


def test_is_unknown_holds_for_what_is_unknown_and_not_for_zero() -> None:
    assert _both(line("a", "unknown"), {})
    assert not _both(line("a", "unknown"), {"a": 0})
    assert not _both(none_of(line("a", "unknown")), {})
    assert _both(none_of(line("a", "unknown")), {"a": 0})


def test_a_comparison_and_its_inverse_share_no_fact_and_miss_none() -> None:
    for op, inverse in INVERSE.items():
        for value in (-1, 0, 1):
            assert _both(line("a", op), {"a": value}) is not _both(line("a", inverse), {"a": value})


def test_nested_groups_become_the_branches_one_expects() -> None:
    tree = every(line("a", ">=", 1), some(line("b", "<", 2), line("c", "in", (3, 4))))
    first = Atom("a", ">=", 1)
    assert branches(tree) == [
        (first, Atom("b", "<", 2)),
        (first, Atom("c", "==", 3)),
        (first, Atom("c", "==", 4)),
    ]
    assert count_branches(tree) == 3


def test_none_of_a_line_is_its_inverse_or_unknown() -> None:
    assert branches(none_of(line("a", "<", 2))) == [(Atom("a", ">=", 2),), (Atom("a", "unknown", 1),)]
    assert branches(none_of(line("a", "in", (2, 3)))) == [
        (Atom("a", "!=", 2), Atom("a", "!=", 3)),
        (Atom("a", "unknown", 1),),
    ]
    assert branches(none_of(line("a", "unknown"))) == [(Atom("a", "unknown", 0),)]


def test_two_nones_cancel_out() -> None:
    assert branches(none_of(none_of(line("a", "==", 2)))) == [(Atom("a", "==", 2),)]


def test_a_branch_and_an_atom_are_kept_once() -> None:
    assert branches(some(line("a", "==", 1), line("a", "==", 1))) == [(Atom("a", "==", 1),)]
    assert branches(every(line("a", "==", 1), line("a", "==", 1))) == [(Atom("a", "==", 1),)]


def test_counting_needs_no_branches() -> None:
    wide = some(*(line("a", "==", value) for value in range(10)))
    assert count_branches(every(*([wide] * 300))) == 10**300


def test_comparisons_come_in_the_order_written() -> None:
    tree = every(line("b", "<", 1), none_of(line("a", "unknown"), some(line("c", "==", 2))), line("a", ">", 3))
    assert [(part.fact, part.op) for part in comparisons(tree)] == [
        ("b", "<"),
        ("a", "unknown"),
        ("c", "=="),
        ("a", ">"),
    ]


def test_a_group_without_parts_cannot_be_made() -> None:
    with pytest.raises(ValidationError):
        Group(group="all", of=())


@given(made.conditions)
def test_a_condition_survives_the_ruleset_file(condition: Condition) -> None:
    group = every(condition)
    assert Group.model_validate_json(group.model_dump_json()) == group
