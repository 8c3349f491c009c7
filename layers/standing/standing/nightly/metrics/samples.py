"""Groups of customers added up, and a customer taken out of them. Knows nothing of what they are of, and no frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

FIRST = 10  # ids of a group that are named

type Groups = dict[str, dict[str, Any]]  # `customers`: how many there are, `first`: the ids of some


def merge_samples(many: Iterable[Mapping[str, Mapping[str, Any]]]) -> Groups:
    """The sum of many: of the ids the first."""
    found: Groups = {}
    for one in many:
        for key, group in one.items():
            there = found.setdefault(key, {"customers": 0, "first": []})
            there["customers"] += group["customers"]
            there["first"] = sorted({*there["first"], *group["first"]})[:FIRST]
    return found


def without_customer(named: Mapping[str, Mapping[str, Any]], customer: str) -> Groups:
    """Groups that do not name a customer. What they count stays."""
    return {key: {**one, "first": [who for who in one["first"] if who != customer]} for key, one in named.items()}
