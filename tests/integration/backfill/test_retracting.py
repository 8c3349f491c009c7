"""A run of a backfill taken back, on moto: table and lake are as if it had never been, beside what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import polars as pl
import pytest
from standing.aws.table import Customers, stored_history
from standing.backfill.retraction import RECORDS_GONE, REFUND, Retraction
from standing.backfill.settlement import Settlement
from standing.engine.decide import fold_anew
from standing.engine.state import State
from standing.engine.view import view_of_history
from standing.events.intake import Event
from standing.ingest.batch import Ingest, Message
from standing.lake.compaction import compact, stage
from standing.lake.gaps import behind_table, missing_commits
from standing.lake.incoming import write_rows
from standing.lake.layout import month_key
from standing.lake.reader import read_bucket
from standing.lake.rows import rows_in
from standing.nightly.bucket import rescore_bucket
from standing.nightly.plan import day_to_close
from standing.rescoring.memories import latest
from standing.rules.timeline import Timeline

from tests.integration.backfill.test_backfill_agrees import SHORT, under
from tests.integration.conftest import KEYS
from tests.integration.nightly.test_night import LATER, RULES, end_here
from tests.make.crowd import crowd
from tests.make.lakes import Meanwhile, MemoryLake, bucket_of
from tests.make.support import NOW, KeptRejections, envelope, message, purchase, taken

WHO = "c-1"
NUMBER = bucket_of(WHO)
A, B = "20260301-1200-aaaaaaaa", "20260302-1200-bbbbbbbb"
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
STRICT = {"lateness": 30}


class World:
    """A table and a lake, and what comes into them; the stream brings what the table has after each step."""

    def __init__(self, customers: Customers, rules: Timeline) -> None:
        self.customers, self.rules, self.lake = customers, rules, MemoryLake()

    def live(self, *messages: Message, now: datetime = NOW) -> Any:
        ingest = Ingest(self.rules, self.customers, KeptRejections(), clock=lambda: now)
        report = ingest.batch(messages)
        assert not report.failed
        return report.counts

    def backfill(self, run: str, events: Sequence[Event]) -> Any:
        until = day_to_close(NOW, self.rules.latest)
        settling = Settlement(self.lake, self.customers, self.rules, until, lambda: NOW, run)
        return settling.part(events).counts if events else {}

    def stream(self, who: str = WHO) -> None:
        for kind, rows in rows_in(self.customers.rows(who), self.rules, "stream").items():
            write_rows(self.lake, kind, rows)

    def retract(self, run: str = A, who: str = WHO) -> dict[str, Any]:
        stage(self.lake)
        names = [who] if who in self.customers.brought_by(run) else []
        return Retraction(self.lake, self.customers, self.rules, run, BEGAN, lambda: NOW).bucket(bucket_of(who), names)

    def state(self, who: str = WHO) -> State:
        state = self.customers.load(who)
        assert state is not None
        return state

    def records(self, who: str = WHO) -> dict[tuple[str, str], tuple[bool, str]]:
        return {one.event.key: (one.counts, one.brought.run) for one in self.customers.history(who)}

    def tidy(self, who: str = WHO) -> Any:
        stage(self.lake)
        compact(self.lake, bucket_of(who))
        return read_bucket(self.lake, bucket_of(who))

    def months(self, who: str = WHO) -> dict[str, dict[str, Any]]:
        """What the kept ends of months say of a customer: levels, and since when, without what is null."""
        kept = {key: pl.read_parquet(self.lake.get(key).body) for key in self.lake.keys("months/")}
        rows = {
            key: row for key, frame in kept.items() for row in frame.filter(pl.col("customer") == who).rows(named=True)
        }
        return {key: {name: value for name, value in row.items() if value is not None} for key, row in rows.items()}


@pytest.fixture
def world(customers: Customers) -> World:
    return World(customers, RULES)


def own(*days: float, first: int = 0, amount: str = "70.00", who: str = WHO) -> list[dict[str, Any]]:
    return [purchase(first + n, customer=who, amount=amount, days_ago=day) for n, day in enumerate(days)]


def test_who_came_by_the_run_alone_is_gone_from_table_and_lake(world: World) -> None:
    world.backfill(A, taken(RULES.latest, *own(400, 90, 30)))
    world.stream()
    assert world.months()
    told = world.retract()
    assert (told["counts"], told["conflicts"]) == (
        {"customers": 1, "events": 3, "too_late_again": 0, "gone": 1, "announced": 0},
        [],
    )
    assert world.customers.rows(WHO) == []
    world.live(message(1, purchase(9, amount="5.00")))
    world.stream()
    bucket = world.tidy()
    assert bucket.records["id"].to_list() == ["p-9"]
    assert bucket.states.select("version", "run").rows() == [(1, None)]
    assert (
        missing_commits(bucket).height,
        behind_table(bucket, world.customers.versions()).height,
        world.months(),
    ) == (0, 0, {})


def test_nothing_that_comes_from_the_stream_later_brings_it_back(world: World) -> None:
    world.backfill(A, taken(RULES.latest, *own(400, 90)))
    late = rows_in(world.customers.rows(WHO), RULES, "stream")
    world.retract()
    for kind, rows in late.items():
        write_rows(world.lake, kind, rows)
    bucket = world.tidy()
    assert (bucket.records.height, bucket.states.height) == (0, 0)


def test_what_was_sent_stays_and_is_folded_without_the_run(world: World) -> None:
    world.live(message(1, purchase(50, amount="40.00", days_ago=20)))
    world.backfill(A, taken(RULES.latest, *own(400, 13, 12, amount="900.00")))
    assert world.state().closed.levels["tier"].level == "gold"
    said = world.state().ledger.said
    world.live(message(2, purchase(51, amount="1.00", days_ago=11)))
    world.stream()
    world.retract()
    state = world.state()
    expected = taken(RULES.latest, purchase(50, amount="40.00", days_ago=20), purchase(51, amount="1.00", days_ago=11))
    assert state.closed == view_of_history(expected, RULES, state.day).memory
    assert state.ledger.said != said == {"tier": "bronze"} or state.ledger.said == said
    world.stream()
    bucket = world.tidy()
    assert sorted(bucket.records["id"]) == ["p-50", "p-51"]
    assert (missing_commits(bucket).height, bucket.states["run"].null_count()) == (0, bucket.states.height)


@pytest.mark.parametrize("compacted", [False, True])
def test_an_event_that_is_sent_as_well_is_of_the_run_no_more(world: World, *, compacted: bool) -> None:
    world.backfill(A, taken(RULES.latest, *own(30, 20)))
    world.stream()
    if compacted:
        world.tidy()
    assert world.live(message(1, own(30)[0]), message(2, purchase(77, days_ago=1))) == {
        "duplicates": 1,
        "applied": 1,
        "decisions": 1,
    }
    assert sorted(run for _, run in world.records().values()) == ["", "", A]
    world.stream()
    if compacted:
        assert world.tidy().records.select("id", "run").sort("id").rows() == [("p-0", None), ("p-1", A), ("p-77", None)]
    world.retract()
    assert sorted(world.records()) == [("shop.checkout", "p-0"), ("shop.checkout", "p-77")]
    assert sorted(world.tidy().records["id"]) == ["p-0", "p-77"]
    assert missing_commits(world.tidy()).height == 0


def test_one_that_was_too_late_is_again_whenever_it_was_sent(customers: Customers) -> None:
    rules = under(RULES, **STRICT)
    world = World(customers, rules)
    before, after = purchase(1, days_ago=300), purchase(2, days_ago=200)
    world.live(message(1, before), now=NOW - timedelta(days=3))
    world.stream()
    world.backfill(A, taken(rules.latest, before, after, purchase(3, days_ago=100)))
    assert world.live(message(2, after)) == {"duplicates": 1}
    world.stream()
    assert all(counts for counts, _ in world.records().values())
    assert world.retract()["counts"]["too_late_again"] == 2
    assert world.records() == {("shop.checkout", "p-1"): (False, ""), ("shop.checkout", "p-2"): (False, "")}
    assert [int((NOW - one.at).days) for one in customers.history(WHO)] == [3, 0]
    world.stream()
    lake = world.tidy().records
    assert lake.select("id", "late", "version", "run").rows() == [("p-1", True, 0, None), ("p-2", True, 0, None)]
    assert lake["at"].to_list() == [int((NOW - timedelta(days=3)).timestamp()), int(NOW.timestamp())]


def test_one_that_was_too_late_and_has_expired_in_the_table_is_too_late_again_in_the_lake(customers: Customers) -> None:
    rules = under(RULES, **SHORT)
    world = World(customers, rules)
    world.live(message(1, purchase(1, amount="70.00", days_ago=300)))
    world.stream()
    world.backfill(A, taken(rules.latest, *own(300, 20, first=1)))
    assert world.tidy().records.select("id", "late").rows() == [("p-1", False), ("p-2", False)]
    customers.delete_all([row for row in customers.rows(WHO) if row["sk"]["S"].endswith("p-1")])
    assert world.retract()["counts"]["too_late_again"] == 1
    assert world.tidy().records.select("id", "late", "version").rows() == [("p-1", True, 0)]


def test_of_whom_something_was_announced_what_was_said_stays_and_versions_go_on(world: World) -> None:
    until = day_to_close(LATER, RULES.latest)
    world.backfill(A, taken(RULES.latest, *own(7, amount="30.00"), *own(3, first=1, amount="2500.00")))
    rescore_bucket(world.lake, world.customers, RULES, NUMBER, until, clock=lambda: LATER)
    before, said = world.state(), world.customers.decisions(WHO)
    assert said
    world.stream()
    told = world.retract()
    assert told["counts"]["announced"] == len([one for one in said if "rating" in one or one["status"] == "requested"])
    state = world.state()
    assert (state.is_empty, state.version, state.ledger.said) == (True, before.version + 1, before.ledger.said)
    assert world.customers.decisions(WHO) == said
    bucket = world.tidy()
    assert (bucket.records.height, latest(bucket.states).height, missing_commits(bucket).height) == (0, 0, 0)
    night = rescore_bucket(world.lake, world.customers, RULES, NUMBER, until, clock=lambda: LATER)
    assert (night.customers, night.commits, night.incomplete) == (0, 0, [])
    assert list(world.customers.states()) == []
    days_after = LATER + timedelta(days=5)
    world.live(message(1, purchase(98, amount="5.00", days_ago=-12)), now=days_after)
    fresh = taken(RULES.latest, purchase(98, amount="5.00", days_ago=-12), now=days_after)
    assert world.state().closed == view_of_history(fresh, RULES, world.state().day).memory
    world.live(message(2, purchase(99, amount="900.00", days_ago=-12)), now=days_after)
    ids = [one["id"] for one in world.customers.decisions(WHO)]
    assert len(ids) == len(set(ids)) > len(said)
    assert world.state().version == before.version + 3


def test_no_late_event_begins_at_a_checkpoint_of_before(customers: Customers) -> None:
    rules = under(RULES, lateness=400)
    world = World(customers, rules)
    world.live(message(1, purchase(50, amount="40.00", days_ago=20)))
    world.backfill(A, taken(rules.latest, *own(200, 170, 140, 110, 80, 50, amount="900.00")))
    assert len(customers.checkpoints(WHO)) > 1
    world.retract()
    assert [one.day for one in customers.checkpoints(WHO) if one.day < world.state().day - 20] == []
    world.live(message(2, purchase(51, amount="1.00", days_ago=100)))
    events = taken(rules.latest, purchase(50, amount="40.00", days_ago=20), purchase(51, amount="1.00", days_ago=100))
    rebuilt = fold_anew(world.state(), rules, NOW, stored_history(customers.history(WHO)))
    assert world.state().closed == view_of_history(events, rules, world.state().day).memory
    assert world.state().buckets == rebuilt.state.buckets


def test_a_refund_of_a_purchase_of_the_run_is_named(world: World) -> None:
    world.backfill(A, taken(RULES.latest, *own(30, 20)))
    at = (NOW - timedelta(days=1)).isoformat()
    detail = {"id": "r-1", "customer": WHO, "time": at, "amount": "5.00", "currency": "USD", "purchase": "p-0"}
    world.live(message(1, envelope("refund.v1", detail)))
    assert world.retract()["conflicts"] == [{"customer": WHO, "kind": REFUND, "event": "r-1"}]
    assert sorted(world.records()) == [("shop.checkout", "r-1")]


def test_where_the_table_has_not_all_it_would_take_the_customer_is_left_and_named(customers: Customers) -> None:
    rules = under(RULES, **SHORT)
    world = World(customers, rules)
    world.backfill(A, taken(rules.latest, *own(700, 500, 90, 10)))
    world.backfill(B, taken(rules.latest, *own(600, 80, first=10)))
    world.stream()
    before = world.state()
    assert world.retract()["conflicts"] == [{"customer": WHO, "kind": RECORDS_GONE, "event": ""}]
    assert (world.state().closed, world.state().version) == (before.closed, before.version)
    bucket = world.tidy()
    assert (bucket.records.height, set(bucket.records["run"])) == (6, {None, B})
    assert (latest(bucket.states).height, missing_commits(bucket).height) == (1, 0)
    assert A not in {run for _, run in world.records().values()}


def test_what_expired_does_no_harm_where_a_checkpoint_knows_nothing_of_the_run(customers: Customers) -> None:
    rules = under(RULES, **SHORT)
    world = World(customers, rules)
    world.backfill(B, taken(rules.latest, *own(700, 500, 90, 40, first=10)))
    world.backfill(A, taken(rules.latest, *own(11, 10, amount="900.00")))
    assert world.retract()["conflicts"] == []
    left = taken(rules.latest, *own(700, 500, 90, 40, first=10))
    assert world.state().closed == view_of_history(left, rules, world.state().day).memory
    assert sorted(world.tidy().records["id"]) == ["p-10", "p-11", "p-12", "p-13"]


def test_two_runs_in_either_order_leave_nothing(world: World) -> None:
    for first, second in ((A, B), (B, A)):
        world.backfill(A, taken(RULES.latest, *own(400, 30)))
        world.backfill(B, taken(RULES.latest, *own(300, 20, first=5)))
        world.retract(first)
        assert {run for _, run in world.records().values()} == {second}
        world.retract(second)
        assert world.customers.rows(WHO) == []
        world = World(world.customers, RULES)


def test_the_ends_of_months_are_told_again_without_the_run(world: World) -> None:
    world.backfill(B, taken(RULES.latest, *own(100, 40, first=5, amount="3.00")))
    expected = world.months()
    world.backfill(A, taken(RULES.latest, *own(200, 62, amount="9000.00")))
    assert len(world.months()) > len(expected)
    assert world.months()[month_key("2026-01", NUMBER)] != expected[month_key("2026-01", NUMBER)]
    world.retract()
    assert world.months() == expected


def test_who_was_forgotten_meanwhile_is_passed_over(world: World) -> None:
    world.backfill(A, taken(RULES.latest, *own(30)))
    world.customers.forget(WHO)
    assert world.retract()["counts"] == {"forgotten": 1}


def test_what_a_killed_run_left_goes_too(world: World) -> None:
    ends: Any = Meanwhile(world.customers, [], 0, end_here)
    for last in range(1, 12):
        ends.calls, ends.number = [], last
        events = taken(RULES.latest, *own(30, 20))
        with suppress(KeyboardInterrupt):
            Settlement(world.lake, ends, RULES, day_to_close(NOW, RULES.latest), lambda: NOW, A).part(events)
        late = rows_in(world.customers.rows(WHO), RULES, "stream")
        world.retract()
        for kind, rows in late.items():
            write_rows(world.lake, kind, rows)
        assert world.customers.rows(WHO) == []
        assert world.tidy().records.height == 0
        world = World(world.customers, RULES)


def test_what_was_sent_counts_though_a_killed_run_had_counted_nothing(world: World) -> None:
    class Killed:
        """A table to which no state can be written."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.customers, name)

        def put_state(self, *_arguments: Any) -> None:
            end_here()

    table: Any = Killed()
    with suppress(KeyboardInterrupt):
        events = taken(RULES.latest, *own(30, 20))
        Settlement(world.lake, table, RULES, day_to_close(NOW, RULES.latest), lambda: NOW, A).part(events)
    assert world.live(message(1, own(30)[0])) == {"duplicates": 1}
    world.retract()
    assert world.records() == {("shop.checkout", "p-0"): (True, "")}
    assert world.state().closed == view_of_history(taken(RULES.latest, *own(30)), RULES, world.state().day).memory
    assert world.state().ledger.said == {}


