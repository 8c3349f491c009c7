"""Answers to care actions against the table: they close what was requested, once, and nothing else."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from standing.aws.table import Customers
from standing.events.expectations import EXPECTATIONS
from standing.events.intake import Rejected
from standing.ingest.batch import Ingest
from standing.rules.ruleset import Stratum
from standing.rules.timeline import Timeline
from standing.values.days import day_date, day_of

from tests.make.strategies import CLUB, CLUB_FEATURES, MOOD, RECOVER, TIER, ruleset
from tests.make.support import NOW, KeptRejections, envelope, message, naming, purchase

TODAY = day_of(NOW, "UTC")
DAY = str(day_date(TODAY))
UNKNOWN = Rejected("unknown-action", "detail.care", EXPECTATIONS("requested_care")).stored()
CLOSING = ["done", "declined", "failed"]


def desk(customers: Any, rejected: Any = None, rules: Timeline | None = None) -> Ingest:
    rules = rules or Timeline.of(naming(CLUB))
    return Ingest(rules, customers, rejected or KeptRejections(), clock=lambda: NOW, pause=lambda _: None)


def survey(number: int, *, customer: str = "c-1", score: int = 1) -> dict[str, Any]:
    """An answered survey's envelope: the lowest score makes the rule `recover` due that day."""
    detail = {"id": f"s-{number}", "customer": customer, "time": NOW.isoformat(), "kind": "survey"}
    return envelope("feedback.v1", detail | {"score": score, "scale": [1, 5]})


def answer(number: int, *, customer: str = "c-1", **changes: Any) -> dict[str, Any]:
    """The envelope of an answer to the action that `survey` leads to."""
    detail = {"id": f"a-{number}", "customer": customer, "time": NOW.isoformat()}
    asked = {"care": "recover", "day": DAY, "status": "done", "reason": "reached"}
    return envelope("care.v1", detail | asked | changes)


def outcomes(customers: Customers, detail_type: str) -> list[dict[str, Any]]:
    rows = [row for row in customers.outcomes() if row["outcome"]["S"] == detail_type]
    return [orjson.loads(row["detail"]["S"]) for row in rows]


@pytest.fixture
def asked(customers: Customers) -> Customers:
    """A table in which one action was requested of one customer, for today."""
    assert desk(customers).batch([message(0, survey(0))]).failed == {}
    assert [(one["care"], one["day"]) for one in outcomes(customers, "care.requested.v1")] == [("recover", DAY)]
    return customers


def unanswered(customers: Customers) -> dict[str, int]:
    state = customers.load("c-1")
    assert state is not None
    return state.ledger.unanswered


@pytest.mark.parametrize("status", CLOSING)
def test_the_answer_to_a_requested_action_closes_it(asked: Customers, status: str) -> None:
    assert unanswered(asked) == {f"recover#{TODAY}": TODAY + 2}
    rejected = KeptRejections()
    report = desk(asked, rejected).batch([message(1, answer(1, status=status))])
    assert (report.counts["applied"], report.failed, rejected.kept) == (1, {}, [])
    (closed,) = outcomes(asked, "care.closed.v1")
    assert {name: closed[name] for name in ("customer", "care", "day", "status")} == {
        "customer": "c-1",
        "care": "recover",
        "day": DAY,
        "status": status,
    }
    assert closed["rules"] == CLUB.version
    assert unanswered(asked) == {}


def test_an_answer_that_is_sent_twice_is_a_duplicate(asked: Customers) -> None:
    ingest = desk(asked)
    first = ingest.batch([message(1, answer(1)), message(2, answer(1))])
    second = ingest.batch([message(3, answer(1))])
    assert (first.counts["applied"], first.counts["duplicates"]) == (1, 1)
    assert (second.counts["applied"], second.counts["duplicates"], second.failed) == (0, 1, {})
    assert len(outcomes(asked, "care.closed.v1")) == 1


@pytest.mark.parametrize("together", [True, False])
def test_the_same_answer_under_two_ids_closes_an_action_once(asked: Customers, together: bool) -> None:
    ingest = desk(asked)
    messages = [message(1, answer(1)), message(2, answer(2))]
    for batch in [messages] if together else [[one] for one in messages]:
        assert ingest.batch(batch).failed == {}
    assert len(outcomes(asked, "care.closed.v1")) == 1
    assert unanswered(asked) == {}


