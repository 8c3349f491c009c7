"""Adds metrics key by key. Does not know their meaning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from standing.report.model import Figures

type Nested = dict[str, Any]  # its leaves are whole numbers


def add(one: Nested, other: Nested) -> Nested:
    """The sums of the leaves that have the same path; a leaf that only one of them has stays as it is."""
    found = dict(one)
    for key, value in other.items():
        known = found.get(key)
        if known is None:
            found[key] = value
        else:
            found[key] = add(known, value) if isinstance(value, dict) else known + value
    return found


def add_all(many: Iterable[Figures]) -> Figures:
    """The sum of many."""
    total: Nested = {}
    for one in many:
        total = add(total, vars(one))
    return Figures(**total)
