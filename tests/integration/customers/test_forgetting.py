"""Export and forget: what one gives is what the other removes, and nothing brings a forgotten customer back."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import polars as pl
import pytest
from standing.archive.archiver import archive
from standing.aws.lake_bucket import Lake
from standing.aws.table import SALT, Customers
from standing.backfill.partition import part_file
from standing.backfill.work_folders import DEALT, is_in_work, work_below, write_note
from standing.customers.export import as_json, export, rows_in
from standing.customers.forget import forget, forget_everywhere, forget_in_reports, rows_known
from standing.ingest.batch import Ingest, Message
from standing.lake.compaction import compact_all
from standing.lake.layout import month_key
from standing.lake.parquet import parquet_bytes
from standing.lake.runs import Run
from standing.nightly.summary import keep_part, keep_report, page_key, report_key
from standing.present.report.page import page
from standing.report.model import BucketReport, Difference, Group, Oddity
from standing.report.upgrade import read_report
from standing.rules.timeline import Timeline
from standing.values.errors import UserError
from standing.values.faults import Fault

from tests.integration.ingest.test_crashes import Crash, Fatal, Wire, fatals
from tests.integration.lake.test_lake import NUMBERS, Between, delivered, lake, records, streamed
from tests.make import reports
from tests.make.lakes import bucket_of, neighbours
from tests.make.support import NOW, KeptRejections, complaint, envelope, message, purchase

__all__ = ["lake", "streamed"]  # fixtures

PROFILE = {"id": "x", "customer": "c-1", "time": NOW.isoformat(), "consent": {"email": True}}
EVENTS = [
    message(0, purchase(1, days_ago=60)),
    message(1, purchase(2, days_ago=59)),
    message(2, envelope("profile.v1", PROFILE)),
    message(3, purchase(9, days_ago=600)),
    message(4, complaint(8, days_ago=1)),
]
MEANWHILE = [EVENTS[2], EVENTS[4]]  # without the one that comes too late: that is refused by a look of its own


def desk(rules: Timeline, customers: Customers, rejected: KeptRejections | None = None) -> Ingest:
    return Ingest(rules, customers, rejected or KeptRejections(), clock=lambda: NOW, pause=lambda _: None)


def scanned(customers: Customers, customer: str) -> list[str]:
    rows = customers.client.scan(TableName=customers.table)["Items"]
    return sorted(row["sk"]["S"] for row in rows if customer in json.dumps(row, default=repr))


def bytes_about(lake: Lake, customer: str) -> list[str]:
    """The objects that have a customer's id in their key or content; digits of a hash around it are by chance."""
    alone = re.compile(rb"(?<![0-9a-f])%b(?![0-9a-f])" % re.escape(customer).encode())
    found = ((key, lake.get(key).body) for key in lake.keys(""))
    return [key for key, body in found if alone.search(key.encode()) or alone.search(body)]


def test_what_export_gives_is_what_forget_removes(rules: Timeline, streamed: Customers, lake: Lake) -> None:
    delivered(rules, streamed)
    found = records()
    archive(found[:6], rules, lake)
    compact_all(lake, NUMBERS)
    archive(found[6:], rules, lake)  # some of it has not been compacted yet
    given, other = export(streamed, lake, "c-1"), export(streamed, lake, "c-2")
    assert sorted(given["table"]) == scanned(streamed, "c-1")
    assert len(given["lake"]["records"]) == len([sort for sort in given["table"] if sort.startswith("EVENT#")]) == 6
    assert [state["version"] for state in given["lake"]["states"]] == [1, 2, 3, 4, 5]
    assert bytes_about(lake, "c-1")
    forget(streamed, lake, "c-1")
    assert export(streamed, lake, "c-1")["table"] == {}
    assert scanned(streamed, "c-1") == []
    compact_all(lake, NUMBERS)
    assert rows_in(export(streamed, lake, "c-1")) == (0, 0)
    assert bytes_about(lake, "c-1") == []
    assert export(streamed, lake, "c-2") == other
    assert rows_in(other) != (0, 0)
    archive(found, rules, lake)  # the stream hands it all over again
    compact_all(lake, NUMBERS)
    assert bytes_about(lake, "c-1") == []
    assert export(streamed, lake, "c-2") == other


