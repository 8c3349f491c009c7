"""The clock: leaving out the days on which nothing can change leaves nothing out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.fold import DayResult, simulate_days
from standing.engine.measures import aggregate, empty
from standing.engine.state import Memory
from standing.events.intake import Event
from standing.rules.author.compiler import assemble
from standing.rules.conditions import Condition, Operator
from standing.rules.ruleset import Rating, Ruleset, Stability, Stratum
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_date

from tests.make import programmes
from tests.make import strategies as made
from tests.make.strategies import every, line, purchase

SILENCE = 120


def every_day(rules: Ruleset, events: Sequence[Event], last: Day) -> list[DayResult]:
    """Every day from the first event on: the oracle."""
    buckets = aggregate(empty(rules), events, rules)
    first = min(event.day for event in events)
    return list(made.every_day(Timeline.of(rules), lambda _: buckets, Memory(), first, last))


def skipping(rules: Ruleset, events: Sequence[Event], last: Day) -> list[DayResult]:
    buckets, days = aggregate(empty(rules), events, rules), {event.day for event in events}
    return list(simulate_days(Timeline.of(rules), lambda _: buckets, Memory(), min(days), last, busy=days))


@settings(max_examples=400)
@given(programmes.rulesets(), programmes.histories())
def test_days_that_are_left_out_are_like_the_day_before(rules: Ruleset, events: list[Event]) -> None:
    last = 1_060 + SILENCE
    lived = {day.day: day for day in skipping(rules, events, last)}
    memory = Memory()
    for day in every_day(rules, events, last):
        if day.day in lived:
            assert lived[day.day].closed == day.closed
            assert (lived[day.day].due, lived[day.day].refrained) == (day.due, day.refrained)
            assert lived[day.day].facts == day.facts
        else:
            assert (day.closed, day.due, day.refrained) == (memory, (), ())
        memory = day.closed


@pytest.mark.parametrize("review", ["daily", "monthly"])
def test_most_days_of_a_silent_year_are_left_out(review: str) -> None:
    stability = Stability.model_validate({"review": review, "grace": 30})
    tier = made.TIER.model_copy(update={"stability": stability})
    rules = made.ruleset(made.CLUB_FEATURES, Stratum(ratings=(tier,)))
    lived = skipping(rules, [purchase(100, "250.00"), purchase(130, "70.00")], 500)
    assert (lived[0].day, lived[-1].day) == (100, 500)
    assert len(lived) < 40


def test_the_day_after_a_rating_changed_is_lived_through() -> None:
    mood = made.rating("mood", ["calm", "proud"], {"proud": every(line("tier", "==", 2), line("tier.was", "==", 2))})
    rules = made.ruleset(made.CLUB_FEATURES, Stratum(ratings=(made.TIER,)), Stratum(ratings=(mood,)))
    lived = {day.day: day.closed.levels["mood"] for day in skipping(rules, [purchase(100, "250.00")], 120)}
    assert (lived[100].level, lived[101].level, lived[101].since) == ("calm", "proud", 101)


def test_the_days_to_a_review_are_watched() -> None:
    warned = made.care("warn", every(line("tier.days_to_review", "<=", 5)), repeat_after=20, within=3)
    tier: Rating = made.TIER.model_copy(update={"stability": Stability(review="monthly")})
    rules = made.ruleset(made.CLUB_FEATURES, Stratum(ratings=(tier,)), Stratum(care=(warned,)))
    due = [day.day for day in skipping(rules, [purchase(100)], 200) if day.due]
    assert due == [day.day for day in every_day(rules, [purchase(100)], 200) if day.due]
    assert due == [115, 146, 176]


def test_a_grace_period_ends_although_a_rise_waits_for_the_next_review() -> None:
    levels: dict[str, Condition] = {"silver": line("orders_10d", ">=", 1), "gold": line("idle", ">=", 35)}
    stability = Stability(rise="review", review="monthly", grace=20)
    tier = made.rating("tier", ["bronze", "silver", "gold"], levels).model_copy(update={"stability": stability})
    features = [made.feature("orders_10d", "count", made.PURCHASES, 10)]
    features.append(made.feature("idle", "days_since_last", made.PURCHASES))
    lived = skipping(made.ruleset(features, Stratum(ratings=(tier,))), [purchase(100)], 200)
    held = {(level.level, level.since, level.grace_until) for day in lived for level in day.closed.levels.values()}
    assert held == {("silver", 100, None), ("silver", 100, 140), ("bronze", 140, None), ("gold", 151, None)}


@given(st.integers(1, 60), st.integers(1, 60))
def test_repeat_after_is_kept_while_nothing_happens(repeat_after: int, within: int) -> None:
    rule = made.care("again", every(line("orders_ever", ">=", 1)), repeat_after=repeat_after, within=within)
    rules = made.ruleset([made.feature("orders_ever", "count", made.PURCHASES)], Stratum(care=(rule,)))
    due = [day.day for day in skipping(rules, [purchase(100)], 300) if day.due]
    assert due == list(range(100, 301, repeat_after))


OPERATORS: tuple[Operator, ...] = ("<", "<=", "==", "!=", ">=", ">")


def near(fact: str, op: Operator) -> Rating:
    return made.rating("near", ["no", "yes"], {"yes": every(line(fact, op, 7))})


def steps(lived: Sequence[DayResult]) -> list[tuple[str, Day]]:
    """Each level of the rating `near`, with the day on which it began."""
    levels = [day.closed.levels["near"] for day in lived]
    return list(dict.fromkeys((level.level, level.since) for level in levels))


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("kind", ["days_to", "days_until"])
def test_the_days_to_a_date_pass_a_number_on_their_day(kind: str, op: Operator) -> None:
    away = programmes.made_feature("away", kind, programmes.RENEWAL)
    rules = assemble(made.PROGRAMME, programmes.MEASURES, (away,), (Stratum(ratings=(near("away", op),)),))
    events = [programmes.profile(100, "v", dates={"renewal": str(day_date(150))})]
    for last in (509, 600):  # two days after the second anniversary less seven days, and long after it
        assert steps(skipping(rules, events, last)) == steps(every_day(rules, events, last))


@pytest.mark.parametrize("op", OPERATORS)
def test_the_days_to_the_end_of_a_level_set_by_hand_pass_a_number_on_their_day(op: Operator) -> None:
    tier = made.TIER.model_copy(update={"override": programmes.TIER_SET, "stability": Stability(review="yearly")})
    strata = Stratum(ratings=(tier,)), Stratum(ratings=(near("tier.days_to_review", op),))
    spend = made.feature("spend_10d", "sum", programmes.NET, over=10)
    complaints = made.feature("complaints_7d", "count", programmes.COMPLAINTS, over=7)
    rules = assemble(made.PROGRAMME, programmes.MEASURES, (spend, complaints), strata)
    events = [purchase(100), programmes.override(103, "gold", 150)]
    assert steps(skipping(rules, events, 300)) == steps(every_day(rules, events, 300))


@pytest.mark.parametrize("over", ["calendar-year", "membership-year"])
def test_each_new_year_is_watched_in_years_of_silence(over: str) -> None:
    anchor = programmes.ANY if over == "membership-year" else None
    orders = programmes.made_feature("orders", "count", programmes.ORDERS, over=over, anchor=anchor)
    busy = made.rating("near", ["no", "yes"], {"yes": every(line("orders", ">=", 1))})
    rules = assemble(made.PROGRAMME, programmes.MEASURES, (orders,), (Stratum(ratings=(busy,)),))
    assert steps(skipping(rules, [purchase(100)], 1_500)) == steps(every_day(rules, [purchase(100)], 1_500))


def test_a_rise_at_a_review_does_not_wait_for_the_minimum_stay() -> None:
    levels: dict[str, Condition] = {"yes": line("idle", ">=", 35)}
    stability = Stability(rise="review", review="monthly", minimum_stay=90)
    rated = made.rating("near", ["no", "yes"], levels).model_copy(update={"stability": stability})
    rules = made.ruleset([made.feature("idle", "days_since_last", made.PURCHASES)], Stratum(ratings=(rated,)))
    assert steps(skipping(rules, [purchase(100)], 300)) == [("no", 100), ("yes", 151)]


@pytest.mark.parametrize("first", range(147, 154))
def test_an_anniversary_in_the_first_days_is_watched(first: Day) -> None:
    away = programmes.made_feature("away", "days_until", programmes.RENEWAL)
    rules = assemble(made.PROGRAMME, programmes.MEASURES, (away,), (Stratum(ratings=(near("away", "<"),)),))
    events = [programmes.profile(first, "v", dates={"renewal": str(day_date(150))})]
    assert steps(skipping(rules, events, first + 20)) == steps(every_day(rules, events, first + 20))
