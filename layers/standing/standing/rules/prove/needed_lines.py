"""The lines that a condition cannot do without."""

from __future__ import annotations

from collections.abc import Iterator

from standing.rules.conditions import Comparison, Condition


def needed(condition: Condition) -> Iterator[Comparison]:
    """The lines that must hold for a condition to hold."""
    if isinstance(condition, Comparison):
        yield condition
    elif condition.group == "all" or (len(condition.of) == 1 and condition.group == "any"):
        for part in condition.of:
            yield from needed(part)
