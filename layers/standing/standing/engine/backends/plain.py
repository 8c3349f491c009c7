"""The plain-Python backends: `holds`, the oracle of all others, and the backend for days without events.

The latter compiles each condition to a function once, so that no tree is walked on any day.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from standing.rules.conditions import Comparison, Condition, Fact

type Facts = Mapping[str, Fact]
type Test = Callable[[Facts], bool]

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class PlainBackend:
    """Finds the named conditions that a set of facts satisfies. An unknown fact is absent from `facts`."""

    def __init__(self, rules: Mapping[str, Condition]) -> None:
        self.rules = dict(rules)

    @cached_property
    def tests(self) -> dict[str, Test]:
        """Each rule's condition as a function."""
        return {name: compiled(condition) for name, condition in self.rules.items()}

    def match(self, facts: Facts) -> frozenset[str]:
        """The names of the rules that hold."""
        return frozenset([name for name, test in self.tests.items() if test(facts)])


def compiled(condition: Condition) -> Test:
    """A condition tree compiled to a function of the facts. It returns the same as `holds`."""
    if isinstance(condition, Comparison):
        return _comparing(condition)
    parts = tuple(map(compiled, condition.of))
    sought, outcome = condition.group != "all", condition.group == "any"

    def group(facts: Facts) -> bool:
        for part in parts:  # `all` or `any` with a generator takes twice as long
            if part(facts) is sought:
                return outcome
        return not outcome

    return group


def _comparing(line: Comparison) -> Test:
    fact, value = line.fact, line.value
    if line.op == "unknown":
        return lambda facts: fact not in facts
    if isinstance(value, tuple):
        return lambda facts: facts.get(fact) in value
    if line.op == "==":
        return lambda facts: facts.get(fact) == value
    compare = OPERATORS[line.op]
    return lambda facts: fact in facts and compare(facts[fact], value)


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether a condition tree holds for these facts."""
    if isinstance(condition, Comparison):
        return _compares(condition, facts.get(condition.fact))
    results = (holds(part, facts) for part in condition.of)
    if condition.group == "all":
        return all(results)
    return any(results) is (condition.group == "any")


def _compares(line: Comparison, actual: Fact | None) -> bool:
    if line.op == "unknown":
        return actual is None
    if actual is None:
        return False
    if isinstance(line.value, tuple):
        return actual in line.value
    return OPERATORS[line.op](actual, line.value)
