"""Batches of messages against the table: repeats, conflicts, failures that pass, and what can never be applied."""

from __future__ import annotations

import random
from base64 import b64encode
from collections import Counter
from typing import Any

import orjson
import pytest
from standing.aws.table import MOST_ITEMS, CommitConflict, Customers, TooLarge
from standing.engine.decide import decide, too_late
from standing.engine.series import Observation, Seen, Sums
from standing.engine.state import Memory, State
from standing.engine.view import view, view_of_history
from standing.ingest.batch import TRIES, Ingest
from standing.rules.author.compiler import assemble
from standing.rules.conditions import Fact
from standing.rules.features import DistinctFeature, Measure
from standing.rules.timeline import Timeline
from standing.values.days import day_of

from tests.make.strategies import PROGRAMME, TITLE
from tests.make.support import NOW, FailingFor, KeptRejections, complaint, envelope, message, purchase, taken


def desk(rules: Timeline, customers: Any, rejected: Any = None) -> Ingest:
    return Ingest(rules, customers, rejected or KeptRejections(), clock=lambda: NOW, pause=lambda _: None)


def rows(customers: Customers, customer: str, prefix: str) -> int:
    return sum(1 for _ in customers._rows(customer, prefix))


def test_one_batch_is_one_commit_for_a_customer(rules: Timeline, customers: Customers) -> None:
    report = desk(rules, customers).batch(message(n, purchase(n, days_ago=9 - n)) for n in range(10))
    state = customers.load("c-1")
    assert state is not None
    assert (state.version, report.counts["applied"], report.failed) == (1, 10, {})
    assert rows(customers, "c-1", "EVENT#") == 10


def test_repeats_are_ignored_within_and_across_batches(rules: Timeline, customers: Customers) -> None:
    ingest = desk(rules, customers)
    first = ingest.batch([message(1, purchase(1)), message(2, purchase(1)), message(3, purchase(2))])
    second = ingest.batch([message(4, purchase(1)), message(5, purchase(3)), message(6, purchase(2))])
    assert (first.counts["applied"], first.counts["duplicates"]) == (2, 1)
    assert (second.counts["applied"], second.counts["duplicates"]) == (1, 2)
    assert rows(customers, "c-1", "EVENT#") == 3
    assert view_of(customers, rules)["spend_365d"] == 30_000


@pytest.mark.parametrize("together", [True, False])
def test_same_id_with_other_content_is_rejected(rules: Timeline, customers: Customers, together: bool) -> None:
    rejected = KeptRejections()
    ingest = desk(rules, customers, rejected)
    messages = [message(1, purchase(1)), message(2, purchase(1, amount="999.00"))]
    reports = [ingest.batch(batch) for batch in ([messages] if together else [[one] for one in messages])]
    assert [report.failed for report in reports] == [{} for _ in reports]
    counts = sum((report.counts for report in reports), Counter())
    assert (counts["applied"], counts["rejected"], counts["duplicates"]) == (1, 1, 0)
    assert [reason["field"] for _, reason in rejected.kept] == ["detail.id"]
    assert view_of(customers, rules)["spend_365d"] == 10_000


@pytest.mark.parametrize("days_ago", [0, 40])
@pytest.mark.parametrize("together", [True, False])
def test_a_repeat_that_is_written_otherwise_is_a_duplicate(
    rules: Timeline, customers: Customers, together: bool, days_ago: int
) -> None:
    rejected = KeptRejections()
    ingest = desk(rules, customers, rejected)
    ingest.batch([message(0, purchase(2))])  # of today, so that one of 40 days ago is late
    again = purchase(1, amount="100.0", days_ago=days_ago)
    again["detail"] |= {"channel": None, "time": again["detail"]["time"].replace("+00:00", ".000Z")}
    messages = [message(1, purchase(1, days_ago=days_ago)), message(2, again)]
    reports = [ingest.batch(batch) for batch in ([messages] if together else [[one] for one in messages])]
    assert sum(report.counts["duplicates"] for report in reports) == 1
    assert (rejected.kept, rows(customers, "c-1", "EVENT#")) == ([], 2)


