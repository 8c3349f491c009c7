"""A night from the lake into the table, on moto: what time alone changed is said once, whatever call is the last."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from standing.aws.lake_bucket import Lake
from standing.aws.table import Customers
from standing.engine.view import view
from standing.ingest.batch import Ingest
from standing.lake.compaction import compact_all, stage
from standing.lake.gaps import refill
from standing.lake.incoming import write_rows
from standing.lake.layout import Kind, month_key, partition, standing_key
from standing.lake.parquet import WRONG, CorruptFile, parquet_bytes
from standing.lake.rows import state_row
from standing.nightly.bucket import rescore_bucket
from standing.nightly.metrics.months import month_before
from standing.nightly.plan import buckets, day_to_close, plan
from standing.nightly.summary import add_reports, keep_report, summarise
from standing.nightly.work import BucketWork
from standing.report.model import COUNTS, BucketReport, Difference, Figures, Group, Oddity, Seconds, Used
from standing.rules.ruleset import Stratum
from standing.rules.timeline import Timeline
from standing.values.days import day_date, day_in, day_of, month_end, month_of
from standing.values.faults import Fault

from tests.make import strategies as made
from tests.make.lakes import Meanwhile, MemoryLake, bucket_of, last_file, months_of, neighbours
from tests.make.nights import begun
from tests.make.strategies import every, line
from tests.make.support import NOW, KeptRejections, complaint, message, purchase

WHO = "c-1"
NUMBER = bucket_of(WHO)
LATER = NOW + timedelta(days=7)
SPEND = made.feature("spend", "sum", made.NET, over=5)
SINCE = made.feature("since", "days_since_last", made.PURCHASES)
TIER = made.rating("tier", ["bronze", "gold"], {"gold": every(line("spend", ">=", 10_000))})
CALL = made.care("call", every(line("since", ">=", 6)), repeat_after=300, within=5)
RULES = Timeline.of(made.ruleset((SPEND, SINCE), Stratum(ratings=(TIER,)), Stratum(care=(CALL,))))


FAULT = Fault("not-the-same")
MADE = BucketReport(
    7,
    **dict.fromkeys(COUNTS, 2),  # type: ignore[arg-type]  # counts alone
    rules="r",
    started="05:00",
    ended="05:01",
    seconds=1.5,
    used=Used(0.5, 0.5, 0.5),
)


@pytest.fixture
def rules() -> Timeline:
    """A tier by the spend of five days, and a call after six days without an order."""
    return RULES


@pytest.fixture
def lake() -> Lake:
    """An empty bucket."""
    client = boto3.client("s3")
    client.create_bucket(Bucket="lake")
    return Lake(client, "lake", at_once=1, bits=8)


@pytest.fixture
def bought(rules: Timeline, customers: Customers, lake: Lake) -> Customers:
    """A gold customer in table and lake, who complained."""
    ingest = Ingest(rules, customers, KeptRejections(), clock=lambda: NOW)
    messages = [message(1, purchase(1, amount="2500.00", days_ago=3)), message(2, complaint(2, days_ago=1))]
    assert not ingest.batch(messages).failed
    refill(lake, customers, rules, [WHO])
    stage(lake)
    return customers


def night(lake: Lake, table: Any, rules: Timeline) -> BucketReport:
    until = day_to_close(LATER, rules.latest)
    return rescore_bucket(lake, table, rules, NUMBER, until, clock=lambda: LATER)


def test_what_time_alone_changed_is_said_once(rules: Timeline, bought: Customers, lake: Lake) -> None:
    before = bought.decisions(WHO)
    told = night(lake, bought, rules)
    assert (told.customers, told.moved, told.differences, told.reconciled) == (1, 1, 0, 1)
    new = bought.decisions(WHO)[len(before) :]
    assert [one.get("to") or one["care"] for one in new] == ["bronze", "call"]
    assert night(lake, bought, rules).commits == 0
    assert len(bought.decisions(WHO)) == len(before) + len(new)


def test_who_moved_on_the_day_is_named_once_whoever_decided_it(rules: Timeline, bought: Customers, lake: Lake) -> None:
    day = day_of(NOW, "UTC") + 2  # the purchase of three days ago is among the last five days no more
    move = {"moved/tier/gold/bronze": Group(1, [WHO])}
    told = rescore_bucket(lake, bought, rules, NUMBER, day, clock=lambda: NOW + timedelta(days=3))
    assert (told.groups, told.moved_now) == ({}, move)
    refill(lake, bought, rules, [WHO])  # the stream brings what the night decided
    stage(lake)
    again = rescore_bucket(lake, bought, rules, NUMBER, day, clock=lambda: NOW + timedelta(days=3))
    assert (again.groups, again.moved_now) == (move, {})
    next_day = rescore_bucket(lake, bought, rules, NUMBER, day + 1, clock=lambda: NOW + timedelta(days=4))
    assert (next_day.groups, next_day.moved_now) == ({}, {})
    for one in (told, again):
        assert add_reports(str(day_date(day)), [one]).groups == move


def test_the_standing_of_the_night_is_that_of_the_table(rules: Timeline, bought: Customers, lake: Lake) -> None:
    state = bought.load(WHO)
    assert state is not None
    night(lake, bought, rules)
    until = day_to_close(LATER, rules.latest)
    seen = view(state, rules, until)
    moved = bought.load(WHO)
    assert moved is not None
    assert (moved.day, moved.closed.levels) == (until, seen.memory.levels)


def test_a_difference_between_state_and_lake_is_counted_and_named(
    rules: Timeline, bought: Customers, lake: Lake
) -> None:
    client = lake.client
    night(lake, bought, rules)
    records = client.get_object(Bucket="lake", Key=last_file(lake, "records", NUMBER))["Body"].read()
    client.delete_object(Bucket="lake", Key=standing_key(NUMBER))
    client.put_object(Bucket="lake", Key=last_file(lake, "records", NUMBER), Body=_dearer(records))
    told = night(lake, bought, rules)
    assert told.differences > 0
    last = told.different[-1]
    assert (last.feature, last.state, last.lake) == ("spend", "250000", "999900")


def _dearer(body: bytes) -> bytes:
    rows = pl.read_parquet(io.BytesIO(body))
    dearer = pl.when(pl.col("amount").is_not_null()).then(pl.lit(999_900, dtype=pl.Int64)).alias("amount")
    return parquet_bytes(rows.with_columns(dearer))


def test_a_standing_that_cannot_be_read_is_named_and_worked_out_anew(
    rules: Timeline, bought: Customers, lake: Lake
) -> None:
    lake.put(standing_key(NUMBER), b"PAR1 half of a file")
    told = night(lake, bought, rules)
    assert told.wrong[standing_key(NUMBER)] == Fault("unreadable").handled("worked-out-anew")
    assert told.moved == 1
    assert night(lake, bought, rules).wrong == {}


def test_a_customer_of_whom_the_lake_misses_something_is_left_to_the_core(
    rules: Timeline, bought: Customers, lake: Lake
) -> None:
    Ingest(rules, bought, KeptRejections(), clock=lambda: NOW).batch([message(3, purchase(3, amount="1.00"))])
    Ingest(rules, bought, KeptRejections(), clock=lambda: NOW).batch([message(4, purchase(4, amount="1.00"))])
    # The lake saw the last state alone, and neither the one before nor their records.
    row = bought.state_row(WHO)
    assert row is not None
    write_rows(lake, "states", [state_row(row, rules, "stream")])
    stage(lake)
    told = night(lake, bought, rules)
    assert (told.incomplete, told.incomplete_customers, told.customers) == ([WHO], 1, 1)
    assert told.figures.levels == {}  # the lake knows no standing of theirs
    assert told.moved == 1


def test_the_figures_of_a_night_are_those_of_its_day(rules: Timeline, bought: Customers, lake: Lake) -> None:
    came, until = day_of(NOW, "UTC"), day_to_close(LATER, rules.latest)
    told = night(lake, bought, rules).figures
    assert told.levels == {"tier": {"bronze": 1}}
    counts = {str(day_date(came)): {"events": 1, "late": 0}}
    assert told.quality == {"service.desk": counts, "shop.checkout": counts}
    assert told.drift["now"]["features"] == {"spend": {"0": 1}, "since": {"2^3": 1}}
    assert (told.moves, told.after, told.care) == ({}, {}, {})
    assert night(lake, bought, rules).figures == told  # the second time nobody has to be lived through
    refill(lake, bought, rules, [WHO])  # the stream brings what the night decided
    stage(lake)
    next_day = rescore_bucket(lake, bought, rules, NUMBER, until + 1, clock=lambda: LATER).figures
    assert next_day.care == {span: {"call": {"sent": 1}} for span in ("1d", "30d")}
    assert next_day.changes == {"tier": {"1": 1}}


def test_decisions_that_cannot_be_read_cost_their_figures_alone(rules: Timeline, bought: Customers, lake: Lake) -> None:
    night(lake, bought, rules)
    lake.put(last_file(lake, "decisions", NUMBER), b"PAR1 half of a file")
    told = night(lake, bought, rules)
    assert list(told.wrong) == [last_file(lake, "decisions", NUMBER)]
    assert (told.figures.levels, told.figures.changes) == ({"tier": {"bronze": 1}}, {"tier": {"0": 1}})


def test_the_last_night_of_a_month_stays_and_is_compared_with(rules: Timeline, bought: Customers, lake: Lake) -> None:
    until = day_to_close(LATER, rules.latest)
    end = month_end(month_of(until))
    for day in (end - 1, end, end - 2):  # an older night is done again, last
        rescore_bucket(lake, bought, rules, NUMBER, day, clock=lambda: LATER)
    kept = pl.read_parquet(lake.get(month_key(month_of(end), NUMBER)).body)
    assert kept.select("customer", "day", "levels/tier/level").rows() == [(WHO, end, "bronze")]
    told = rescore_bucket(lake, bought, rules, NUMBER, end + 90, clock=lambda: LATER).figures
    leaf = {"customers": 1, "buyers": 0, "orders": 0, "spend": 0, "complaints": 0}
    assert told.after == {month_of(end): {"tier": {"bronze": leaf}}}
    told = rescore_bucket(lake, bought, rules, NUMBER, end + 1, clock=lambda: LATER).figures
    assert told.moves == {month_of(end): {"tier": {"bronze": {"bronze": 1}}}}


def test_a_bucket_without_customers_at_the_end_of_a_month_has_only_new_ones(
    rules: Timeline, bought: Customers, lake: Lake
) -> None:
    until = day_to_close(LATER, rules.latest)
    month = month_before(until)
    assert night(lake, bought, rules).figures.moves == {}
    lake.put(month_key(month, (NUMBER + 1) % 256), parquet_bytes(pl.DataFrame({"customer": ["other"], "day": [until]})))
    assert night(lake, bought, rules).figures.moves == {month: {"tier": {"": {"bronze": 1}}}}
    lake.put(month_key(month, NUMBER), b"PAR1 half of a file")
    told = night(lake, bought, rules)
    assert told.figures.moves == {}
    assert told.wrong[month_key(month, NUMBER)].then == "not-compared"


def end_here() -> None:
    """The process ends, so to speak."""
    raise KeyboardInterrupt


def test_a_night_that_ends_at_any_call_and_is_done_again_ends_the_same(rules: Timeline, customers: Customers) -> None:
    whole: list[str] = []
    expected = _after(rules, customers, "whole", whole, 0)
    assert {"commit", "replace", "load", "get"} <= set(whole)
    for last in range(1, len(whole) + 1):
        assert _after(rules, customers, f"c-{last}", [], last) == expected, whole[last - 1]


def _after(rules: Timeline, customers: Customers, who: str, calls: list[str], last: int) -> Any:
    """What the table says of a customer after a night that ended at a call, and was done again."""
    lake, until = MemoryLake(), day_to_close(LATER, rules.latest)
    ingest = Ingest(rules, customers, KeptRejections(), clock=lambda: NOW)
    ingest.batch([message(1, purchase(1, customer=who, amount="2500.00", days_ago=3))])
    refill(lake, customers, rules, [who])
    stage(lake)
    for ending in (last, 0):
        ends: Any = Meanwhile(lake, calls, ending, end_here), Meanwhile(customers, calls, ending, end_here)
        with suppress(KeyboardInterrupt):
            told = rescore_bucket(ends[0], ends[1], rules, bucket_of(who), until, clock=lambda: LATER)
    state = customers.load(who)
    assert state is not None
    said = [
        (one["sequence"], one.get("rating"), one.get("to"), one.get("care"), one["day"])
        for one in customers.decisions(who)
    ]
    return (
        sorted(said, key=str),
        state.version,
        state.day,
        state.closed,
        lake.get(standing_key(bucket_of(who))).body != b"",
        told.figures,
        pl.read_parquet(lake.get(month_key(month_of(until), bucket_of(who))).body).drop("customer").rows(),
    )


def test_a_night_by_shares_of_customers_comes_to_the_same(
    rules: Timeline, customers: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = sorted(neighbours(WHO, 5))
    events = [purchase(n, customer=who, amount=f"{90 + n}.00", days_ago=3 + n % 4) for n, who in enumerate(names * 3)]
    ingest = Ingest(rules, customers, KeptRejections(), clock=lambda: NOW)
    assert not ingest.batch([message(number, event) for number, event in enumerate(events)]).failed
    whole, parts = MemoryLake(), MemoryLake()
    for lake in (whole, parts):
        refill(lake, customers, rules, names)
        stage(lake)
    until = day_to_close(LATER, rules.latest)
    for lake in (whole, parts):
        before = pl.DataFrame({"customer": names, "spend": [7] * 5}).with_columns(day=pl.lit(until, dtype=pl.Int32))
        lake.put(month_key(month_before(until), NUMBER), parquet_bytes(before))
    expected = night(whole, Gone(), rules)
    assert expected.figures.drift[month_before(until)]["features"]["spend"] == {"2^2": 5}
    monkeypatch.setattr("standing.lake.chunks.ROWS", 3)
    monkeypatch.setattr("standing.nightly.changed.AT_ONCE", 2)
    found = night(parts, Gone(), rules)
    assert expected.customers == len(names)
    assert found == expected
    for key in (standing_key(NUMBER), month_key(month_of(until), NUMBER), *months_of(whole, "records", NUMBER)):
        assert_frame_equal(_frame(parts, key), _frame(whole, key))


@pytest.mark.parametrize("kind", ["records", "states"])
def test_a_bucket_that_is_damaged_at_its_end_says_nothing_of_its_beginning(
    rules: Timeline, customers: Customers, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    names, lake = sorted(neighbours(WHO, 3)), MemoryLake()
    ingest = Ingest(rules, customers, KeptRejections(), clock=lambda: NOW)
    ingest.batch([message(n, purchase(n, customer=who, amount="2500.00", days_ago=3)) for n, who in enumerate(names)])
    refill(lake, customers, rules, names)
    compact_all(lake, [NUMBER])
    before = {who: customers.load(who) for who in names}
    monkeypatch.setattr("standing.lake.chunks.ROWS", 1)
    key = last_file(lake, kind, NUMBER)
    lake.put(key, _broken_at_its_end(pl.read_parquet(lake.get(key).body)))
    with pytest.raises(CorruptFile, match=key):
        night(lake, customers, rules)
    assert {who: customers.load(who) for who in names} == before
    assert lake.keys("standing/") == lake.keys("months/") == []


def _broken_at_its_end(rows: pl.DataFrame) -> bytes:
    """A file whose last rows cannot be read, and all others can; without a seal, as from another engine."""
    file = io.BytesIO()
    rows.write_parquet(file, row_group_size=1)
    whole = file.getvalue()
    bodies = (whole[:begin] + b"broken" + whole[begin + 6 :] for begin in range(len(whole) - 6, 0, -1))
    return next(body for body in bodies if _read(body, rows.height - 1) and not _read(body, rows.height))


def _read(body: bytes, rows: int) -> bool:
    try:
        return pl.read_parquet(io.BytesIO(body), n_rows=rows).height == rows
    except WRONG:  # whatever the reader stumbles over
        return False


class Gone:
    """A table in which nobody is any more, so that two nights find it alike."""

    def load(self, _customer: str) -> None:
        return None


def _frame(lake: MemoryLake, key: str) -> pl.DataFrame:
    return pl.read_parquet(lake.get(key).body)


def test_a_report_adds_the_buckets_up_and_is_kept() -> None:
    lake = MemoryLake()
    one = replace(MADE, different=[Difference("c", 1, "spend", "1", None)], incomplete=["x"], wrong={"k": FAULT})
    one = replace(one, figures=Figures(levels={"tier": {"gold": 2}}))
    report = add_reports("2026-11-25", [one, replace(one, wrong={})], failed=[9])
    assert report.figures == Figures(levels={"tier": {"gold": 4}})
    assert (report.customers, report.differences, report.failed_buckets) == (4, 4, [9])
    assert (report.wrong, report.incomplete) == ({"k": FAULT}, ["x", "x"])
    assert (report.seconds, report.used) == (Seconds(1.5, 3.0), Used(1.0, 1.0, 1.0))
    assert keep_report(lake, report) in lake.keys("nights/")


def test_what_is_odd_in_many_buckets_is_named_once() -> None:
    nothing = Oddity(Fault("of-nothing", {"count": 3}), source="shop")
    many = Oddity(Fault("many-records", {"count": 60_000}), customer="c")
    buckets = [replace(MADE, bucket=number, odd={nothing.name: nothing}) for number in (7, 8, 9)]
    odd = add_reports("2026-11-25", [*buckets, replace(MADE, bucket=11, odd={many.name: many})]).odd
    assert odd == {
        "of-nothing/shop": replace(nothing, bucket=7, others=2),
        "many-records/c": replace(many, bucket=11, others=0),
    }


def test_a_second_start_for_a_day_does_what_failed_and_nothing_else(
    rules: Timeline, bought: Customers, lake: Lake
) -> None:
    other = bucket_of("c-2")
    Ingest(rules, bought, KeptRejections(), clock=lambda: NOW).batch([message(9, purchase(9, customer="c-2"))])
    refill(lake, bought, rules, ["c-2"])
    first, steps = begun(lake, rules.latest, LATER)
    assert first.due == first.known == sorted((NUMBER, other))
    rescore_bucket(lake, bought, rules, NUMBER, day_in(first.day), clock=lambda: LATER)
    whole = lake.get(last_file(lake, "records", NUMBER))
    lake.put(last_file(lake, "records", NUMBER), whole.body[: len(whole.body) // 2])
    night_of = BucketWork(lake, bought, rules, clock=lambda: LATER)
    day = day_in(first.day)
    night_of.bucket(other, day, 2.0)
    with pytest.raises(CorruptFile):
        night_of.bucket(NUMBER, day, 2.0)
    report = summarise(lake, steps)
    assert (report.failed_buckets, report.buckets) == ([NUMBER], 1)
    assert "not a whole Parquet file" in str(report.wrong[partition(NUMBER)])
    lake.put(last_file(lake, "records", NUMBER), whole.body)
    assert plan(lake, rules.latest, LATER).due == [NUMBER]
    night_of.bucket(NUMBER, day, 2.0)
    assert plan(lake, rules.latest, LATER).due == []
    ended = summarise(lake, steps)
    assert (ended.failed_buckets, ended.wrong, ended.customers) == ([], {}, 2)


@pytest.mark.parametrize(("asked", "why"), [("2026-13-01", "expected a date such as"), ("2099-01-01", "is not over")])
def test_a_day_that_cannot_be_closed_is_refused(rules: Timeline, lake: Lake, asked: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        plan(lake, rules.latest, LATER, asked)


def test_the_day_that_is_closed_has_been_over_for_a_while(rules: Timeline, lake: Lake) -> None:
    until = day_to_close(NOW, rules.latest)
    zone = rules.latest.programme.time_zone
    assert until == day_of(NOW - timedelta(hours=4), zone) - 1
    assert buckets(lake) == []
