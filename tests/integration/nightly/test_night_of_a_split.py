"""A night that comes to a bucket that is split, before or meanwhile, does the buckets below, and counts everybody."""

from __future__ import annotations

from typing import Any

import pytest
from standing.aws.table import Customers
from standing.lake.buckets import BUCKETS, Buckets, buckets_of
from standing.lake.layout import KINDS, bits_of, number_in
from standing.lake.split import split
from standing.nightly.plan import plan
from standing.nightly.summary import NightSteps, keep_part, part_key, summarise
from standing.nightly.work import BucketWork
from standing.report.model import Report

from tests.integration.nightly.test_night import LATER, RULES
from tests.integration.nightly.test_night_twice import NUMBER, UNTIL, WHO, filled
from tests.make.lakes import BITS, Meanwhile, MemoryLake, neighbours

MORE = 2
NAMES = neighbours(WHO, 4)


def ignore(_done: int, _all: int) -> None:
    """Nothing."""


def night(lake: MemoryLake, through: Any, table: Any) -> Report:
    """The night of all buckets that are due, where the work sees the lake through something."""
    planned = plan(lake, RULES.latest, LATER)
    for number in planned.due:
        BucketWork(through, table, RULES, clock=lambda: LATER).bucket(number, UNTIL, 1.0)
    assert plan(lake, RULES.latest, LATER).due == []
    return summarise(lake, NightSteps(planned.day, planned.known))


def everybody_is_counted(lake: MemoryLake, report: Report) -> None:
    assert (report.customers, report.moved, report.failed_buckets) == (len(NAMES), len(NAMES), [])
    assert (report.incomplete, report.differences, report.wrong) == ([], 0, {})
    there = {number_in(key) for kind in KINDS for key in (*lake.keys(f"{kind}/"), *lake.keys(f"staged/{kind}/"))}
    assert all(buckets_of(lake).is_leaf(number) for number in there)


def test_a_bucket_that_is_split_and_not_dealt_out_yet(customers: Customers) -> None:
    lake = filled(customers, NAMES)
    lake.put(BUCKETS, Buckets(BITS, BITS + MORE, frozenset([NUMBER])).body())
    assert plan(lake, RULES.latest, LATER).due == [NUMBER]
    everybody_is_counted(lake, night(lake, lake, customers))


@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.long)])
def test_a_split_in_the_middle_of_a_night(customers: Customers, step: int) -> None:
    for number in range(1, 1000, step):
        names = neighbours(WHO, (number + 1) * len(NAMES))[-len(NAMES) :]
        lake, calls = filled(customers, names), list[str]()

        def other(lake: MemoryLake = lake) -> None:
            split(lake, BITS + MORE, ignore)

        report = night(lake, Meanwhile(lake, calls, number, other), customers)
        if len(calls) < number:
            assert buckets_of(lake).bits == BITS
            return
        assert report.customers == len(names), number
        assert (report.moved, report.failed_buckets, report.incomplete) == (len(names), [], []), number
    pytest.fail("more calls than were tried")


def test_a_night_that_is_started_again_after_a_split_does_nothing_twice(customers: Customers) -> None:
    lake = filled(customers, NAMES)
    first = night(lake, lake, customers)
    split(lake, BITS + MORE, ignore)
    assert plan(lake, RULES.latest, LATER).due == []
    assert night(lake, lake, customers) == first


def test_a_report_of_a_bucket_counts_once_beside_those_that_it_was_split_into(customers: Customers) -> None:
    lake = filled(customers, NAMES)
    work = BucketWork(lake, customers, RULES, clock=lambda: LATER)
    (whole,) = work.bucket(NUMBER, UNTIL, 1.0)
    split(lake, BITS + MORE, ignore)
    for leaf in buckets_of(lake).leaves(NUMBER):
        assert bits_of(leaf) == BITS + MORE
        keep_part(lake, work.bucket(leaf, UNTIL, 1.0)[0])
    assert lake.get(part_key(whole.day, NUMBER)).body
    assert summarise(lake, NightSteps(whole.day, [NUMBER])).customers == len(NAMES)
