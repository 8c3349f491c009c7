"""Events that leave no record: duplicate and rejected events by source and day, from ingest's log.

The log is read for the closed day; earlier days are copied from the reports of their nights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from standing.aws.lake_bucket import ABSENT, Lake
from standing.nightly.metrics.sums import add
from standing.nightly.summary import report_key
from standing.report.model import Quality, Report
from standing.report.upgrade import read_report
from standing.values.days import day_in, end_of_day

FIELD = "refused"
NAMES = ("duplicates", "rejected")
DAYS = 7  # before the closed day


class LogsPort(Protocol):
    """The part of the log that is needed."""

    def lines(self, field: str, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        """The lines that have a field, from `since` to `until`."""


def with_refused(report: Report, lake: Lake, logs: LogsPort, time_zone: str) -> Report:
    """A night's report with what was refused on its day and the days before, beside what was recorded."""
    refused = add(refused_on(logs, report.day, time_zone), refused_before(lake, report.day))
    return replace(report, figures=replace(report.figures, quality=add(report.figures.quality, refused)))


def refused_on(logs: LogsPort, day: str, time_zone: str) -> Quality:
    """Duplicate and rejected events of a day, by source."""
    number = day_in(day)
    quality: Quality = {}
    for line in logs.lines(FIELD, end_of_day(number - 1, time_zone), end_of_day(number, time_zone)):
        for source, counts in line[FIELD].items():
            _add(quality, source, day, counts)
    return quality


def refused_before(lake: Lake, day: str) -> Quality:
    """The same for the days before, from their reports."""
    refused: Quality = {}
    for back in range(1, DAYS + 1):
        before = str(date.fromisoformat(day) - timedelta(days=back))
        stored = lake.get(report_key(before))
        quality = {} if stored is ABSENT else read_report(stored.body).figures.quality
        for source, days in quality.items():
            _add(refused, source, before, days.get(before, {}))
    return refused


def _add(quality: Quality, source: str, day: str, counts: dict[str, int]) -> None:
    own = {name: counts[name] for name in NAMES if counts.get(name)}
    if own:
        there = quality.setdefault(source, {}).setdefault(day, {})
        there |= {name: there.get(name, 0) + count for name, count in own.items()}