def test_an_event_for_which_there_is_no_room_does_not_keep_the_others_out(customers: Customers) -> None:
    """The compiler refuses such rules; those that were released before it did must not lose a customer's events."""
    items = Measure(of=("engagement",), value="item", keeps="seen")
    counted = DistinctFeature(
        name="items", title=TITLE, kind="distinct", measure=items.name, unit="count", at_most=100_000
    )
    hungry = Timeline.of(assemble(PROGRAMME, (items, Measure(of=("purchase",))), (counted,), ()))
    _fill(customers, hungry)
    rejected = KeptRejections()
    ingest = desk(hungry, customers, rejected)
    view = _view("another")
    report = ingest.batch([message(1, purchase(1)), message(2, view), message(3, purchase(2)), message(4, view)])
    assert (report.failed, report.counts["applied"]) == ({}, 2)
    assert report.refused == {"shop.checkout": Counter(duplicates=0), "web": Counter(rejected=2, duplicates=0)}
    for body, reason in rejected.kept:  # both copies of it, and neither counts as a duplicate
        assert (reason["reason"], reason["field"]) == ("too-large", "detail")
        assert orjson.loads(body)["detail"]["id"] == "v-another"  # not the one that comes before it
    assert rows(customers, "c-1", "EVENT#") == 2
    assert ingest.batch([message(5, purchase(3))]).counts["applied"] == 1


def _view(item: str) -> dict[str, Any]:
    detail = {"id": f"v-{item}", "customer": "c-1", "time": NOW.isoformat(), "kind": "view", "item": item * 9}
    return envelope("engagement.v1", detail, "web")  # after the others, by its source


def _fill(customers: Customers, rules: Timeline) -> None:
    """A state as large as the table takes: not one value more, but for further purchases of the day."""
    day, few, many, chance = day_of(NOW, "UTC"), 0, 40_000, random.Random(1)
    seen = [Observation(day, 0, b64encode(chance.randbytes(12)).decode()) for _ in range(many)]  # nothing to deflate
    bought = Sums((day,), (3,), (0,), day)
    while many - few > 1:
        middle = (few + many) // 2
        buckets = (Seen().plus(seen[:middle]), bought)
        state = State(f"c-{middle}", 1, day, rules.latest.features_hash, buckets, Memory(), Memory())
        try:
            customers.put_state(None, state, rules, 0)
            few = middle
        except TooLarge:
            many = middle
    full = State("c-1", 1, day, rules.latest.features_hash, (Seen().plus(seen[:few]), bought), Memory(), Memory())
    customers.put_state(None, full, rules, 0)


@pytest.mark.invariant("INV-1")
def test_shuffled_and_repeated_deliveries_end_in_the_fold(rules: Timeline, customers: Customers) -> None:
    chance = random.Random(1)
    events = [purchase(n, amount=f"{chance.randint(1, 900)}.00", days_ago=chance.randint(0, 500)) for n in range(60)]
    events += [complaint(n, days_ago=chance.randint(0, 200)) for n in range(8)]
    deliveries = [event for event in events for _ in range(chance.randint(1, 5))]
    chance.shuffle(deliveries)
    ingest = desk(rules, customers)
    for start in range(0, len(deliveries), 7):
        batch = deliveries[start : start + 7]
        assert ingest.batch(message(n, event) for n, event in enumerate(batch)).failed == {}
    assert rows(customers, "c-1", "EVENT#") == len(events)
    state = customers.load("c-1")
    assert state is not None
    counting = [event for event in taken(rules.latest, *events) if not too_late(event, rules, NOW)]
    assert 0 < len(counting) < len(events)  # some came later than the programme allows: they are recorded only
    assert view(state, rules, state.day) == view_of_history(counting, rules, state.day)


