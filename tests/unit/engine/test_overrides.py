"""Overrides: what somebody set by hand shows until it expires, while the computed level runs on beneath."""

from __future__ import annotations

import pytest
from standing.engine.decide import Decision
from standing.engine.fold import DayResult
from standing.engine.ledger.announcements import RatingChanged
from standing.engine.ledger.care import CareDecided
from standing.engine.state import LevelState
from standing.events.intake import Event
from standing.rules.author.compiler import assemble
from standing.rules.ruleset import Stability, Stratum
from standing.rules.timeline import Timeline

from tests.make import programmes
from tests.make import strategies as made
from tests.make.programmes import MEASURES, TIER_SET, override
from tests.make.strategies import Customer, every, line, noon, purchase
from tests.unit.engine.test_clock import every_day, skipping

TIER = made.TIER.model_copy(update={"override": TIER_SET})
FEATURES = (
    made.feature("spend_10d", "sum", programmes.NET, over=10),
    made.feature("complaints_7d", "count", programmes.COMPLAINTS, over=7),
)
GREET = made.care("greet", every(line("tier", "==", 2), line("tier.was", "!=", 2)), repeat_after=1, within=3)
RULES = assemble(made.PROGRAMME, MEASURES, FEATURES, (Stratum(ratings=(TIER,)), Stratum(care=(GREET,))))


def days(*events: Event, last: int = 130) -> dict[int, DayResult]:
    return {day.day: day for day in every_day(RULES, events, last)}


def seen(day: DayResult) -> LevelState | None:
    return day.closed.shows("tier")


def test_a_level_set_by_hand_shows_up_to_its_last_day() -> None:
    lived = days(purchase(100, "120.00"), override(103, "gold", 106))
    assert [seen(lived[day]) for day in (102, 103, 106)] == [
        LevelState("silver", 100),
        LevelState("gold", 103),
        LevelState("gold", 103),
    ]
    assert seen(lived[107]) == LevelState("silver", 107)


def test_the_computed_level_runs_on_beneath() -> None:
    lived = days(purchase(100, "120.00"), override(103, "gold", 125))
    assert lived[112].closed.levels["tier"] == LevelState("bronze", 110)
    assert seen(lived[125]) == LevelState("gold", 103)
    assert seen(lived[126]) == LevelState("bronze", 126)


def test_a_level_set_by_hand_has_no_grace_and_the_computed_one_after_it_has_its_own() -> None:
    tier = TIER.model_copy(update={"stability": Stability(grace=20)})
    rules = assemble(made.PROGRAMME, MEASURES, FEATURES, (Stratum(ratings=(tier,)),))
    events = purchase(100, "250.00"), override(103, "bronze", 115)
    lived = {day.day: day for day in every_day(rules, events, 120)}
    computed = lived[112].closed.levels["tier"]
    assert (computed.level, computed.grace_until) == ("gold", 130)  # its purchase left the window on day 110
    assert seen(lived[112]) == LevelState("bronze", 103)
    assert seen(lived[116]) == LevelState("gold", 116, 130)


def test_where_the_computed_level_has_come_to_be_the_same_nothing_changes_at_the_end() -> None:
    lived = days(purchase(100, "120.00"), override(103, "gold", 106), purchase(105, "120.00"))
    assert seen(lived[107]) == LevelState("gold", 103)
    assert lived[107].closed.levels["tier"] == LevelState("gold", 105)


def test_one_that_confirms_the_computed_level_is_known_on_days_on_which_only_another_rule_changes() -> None:
    ask = made.care("ask", line("complaints_7d", ">=", 1), repeat_after=100, within=3)
    rules = assemble(made.PROGRAMME, MEASURES, FEATURES, (Stratum(ratings=(TIER,)), Stratum(care=(ask,))))
    events = purchase(100, "120.00"), made.complaint(101), override(103, "silver", 109)
    (lived,) = (day for day in skipping(rules, events, 130) if day.day == 108)  # the complaint left its window
    assert seen(lived) == LevelState("silver", 100)
    assert lived.rulings["tier"].expires == 109


def test_the_last_one_made_counts_even_when_it_has_expired() -> None:
    first, second = override(103, "gold", 120, "a"), override(105, "silver", 105, "b")
    lived = days(purchase(100, "5.00"), first, second)
    assert [seen(lived[day]) for day in (104, 105, 106)] == [
        LevelState("gold", 103),
        LevelState("silver", 105),
        LevelState("bronze", 106),
    ]


