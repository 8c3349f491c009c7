"""Adding figures up, key by key. Knows nothing of what they count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

type Figures = dict[str, Any]  # nested; its leaves are whole numbers


def add(one: Figures, other: Figures) -> Figures:
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
    """The sum of many; `{}` of none."""
    total: Figures = {}
    for one in many:
        total = add(total, one)
    return total
