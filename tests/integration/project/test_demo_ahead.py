"""The demo's night ahead of its time: what came today is in its report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from standing.aws.lake_bucket import Lake
from standing.aws.table import Customers
from standing.ingest.batch import Ingest
from standing.lake.gaps import refill
from standing.nightly.plan import day_to_close
from standing.rules.timeline import Timeline
from standing.values.days import day_date, day_of

from demo.ahead import closed_ahead
from tests.make.support import KeptRejections, envelope, message, real_rules

NOW = datetime(2026, 3, 31, 15, 0, tzinfo=UTC)


class Log:
    """What ingest logged: one event of today that came twice."""

    def lines(self, field: str, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        if since <= NOW < until:
            yield {field: {"shop.checkout": {"duplicates": 1}}}


def sold(number: int) -> dict[str, Any]:
    detail = {"id": f"p-{number}", "customer": "c-1", "time": (NOW - timedelta(days=number)).isoformat()}
    return envelope("purchase.v1", {**detail, "amount": "900.00", "currency": "USD"})


def lake_of(customers: Customers, rules: Timeline) -> Lake:
    client = boto3.client("s3")
    client.create_bucket(Bucket="lake")
    lake = Lake(client, "lake", at_once=1, bits=8)
    desk = Ingest(rules, customers, KeptRejections(), clock=lambda: NOW, pause=lambda _: None)
    assert not desk.batch([message(number, sold(number)) for number in range(3)]).failed
    refill(lake, customers, rules, ["c-1"])
    return lake


def test_what_came_today_is_in_the_report_of_today(customers: Customers) -> None:
    rules = real_rules()
    lake = lake_of(customers, rules)
    seen: list[tuple[int, int]] = []
    today = day_of(NOW, rules.latest.programme.time_zone)
    assert day_to_close(NOW, rules.latest) < today
    report = closed_ahead(lake, customers, rules, Log(), NOW, lambda *look: seen.append(look))
    day = str(day_date(today))
    assert (report.day, report.failed_buckets, seen) == (day, [], [(1, 1)])
    assert report.figures.quality["shop.checkout"] == {day: {"events": 3, "late": 0, "duplicates": 1}}
    assert report.figures.levels["tier"]["gold"] == 1
    assert report.figures.changes["tier"]
    assert set(lake.keys("nights/")) >= {f"nights/{day}.json", f"nights/{day}.en.html", f"nights/{day}.zh.html"}
