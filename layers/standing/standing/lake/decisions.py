"""Decisions of the table as rows of the lake: levels announced or honoured; care requested, held back or closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
import polars as pl

from standing.values.days import day_in

SUBJECT = ("rating", "care", "gate", "arm", "channel")  # fields with the same names as in the published outcome
DECISIONS: dict[str, Any] = {
    "customer": pl.String,
    "id": pl.String,
    "version": pl.Int64,  # of the state that its commit wrote
    "day": pl.Int32,  # on which a level took effect, or care fell due
    "decided_at": pl.Int64,  # in seconds since 1970
    "rules": pl.String,
    "type": pl.String,  # of the outcome that it is published as; null if it is not published
    "status": pl.String,
    **dict.fromkeys(SUBJECT, pl.String),
    "before": pl.String,  # the level announced before; null for the first
    "level": pl.String,
    "computed": pl.String,  # the computed level, if another is honoured
}


def decision_row(row: dict[str, Any]) -> dict[str, Any]:
    """A decision's table row as a row of the lake."""
    detail = orjson.loads(row["detail"]["S"])
    return {
        "customer": row["pk"]["S"],
        "id": detail["id"],
        "version": detail["sequence"],
        "day": day_in(detail["day"]),
        "decided_at": int(datetime.fromisoformat(detail["decided_at"]).timestamp()),
        "rules": detail["rules"],
        "type": row.get("outcome", {}).get("S"),
        "status": detail.get("status") or ("honoured" if "honoured" in detail else "changed"),
        **{name: detail.get(name) for name in SUBJECT},
        "before": detail.get("from"),
        "level": detail.get("to") or detail.get("honoured"),
        "computed": detail.get("computed"),
    }
