"""The ledger of ratings: what a late event takes away from what was said."""

from __future__ import annotations

from standing.engine.decide import Decision
from standing.engine.ledger.announcements import LevelHonoured, RatingChanged
from standing.rules.ruleset import Stability, Stratum
from standing.rules.timeline import Timeline

from tests.make import strategies as made
from tests.make.strategies import Customer, every, line, purchase, refund

FIRST = 20_455  # 2026-01-02
NEXT_REVIEW = 20_485  # 2026-02-01


def club(*, honours: bool) -> Timeline:
    stability = Stability(review="monthly", fall="one-level")
    tier = made.rating("tier", ["bronze", "gold"], {"gold": every(line("spend", ">=", 20_000))})
    tier = tier.model_copy(update={"stability": stability, "honours": honours})
    ruleset = made.ruleset([made.feature("spend", "sum", made.NET, over=300)], Stratum(ratings=(tier,)))
    return Timeline.of(ruleset)


def announced_gold(*, honours: bool) -> Customer:
    customer = Customer(club(honours=honours))
    assert said(customer.deliver(purchase(FIRST + 5, "250.00"))) == [(None, "gold")]
    return customer


def said(decisions: tuple[Decision, ...] | list[Decision]) -> list[tuple[str | None, str]]:
    return [(one.was, one.level) for one in decisions if isinstance(one, RatingChanged)]


def test_a_late_fall_is_honoured_and_recorded_and_not_announced() -> None:
    customer = announced_gold(honours=True)
    decisions = customer.deliver(refund(FIRST + 1, "100.00"))
    assert [(type(one), getattr(one, "until", None)) for one in decisions] == [(LevelHonoured, NEXT_REVIEW)]
    assert customer.standing.closed.levels["tier"].level == "bronze"
    assert customer.standing.ledger.said == {"tier": "gold"}


def test_until_the_review_nothing_is_said_and_then_the_fall_is_announced() -> None:
    customer = announced_gold(honours=True)
    customer.deliver(refund(FIRST + 1, "100.00"))
    assert said(customer.deliver(purchase(NEXT_REVIEW - 1, "1.00"))) == []
    assert said(customer.deliver(purchase(NEXT_REVIEW + 3, "1.00"))) == [("gold", "bronze")]


def test_on_the_day_of_the_review_itself_nothing_is_honoured_any_more() -> None:
    customer = announced_gold(honours=True)
    customer.deliver(refund(FIRST + 1, "100.00"))
    assert said(customer.deliver(purchase(NEXT_REVIEW, "1.00"))) == [("gold", "bronze")]


def test_what_was_regained_in_time_was_never_lost() -> None:
    customer = announced_gold(honours=True)
    customer.deliver(refund(FIRST + 1, "100.00"))
    assert said(customer.deliver(purchase(NEXT_REVIEW - 2, "80.00"))) == []
    assert said(customer.deliver(purchase(NEXT_REVIEW + 3, "1.00"))) == []
    assert customer.standing.ledger.honoured == {}


def test_without_honour_a_late_fall_is_announced_at_once() -> None:
    customer = announced_gold(honours=False)
    assert said(customer.deliver(refund(FIRST + 1, "100.00"))) == [("gold", "bronze")]


def test_a_late_rise_is_announced_and_not_honoured() -> None:
    customer = Customer(club(honours=True))
    assert said(customer.deliver(purchase(FIRST + 5, "50.00"))) == [(None, "bronze")]
    assert said(customer.deliver(purchase(FIRST + 1, "250.00", name="late"))) == [("bronze", "gold")]
    assert customer.standing.ledger.honoured == {}
