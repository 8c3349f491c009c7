"""What a night came to: the buckets' counts added up, and everything that is wrong by name. Kept in the lake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import orjson

from standing.adapters.lake import Lake

COUNTS = (
    *("customers", "stirred", "moved", "gone", "busy", "commits", "decisions", "conflicts"),
    *("reconciled", "differences"),
)
NAMED = 100


def added_up(day: str, buckets: Iterable[dict[str, Any]], failed: Iterable[int] = ()) -> dict[str, Any]:
    """One report of many: counts, failed buckets, differences and damaged files, each list of bounded length."""
    counts: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    different: list[dict[str, Any]] = []
    incomplete: list[str] = []
    wrong: dict[str, str] = {}
    for one in buckets:
        counts.update({name: one[name] for name in COUNTS})
        different += one["different"]
        incomplete += one["incomplete"]
        wrong |= one["wrong"]
    return {
        "day": day,
        **counts,
        "failed_buckets": sorted(failed),
        "different": different[:NAMED],
        "incomplete": incomplete[:NAMED],
        "wrong": wrong,
    }


def keep(lake: Lake, report: dict[str, Any]) -> str:
    """Keep a night's report; its key."""
    key = f"nights/{report['day']}.json"
    lake.put(key, orjson.dumps(report, option=orjson.OPT_INDENT_2))
    return key