def test_an_action_may_be_accepted_and_then_done_which_alone_is_announced(asked: Customers) -> None:
    ingest = desk(asked)
    assert ingest.batch([message(1, answer(1, status="accepted"))]).failed == {}
    assert (outcomes(asked, "care.closed.v1"), unanswered(asked)) == ([], {f"recover#{TODAY}": TODAY + 2})
    assert ingest.batch([message(2, answer(2))]).failed == {}
    assert [one["status"] for one in outcomes(asked, "care.closed.v1")] == ["done"]
    assert sorted(one["status"] for one in asked.care()) == ["accepted", "done", "requested"]
    assert unanswered(asked) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"care": "recovery"},
        {"care": "congratulate"},
        {"day": str(day_date(TODAY - 1))},
        {"day": "1900-01-01"},
        {"customer": "c-2"},
        {"customer": "nobody"},
    ],
)
def test_an_answer_to_what_nobody_requested_is_rejected(asked: Customers, change: dict[str, Any]) -> None:
    rejected = KeptRejections()
    before = asked.load("c-1")
    sent = answer(1, **change)
    report = desk(asked, rejected).batch([message(1, sent)])
    assert (report.counts["rejected"], report.counts["applied"], report.failed) == (1, 0, {})
    assert [(orjson.loads(body), reason) for body, reason in rejected.kept] == [(sent, UNKNOWN)]
    assert (asked.load("c-1"), outcomes(asked, "care.closed.v1")) == (before, [])


def test_the_other_messages_of_the_batch_go_on(asked: Customers) -> None:
    rejected = KeptRejections()
    batch = [
        message(1, purchase(1)),
        message(2, answer(2, care="unknown")),
        message(3, answer(3)),
        message(4, answer(4, customer="c-2")),
        message(5, purchase(5, customer="c-2")),
        message(6, purchase(6, amount="-1")),
    ]
    report = desk(asked, rejected).batch(batch)
    assert (report.counts["applied"], report.counts["rejected"], report.failed) == (3, 3, {})
    assert sorted(reason["field"] for _, reason in rejected.kept) == ["detail.amount", "detail.care", "detail.care"]
    assert len(outcomes(asked, "care.closed.v1")) == 1
    assert asked.load("c-2") is not None


def test_an_answer_that_cannot_be_looked_up_comes_again_and_others_go_on(asked: Customers) -> None:
    class Forgetful:
        def was_asked(self, *_: Any) -> bool:
            raise TimeoutError

        def __getattr__(self, name: str) -> Any:
            return getattr(asked, name)

    batch = [message(1, answer(1)), message(2, purchase(2, customer="c-2"))]
    report = desk(Forgetful()).batch(batch)
    assert (set(report.failed), report.counts["applied"], report.counts["rejected"]) == ({"m-1"}, 1, 0)
    assert desk(asked).batch(batch[:1]).counts["applied"] == 1


def test_an_action_that_was_only_held_out_has_no_answer(customers: Customers) -> None:
    held_out = RECOVER.model_copy(update={"holdout": 10_000})
    rules = ruleset(CLUB_FEATURES, Stratum(ratings=(TIER,)), Stratum(ratings=(MOOD,)), Stratum(care=(held_out,)))
    rejected = KeptRejections()
    ingest = desk(customers, rejected, Timeline.of(naming(rules)))
    ingest.batch([message(0, survey(0))])
    assert [one["status"] for one in customers.care()] == ["held-out"]
    ingest.batch([message(1, answer(1))])
    assert [reason for _, reason in rejected.kept] == [UNKNOWN]


def test_an_answer_that_is_no_answer_is_rejected_before_anything_is_looked_up(asked: Customers) -> None:
    rejected = KeptRejections()
    broken = message(1, answer(1, status="perhaps"))
    mangled = message(2, answer(2, day="2026-02-30"))
    report = desk(asked, rejected).batch([broken, mangled])
    assert (report.counts["rejected"], report.failed) == (2, {})
    assert [reason["field"] for _, reason in rejected.kept] == ["detail.status", "detail.day"]


def test_what_was_requested_is_read_as_of_the_last_commit(asked: Customers, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer may come at once, and a rejection is for ever: a stale read must not cause one."""
    get_item = asked.client.get_item
    consistent: list[Any] = []

    def noted(**arguments: Any) -> Any:
        consistent.append(arguments.get("ConsistentRead"))
        return get_item(**arguments)

    monkeypatch.setattr(asked.client, "get_item", noted)
    assert asked.was_asked("c-1", "recover", TODAY)
    assert consistent == [True]
