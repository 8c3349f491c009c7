"""The plain-Python reader: the oracle that the others are held to, and the source of explanations."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from standing.core.conditions import Comparison, Condition, Fact

type Facts = Mapping[str, Fact]

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Reader:
    """Says which of some named conditions a set of facts satisfies. An unknown fact is absent from `facts`."""

    def __init__(self, rules: Mapping[str, Condition]) -> None:
        self.rules = dict(rules)

    def match(self, facts: Facts) -> frozenset[str]:
        """The names of the rules that hold."""
        return frozenset(name for name, condition in self.rules.items() if holds(condition, facts))


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