def test_a_late_event_ends_as_if_it_had_come_in_time(rules: Timeline, customers: Customers) -> None:
    events = [purchase(1, amount="2500.00", days_ago=30), complaint(2, days_ago=20), purchase(3, days_ago=1)]
    ingest = desk(rules, customers)
    for event in (events[2], events[1], events[0]):
        ingest.batch([message(1, event)])
    state = customers.load("c-1")
    assert state is not None
    assert view(state, rules, state.day) == view_of_history(taken(rules.latest, *events), rules, state.day)


@pytest.mark.invariant("INV-6")
@pytest.mark.parametrize("failing", [set(), {3}, {0, 4, 9}, set(range(10))])
def test_exactly_the_failing_messages_are_named(rules: Timeline, customers: Customers, failing: set[int]) -> None:
    table = FailingFor(customers, {f"c-{n}" for n in failing})
    messages = [message(n, purchase(n, customer=f"c-{n}")) for n in range(10)]
    report = desk(rules, table).batch(messages)
    assert set(report.failed) == {f"m-{n}" for n in failing}
    assert all("TimeoutError" in cause and "c-" not in cause for cause in report.failed.values())
    assert [n for n in range(10) if customers.load(f"c-{n}") is None] == sorted(failing)


@pytest.mark.invariant("INV-6")
def test_after_a_redrive_the_standing_is_as_if_never_failed(rules: Timeline, customers: Customers) -> None:
    table = FailingFor(customers, {"c-1"})
    ingest = desk(rules, table)
    messages = [message(n, purchase(n, amount="900.00", days_ago=n)) for n in range(3)]
    assert set(ingest.batch(messages).failed) == {"m-0", "m-1", "m-2"}
    table.customers = set()
    assert ingest.batch(messages).failed == {}
    state = customers.load("c-1")
    assert state is not None
    events = taken(rules.latest, *(purchase(n, amount="900.00", days_ago=n) for n in range(3)))
    assert view(state, rules, state.day) == view_of_history(events, rules, state.day)


def test_a_rejection_that_cannot_be_kept_comes_again(rules: Timeline, customers: Customers) -> None:
    class Broken:
        def keep(self, *_: Any) -> None:
            raise ConnectionError

    report = desk(rules, customers, Broken()).batch([message(1, purchase(1, amount="-1"))])
    assert set(report.failed) == {"m-1"}


def test_rejected_messages_keep_everything_and_say_why(rules: Timeline, customers: Customers) -> None:
    rejected = KeptRejections()
    bad = [purchase(1, amount="-5"), envelope("purchased.v9", {}), purchase(2)]
    report = desk(rules, customers, rejected).batch(message(n, event) for n, event in enumerate(bad))
    assert (report.counts["rejected"], report.counts["applied"], report.failed) == (2, 1, {})
    assert [orjson.loads(body) for body, _ in rejected.kept] == bad[:2]
    assert [reason["reason"] for _, reason in rejected.kept] == ["does-not-fit", "unknown-type"]


@pytest.mark.parametrize("body", ["", "null", "[]", "{", '"text"', "1e999", "{}", "[" * 100_000])
def test_a_message_that_is_no_event_is_rejected(rules: Timeline, customers: Customers, body: str) -> None:
    rejected = KeptRejections()
    report = desk(rules, customers, rejected).batch([message(1, purchase(1))._replace(body=body)])
    assert (report.counts["rejected"], report.failed) == (1, {})


def test_a_large_batch_of_one_customer_becomes_several_commits(rules: Timeline, customers: Customers) -> None:
    report = desk(rules, customers).batch(message(n, purchase(n, days_ago=n / 2)) for n in range(150))
    state = customers.load("c-1")
    assert state is not None
    assert (report.counts["applied"], rows(customers, "c-1", "EVENT#")) == (150, 150)
    assert state.version >= 150 / MOST_ITEMS


def test_a_conflict_is_decided_again_on_the_newer_state(rules: Timeline, customers: Customers) -> None:
    class Overtaken(FailingFor):
        """Another writer commits between our load and our commit, once."""

        raced = False

        def commit(self, *arguments: Any) -> None:
            if not self.raced:
                self.raced = True
                desk(rules, customers).batch([message(9, purchase(9))])
            customers.commit(*arguments)

    report = desk(rules, Overtaken(customers, set())).batch([message(1, purchase(1))])
    assert (report.failed, report.counts["applied"]) == ({}, 1)
    assert view_of(customers, rules)["spend_365d"] == 20_000


