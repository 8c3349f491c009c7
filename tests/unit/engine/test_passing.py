"""The clock moved without an event: known sooner, and no other standing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.advance import advance_clock
from standing.engine.decide import Decision, DecisionResult
from standing.engine.ledger.announcements import RatingChanged
from standing.engine.ledger.care import CareClosed, CareDecided
from standing.engine.start import NOTHING, features_changed
from standing.events.intake import Event
from standing.rules.ruleset import Ruleset, Stratum
from standing.rules.timeline import Timeline
from standing.values.days import Day

from tests.make import programmes
from tests.make import strategies as made
from tests.make.strategies import CLUB_RULES, Customer, every, line, noon, purchase


def passed(customer: Customer, until: Day) -> tuple[Decision, ...]:
    """Move a customer's clock as the nightly run does, on the day after."""
    state = customer.standing
    past = customer.past if features_changed(state, customer.rules, until) else NOTHING
    outcome = advance_clock(state, customer.rules, until, noon(until + 1), past)
    return customer.keep(outcome) if outcome else ()


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """One or two rulesets, the second from some day of the histories on."""
    rules = Timeline.of(draw(programmes.rulesets()))
    for day in draw(st.sets(st.integers(995, 1_060), max_size=1)):
        rules = rules.followed_by(draw(programmes.rulesets()), day)
    return rules


@settings(max_examples=200, deadline=None)
@given(timelines(), programmes.histories(span=60), st.data())
def test_nights_in_between_make_no_difference_to_the_standing(
    rules: Timeline, events: list[Event], data: st.DataObject
) -> None:
    nights, plain = Customer(rules), Customer(rules)
    plain.deliver(*events)
    for event in data.draw(st.permutations(events)):
        nights.deliver(event)
        passed(nights, nights.standing.day + data.draw(st.integers(0, 40)))
    last = max(nights.standing.day, plain.standing.day) + 1
    probe = purchase(last, "0.00", "probe")
    for customer in (nights, plain):
        customer.deliver(probe)
    assert nights.standing.closed == plain.standing.closed
    assert nights.standing.buckets == plain.standing.buckets


@settings(max_examples=100, deadline=None)
@given(programmes.rulesets(), programmes.histories(span=30), st.integers(1, 60))
def test_a_second_night_for_the_same_day_says_nothing(ruleset: Ruleset, events: list[Event], more: int) -> None:
    customer = Customer(Timeline.of(ruleset))
    customer.deliver(*events)
    until = customer.standing.day + more
    passed(customer, until)
    again = advance_clock(customer.standing, customer.rules, until, noon(until + 1))
    assert again is None or not _said(again)


def _said(outcome: DecisionResult) -> list[Decision]:
    """What is decided beside actions that nobody answered, of which only some are closed at once."""
    return [one for one in outcome.decisions if not isinstance(one, CareClosed)]


def test_a_fall_is_announced_on_the_night_and_not_again_by_the_next_event() -> None:
    customer = Customer(CLUB_RULES)
    customer.deliver(purchase(1_000, "250.00"), now=noon(1_000))
    level = customer.standing.closed.levels["tier"].level
    said = passed(customer, 1_200)
    falls = [one for one in said if isinstance(one, RatingChanged) and one.rating == "tier"]
    assert falls
    assert falls[0].was == level
    later = customer.deliver(purchase(1_201, "1.00", "later"), now=noon(1_201))
    assert not [one for one in later if isinstance(one, RatingChanged) and one.rating == "tier"]


def test_the_ends_of_the_months_that_pass_are_kept() -> None:
    customer = Customer(CLUB_RULES)
    customer.deliver(purchase(1_000, "250.00"), now=noon(1_000))
    assert passed(customer, 1_200)
    assert max(customer.checkpoints) > 1_150


def test_nothing_is_written_where_there_is_nothing_to_say() -> None:
    customer = Customer(CLUB_RULES)
    customer.deliver(purchase(1_000, "250.00"), now=noon(1_000))
    assert advance_clock(customer.standing, CLUB_RULES, 1_001, noon(1_002)) is None
    assert advance_clock(customer.standing, CLUB_RULES, 999, noon(1_002)) is None


QUIET = made.ruleset(
    (made.feature("since", "days_since_last", made.PURCHASES),),
    Stratum(care=(made.care("come-back", every(line("since", ">=", 30)), repeat_after=300, within=3),)),
)


def test_what_the_night_knows_in_time_is_requested_and_not_missed() -> None:
    found = []
    for nights in (range(1_001, 1_100), ()):
        customer = Customer(Timeline.of(QUIET))
        customer.deliver(purchase(1_000, "250.00"), now=noon(1_000))
        decisions = [one for day in nights for one in passed(customer, day)]
        decisions += customer.deliver(purchase(1_100, "1.00", "back"), now=noon(1_100))
        found.append([(one.day, one.status) for one in decisions if isinstance(one, CareDecided)])
    assert found == [[(1_030, "requested")], [(1_030, "missed")]]
