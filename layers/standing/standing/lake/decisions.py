"""Decisions of the table as rows of the lake: what was announced, honoured, requested, held back, and how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
import polars as pl

from standing.values.days import day_in

TOLD = ("rating", "care", "gate", "arm", "channel")  # what a decision is of, under the names that it is published by
DECISIONS: dict[str, Any] = {
    "customer": pl.String,
    "id": pl.String,
    "version": pl.Int64,  # of the state that its commit wrote
    "day": pl.Int32,  # on which a level took effect, or care fell due
    "decided_at": pl.Int64,  # in seconds since 1970
    "rules": pl.String,
    "type": pl.String,  # as what it is published; null where it is not
    "status": pl.String,
    **dict.fromkeys(TOLD, pl.String),
    "before": pl.String,  # the level that was announced before this one; null for the first
    "level": pl.String,
    "computed": pl.String,  # where another level is honoured
}


def decision_row(row: dict[str, Any]) -> dict[str, Any]:
    """A decision's row of the table as a row of the lake."""
    told = orjson.loads(row["detail"]["S"])
    return {
        "customer": row["pk"]["S"],
        "id": told["id"],
        "version": told["sequence"],
        "day": day_in(told["day"]),
        "decided_at": int(datetime.fromisoformat(told["decided_at"]).timestamp()),
        "rules": told["rules"],
        "type": row.get("outcome", {}).get("S"),
        "status": told.get("status") or ("honoured" if "honoured" in told else "changed"),
        **{name: told.get(name) for name in TOLD},
        "before": told.get("from"),
        "level": told.get("to") or told.get("honoured"),
        "computed": told.get("computed"),
    }