@pytest.mark.invariant("INV-13")
def test_whoever_others_keep_changing_goes_back_to_the_queue_and_comes_again(
    rules: Timeline, customers: Customers
) -> None:
    class Contended(FailingFor):
        """Others always commit for these customers between a load and a commit."""

        def commit(self, *arguments: Any) -> None:
            _, _, events, *_ = arguments
            if events[0].detail.customer in self.customers:
                raise CommitConflict({})
            customers.commit(*arguments)

        def load(self, customer: str) -> State | None:
            return customers.load(customer)

    table, pauses = Contended(customers, {"c-1"}), list[float]()
    ingest = desk(rules, table)
    ingest.pause = pauses.append
    messages = [message(1, purchase(1)), message(2, purchase(2)), message(3, purchase(3, customer="c-2"))]
    report = ingest.batch(messages)
    assert (set(report.failed), report.counts["applied"]) == ({"m-1", "m-2"}, 1)
    assert (len(pauses), max(pauses) <= 1.5) == (TRIES - 1, True)
    table.customers = set()
    assert ingest.batch(messages).failed == {}
    assert rows(customers, "c-1", "EVENT#") == 2


def test_a_late_duplicate_is_known_before_history_is_folded(
    rules: Timeline, customers: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest = desk(rules, customers)
    ingest.batch([message(1, purchase(1, days_ago=40))])
    ingest.batch([message(2, purchase(2))])
    monkeypatch.setattr("standing.ingest.batch.decide", lambda *_: pytest.fail("folded"))
    report = ingest.batch([message(3, purchase(1, days_ago=40))])
    assert (report.counts["duplicates"], report.failed) == (1, {})


def test_customers_that_were_not_begun_in_time_come_again(rules: Timeline, customers: Customers) -> None:
    ticks = iter([0.0, 1.0, 7.0, 8.0])
    ingest = desk(rules, customers)
    ingest.timer, ingest.at_once = lambda: next(ticks), 1
    report = ingest.batch([message(n, purchase(n, customer=f"c-{n}")) for n in range(3)], seconds=5.0)
    assert report.counts["applied"] == 1
    assert report.failed == {"m-1": "no time left", "m-2": "no time left"}


def test_a_stale_state_is_refused(rules: Timeline, customers: Customers) -> None:
    events = taken(rules.latest, purchase(1), purchase(2))
    customers.commit(None, decide(None, events[:1], rules, NOW), events[:1], rules, NOW)
    with pytest.raises(CommitConflict) as refusal:
        customers.commit(None, decide(None, events[1:], rules, NOW), events[1:], rules, NOW)
    assert refusal.value.applied == {}


def test_no_personal_field_is_stored(rules: Timeline, customers: Customers) -> None:
    desk(rules, customers).batch([message(1, complaint(1, comment="MY-SECRET"))])
    assert "MY-SECRET" not in str(customers.client.scan(TableName="customers"))


@pytest.mark.invariant("INV-5")
def test_each_decision_has_an_id_of_its_own_that_a_retry_repeats(rules: Timeline, customers: Customers) -> None:
    batch = [message(1, purchase(1, amount="2500.00")), message(2, complaint(2))]
    desk(rules, customers).batch(batch)
    first = customers.decisions("c-1")
    customers.client.delete_table(TableName="customers")
    again = Customers(customers.client, "customers")
    customers.client.create_table(
        TableName="customers",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    desk(rules, again).batch(batch)
    assert len({detail["id"] for detail in first}) == len(first) >= 3
    assert [detail["id"] for detail in again.decisions("c-1")] == [detail["id"] for detail in first]


def view_of(customers: Customers, rules: Timeline) -> dict[str, Fact]:
    state = customers.load("c-1")
    assert state is not None
    return view(state, rules, state.day).facts
