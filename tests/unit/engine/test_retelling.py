"""Late events: however they arrive, the standing is the same; checkpoints and changed rules make no difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.decide import decide, needs_history, too_late
from standing.engine.measures import StoredBuckets
from standing.engine.start import MOST_CHECKPOINTS, StoredHistory
from standing.engine.state import Memory
from standing.events.intake import Event
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import day_date

from tests.make import programmes
from tests.make import strategies as made
from tests.make.strategies import CLUB, CLUB_RULES, Customer, complaint, noon, purchase, refund

type Standing = tuple[int, str, Memory, Memory, StoredBuckets]


def standing(customer: Customer) -> Standing:
    state = customer.standing
    return state.day, state.features_hash, state.opened, state.closed, state.buckets


def delivered(batches: Sequence[Sequence[Event]], rules: Timeline = CLUB_RULES) -> Customer:
    customer = Customer(rules)
    for batch in batches:
        customer.deliver(*batch)
    return customer


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """One to three rulesets, the later ones from some day of the histories on."""
    rules = Timeline.of(draw(programmes.rulesets()))
    for day in sorted(draw(st.sets(st.integers(995, 1_065), max_size=2))):
        rules = rules.followed_by(draw(programmes.rulesets()), day)
    return rules


@settings(max_examples=300)
@given(timelines(), programmes.histories(), st.data())
def test_any_events_in_any_batches_end_in_one_standing(
    rules: Timeline, events: list[Event], data: st.DataObject
) -> None:
    batches = data.draw(made.splits(events))
    assert standing(delivered(batches, rules)) == standing(delivered([events], rules))


@settings(max_examples=200)
@given(timelines(), programmes.histories(span=200), st.data())
def test_each_checkpoint_is_the_customer_as_of_its_day(
    rules: Timeline, events: list[Event], data: st.DataObject
) -> None:
    customer = delivered(data.draw(made.splits(events)), rules)
    for day, checkpoint in customer.checkpoints.items():
        until = [event for event in events if event.day <= day]
        probe = [*until, purchase(day + 1, "0.00", "probe")]
        assert checkpoint.memory == delivered([probe], rules).standing.opened


EIGHT = [
    purchase(1_000, "120.00"),
    complaint(1_040),
    purchase(1_000, "90.00", "q"),
    programmes.override(1_075, "gold", 1_100),
    refund(1_000, "30.00"),
    purchase(1_040, "150.00"),
    purchase(1_131, "220.00"),
    purchase(1_110, "70.00"),
]


@pytest.mark.invariant("INV-2")
@pytest.mark.parametrize(("many", "orders"), [(6, 720), pytest.param(8, 40_320, marks=pytest.mark.long)])
def test_all_orders_of_eight_events_end_in_one_standing(many: int, orders: int) -> None:
    expected = standing(delivered([EIGHT[:many]], CLUB_SET))
    ends = list(_every_order(Customer(CLUB_SET), EIGHT[:many]))
    assert len(ends) == orders
    assert all(end == expected for end in ends)


def _every_order(customer: Customer, left: Sequence[Event]) -> Iterator[Standing]:
    """The standing after each order of what is left; orders that begin alike share their beginning."""
    if not left:
        yield standing(customer)
    for number, event in enumerate(left):
        branch = replace(customer, checkpoints=dict(customer.checkpoints))
        branch.deliver(event)
        yield from _every_order(branch, [*left[:number], *left[number + 1 :]])


(TIER_SET,) = (one for one in programmes.MEASURES if one.name == programmes.TIER_SET)
SET_TIER = made.TIER.model_copy(update={"override": TIER_SET.name})
CLUB_SET = Timeline.of(
    CLUB.model_copy(
        update={
            "measures": CLUB.measures | {TIER_SET.name: TIER_SET},
            "strata": (CLUB.strata[0].model_copy(update={"ratings": (SET_TIER,)}), *CLUB.strata[1:]),
        }
    )
)


def test_a_late_event_begins_at_the_last_checkpoint_before_it() -> None:
    customer = delivered([[purchase(day)] for day in range(1_000, 1_200, 10)])
    assert max(day for day in customer.checkpoints if day < 1_140) > 1_100
    # Without the first events nobody could tell whether the fold began before them: it does not look.
    past = StoredHistory(
        [event for event in customer.applied if event.day > 1_100], list(customer.checkpoints.values())
    )
    outcome = decide(customer.state, [complaint(1_140)], CLUB_RULES, made.LONG_AFTER, past)
    whole = decide(customer.state, [complaint(1_140)], CLUB_RULES, made.LONG_AFTER, StoredHistory(customer.applied))
    assert outcome.state == whole.state


def test_a_late_event_on_the_last_day_of_a_month_begins_before_that_day() -> None:
    events = [purchase(day, "45.00") for day in range(1_000, 1_100, 5)]
    customer = delivered([[event] for event in events])
    end = min(customer.checkpoints)
    late = complaint(end), purchase(end, "130.00", "late")
    customer.deliver(*late)
    assert standing(customer) == standing(delivered([[*events, *late]]))
    whole = delivered([[*(event for event in events if event.day <= end), *late]]).standing
    assert customer.checkpoints[end].memory == whole.closed
    assert customer.checkpoints[end].buckets == whole.buckets


def test_what_happened_on_the_last_day_of_a_month_is_counted_once() -> None:
    events = [purchase(day, "45.00") for day in range(1_000, 1_100, 5)]
    end = min(delivered([[event] for event in events]).checkpoints)
    before = [event for event in events if event.day < end]
    over = [purchase(end, "15.00", "last"), purchase(end + 3, "20.00", "first")]
    customer = delivered([before, over])
    assert end in customer.checkpoints
    customer.deliver(late := complaint(end + 1))
    assert standing(customer) == standing(delivered([[*before, *over, late]]))


def test_checkpoints_after_a_late_event_are_written_anew() -> None:
    customer = delivered([[purchase(day)] for day in range(1_000, 1_120, 10)])
    before = dict(customer.checkpoints)
    customer.deliver(purchase(1_065, "500.00"))
    changed = {day for day, checkpoint in customer.checkpoints.items() if before[day] != checkpoint}
    assert changed == {day for day in before if day >= 1_065}
    assert customer.checkpoints.keys() == before.keys()


def test_a_gap_of_years_leaves_few_checkpoints() -> None:
    customer = delivered([[purchase(1_000)], [purchase(4_000)]])
    days = sorted(customer.checkpoints)
    assert len(days) == MOST_CHECKPOINTS
    assert all(day_date(day + 1).day == 1 for day in days)
    assert 4_000 - days[-1] <= 31


def test_no_checkpoint_is_older_than_a_late_event_can_be() -> None:
    programme = CLUB.programme.model_copy(update={"lateness": 40})
    rules = Timeline.of(CLUB.model_copy(update={"programme": programme}))
    customer = delivered([[purchase(1_000)], [purchase(1_300)]], rules)
    assert [1_300 - day for day in sorted(customer.checkpoints)] == [54, 24]


@pytest.mark.parametrize(("days", "late"), [(0, False), (60, False), (61, True)])
def test_an_event_is_too_late_after_the_days_that_the_programme_gives_it(days: int, late: bool) -> None:
    programme = CLUB.programme.model_copy(update={"lateness": 60})
    rules = Timeline.of(CLUB.model_copy(update={"programme": programme}))
    assert too_late(purchase(1_000), rules, noon(1_000 + days)) is late


# The timeline ------------------------------------------------------------------------------------------------------


def _stricter() -> Ruleset:
    gold = made.every(made.line("spend_10d", ">=", 100_000))
    tier = made.TIER.model_copy(update={"qualify": made.TIER.qualify | {"gold": gold}, "retain": {}})
    return made.ruleset(CLUB.features, CLUB.strata[0].model_copy(update={"ratings": (tier,)}), *CLUB.strata[1:])


def test_a_finished_day_stays_as_the_rules_of_its_time_decided_it() -> None:
    rules = CLUB_RULES.followed_by(_stricter(), 1_003)
    customer = delivered([[purchase(1_000, "250.00")], [complaint(1_005)]], rules)
    assert customer.standing.closed.levels["tier"].level == "silver"  # from 1003 on, 250.00 is no longer gold
    customer.deliver(complaint(1_001))  # late: the days before 1003 are told again by the rules of their time
    levels = customer.standing.closed.levels["tier"]
    assert (levels.level, levels.since) == ("silver", 1_003)


def test_other_features_are_gathered_from_the_events_and_the_levels_stay() -> None:
    longer = made.ruleset(
        [made.feature("spend_10d", "sum", made.NET, over=400), *CLUB.features[1:]],
        *CLUB.strata,
    )
    rules = CLUB_RULES.followed_by(longer, 1_200)
    customer = delivered([[purchase(1_000, "90.00")], [purchase(1_010, "60.00")]], rules)
    late = purchase(1_205, "60.00")
    assert needs_history(customer.state, [late], rules)
    customer.deliver(late)
    tier = customer.standing.closed.levels["tier"]
    assert (tier.level, tier.since) == ("gold", 1_205)  # 90 + 60 + 60 in 400 days
    assert customer.standing.features_hash == longer.features_hash


def test_spans_and_days_of_a_timeline() -> None:
    rules = CLUB_RULES.followed_by(_stricter(), 100).followed_by(CLUB, 200)
    old, new = CLUB.version, _stricter().version
    spans = [(span.ruleset.version, span.first, span.last) for span in rules.spans(90, 210)]
    assert spans == [(old, 90, 99), (new, 100, 199), (old, 200, 210)]
    assert [rules.on(day).version for day in (0, 99, 100, 199, 200)] == [old, old, new, new, old]
    assert [(span.first, span.last) for span in rules.spans(100, 100)] == [(100, 100)]
    assert rules.followed_by(CLUB, 150).entries[-1].since == 150
    assert len(rules.followed_by(CLUB, 150).entries) == 3


def test_a_timeline_rises() -> None:
    entries = [{"since": 5, "ruleset": CLUB}, {"since": 5, "ruleset": CLUB}]
    with pytest.raises(ValueError, match="rise"):
        Timeline.model_validate({"entries": entries})


def test_every_decision_names_the_rules_of_its_day() -> None:
    rules = CLUB_RULES.followed_by(_stricter(), 1_003)
    customer = Customer(rules)
    decisions = customer.deliver(purchase(1_000, "250.00"), complaint(1_005))
    assert {(one.day >= 1_003, one.rules) for one in decisions} == {
        (False, CLUB.version),
        (True, _stricter().version),
    }