def test_what_a_run_brought_before_it_was_killed_is_counted_as_brought(world: World) -> None:
    events = taken(RULES.latest, *own(30, 20))
    world.backfill(A, events)
    assert dict(world.backfill(A, [*events, *events])) == {"customers": 1, "events": 2, "known": 2}
    assert dict(world.backfill(B, events)) == {"customers": 1, "known": 2}


def test_it_ends_the_same_whatever_call_was_the_last(customers: Customers) -> None:
    whole: list[str] = []
    expected = _after(customers, "whole", whole, 0)
    assert {"put_all", "transact", "delete_all", "put", "replace", "load"} - {"load"} <= set(whole)
    for last in range(1, len(whole) + 1):
        assert _after(customers, f"w-{last}", [], last) == expected, whole[last - 1]


def _after(customers: Customers, who: str, calls: list[str], last: int) -> Any:
    world = World(customers, RULES)
    world.live(message(1, purchase(50, customer=who, amount="40.00", days_ago=20)))
    world.backfill(
        A, taken(RULES.latest, *(purchase(n, customer=who, amount="900.00", days_ago=200 - n) for n in range(45)))
    )
    world.stream(who)
    for ending in (last, 0):
        stage(world.lake)
        names = [who] if who in customers.brought_by(A) else []
        ends: Any = Meanwhile(world.lake, calls, ending, end_here), Meanwhile(customers, calls, ending, end_here)
        with suppress(KeyboardInterrupt):
            Retraction(ends[0], ends[1], RULES, A, BEGAN, lambda: NOW).bucket(bucket_of(who), names)
    bucket, state = world.tidy(who), world.state(who)
    months = [{**row, "customer": ""} for row in world.months(who).values()]
    there = sorted(row["sk"]["S"] for row in customers.rows(who))
    assert missing_commits(bucket).height == 0
    return (state.closed, state.buckets, there, bucket.records.drop("customer", "at", "version").rows(), months)


