"""Foresight, held to days lived through one by one: what it says happens, and with a step less it does not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.start import StoredHistory, replay_up_to
from standing.events.intake import Event
from standing.foresight.explanation import Explanation, explanations
from standing.foresight.levers import LeverUse, events
from standing.foresight.outlook import AHEAD, Outlook, look_ahead, upcoming_changes
from standing.foresight.plans import Plan, Target, keeping, next_level, other_levels, plan
from standing.rules.author.compiler import assemble
from standing.rules.conditions import Condition
from standing.rules.ruleset import Rating, Ruleset, Stability, Stratum
from standing.rules.timeline import Timeline
from standing.values.days import Day

from tests.make import programmes
from tests.make import strategies as made
from tests.make.strategies import complaint, every, line, purchase, some, survey
from tests.unit.engine.test_clock import every_day

YEAR = (
    made.feature("spend_365d", "sum", made.NET, over=365),
    made.feature("orders_90d", "count", made.PURCHASES, over=90),
    made.feature("complaints_90d", "count", made.COMPLAINTS, over=90),
    made.feature("satisfaction_90d", "mean", made.SCORES, over=90),
    made.feature("days_since_order", "days_since_last", made.PURCHASES),
    made.feature("days_a_customer", "days_since_first", made.PURCHASES),
)
GOLD = every(line("spend_365d", ">=", 200_000), line("complaints_90d", "<", 1))
TIER = made.rating("tier", ["silver", "gold"], {"gold": GOLD})


def ruleset(*ratings: Rating) -> Ruleset:
    return made.ruleset(YEAR, *(Stratum(ratings=(one,)) for one in ratings))


def outlook(rules: Ruleset, happened: Sequence[Event], day: Day) -> Outlook:
    return look_ahead(replay_up_to(day, StoredHistory(happened)), Timeline.of(rules), day)


def aims(seen: Outlook) -> list[Target]:
    """Everything an explanation aims at."""
    turning = upcoming_changes(seen)
    found: list[Target | None] = []
    for name in seen.today.closed.levels:
        rating = seen.today.ruleset.ratings[name]
        found += [next_level(seen, rating), keeping(seen, rating, turning[name]) if name in turning else None]
        found += other_levels(seen, rating)
    return [aim for aim in found if aim]


def least(rules: Ruleset, rating: Rating, happened: Sequence[Event], day: Day) -> Plan:
    seen = outlook(rules, happened, day)
    aim = next_level(seen, rating)
    found = plan(seen, aim) if aim else None
    assert found is not None
    return found


def moves(found: Plan) -> list[tuple[str, str, int]]:
    return [(one.lever.kind, one.lever.feature.name, one.quantity) for one in found.wanted]


def done(rules: Ruleset, found: Plan, day: Day, less: int = -1) -> list[Event]:
    """What a plan wants as events of a day, with a step less of one thing."""
    pulls = [LeverUse(one.lever, one.quantity - (place == less)) for place, one in enumerate(found.wanted)]
    return events(pulls, rules.programme, day)


def level(rules: Ruleset, happened: Sequence[Event], rating: str, day: Day) -> str:
    """The computed level of a day, every day before it lived through."""
    return every_day(rules, happened, day)[-1].closed.levels[rating].level


# Laws -----------------------------------------------------------------------------------------------------------


@settings(max_examples=100)
@given(programmes.rulesets(), programmes.histories(), st.integers(0, 40))
def test_what_is_named_reaches_the_level_and_a_step_less_does_not(
    rules: Ruleset, happened: list[Event], later: int
) -> None:
    seen = outlook(rules, happened, max(event.day for event in happened) + later)
    for aim in aims(seen):
        if found := plan(seen, aim):
            _check(rules, happened, aim, found)


def _check(rules: Ruleset, happened: list[Event], aim: Target, found: Plan) -> None:
    def reaches(day: Day, seen_on: Day, less: int = -1) -> bool:
        return aim.met_by(level(rules, [*happened, *done(rules, found, day, less)], found.rating, seen_on))

    assert reaches(found.first, found.reached)
    for place in range(len(found.wanted)):
        assert not reaches(found.first, found.reached, place)
    if found.last is not None:
        assert reaches(found.last, aim.seen_on(found.last))
        assert aim.by or not reaches(found.last + 1, aim.seen_on(found.last + 1))


@settings(max_examples=100)
@given(programmes.rulesets(), programmes.histories(), st.integers(0, 40))
def test_time_alone_changes_a_level_on_the_day_that_is_named_and_not_before(
    rules: Ruleset, happened: list[Event], later: int
) -> None:
    seen = outlook(rules, happened, max(event.day for event in happened) + later)
    named = upcoming_changes(seen)
    shown = seen.today.closed.all_shown()
    for lived in every_day(rules, happened, seen.today.day + 200)[seen.today.day - min(e.day for e in happened) :]:
        for name, held in lived.closed.all_shown().items():
            turn = named.get(name)
            if turn is None or lived.day < turn.day:
                assert held.level == shown[name].level
            elif lived.day == turn.day:
                assert held.level == turn.level != shown[name].level


# Readings -------------------------------------------------------------------------------------------------------


def test_one_feature_is_named_where_one_is_enough_and_the_last_day_on_which_it_is() -> None:
    found = least(ruleset(TIER), TIER, [purchase(100, "500.00"), purchase(300, "1087.50")], 310)
    assert moves(found) == [("purchase", "spend_365d", 41_250)]
    assert (found.first, found.last, found.reached) == (310, 464, 310)  # the purchase of day 100 counts up to 464
    assert [(one.was, one.becomes) for one in found.wanted] == [(158_750, 200_000)]


def test_what_only_time_can_move_is_waited_for() -> None:
    found = least(ruleset(TIER), TIER, [purchase(300, "2000.00"), complaint(300)], 310)
    assert (moves(found), found.waiting, found.first, found.reached) == ([], ("complaints_90d",), 390, 390)


def test_both_are_named_where_both_are_needed_and_the_spending_may_come_first() -> None:
    found = least(ruleset(TIER), TIER, [purchase(300, "1900.00"), complaint(300)], 310)
    assert (moves(found), found.waiting) == ([("purchase", "spend_365d", 10_000)], ("complaints_90d",))
    assert (found.first, found.last, found.reached) == (310, 664, 390)


def test_of_two_alternatives_the_one_with_fewer_features_is_named() -> None:
    both = every(line("orders_90d", ">=", 3), line("satisfaction_90d", ">=", 8_000))
    tier = made.rating("tier", ["silver", "gold"], {"gold": some(both, line("spend_365d", ">=", 200_000))})
    assert moves(least(ruleset(tier), tier, [purchase(300, "10.00")], 310)) == [("purchase", "spend_365d", 199_000)]


def test_an_order_is_not_named_where_the_money_that_is_needed_makes_one() -> None:
    asked = every(line("orders_90d", ">=", 2), line("spend_365d", ">=", 2_000), line("days_since_order", "<=", 5))
    tier = made.rating("tier", ["silver", "gold"], {"gold": asked})
    assert moves(least(ruleset(tier), tier, [purchase(300, "10.00")], 310)) == [("purchase", "spend_365d", 1_000)]


def test_one_order_fewer_than_needed_is_not_enough_beside_the_money() -> None:
    asked = every(line("orders_90d", ">=", 4), line("spend_365d", ">=", 2_000))
    tier = made.rating("tier", ["silver", "gold"], {"gold": asked})
    found = least(ruleset(tier), tier, [purchase(300, "10.00")], 310)
    assert moves(found) == [("purchase", "orders_90d", 3), ("purchase", "spend_365d", 1_000)]
    assert len(done(ruleset(tier), found, 310)) == 3


def test_answers_raise_a_mean_as_far_as_it_takes() -> None:
    tier = made.rating("tier", ["silver", "gold"], {"gold": every(line("satisfaction_90d", ">=", 8_000))})
    found = least(ruleset(tier), tier, [survey(300, 3), survey(301, 3)], 310)
    assert moves(found) == [("feedback", "satisfaction_90d", 3)]


def test_a_level_of_another_rating_stands_for_what_that_level_asks_for() -> None:
    stage = made.rating("stage", ["quiet", "active"], {"active": every(line("days_since_order", "<=", 30))})
    tier = made.rating("tier", ["silver", "gold"], {"gold": every(line("stage", "==", 1))})
    found = least(ruleset(stage, tier), tier, [purchase(200, "10.00")], 310)
    assert (moves(found), found.waiting, found.last) == ([("purchase", "days_since_order", 1)], (), None)


def test_a_rise_that_waits_for_a_review_is_reached_on_that_day() -> None:
    tier = TIER.model_copy(update={"stability": Stability(rise="review", review="monthly")})
    found = least(ruleset(tier), tier, [purchase(300, "10.00")], 310)
    assert (found.first, found.reached) == (310, 334)  # 1970-12-01
    assert found.last == 638  # 1971-10-01, a review; the next one no longer sees the purchase of day 300


def test_what_keeps_a_level_is_named_where_time_alone_would_take_it() -> None:
    tier = TIER.model_copy(update={"stability": Stability(review="monthly", grace=30)})
    rules = ruleset(tier)
    seen = outlook(rules, [purchase(100, "1500.00"), purchase(300, "1000.00")], 310)
    turn = upcoming_changes(seen)["tier"]
    assert (turn.day, turn.level, turn.grace_from) == (515, "silver", 485)  # not kept on 1971-05-01
    aim = keeping(seen, tier, turn)
    found = plan(seen, aim) if aim else None
    assert found is not None
    assert (moves(found), found.first, found.last) == ([("purchase", "spend_365d", 100_000)], 310, 515)


def test_of_a_rating_without_order_each_level_that_one_thing_would_bring_is_named() -> None:
    asked: dict[str, Condition] = {
        "lost": every(line("days_since_order", ">", 60)),
        "busy": every(line("orders_90d", ">=", 2)),
    }
    stage = made.rating("stage", ["lost", "busy", "calm"], asked).model_copy(update={"ordered": False})
    (said,) = explanations(outlook(ruleset(stage), [purchase(300, "10.00")], 310))
    assert [(way.change, way.level, moves(way.plan)) for way in said.ways if way.plan] == [
        ("become", "busy", [("purchase", "orders_90d", 1)])
    ]
    assert said.turn is not None
    assert (said.turn.day, said.turn.level) == (361, "lost")


@pytest.mark.parametrize("day", [300, 359, 360])
def test_what_time_brings_is_seen_from_any_day_before_it(day: Day) -> None:
    stage = made.rating("stage", ["active", "lost"], {"lost": every(line("days_since_order", ">", 60))})
    turn = upcoming_changes(outlook(ruleset(stage), [purchase(300, "10.00")], day))["stage"]
    assert (turn.day, turn.was, turn.level) == (361, "active", "lost")


def explained(rules: Ruleset, happened: Sequence[Event], day: Day) -> dict[str, Explanation]:
    return {said.rating.name: said for said in explanations(outlook(rules, happened, day))}


def test_what_keeps_a_level_and_what_the_next_one_needs_are_told_line_by_line() -> None:
    tier = TIER.model_copy(update={"retain": {"gold": every(line("spend_365d", ">=", 100_000))}})
    said = explained(ruleset(tier), [purchase(300, "2000.00")], 310)["tier"]
    assert (said.held.level, said.held.since) == ("gold", 300)
    assert [(one.purpose, one.level, [line["actual"] for line in one.because]) for one in said.asked] == [
        ("kept-by", "gold", ["2000.00"])
    ]
    lower = explained(ruleset(tier), [purchase(300, "20.00")], 310)["tier"]
    assert [(one.purpose, one.level) for one in lower.asked] == [("needs", "gold")]
    assert [(line["actual"], line["holds"]) for line in lower.asked[0].because] == [("20.00", False), ("0", True)]


def test_a_level_set_by_hand_is_told_with_who_set_it_and_ends_by_time_alone() -> None:
    tier = made.TIER.model_copy(update={"override": programmes.TIER_SET})
    rules = assemble(made.PROGRAMME, programmes.MEASURES, made.CLUB_FEATURES, (Stratum(ratings=(tier,)),))
    said = explained(rules, [purchase(300, "10.00"), programmes.override(305, "gold", 320)], 310)["tier"]
    assert (said.held.level, said.asked[0].purpose) == ("gold", "set-by-hand")
    assert "staff-1" in said.asked[0].because[0]["line"]
    assert said.turn is not None
    assert (said.turn.day, said.turn.level) == (321, "bronze")


def test_where_nothing_will_ever_change_nothing_is_named() -> None:
    tier = made.rating("tier", ["silver", "gold"], {"gold": every(line("days_a_customer", ">=", 5_000))})
    seen = outlook(ruleset(tier), [purchase(300, "10.00")], 310)
    assert upcoming_changes(seen) == {}
    (aim,) = aims(seen)
    assert plan(seen, aim) is None
    assert seen.ahead[-1].day == 310 + AHEAD


@pytest.mark.parametrize("day", [300, 301, 390])
def test_an_earlier_day_knows_nothing_of_later_ones(day: Day) -> None:
    happened = [purchase(300, "10.00"), purchase(400, "5000.00")]
    assert explained(ruleset(TIER), happened, day)["tier"].held.level == "silver"


# Where lower is better -------------------------------------------------------------------------------------------

RISK = made.rating("risk", ["low", "high"], {"high": every(line("complaints_90d", ">=", 1))})
LOWER = RISK.model_copy(update={"better": "lower"})


def test_a_worse_level_is_never_a_goal_and_a_better_one_is_reached_by_waiting() -> None:
    rules, calm = ruleset(LOWER), [purchase(1_000, "10.00")]
    assert next_level(outlook(rules, calm, 1_000), LOWER) is None
    (low,) = explanations(outlook(rules, calm, 1_000))
    assert (low.ways, [asked.purpose for asked in low.asked]) == ((), ["not"])
    found = least(rules, LOWER, [*calm, complaint(1_001)], 1_010)
    assert (found.level, found.wanted, found.waiting, found.reached) == ("low", (), ("complaints_90d",), 1_091)
    assert level(rules, [*calm, complaint(1_001)], "risk", 1_091) == "low"
    assert level(rules, [*calm, complaint(1_001)], "risk", 1_090) == "high"


def test_time_that_makes_it_better_is_nothing_to_be_kept_from() -> None:
    seen = outlook(ruleset(LOWER), [purchase(1_000, "10.00"), complaint(1_001)], 1_085)
    turn = upcoming_changes(seen)["risk"]
    assert (turn.was, turn.level) == ("high", "low")
    assert keeping(seen, LOWER, turn) is None
    assert keeping(seen, RISK, turn) is not None
