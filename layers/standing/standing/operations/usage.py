"""Consumed capacity, summed from the metrics in the ingest function's log."""

from __future__ import annotations

import json
from dataclasses import dataclass

from standing.aws.stack import Target


@dataclass(frozen=True)
class Usage:
    """DynamoDB capacity units consumed."""

    write_units: float
    read_units: float


def usage(target: Target) -> Usage:
    """Sum the capacity units over the whole log."""
    totals = {"write_units": 0.0, "read_units": 0.0}
    pages = target.logs.get_paginator("filter_log_events").paginate(logGroupName=target.outputs["IngestLogGroup"])
    for page in pages:
        for event in page["events"]:
            metrics = _metrics(event["message"])
            totals = {name: total + sum(metrics.get(name, ())) for name, total in totals.items()}
    return Usage(**totals)


def _metrics(message: str) -> dict[str, list[float]]:
    try:
        line = json.loads(message)
    except ValueError:
        return {}
    return line if isinstance(line, dict) and "_aws" in line else {}
