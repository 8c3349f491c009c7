"""Planning a night: which day is closed, and which buckets there are."""

from __future__ import annotations

from datetime import datetime, timedelta

from standing.adapters.lake import Lake
from standing.batch.lake.layout import BUCKETS, KINDS, current, staged
from standing.core.days import Day, day_of
from standing.core.ruleset import Ruleset

LAG = timedelta(hours=4)  # after a day's end: what was on its way then is there, so that it does not come late


def day_to_close(now: datetime, ruleset: Ruleset) -> Day:
    """The last day that is over, and has been for a while."""
    return day_of(now - LAG, ruleset.programme.time_zone) - 1


def buckets(lake: Lake) -> list[int]:
    """The buckets of which anything is known."""
    return [number for number in range(BUCKETS) if _is_there(lake, number)]


def _is_there(lake: Lake, number: int) -> bool:
    return any(lake.keys(current(kind, number)) or lake.keys(staged(kind, number)) for kind in KINDS)
