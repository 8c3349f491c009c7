"""Closes today ahead of time, because a report covers the closed day, and the demo's live events are of today.

It does the work of the state machine's functions in this process, with a clock set to tomorrow. Only for the demo: a
real day is never closed before its end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from standing.aws.lake_bucket import Lake
from standing.aws.logs import Logs
from standing.aws.stack import Target
from standing.aws.table import Customers
from standing.lake.compaction import stage
from standing.lake.layout import INCOMING
from standing.nightly.arrivals import LogsPort, with_refused
from standing.nightly.model import model_for
from standing.nightly.plan import LAG, plan
from standing.nightly.summary import NightSteps, conclude, page_key
from standing.nightly.work import BucketWork
from standing.present.report.page import page
from standing.report.model import Report
from standing.rules.timeline import Timeline
from standing.values.catalogue import LANGUAGES
from standing.values.days import day_of, end_of_day

BEGINS = LAG + timedelta(minutes=30)  # after a day's end, like the schedule
GIGABYTES = 3008 / 1024  # the memory of the function rescore, for its cost
QUIET, PATIENCE = 3.0, 60.0  # seconds without new objects in the lake, and the longest wait for that


class Nowhere:
    """A bus that drops everything: scores of a future day would be rejected."""

    def put(self, _entries: Sequence[Any]) -> list[int]:
        """Accept every entry, and send nothing."""
        return []


def today_closed(target: Target, rules: Timeline, seen: Callable[[int, int], None]) -> Report:
    """Close today and return the report. `seen` gets the number of finished buckets and of all buckets."""
    await_lake(target.lake)
    logs = Logs(target.logs, target.outputs["IngestLogGroup"])
    return closed_ahead(target.lake, target.customers, rules, logs, datetime.now(UTC), seen)


def closed_ahead(
    lake: Lake,
    customers: Customers,
    rules: Timeline,
    logs: LogsPort,
    now: datetime,
    seen: Callable[[int, int], None] = lambda _done, _of: None,
) -> Report:
    """Close the day of `now` like its night. Returns the report, which is stored in the lake with its pages."""
    zone = rules.latest.programme.time_zone
    day = day_of(now, zone)
    begins = end_of_day(day, zone) + BEGINS
    wrong = stage(lake).wrong
    planned = plan(lake, rules.latest, begins)
    steps = NightSteps(planned.day, planned.known, wrong, model_for(lake, rules.latest, planned).for_report())
    work = BucketWork(lake, customers, rules, Nowhere(), lambda: begins + (datetime.now(UTC) - now))
    for done, number in enumerate(planned.due, 1):
        work.bucket(number, day, GIGABYTES)
        seen(done, len(planned.due))
    return conclude(lake, steps, lambda report: with_refused(report, lake, logs, zone), _pages(lake, rules))


def await_lake(lake: Lake) -> None:
    """Wait until the lake gets no more objects from the table's stream, which lags a little."""
    deadline, quiet = time.monotonic() + PATIENCE, time.monotonic() + QUIET
    known = len(lake.keys(f"{INCOMING}/"))
    while time.monotonic() < min(quiet, deadline):
        time.sleep(QUIET / 6)
        if (objects := len(lake.keys(f"{INCOMING}/"))) != known:
            known, quiet = objects, time.monotonic() + QUIET


def _pages(lake: Lake, rules: Timeline) -> Callable[[Report], None]:
    def keep(report: Report) -> None:
        for language in LANGUAGES:
            lake.put(page_key(report.day, language), page(report, rules.latest, language).encode())

    return keep
