"""`standing explain` on a table: as of a day, and by what was known on a day."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from standing.aws.table import Customers
from standing.customers.card import Card, card, card_document
from standing.customers.explanation import CustomerExplanation, explain, explanation_document
from standing.engine.view import view
from standing.ingest.batch import Ingest
from standing.present.renderers.terminal import plain_text
from standing.rules.ruleset import Stratum
from standing.rules.timeline import Timeline
from standing.values.days import day_of
from standing.values.errors import UserError

from tests.make import strategies as made
from tests.make.support import NOW, KeptRejections, complaint, message, purchase

LATER = NOW + timedelta(days=2)


def apply(customers: Customers, rules: Timeline, now: datetime, *envelopes: dict[str, Any]) -> None:
    """Take events in at a moment."""
    desk = Ingest(rules, customers, KeptRejections(), clock=lambda: now, pause=lambda _: None)
    assert desk.batch([message(number, one) for number, one in enumerate(envelopes)]).failed == {}


@pytest.fixture
def corrected(customers: Customers, rules: Timeline) -> Customers:
    """Silver by what was known on the first day; a late purchase, known two days on, made it gold a week before."""
    apply(customers, rules, NOW, purchase(1, amount="1500.00", days_ago=10))
    apply(customers, rules, LATER, purchase(2, amount="600.00", days_ago=7))
    return customers


def level(explained: CustomerExplanation, rating: str = "tier") -> tuple[str, str]:
    said = explained.as_dict()["ratings"][rating]
    return said["level"], said["since"]


def test_what_was_known_on_a_day_tells_another_story_than_what_is_known_now(
    corrected: Customers, rules: Timeline
) -> None:
    then = explain(corrected, rules, "c-1", known_on=NOW.date())
    assert level(then) == ("silver", "2026-03-21")
    assert then.as_dict()["ratings"]["tier"]["announced"]["to"] == "silver"
    now = explain(corrected, rules, "c-1", as_of=NOW.date())
    assert level(now) == ("gold", "2026-03-24")
    assert now.as_dict()["ratings"]["tier"]["announced"]["to"] == "gold"


def test_a_day_is_explained_without_what_came_after_it(corrected: Customers, rules: Timeline) -> None:
    explained = explain(corrected, rules, "c-1", as_of=date(2026, 3, 23))
    assert level(explained) == ("silver", "2026-03-21")
    assert explained.as_dict()["ratings"]["tier"]["time_alone"]["to"] == "bronze"  # not gold, as it came to be


def test_a_day_to_come_is_explained_as_if_nothing_happened_until_then(corrected: Customers, rules: Timeline) -> None:
    assert level(explain(corrected, rules, "c-1", as_of=date(2027, 9, 1)))[0] == "bronze"


@pytest.mark.parametrize(
    ("customer", "as_of", "known_on", "said"),
    [
        ("nobody", None, None, "no customer `nobody`"),
        ("c-1", date(2026, 3, 1), None, "its first event is of 2026-03-21"),
        ("c-1", None, date(2026, 3, 1), "no customer `c-1`: no event was applied by then"),
    ],
)
def test_where_there_is_nothing_to_explain_the_reason_is_said(
    corrected: Customers, rules: Timeline, customer: str, as_of: date | None, known_on: date | None, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        explain(corrected, rules, customer, as_of, known_on)


def printed(explained: CustomerExplanation, language: Any) -> str:
    return " ".join(plain_text(explanation_document(explained, language), 100).split())


def test_the_least_that_reaches_the_next_level_is_said_in_both_languages(customers: Customers, rules: Timeline) -> None:
    apply(customers, rules, NOW, purchase(1, amount="1587.50", days_ago=10), *(complaint(n) for n in range(3)))
    explained = explain(customers, rules, "c-1", as_of=NOW.date())
    english, chinese = printed(explained, "en"), printed(explained, "zh")
    assert "no complaint until 2026-06-29, and 412.50 more by orders" in english
    assert "Net spend in the last year: 1587.50 → 2000.00) by 2027-03-20" in english
    assert "2026-06-29 前没有投诉，且再有 412.50 的订单" in chinese
    assert "✗ complaints_90d < 3 (was 3)" in english


@pytest.mark.parametrize(
    ("read_after", "said"),
    [(0, ("(is 3)", "(实际 3)")), (1, ("(was 3)", "(实际 3)")), (-1, ("(will be 3)", "(届时 3)"))],
)
def test_a_value_is_spoken_of_as_of_the_day_on_which_it_is_read(
    customers: Customers, rules: Timeline, read_after: int, said: tuple[str, str]
) -> None:
    apply(customers, rules, NOW, purchase(1, amount="1587.50"), *(complaint(n) for n in range(3)))
    explained = explain(customers, rules, "c-1", as_of=NOW.date())
    read = replace(explained, now=explained.day + read_after)
    for language, expected in zip(("en", "zh"), said, strict=True):
        assert f"✗ complaints_90d < 3 {expected}" in printed(read, language)


def test_what_time_alone_will_bring_is_yet_to_be(corrected: Customers, rules: Timeline) -> None:
    explained = explain(corrected, rules, "c-1", as_of=NOW.date())
    told = printed(replace(explained, now=explained.day), "en")
    assert "gold on" not in told
    assert "(will be " in told.partition("Time alone")[2].partition("To reach")[0]


def test_a_card_tells_decisions_of_today_from_those_of_before(customers: Customers, rules: Timeline) -> None:
    apply(customers, rules, NOW, purchase(1, amount="700.00", days_ago=3))
    state = customers.load("c-1")
    assert state is not None
    seen = view(state, rules, day_of(NOW, rules.latest.programme.time_zone))
    for days_ago, said in ((3, "(was 700.00)"), (0, "(is 700.00)")):
        decided = {
            **customers.decisions("c-1")[0],
            "rating": "tier",
            "from": None,
            "to": "silver",
            "day": str(NOW.date() - timedelta(days=days_ago)),
            "because": [{"line": "spend_365d >= 600.00", "holds": True, "actual": "700.00"}],
        }
        shown = card_document(Card("c-1", seen, [decided], rules.latest, rules.latest.version), "en")
        assert said in plain_text(shown, 120)


def test_a_card_knows_features_of_rules_that_came_later(customers: Customers, rules: Timeline) -> None:
    apply(customers, rules, NOW, purchase(1, amount="700.00"))
    state = customers.load("c-1")
    assert state is not None
    spend = made.feature("spend", "sum", made.NET)
    tier = made.rating("tier", ["low", "high"], {"high": made.line("spend", ">=", 70_000)})
    later = rules.followed_by(made.ruleset((spend,), Stratum(ratings=(tier,))), state.day + 1)
    target = SimpleNamespace(customers=customers, outputs={"TableName": "Customers"})
    shown = card(target, later, "c-1", last=0)  # type: ignore[arg-type]  # all that it reads
    assert (shown.seen.facts, shown.seen.memory.levels["tier"].level) == ({"spend": 70_000}, "high")


def test_it_is_one_json_document_for_machines(corrected: Customers, rules: Timeline) -> None:
    said = json.loads(json.dumps(explain(corrected, rules, "c-1", as_of=NOW.date()).as_dict()))
    tier = said["ratings"]["tier"]
    assert tier["time_alone"]["to"] == "silver"
    assert tier["rules"] == rules.latest.version
    assert [(one["change"], one["level"]) for one in tier["changes"]] == [("reach", "platinum"), ("keep", "gold")]
    (spend, orders) = sorted(tier["changes"][0]["plan"]["wanted"], key=lambda one: one["feature"], reverse=True)
    assert (spend["feature"], spend["more"], spend["to"]) == ("spend_365d", "1900.00", "4000.00")
    assert (orders["feature"], orders["more"], orders["to"]) == ("orders_90d", 10, "12")