def test_of_two_on_one_day_the_later_counts() -> None:
    lived = days(purchase(100), override(103, "silver", 110, "a", hour=15), override(103, "gold", 110, "b", hour=9))
    assert seen(lived[103]) == LevelState("silver", 103)


def test_rules_see_what_everybody_sees() -> None:
    lived = days(purchase(100), override(103, "gold", 106))
    assert {day for day, one in lived.items() if one.due} == {103}
    assert lived[107].facts["tier.was"] == 2


def test_a_level_that_the_rules_no_longer_have_shows_no_more() -> None:
    lived = days(purchase(100), override(103, "diamond", 106))
    assert seen(lived[103]) == LevelState("bronze", 100)


def changes(decisions: tuple[Decision, ...]) -> list[tuple[str | None, str, int, str]]:
    found = [one for one in decisions if isinstance(one, RatingChanged)]
    return [(one.was, one.level, one.day, one.because[0]["line"] if one.because else "") for one in found]


def test_it_is_announced_with_who_and_why_and_its_end_too() -> None:
    customer = Customer(Timeline.of(RULES))
    customer.deliver(purchase(100, "120.00"))
    (set_by_hand,) = changes(customer.deliver(override(103, "gold", 106)))
    assert set_by_hand[:3] == ("silver", "gold", 103)
    assert set_by_hand[3] == "set by hand until 1970-04-17, by staff-1: goodwill"
    assert [one[:3] for one in changes(customer.deliver(purchase(108, "1.00")))] == [("gold", "silver", 107)]


@pytest.mark.parametrize("late", [False, True])
def test_late_or_in_time_it_is_the_same(late: bool) -> None:
    customer = Customer(Timeline.of(RULES), now=noon(110))
    events = [purchase(100, "120.00"), override(103, "gold", 120), purchase(105, "30.00")]
    for event in [events[0], events[2], events[1]] if late else events:
        customer.deliver(event)
    assert customer.standing.closed.shows("tier") == LevelState("gold", 103)
    assert customer.standing.ledger.said == {"tier": "gold"}


# What rules may ask of a level that was set by hand ------------------------------------------------------------------

MONTHLY = TIER.model_copy(update={"stability": Stability(review="monthly", grace=0)})
ABOUT_TO_DROP = made.care(
    "about-to-drop",
    every(line("tier.days_to_review", "<=", 5), line("tier", "==", 2), line("tier.would_become", "<", 2)),
    repeat_after=90,
    within=3,
)
WARNING = assemble(
    made.PROGRAMME, MEASURES, FEATURES, (Stratum(ratings=(MONTHLY,)), Stratum(care=(GREET, ABOUT_TO_DROP)))
)


def test_the_days_to_a_review_are_those_to_the_end_of_what_was_set_by_hand() -> None:
    events = purchase(100, "5.00"), override(103, "gold", 300)
    lived = {day.day: day for day in every_day(WARNING, events, 320)}
    assert lived[102].facts["tier.days_to_review"] == 120 - 102  # the first of May
    told = [(lived[day].facts["tier"], lived[day].facts["tier.days_to_review"]) for day in (103, 200, 300)]
    assert told == [(2, 198), (2, 101), (2, 1)]
    assert {lived[day].facts["tier.would_become"] for day in range(103, 301)} == {0}
    assert lived[301].facts["tier.days_to_review"] == 304 - 301  # a review again


def test_who_was_given_a_level_is_warned_when_it_is_about_to_end_and_no_sooner() -> None:
    customer = Customer(Timeline.of(WARNING))
    decided = customer.deliver(purchase(100, "5.00"), override(103, "gold", 300), now=noon(103))
    assert due(decided) == [("greet", 103)]
    assert due(customer.deliver(purchase(310, "1.00"), now=noon(296))) == [("about-to-drop", 296)]


def test_a_level_set_below_the_computed_one_rises_when_it_ends() -> None:
    lived = days(purchase(100, "250.00"), override(103, "bronze", 105), last=106)
    assert [lived[day].facts["tier"] for day in (104, 106)] == [0, 2]
    assert (lived[104].facts["tier.would_become"], lived[104].facts["tier.days_to_review"]) == (2, 2)


def due(decided: tuple[Decision, ...]) -> list[tuple[str, int]]:
    return [(one.care, one.day) for one in decided if isinstance(one, CareDecided)]
