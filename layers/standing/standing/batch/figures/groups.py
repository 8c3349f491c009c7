"""Groups: the customers behind figures that speak of some of them, how many and the first few by id.

A group's key is a path: `moved/RATING/BEFORE/LEVEL` and `expired/CARE`, of one day. They add up over buckets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from standing.batch.figures.counting import in_days
from standing.core.announcing import RatingChanged
from standing.core.days import Day
from standing.core.decide import Decision

FIRST = 10  # ids of a group that are named

type Groups = dict[str, dict[str, Any]]  # `customers`: how many there are, `first`: the ids of some


def groups(decisions: pl.DataFrame, day: Day, time_zone: str) -> Groups:
    """Whose announced levels changed with effect on a day, and whose care ended unanswered on it, by the lake."""
    changed = (pl.col("status") == "changed") & pl.col("before").is_not_null() & (pl.col("day") == day)
    expired = (pl.col("status") == "expired") & in_days("decided_at", day, day, time_zone)
    return {
        **_named(decisions.filter(changed), pl.format("moved/{}/{}/{}", "rating", "before", "level")),
        **_named(decisions.filter(expired), pl.format("expired/{}", "care")),
    }


def moved_now(customer: str, decisions: Iterable[Decision], day: Day) -> Groups:
    """The same of decisions that are made just now, which the lake does not have yet."""
    told = (one for one in decisions if isinstance(one, RatingChanged) and one.was is not None and one.day == day)
    return {f"moved/{one.rating}/{one.was}/{one.level}": {"customers": 1, "first": [customer]} for one in told}


def together(many: Iterable[Mapping[str, Mapping[str, Any]]]) -> Groups:
    """The sum of many: of the ids the first."""
    found: Groups = {}
    for one in many:
        for key, group in one.items():
            there = found.setdefault(key, {"customers": 0, "first": []})
            there["customers"] += group["customers"]
            there["first"] = sorted({*there["first"], *group["first"]})[:FIRST]
    return found


def without(named: Mapping[str, Mapping[str, Any]], customer: str) -> Groups:
    """Groups that do not name a customer. What they count stays."""
    return {key: {**one, "first": [who for who in one["first"] if who != customer]} for key, one in named.items()}


def _named(rows: pl.DataFrame, key: pl.Expr) -> Groups:
    first = pl.col("customer").unique().sort().head(FIRST)
    found = rows.group_by(key.alias("key")).agg(pl.len().alias("customers"), first.alias("first")).sort("key")
    return {row["key"]: {"customers": row["customers"], "first": row["first"]} for row in found.rows(named=True)}
