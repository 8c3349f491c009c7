"""The log lines of a group that have a given field. Does not know what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient


@dataclass(frozen=True)
class Logs:
    """One log group, whose lines are JSON."""

    client: CloudWatchLogsClient
    group: str

    def lines(self, field: str, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        """The lines that have a field, from `since` (inclusive) to `until` (exclusive)."""
        pages = self.client.get_paginator("filter_log_events").paginate(
            logGroupName=self.group,
            startTime=int(since.timestamp() * 1000),
            endTime=int(until.timestamp() * 1000) - 1,
            filterPattern=f'"{field}"',
        )
        for page in pages:
            yield from (line for event in page["events"] if field in (line := _parsed(event["message"])))


def _parsed(message: str) -> dict[str, Any]:
    try:
        entry = orjson.loads(message)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