@pytest.mark.parametrize("sent", [own(30)[0], purchase(77, amount="3.00", days_ago=2)])
def test_an_event_that_is_sent_in_between_stays(world: World, sent: dict[str, Any]) -> None:
    world.backfill(A, taken(RULES.latest, *own(30, 20)))

    class Sent:
        """A table to which an event is sent just before the run is taken back of it."""

        came = False

        def __getattr__(self, name: str) -> Any:
            return getattr(world.customers, name)

        def transact(self, *arguments: Any) -> None:
            if not self.came:
                self.came = True
                world.live(message(1, sent))
            world.customers.transact(*arguments)

    table: Any = Sent()
    stage(world.lake)
    Retraction(world.lake, table, RULES, A, BEGAN, lambda: NOW).bucket(NUMBER, [WHO])
    (only,) = taken(RULES.latest, sent)
    assert world.records() == {only.key: (True, "")}
    assert world.state().closed == view_of_history([only], RULES, world.state().day).memory


def test_the_night_after_looks_for_nobody_who_is_gone(world: World) -> None:
    until = day_to_close(NOW, RULES.latest)
    world.backfill(A, taken(RULES.latest, *own(3, 2)))
    nights = []
    for taken_back in (False, True):
        if taken_back:
            assert world.retract()["counts"]["gone"] == 1
        nights.append(rescore_bucket(world.lake, world.customers, RULES, NUMBER, until, clock=lambda: NOW))
    assert [(one.customers, one.gone, one.commits) for one in nights] == [(1, 0, 0), (0, 0, 0)]
    assert nights[1].incomplete == []


