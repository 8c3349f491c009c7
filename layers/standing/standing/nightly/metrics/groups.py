"""Groups: the customers behind some metrics: their number, and the first few by id.

A group's key is a path: `moved/RATING/BEFORE/LEVEL` and `expired/CARE`, for one day. Groups add up over buckets.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from standing.engine.decide import Decision
from standing.engine.ledger.announcements import RatingChanged
from standing.nightly.metrics.counts import in_days
from standing.nightly.metrics.samples import FIRST
from standing.report.model import Group, Groups
from standing.values.days import Day


def groups(decisions: pl.DataFrame, day: Day, time_zone: str) -> Groups:
    """Customers whose announced level changed on a day, or whose care action expired on it, from the lake."""
    changed = (pl.col("status") == "changed") & pl.col("before").is_not_null() & (pl.col("day") == day)
    expired = (pl.col("status") == "expired") & in_days("decided_at", day, day, time_zone)
    return {
        **_named(decisions.filter(changed), pl.format("moved/{}/{}/{}", "rating", "before", "level")),
        **_named(decisions.filter(expired), pl.format("expired/{}", "care")),
    }


def moved_now(customer: str, decisions: Iterable[Decision], day: Day) -> Groups:
    """The same for decisions of this night, which the lake does not have yet."""
    moves = (one for one in decisions if isinstance(one, RatingChanged) and one.was is not None and one.day == day)
    return {f"moved/{one.rating}/{one.was}/{one.level}": Group(1, [customer]) for one in moves}


def _named(rows: pl.DataFrame, key: pl.Expr) -> Groups:
    first = pl.col("customer").unique().sort().head(FIRST)
    grouped = rows.group_by(key.alias("key")).agg(pl.len().alias("customers"), first.alias("first")).sort("key")
    return {key: Group(customers, first) for key, customers, first in grouped.rows()}
