"""The reports of nights, as the lake keeps them."""

from __future__ import annotations

from typing import Any

import orjson

from standing.aws.lake_bucket import ABSENT, Lake
from standing.nightly.summary import days_reported, report_key
from standing.values.errors import UserError


def kept_report(lake: Lake, day: str | None) -> dict[str, Any]:
    """The report of a day's night, or of the last. Raises UserError where there is none, naming those there are."""
    days = days_reported(lake)
    if not days:
        raise UserError("no night has ended yet: `standing night` closes the last day that is over")
    if day and day not in days:
        raise UserError(f"no report of {day}: there are those of {', '.join(days[-7:])}; `standing night --day {day}`")
    stored = lake.get(report_key(day or days[-1]))
    try:
        found: dict[str, Any] = {} if stored is ABSENT else orjson.loads(stored.body)
        found["day"], found["customers"]
    except (ValueError, KeyError, TypeError):
        again = f"`standing night --day {day or days[-1]}` writes it anew"
        raise UserError(f"nights/{day or days[-1]}.json is no report: {again}") from None
    return found