def test_what_is_taken_back_just_before_it_is_claimed_is_taken_in(world: World) -> None:
    world.backfill(A, taken(RULES.latest, *own(30, 20)))

    class Gone:
        """A table of which the run is taken back just before an event of it is claimed."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.customers, name)

        def claim(self, event: Event, too_late_at: datetime | None = None) -> bool:
            world.retract()
            return world.customers.claim(event, too_late_at)

    table: Any = Gone()
    report = Ingest(RULES, table, KeptRejections(), clock=lambda: NOW, pause=lambda _: None).batch(
        [message(1, own(30)[0])]
    )
    assert (report.counts["applied"], report.failed) == (1, {})
    assert world.records() == {("shop.checkout", "p-0"): (True, "")}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("more", [{"lateness": 2000}, STRICT])
def test_it_is_as_if_the_run_had_never_been(rules: Timeline, seed: int, more: dict[str, Any]) -> None:
    rules, random = under(rules, **more), Random(seed)
    for who, events in crowd(4, 300, seed=seed):
        parts: dict[str, list[Event]] = {"live": [], "later": [], A: [], B: []}
        for event in events:
            parts[random.choice([*parts, A])].append(event)
        sent = [*parts["live"], *parts["later"]]
        twice = random.sample(sent, len(sent) // 4)  # what is in the files of the run, and sent as well
        steps = random.sample(list(parts), 4)
        with_run, without = (World(_table(f"{who}-{seed}-{n}"), rules) for n in range(2))
        for step in steps:
            _step(with_run, step, [*parts[step], *(twice if step == A else [])], who)
            if step != A:
                _step(without, step, parts[step], who)
        with_run.retract(A, who)
        with_run.stream(who)
        _compare(with_run, without, who, rules)


def _table(name: str) -> Customers:
    import boto3  # noqa: PLC0415

    client = boto3.client("dynamodb")
    client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **KEYS)
    return Customers(client, name)


def _step(world: World, step: str, events: list[Event], who: str) -> None:
    if step in {A, B}:
        world.backfill(step, events)
    else:
        world.live(*(message(n, _envelope(event)) for n, event in enumerate(events)))
    world.stream(who)


def _envelope(event: Event) -> dict[str, Any]:
    detail = event.detail.model_dump(mode="json", exclude_none=True)
    return envelope(event.detail.detail_type, detail, event.source)


def _compare(with_run: World, without: World, who: str, rules: Timeline) -> None:
    assert with_run.records(who) == without.records(who)
    lakes = [world.tidy(who) for world in (with_run, without)]
    one, other = (lake.records.drop("version", "at") for lake in lakes)
    assert one.equals(other)
    assert (missing_commits(lakes[0]).height, behind_table(lakes[0], with_run.customers.versions()).height) == (0, 0)
    state, events = with_run.customers.load(who), stored_history(with_run.customers.history(who)).events
    if state is None or state.is_empty:
        assert not events
        assert latest(lakes[0].states).is_empty()
        return
    assert state.closed == view_of_history(events, rules, state.day).memory
    assert state.buckets == fold_anew(state, rules, NOW, stored_history(with_run.customers.history(who))).state.buckets
    for key, row in without.months(who).items():
        assert with_run.months(who).get(key) == row
    told = rescore_bucket(with_run.lake, with_run.customers, rules, bucket_of(who), state.day, clock=lambda: NOW)
    assert (told.reconciled, told.differences, told.incomplete) == (1, 0, [])
