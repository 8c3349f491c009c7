"""Adds metrics key by key. Does not know their meaning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from standing.report.model import Figures

type Nested = dict[str, Any]  # its leaves are whole numbers


def add(figures: Nested, other: Nested) -> Nested:
    """The sums of the leaves that have the same path; a leaf that only one of them has stays as it is."""
    total = dict(figures)
    for key, value in other.items():
        known = total.get(key)
        if known is None:
            total[key] = value
        else:
            total[key] = add(known, value) if isinstance(value, dict) else known + value
    return total


def add_all(many: Iterable[Figures]) -> Figures:
    """The sum of many."""
    total: Nested = {}
    for figures in many:
        total = add(total, vars(figures))
    return Figures(**total)
