"""The stored standings: of the last night, and of the ends of months, with one file for each bucket."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import NamedTuple

import polars as pl

from standing.aws.lake_bucket import Lake
from standing.lake.layout import MONTHS, number_in
from standing.lake.standings import keep_standing
from standing.values.days import Day, month_end

NEAR = 31  # days: one night a month is stored, so any day between two is nearer than this to one of them


class NoNight(ValueError):  # noqa: N818 -- describes the answer
    """No stored standing is near the day. `days` has the days of all stored standings, in ascending order."""

    def __init__(self, days: list[Day]) -> None:
        super().__init__("no standing is stored")
        self.days = days


class Night(NamedTuple):
    """The standings of a night: the day that it closed, and a key for each bucket."""

    day: Day
    keys: list[str]


def last_night(lake: Lake) -> Night:
    """The last night. Raises NoNight if there was none."""
    months = _by_month(lake)
    if not months:
        raise NoNight([])
    last = max(months)
    return Night(_day(lake, last, months[last]), _up_to(months, last))


def night_of(lake: Lake, day: Day) -> Night:
    """The stored night nearest to a day, the earlier of two. Raises NoNight if none is near."""
    months = _by_month(lake)
    days = {_day(lake, month, keys): month for month, keys in months.items()}
    near = min(days, key=lambda one: (abs(one - day), one), default=None)
    if near is None or abs(near - day) > NEAR:
        raise NoNight(sorted(days))
    return Night(near, _up_to(months, days[near]))


def _by_month(lake: Lake) -> dict[str, list[str]]:
    keys = sorted(lake.keys(f"{MONTHS}/"))
    return {month: list(some) for month, some in groupby(keys, lambda key: key.split("/")[1])}


def _up_to(months: Mapping[str, list[str]], last: str) -> list[str]:
    """The last file of each bucket up to a month, since a bucket that failed has no file of the month itself."""
    found = {number_in(key): key for month, keys in sorted(months.items()) if month <= last for key in keys}
    return [found[number] for number in sorted(found)]


def _day(lake: Lake, month: str, keys: list[str]) -> Day:
    """The day of a month's standings: the month's end, or a later night's day in the current month."""
    for key in keys:
        rows = keep_standing(lake, key).rows
        if rows is not None and not rows.is_empty():
            return int(rows.select(pl.col("day").max()).item())
    return month_end(month)
