"""What arrived and left no record is counted by source and day, from the log and from the nights before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from standing.ingest.batch import UNKNOWN, Ingest, Message
from standing.nightly.arrivals import with_refused
from standing.report.model import Figures, Report, report_json
from standing.rules.timeline import Timeline

from tests.make.lakes import MemoryLake
from tests.make.support import NOW, KeptRejections, message, purchase, real_rules

DAY = "2026-11-25"


class KeptLog:
    """Lines by the moment at which they were logged."""

    def __init__(self, *lines: tuple[datetime, dict[str, Any]]) -> None:
        self.logged = lines

    def lines(self, field: str, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        return (line for at, line in self.logged if since <= at < until and field in line)


def test_the_day_is_the_programmes_and_sources_are_added_up() -> None:
    noon = datetime(2026, 11, 25, 12, tzinfo=UTC)
    line = {"refused": {"shop": {"duplicates": 2, "rejected": 0}, "crm": {"rejected": 1}}}
    log = KeptLog((noon, line), (noon, line), (noon, {"counts": {}}), (noon - timedelta(hours=8), line))
    lake = MemoryLake()
    before = {"shop": {"2026-11-24": {"events": 9, "rejected": 4}, "2026-11-23": {"rejected": 7}}}
    lake.put("nights/2026-11-24.json", report_json(Report("2026-11-24", customers=1, figures=Figures(quality=before))))
    report = Report(DAY, customers=1, figures=Figures(quality={"shop": {DAY: {"events": 5}}}))
    found = with_refused(report, lake, log, "America/New_York").figures.quality
    assert found == {
        "shop": {DAY: {"events": 5, "duplicates": 4}, "2026-11-24": {"rejected": 4}},
        "crm": {DAY: {"rejected": 2}},
    }


def test_where_nothing_was_refused_the_figures_stay_as_they_are() -> None:
    report = Report(DAY, customers=0)
    assert with_refused(report, MemoryLake(), KeptLog(), "UTC") == report


class NoTable:
    """A table that knows every customer's events already, or none."""

    def load(self, _customer: str) -> None:
        return None

    def commit(self, *_arguments: Any) -> None:
        return None


def test_ingest_tells_by_source_what_it_refused() -> None:
    rules: Timeline = real_rules()
    table: Any = NoTable()
    ingest = Ingest(rules, table, KeptRejections(), clock=lambda: NOW)
    twice = purchase(1)
    wrong = purchase(2) | {"detail-type": "unheard-of"}
    odd = purchase(3) | {"source": "a b", "detail-type": "unheard-of"}
    said = [message(1, twice), message(2, twice), message(3, wrong), message(4, odd), Message("m-5", "no json")]
    refused = ingest.batch(said).refused
    assert {source: dict(counts) for source, counts in refused.items()} == {
        "shop.checkout": {"rejected": 1, "duplicates": 1},
        UNKNOWN: {"rejected": 2},
    }
