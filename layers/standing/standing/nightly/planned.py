"""The plan of a night, stored in the lake: lists of buckets may be longer than what a step can hand on to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from standing.aws.lake_bucket import Lake
from standing.lake.layout import named_after

PLANS = "nights/plans/"


class Planned(NamedTuple):
    """What a night is to do: the `day` to close, all buckets `known`, and those `due`, which are not done yet."""

    day: str
    known: list[int]
    due: list[int]


def keep_plan(lake: Lake, planned: Planned) -> dict[str, Any]:
    """Store a plan. Returns what is handed on: the day, how many buckets there are, and the keys of their lists."""
    known, due = orjson.dumps(planned.known), orjson.dumps(planned.due)
    folder = f"{PLANS}{planned.day}/{named_after([known.decode(), due.decode()])}"
    keys = {"known": f"{folder}/known.json", "due": f"{folder}/due.json"}
    lake.put(keys["known"], known)
    lake.put(keys["due"], due)
    return {"day": planned.day, "buckets": len(planned.known), "buckets_due": len(planned.due), **keys}


def plan_of(lake: Lake, handed_on: Mapping[str, Any]) -> Planned:
    """The stored plan, of what was handed on."""
    known, due = (orjson.loads(lake.get(handed_on[name]).body) for name in ("known", "due"))
    return Planned(handed_on["day"], known, due)
