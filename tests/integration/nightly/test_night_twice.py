"""Two runs of one night, and objects that go missing: nothing is done or counted twice, or passed over in silence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from standing.aws.table import Customers
from standing.engine.view import view
from standing.ingest.batch import Ingest
from standing.lake.compaction import compact_all, stage
from standing.lake.gaps import refill
from standing.lake.layout import KINDS, incoming_prefix, standing_key
from standing.lake.tombstones import write_tombstone
from standing.nightly.plan import day_to_close, plan
from standing.nightly.summary import DONE, conclude, merge_runs, part_key, report_key
from standing.nightly.work import BucketWork
from standing.report.model import COUNTS, BucketReport, Difference, Figures, Group, Report, Used, counts_of
from standing.report.upgrade import read_bucket, read_report
from standing.values.days import Day
from standing.values.faults import Fault

from tests.integration.nightly.test_night import LATER, RULES
from tests.make.lakes import Meanwhile, MemoryLake, bucket_of, months_of, neighbours
from tests.make.nights import begun
from tests.make.support import NOW, KeptRejections, message, purchase

WHO = "c-1"
NUMBER = bucket_of(WHO)
UNTIL = day_to_close(LATER, RULES.latest)


def filled(customers: Customers, names: list[str]) -> MemoryLake:
    """Gold customers, in table and lake, who by the night are gold no more and are to be called."""
    ingest, lake = Ingest(RULES, customers, KeptRejections(), clock=lambda: NOW), MemoryLake()
    for number, who in enumerate(names):
        sent = message(number, purchase(number, customer=who, amount="2500.00", days_ago=3))
        assert not ingest.batch([sent]).failed
    refill(lake, customers, RULES, names)
    stage(lake)
    return lake


def run(lake: Any, table: Any) -> BucketReport:
    work = BucketWork(lake, table, RULES, clock=lambda: LATER)
    (report,) = work.bucket(NUMBER, UNTIL, 1.0)
    return report


def part(lake: MemoryLake) -> BucketReport:
    return read_bucket(lake.get(part_key("2026-04-06", NUMBER)).body)


def test_two_runs_of_a_night_at_once_tell_together_what_both_did(customers: Customers) -> None:
    for number in range(1, 200):
        fresh, calls = neighbours_from(number, 2), list[str]()
        lake = filled(customers, fresh)
        before = versions(customers, fresh)

        def other(lake: MemoryLake = lake) -> None:
            run(lake, customers)

        first: Any = Meanwhile(lake, calls, number, other)
        table: Any = Meanwhile(customers, calls, number, other)
        run(first, table)
        if len(calls) < number:
            assert number > 20
            return
        told = part(lake)
        commits = versions(customers, fresh) - before
        decided = sum(len([one for one in customers.decisions(who) if one["sequence"] > 1]) for who in fresh)
        assert (told.commits, told.decisions, told.customers) == (commits, decided, len(fresh)), calls[-1]
        assert told.moved == len(fresh), (number, calls[number - 1])
        for who in fresh:
            state = customers.load(who)
            assert state is not None
            assert state.closed.levels == view(state, RULES, UNTIL).memory.levels
    pytest.fail("more calls than were tried")


def versions(customers: Customers, names: list[str]) -> int:
    """The versions of some customers, added up."""
    return sum(state.version for who in names if (state := customers.load(who)))


def neighbours_from(number: int, many: int) -> list[str]:
    """Customers of the same bucket, others for each number."""
    return neighbours(WHO, (number + 1) * many)[-many:]


def test_what_one_run_found_wrong_is_told_also_where_the_other_found_nothing() -> None:
    named, wrong, move = Difference("c", 1, "spend", "1", "2"), {"k": Fault("not-the-same")}, "moved/tier/gold/bronze"
    whole: dict[str, Any] = dict.fromkeys(COUNTS, 2)
    one = BucketReport(7, **whole, different=[named], incomplete=["x"], wrong=wrong, moved_now={move: Group(1, ["c"])})
    one = replace(one, rules="r", started="05:00", ended="05:02", seconds=1.0, used=Used(1.0, 2.0, 0.5))
    counts: dict[str, Any] = dict.fromkeys(COUNTS, 0) | {"customers": 2}
    nothing = BucketReport(7, **counts, moved_now={move: Group(1, ["b"])}, figures=Figures(levels={"tier": {}}))
    other = replace(nothing, rules="r", started="05:01", ended="05:01", seconds=1.0, used=one.used)
    for told in (merge_runs(one, other), merge_runs(other, one)):
        assert counts_of(told) == dict.fromkeys(COUNTS, 2)
        assert (told.different, told.incomplete, told.wrong) == ([named], ["x"], wrong)
        assert (told.started, told.ended, told.seconds, told.used) == ("05:00", "05:02", 2, Used(2.0, 4.0, 1.0))
        assert told.moved_now == {move: Group(2, ["b", "c"])}
    both = merge_runs(one, one)
    assert counts_of(both) == dict.fromkeys(COUNTS, 2) | dict.fromkeys(DONE, 4)
    assert (both.different, both.incomplete) == ([named], ["x"])


def test_a_report_that_another_run_kept_meanwhile_is_made_anew(customers: Customers) -> None:
    lake = filled(customers, [WHO])
    lake.put(f"{incoming_prefix('states')}torn.parquet", b"PAR1 and no more")
    _, steps = begun(lake, RULES.latest, LATER)
    shown: list[int] = []

    def meanwhile(report: Report) -> None:
        shown.append(report.buckets)
        if len(shown) == 1:  # the other run ends here, its bucket with it
            run(lake, customers)
            conclude(lake, begun(lake, RULES.latest, LATER)[1], lambda found: found, lambda _: None)

    report = conclude(lake, steps, lambda found: found, meanwhile)
    assert shown == [0, 1]
    assert (report.buckets, report.failed_buckets, report.moved) == (1, [], 1)
    assert read_report(lake.get(report_key(steps.day)).body) == report
    assert list(report.wrong) == [f"{incoming_prefix('states')}torn.parquet"]
    again = conclude(lake, begun(lake, RULES.latest, LATER)[1], lambda found: found, lambda _: None)
    assert list(again.wrong) == [f"{incoming_prefix('states')}torn.parquet"]  # set aside by the first, and nowhere else


def lived(customers: Customers, lake: MemoryLake, until: Day) -> BucketReport:
    (report,) = BucketWork(lake, customers, RULES, clock=lambda: LATER).bucket(NUMBER, until, 1.0)
    return report


@pytest.mark.parametrize("gone", [("records",), ("states",), ("records", "states"), KINDS], ids=", ".join)
def test_customers_whose_files_are_gone_are_named_and_lived_through_until_they_are_refilled(
    customers: Customers, gone: tuple[Any, ...]
) -> None:
    names = neighbours(WHO, 3)
    lake = filled(customers, names)
    assert lived(customers, lake, UNTIL - 3).incomplete == []
    lake.delete([key for kind in gone for key in months_of(lake, kind, NUMBER)])
    assert NUMBER in plan(lake, RULES.latest, LATER).known
    for day in (UNTIL - 1, UNTIL):
        told = lived(customers, lake, day)
        assert (told.incomplete, told.incomplete_customers, told.customers) == (sorted(names), 3, 3)
        for who in names:
            state = customers.load(who)
            assert state is not None
            assert view(state, RULES, day).memory.levels == state.closed.levels
    refill(lake, customers, RULES, names)
    compact_all(lake, [NUMBER])
    told = lived(customers, lake, UNTIL)
    assert (told.incomplete, told.customers, told.differences) == ([], 3, 0)


def test_a_bucket_whose_customers_were_all_forgotten_has_nights_like_any_other(customers: Customers) -> None:
    lake = filled(customers, [WHO])
    lived(customers, lake, UNTIL - 2)
    customers.forget(WHO)
    write_tombstone(lake, customers.salt, WHO)
    for day in (UNTIL - 1, UNTIL):
        told = lived(customers, lake, day)
        assert (told.customers, told.incomplete, told.gone) == (0, [], 0)


def test_who_was_forgotten_is_not_looked_for(customers: Customers) -> None:
    names = neighbours(WHO, 2)
    lake = filled(customers, names)
    lived(customers, lake, UNTIL - 1)
    customers.forget(WHO)
    lake.delete([*months_of(lake, "states", NUMBER), *months_of(lake, "records", NUMBER)])
    write_tombstone(lake, customers.salt, WHO)
    for day in (UNTIL - 1, UNTIL):
        assert lived(customers, lake, day).incomplete == [who for who in names if who != WHO]
    assert WHO not in pl.read_parquet(lake.get(standing_key(NUMBER)).body)["customer"].to_list()
