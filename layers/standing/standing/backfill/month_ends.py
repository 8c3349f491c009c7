"""Rewrites stored ends of months and the last night's standing for customers of a retracted run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import NamedTuple

import polars as pl

from standing.aws.contention import Attempts
from standing.aws.lake_bucket import Lake
from standing.engine.state import Memory
from standing.lake.layout import month_key, standing_key
from standing.lake.parquet import parquet_bytes
from standing.lake.standings import keep_standing, months_kept
from standing.rescoring.memory import frame_of
from standing.values.days import Day, month_end

TRIES = 10

type Pause = Callable[[float], None]


class RewrittenMonths(NamedTuple):
    """A customer's memory at ends of months from the day `since` on. Earlier ones stay valid."""

    months: Mapping[Day, Memory] = {}
    since: Day = 0


def kept_month_ends(lake: Lake, number: int) -> dict[str, Day]:
    """The stored months, by the key of a bucket's file, each with its last day."""
    return {month_key(month, number): month_end(month) for month in months_kept(lake)}


def rewrite_month_ends(lake: Lake, number: int, anew: Mapping[str, RewrittenMonths], pause: Pause) -> None:
    """Replace what ends of months say of some customers; nothing is said where there was nothing, or is none now.

    The month that runs is left to the next night. What cannot be read is left to it as well: it names it. Raises
    TooContended.
    """
    for key, end in kept_month_ends(lake, number).items():
        of = {who: one for who, one in anew.items() if one.since <= end}
        now = {who: one.months[end] for who, one in of.items() if end in one.months}
        rows = [(who, end, memory) for who, memory in now.items()]
        Attempts(TRIES, pause).run(partial(_replace, lake, key, of, rows))


def standing_without(lake: Lake, number: int, customers: Collection[str], pause: Pause) -> None:
    """Take customers out of the standing of the last night, so that no night looks for them. Raises TooContended."""
    Attempts(TRIES, pause).run(partial(_replace, lake, standing_key(number), customers, []))


def _replace(lake: Lake, key: str, customers: Collection[str], now: list[tuple[str, Day, Memory]]) -> None:
    """One try: what a key says of some customers is what is said of them now."""
    there = keep_standing(lake, key)
    if there.rows is None:
        return
    ours = pl.col("customer").is_in(list(customers))
    known = set(there.rows.filter(ours)["customer"])
    if not known:
        return
    others, made = there.rows.filter(~ours), frame_of((one for one in now if one[0] in known), {})
    lake.replace(key, parquet_bytes(pl.concat([others, made], how="diagonal").sort("customer")), there.etag)