def test_a_customer_is_forgotten_wherever_it_is(
    rules: Timeline, streamed: Customers, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered(rules, streamed)
    archive(records(), rules, lake)
    shadow = SimpleNamespace(stack="shadow", customers=Shadowed(), status=lambda: "CREATE_COMPLETE")
    target: Any = SimpleNamespace(stack="standing", customers=streamed, lake=lake)
    monkeypatch.setattr("standing.customers.forget.shadow_of", lambda _: shadow)
    monkeypatch.setattr("standing.customers.forget.rules_of", lambda _: rules)
    work = work_below(tmp_path) / "0123"
    work.mkdir(parents=True)
    write_note(work, Run("20260301-1200-aaaaaaaa", [], None, work.name, ""), 0, "")
    (work / DEALT).write_text("{}")
    part_file(work, bucket_of("c-1")).write_text('{"detail": {"customer": "c-1"}}\n')
    there, _ = rows_known(target, tmp_path, "c-1")
    assert there == len(scanned(streamed, "c-1")) > 0
    assert forget_everywhere(target, tmp_path, "c-1") == ({"standing": there, "shadow": 3}, 0, 1)
    assert (scanned(streamed, "c-1"), is_in_work(tmp_path, "c-1")) == ([], False)
    compact_all(lake, NUMBERS)
    with pytest.raises(UserError, match="nothing is stored about `c-1`"):
        rows_known(target, tmp_path, "c-1")


class Shadowed:
    """The table of a shadow, which has three rows of everybody."""

    salt = "salt"

    def forget(self, _: str) -> int:
        return 3


def test_the_reports_of_nights_forget_whom_they_name(rules: Timeline, lake: Lake) -> None:
    ruleset, day, (gone, other) = rules.latest, str(reports.DAY), neighbours("gone-7", 2)
    kept = Oddity(Fault("of-nothing", {"count": 3}), source="shop")
    odd = {one.name: one for one in (Oddity(Fault("many-records", {"count": 60_000}), customer=gone), kept)}
    part = BucketReport(
        bucket_of(gone),
        different=[Difference(who, 20_000, "spend", "1", "2") for who in (gone, other)],
        incomplete=[other, gone],
        groups={"expired/win-back": Group(2, sorted([gone, other]))},
        moved_now={"moved/tier/gold/silver": Group(2, sorted([gone, other]))},
        odd=odd,
        day=day,
    )
    whole = replace(reports.bad(ruleset), different=part.different, incomplete=part.incomplete, odd=odd)
    whole = replace(whole, groups=part.groups | part.moved_now)
    before = reports.first(reports.DAY - timedelta(days=1))
    keep_report(lake, before)
    keep_report(lake, whole)
    keep_part(lake, part)
    for language in ("en", "zh"):
        lake.put(page_key(day, language), page(whole, ruleset, language).encode())
    assert len(bytes_about(lake, gone)) == 4
    assert forget_in_reports(lake, ruleset, gone) == 1
    assert bytes_about(lake, gone) == []
    assert len(bytes_about(lake, other)) == 4
    found = read_report(lake.get(report_key(day)).body)
    assert (found.incomplete, found.odd) == ([other], {kept.name: kept})
    assert found.groups == {"expired/win-back": Group(2, [other]), "moved/tier/gold/silver": Group(2, [other])}
    assert forget_in_reports(lake, ruleset, gone) == 0


def test_an_export_can_be_read_by_people(rules: Timeline, streamed: Customers, lake: Lake) -> None:
    delivered(rules, streamed)
    given: dict[str, Any] = json.loads(as_json(export(streamed, lake, "c-1")))
    state = given["table"]["STATE"]
    assert (state["version"], state["day"]) == (5, "2026-03-31")
    assert state["closed"]["levels"]["tier"]["level"] == "bronze"
    assert state["closed"]["levels"]["tier"]["since"] == "2026-01-30"
    event = given["table"]["EVENT#shop.checkout#p-1"]
    assert (event["day"], event["detail"]["amount"], event["type"]) == ("2026-01-31", "100.00", "purchase.v1")
    assert given["table"]["CHECKPOINT#2026-02"]["memory"]["levels"]["tier"]["level"] == "bronze"
    texts = list(map(json.dumps, given["table"].values()))
    assert not any(name in text for name in ('"image"', '"packed"', '"_counted"') for text in texts)


def test_an_export_has_the_standings_that_nights_kept(streamed: Customers, lake: Lake) -> None:
    row = {"customer": "c-1", "day": 20_000, "levels/tier/level": "gold", "levels/tier/since": 19_999, "due/call": None}
    lake.put(month_key("2024-10", bucket_of("c-1")), parquet_bytes(pl.DataFrame([row])))
    (found,) = export(streamed, lake, "c-1")["lake"]["standings"]
    assert found == {
        "of": month_key("2024-10", bucket_of("c-1")),
        **{"customer": "c-1", "day": "2024-10-04", "levels/tier/level": "gold", "levels/tier/since": "2024-10-03"},
    }


def test_replays_are_refused_with_a_reason(rules: Timeline, streamed: Customers, lake: Lake) -> None:
    assert desk(rules, streamed).batch(EVENTS).failed == {}
    assert desk(rules, streamed).batch([message(9, purchase(1, customer="c-2"))]).failed == {}
    forget(streamed, lake, "c-1")
    rows = streamed.client.scan(TableName=streamed.table)["Items"]
    for batches in ([EVENTS], [[one] for one in EVENTS[::-1]]):
        rejected = KeptRejections()
        for batch in batches:
            assert desk(rules, streamed, rejected).batch(batch).failed == {}
        assert [kept for kept, _ in rejected.kept] == [one.body for batch in batches for one in batch]
        assert {(why["reason"], why["field"]) for _, why in rejected.kept} == {("forgotten", "detail.customer")}
        assert all("a new id" in why["expected"] for _, why in rejected.kept)
    assert streamed.client.scan(TableName=streamed.table)["Items"] == rows
    assert streamed.is_forgotten("c-1")
    assert not streamed.is_forgotten("c-2")
    assert desk(rules, streamed).batch([message(9, purchase(2, customer="c-2"))]).counts["applied"] == 1


def begun(rules: Timeline, customers: Customers, *events: Message) -> None:
    """A table as before each of the races: nobody was forgotten, and the customer has these events."""
    for row in customers.client.scan(TableName=customers.table)["Items"]:
        if row["sk"]["S"] != SALT:
            customers.client.delete_item(TableName=customers.table, Key={name: row[name] for name in ("pk", "sk")})
    assert desk(rules, customers).batch(events).failed == {}


def tapped(customers: Customers, wire: Wire) -> Customers:
    return Customers(wire.tap(boto3.client("dynamodb")), customers.table)


@pytest.mark.parametrize("before", [0, 2])
def test_events_that_come_meanwhile_end_forgotten(
    rules: Timeline, streamed: Customers, lake: Lake, before: int
) -> None:
    def arrive() -> None:
        assert desk(rules, streamed).batch(MEANWHILE).failed == {}

    for number in range(30):  # events arrive between any two calls of forgetting
        begun(rules, streamed, *EVENTS[:before])
        forget(tapped(streamed, wire := Between(number, arrive)), lake, "c-1")
        assert scanned(streamed, "c-1") == [], number
        if len(wire.calls) <= number:
            break
    arrive()
    assert scanned(streamed, "c-1") == []


@pytest.mark.parametrize("before", [0, 2])
def test_a_customer_is_forgotten_in_the_midst_of_events(
    rules: Timeline, streamed: Customers, lake: Lake, before: int
) -> None:
    for number in range(60):
        begun(rules, streamed, *EVENTS[:before])
        wire = Between(number, partial(forget, streamed, lake, "c-1"))
        assert desk(rules, tapped(streamed, wire)).batch(MEANWHILE).failed == {}
        if len(wire.calls) <= number:
            return
        assert scanned(streamed, "c-1") == [], number
    raise AssertionError("more calls than were tried")


def test_forgetting_that_ended_half_way_is_finished_by_the_next(
    rules: Timeline, streamed: Customers, lake: Lake
) -> None:
    begun(rules, streamed, *EVENTS[:2])
    forget(tapped(streamed, wire := Wire(Fatal(-1, carried_out=False, end=Crash))), lake, "c-1")
    for fatal in fatals(len(wire.calls), Crash):
        begun(rules, streamed, *EVENTS[:2])
        with suppress(Crash):
            forget(tapped(streamed, Wire(fatal)), lake, "c-1")
        forget(streamed, lake, "c-1")
        assert scanned(streamed, "c-1") == []
        assert streamed.is_forgotten("c-1")


def test_a_customer_of_many_rows_is_forgotten_whole(
    rules: Timeline, streamed: Customers, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("standing.aws.table.MOST_BATCHED", 7)
    many = [Message(f"m-{n}", message(n, purchase(n, days_ago=n)).body) for n in range(40)]
    assert desk(rules, streamed).batch(many).failed == {}
    there = len(streamed.rows("c-1"))
    assert there > 40
    assert forget(streamed, lake, "c-1") == there
    assert scanned(streamed, "c-1") == []
