"""A night of 16,384 buckets, with a stub for their work: plan, what steps hand on, map and summary keep the quotas."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from standing.lake.layout import numbers_of, standing_key
from standing.nightly.plan import plan
from standing.nightly.planned import keep_plan, plan_of
from standing.nightly.summary import keep_failure, keep_part, steps_of, summarise
from standing.report.model import BucketReport, Used
from standing.values.faults import Fault

from tests.make.lakes import MemoryLake
from tests.make.support import real_rules

BITS = 14
ALL = list(numbers_of(BITS))
NOW = datetime(2026, 4, 7, 12, tzinfo=UTC)
DAY = "2026-04-06"
PAYLOAD, MOST_ITEMS, LARGEST_LIST = 256 * 1024, 100_000_000, 10 * 1024**3  # bytes; of a distributed map; of its object


@pytest.fixture(scope="module")
def lake() -> MemoryLake:
    """A lake of so many buckets, each with data."""
    lake = MemoryLake(BITS)
    for number in ALL:
        lake.put(standing_key(number), b"")
    return lake


def test_a_night_of_many_buckets_stays_within_the_quotas(lake: MemoryLake) -> None:
    handed_on = keep_plan(lake, plan(lake, real_rules().latest, NOW)) | {"at_once": 100}
    assert len(json.dumps(handed_on)) < PAYLOAD / 100
    due = json.loads(lake.objects[handed_on["due"]])
    assert due == ALL
    assert len(due) < MOST_ITEMS
    assert len(lake.objects[handed_on["due"]]) < LARGEST_LIST
    for number in due[:-2]:
        keep_part(lake, bucket_report(number))
    keep_failure(lake, DAY, due[-1], Fault("failed", {"cause": "stopped"}))
    output = {"planned": handed_on, "wrong": {}, "model": {}}
    report = summarise(lake, steps_of(lake, output))
    assert (report.buckets, report.customers) == (len(ALL) - 2, 3 * (len(ALL) - 2))
    assert report.failed_buckets == ALL[-2:]
    again = plan(lake, real_rules().latest, NOW)
    assert again.due == ALL[-2:]
    assert plan_of(lake, keep_plan(lake, again)) == again


def bucket_report(number: int) -> BucketReport:
    """What the work of a bucket of three customers comes to."""
    moment = NOW.isoformat()
    return BucketReport(number, customers=3, day=DAY, started=moment, ended=moment, seconds=1.0, used=Used(1.0, 0, 0))
