"""Deciding: the standing is the same however events arrive, and the ledger says each thing once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.decide import Decision, decide, is_late, needs_history
from standing.engine.ledger.announcements import RatingChanged
from standing.engine.ledger.care import CareDecided
from standing.engine.measures import StoredBuckets, from_stored
from standing.engine.start import StoredHistory
from standing.engine.state import LevelState, Memory, State
from standing.events.intake import Event
from standing.rules.conditions import Fact
from standing.rules.ruleset import Stratum
from standing.rules.timeline import Timeline

from tests.make import strategies as made
from tests.make.strategies import (
    CLUB,
    CLUB_FEATURES,
    CLUB_RULES,
    CONGRATULATE,
    LONG_AFTER,
    PURCHASES,
    RECOVER,
    TIER,
    Customer,
    care,
    complaint,
    every,
    feature,
    line,
    noon,
    purchase,
    refund,
    ruleset,
    survey,
)

type Standing = tuple[int, Memory, Memory, StoredBuckets, dict[str, Fact]]


def _standing(customer: Customer) -> Standing:
    state = customer.standing
    known = made.known_of(state, customer.rules.on(state.day))
    return state.day, state.opened, state.closed, state.buckets, known


def _delivered(batches: Sequence[Sequence[Event]], rules: Timeline = CLUB_RULES) -> Customer:
    customer = Customer(rules)
    for batch in batches:
        customer.deliver(*batch)
    return customer


def _changes(decisions: Sequence[Decision], rating: str = "tier") -> list[tuple[str | None, str, int]]:
    found = [one for one in decisions if isinstance(one, RatingChanged) and one.rating == rating]
    return [(one.was, one.level, one.day) for one in found]


def _care(decisions: Sequence[Decision]) -> list[tuple[str, int, str]]:
    return [(one.care, one.day, one.status) for one in decisions if isinstance(one, CareDecided)]


# The standing: whatever the order ----------------------------------------------------------------------------------

MIXED = [
    purchase(100, "120.00"),
    complaint(104),
    purchase(104, "90.00"),
    refund(106, "60.00"),
    purchase(109, "80.00"),
    survey(109, 1),
]


def test_every_order_of_six_events_ends_in_one_standing() -> None:
    expected = _standing(_delivered([MIXED]))
    for order in permutations(MIXED):
        assert _standing(_delivered([[event] for event in order])) == expected


@settings(max_examples=200)
@given(st.data())
def test_every_split_of_six_events_into_batches_ends_in_one_standing(data: st.DataObject) -> None:
    batches = data.draw(made.splits(MIXED))
    assert _standing(_delivered(batches)) == _standing(_delivered([MIXED]))


@settings(max_examples=200)
@given(made.histories(most=8), st.data())
def test_any_events_in_any_batches_end_in_one_standing(events: list[Event], data: st.DataObject) -> None:
    batches = data.draw(made.splits(events))
    assert _standing(_delivered(batches)) == _standing(_delivered([events]))


SAME_DAY = [purchase(110, "210.00"), refund(110, "190.00"), complaint(110), purchase(110, "50.00", "q")]


@pytest.mark.parametrize("before", [[], [purchase(104, "60.00")], [purchase(104, "220.00"), complaint(106)]])
def test_events_of_one_day_end_the_same_in_every_order_and_batch(before: list[Event]) -> None:
    expected = _standing(_delivered([before, SAME_DAY] if before else [SAME_DAY]))
    for order, cuts in product(permutations(SAME_DAY), product([True, False], repeat=3)):
        batches = made.cut(order, cuts)
        assert _standing(_delivered([before, *batches] if before else batches)) == expected


def test_a_day_is_decided_again_from_what_it_opened_with() -> None:
    customer = Customer()
    customer.deliver(purchase(100, "120.00"))
    customer.deliver(purchase(105, "150.00"))
    assert customer.standing.closed.levels["tier"] == LevelState("gold", 105)
    customer.deliver(refund(105, "100.00"))  # 170.00 would keep a gold that began the day; it opened with silver
    assert customer.standing.opened.levels["tier"] == LevelState("silver", 100)
    assert customer.standing.closed.levels["tier"] == LevelState("silver", 100)


@settings(max_examples=100)
@given(made.histories(most=6), st.data(), st.datetimes(datetime(1972, 1, 1), datetime(2026, 1, 1)))  # noqa: DTZ001
def test_neither_the_ledger_nor_the_clock_is_read_by_the_standing(
    events: list[Event], data: st.DataObject, now: datetime
) -> None:
    batches = data.draw(made.splits(events))
    customer = Customer(now=now.replace(tzinfo=UTC))
    for batch in batches:
        customer.deliver(*batch)
        said, asked = {"tier": "gold", "mood": "upset"}, {"congratulate": 1_010, "recover": 1_010}
        ledger = replace(customer.standing.ledger, said=said, asked=asked)
        customer.state = replace(customer.standing, ledger=ledger)
    assert _standing(customer) == _standing(_delivered([events]))


def test_each_commit_is_one_version() -> None:
    customer = _delivered([[purchase(100)], [purchase(101)], [purchase(90)], [purchase(102), refund(102)]])
    assert (customer.standing.version, customer.standing.customer) == (4, "c-1")
    assert customer.standing.features_hash == CLUB.features_hash


# When the past has to be read again --------------------------------------------------------------------------------


def test_history_is_needed_for_an_earlier_day_or_for_other_features() -> None:
    state = _delivered([[purchase(100)], [purchase(110)]]).standing
    assert not needs_history(None, [purchase(5)], CLUB_RULES)
    assert not needs_history(state, [purchase(110), purchase(111)], CLUB_RULES)
    assert needs_history(state, [purchase(111), purchase(109)], CLUB_RULES)
    assert needs_history(replace(state, features_hash="other"), [purchase(111)], CLUB_RULES)


def test_history_is_not_read_where_it_is_not_needed() -> None:
    state = _delivered([[purchase(100)]]).standing
    misleading = StoredHistory([purchase(99, "500.00")])
    assert decide(state, [purchase(101)], CLUB_RULES, LONG_AFTER, misleading) == decide(
        state, [purchase(101)], CLUB_RULES, LONG_AFTER
    )


def test_a_state_that_the_clock_moved_on_is_not_moved_back_by_a_late_event() -> None:
    customer = _delivered([[purchase(100, "250.00")]])
    customer.state = replace(customer.standing, day=120)
    customer.deliver(purchase(95, "10.00"))
    assert customer.standing.day == 120
    assert customer.standing.closed.levels["tier"] == LevelState("bronze", 110)


def test_what_no_window_can_reach_any_more_is_not_carried_along() -> None:
    customer = _delivered([[purchase(day)] for day in range(100, 160)])
    kept = from_stored(customer.standing.buckets, CLUB).sums[PURCHASES]
    assert (kept.days, kept.first) == (tuple(range(150, 160)), 100)


def test_changed_features_are_measured_anew_from_the_events() -> None:
    windows = [one for one in CLUB_FEATURES[1:] if one.name != "spend_ever"]
    before = Timeline.of(ruleset([feature("spend_10d", "sum", made.NET, over=10), *windows], *CLUB.strata))
    changed = ruleset([feature("spend_10d", "sum", made.NET, over=30), *windows], *CLUB.strata)
    events = [purchase(100, "120.00"), purchase(115, "90.00")]
    customer = _delivered([[event] for event in events], before)
    assert customer.standing.closed.levels["tier"].level == "bronze"
    customer.rules = before.followed_by(changed, 116)
    decisions = customer.deliver(complaint(116))
    assert _changes(decisions) == [("bronze", "gold", 116)]  # the days before stay as they were decided
    assert _standing(customer) == _standing(_delivered([[*events, complaint(116)]], customer.rules))


def test_a_finished_day_stays_as_the_rules_of_its_time_decided_it() -> None:
    customer = _delivered([[purchase(100, "200.00")]])
    assert customer.standing.closed.levels["tier"].level == "gold"
    dearer = {**made.TIER.qualify, "gold": every(line("spend_10d", ">=", 10**9))}
    tier = made.TIER.model_copy(update={"qualify": dearer})
    customer.rules = Timeline.of(ruleset(CLUB_FEATURES, Stratum(ratings=(tier,)), *CLUB.strata[1:]))
    assert _changes(customer.deliver(complaint(103))) == []
    assert customer.standing.closed.levels["tier"] == LevelState("gold", 100)


# Announcements -----------------------------------------------------------------------------------------------------


def test_a_first_event_announces_the_level_of_every_rating() -> None:
    decisions = Customer().deliver(complaint(100))
    assert _changes(decisions, "tier") == [(None, "bronze", 100)]
    assert _changes(decisions, "mood") == [(None, "calm", 100)]


def test_nothing_is_announced_where_nothing_changed() -> None:
    customer = _delivered([[purchase(100, "120.00")]])
    assert customer.deliver(purchase(101, "1.00")) == ()
    assert customer.deliver(survey(101, 5)) == ()


def test_a_rise_is_announced_with_the_lines_it_qualified_by() -> None:
    customer = _delivered([[purchase(100, "120.00"), complaint(100)]])
    (rise,) = (one for one in customer.deliver(purchase(101, "100.00")) if isinstance(one, RatingChanged))
    assert (rise.was, rise.level, rise.day) == ("silver", "gold", 101)
    assert rise.because == (
        {"line": "spend_10d >= 20000", "actual": "220.00", "holds": True},
        {"line": "complaints_7d < 2", "actual": "1", "holds": True},
    )


def test_time_alone_lets_a_level_fall_on_its_day_and_a_later_event_announces_it() -> None:
    customer = _delivered([[purchase(100, "250.00")]])
    (fall,) = customer.deliver(complaint(150))
    assert isinstance(fall, RatingChanged)
    assert (fall.rating, fall.was, fall.level, fall.day) == ("tier", "gold", "bronze", 110)
    assert fall.because == (
        {"line": "spend_10d >= 15000", "actual": "0.00", "holds": False},
        {"line": "complaints_7d < 3", "actual": "0", "holds": True},
    )
    assert customer.standing.closed.levels["tier"] == LevelState("bronze", 110)


@pytest.mark.parametrize(("day", "level"), [(109, "gold"), (110, "bronze"), (111, "bronze")])
def test_a_level_falls_on_the_first_day_out_of_its_window(day: int, level: str) -> None:
    customer = _delivered([[purchase(100, "250.00")], [complaint(day)]])
    assert customer.standing.closed.levels["tier"].level == level


def test_every_change_that_time_alone_brings_is_announced_on_its_own_day() -> None:
    customer = _delivered([[purchase(100, "60.00"), purchase(103, "140.00")]])
    decisions = customer.deliver(purchase(130, "120.00"))
    assert _changes(decisions) == [("gold", "silver", 110), ("silver", "bronze", 113), ("bronze", "silver", 130)]


def test_a_second_event_of_the_day_corrects_what_the_first_announced() -> None:
    customer = _delivered([[purchase(100)]])
    assert _changes(customer.deliver(purchase(105, "250.00"))) == [("bronze", "gold", 105)]
    assert _changes(customer.deliver(refund(105, "250.00"))) == [("gold", "bronze", 100)]


def test_a_late_event_announces_only_where_the_customer_stands_now() -> None:
    customer = _delivered([[complaint(100)], [complaint(130)]])
    decisions = customer.deliver(purchase(110, "250.00"))
    assert _changes(decisions) == []  # gold from day 110 to 119, and never said
    assert customer.standing.closed.levels["tier"] == LevelState("bronze", 120)


def test_a_late_event_that_lifts_the_customer_is_announced_once_with_its_day() -> None:
    customer = _delivered([[purchase(100, "120.00")], [purchase(104, "60.00")]])
    assert _changes(customer.deliver(purchase(102, "90.00"))) == [("silver", "gold", 102)]


def test_a_late_event_that_takes_a_level_away_is_announced_once() -> None:
    customer = _delivered([[purchase(100, "140.00")], [purchase(108, "80.00")]])
    assert customer.standing.ledger.said["tier"] == "gold"
    assert _changes(customer.deliver(refund(104, "30.00"))) == [("gold", "silver", 100)]


@pytest.mark.invariant("INV-12")
@settings(max_examples=200)
@given(made.histories(most=8), st.data())
def test_a_late_batch_leads_to_at_most_one_announcement_for_each_rating(
    events: list[Event], data: st.DataObject
) -> None:
    customer = Customer()
    for batch in data.draw(made.splits(events)):
        late = is_late(customer.state, batch)
        announced = [one.rating for one in customer.deliver(*batch) if isinstance(one, RatingChanged)]
        assert not late or len(set(announced)) == len(announced)


@settings(max_examples=200)
@given(made.histories(most=8), st.data())
def test_announcements_follow_one_another_and_end_with_what_is_true(events: list[Event], data: st.DataObject) -> None:
    customer, last = Customer(), dict[str, str]()
    for batch in data.draw(made.splits(events)):
        for change in customer.deliver(*batch):
            if isinstance(change, RatingChanged):
                assert change.was == last.get(change.rating)
                assert change.was != change.level
                last[change.rating] = change.level
        levels = {name: held.level for name, held in customer.standing.closed.levels.items()}
        assert last == levels == customer.standing.ledger.said


# Care --------------------------------------------------------------------------------------------------------------

KEEP = Timeline.of(
    ruleset(
        [feature("orders_ever", "count", PURCHASES)],
        Stratum(care=(care("keep-in-touch", every(line("orders_ever", ">=", 1)), repeat_after=4, within=1),)),
    )
)


def test_care_that_falls_due_is_requested_with_its_reasons() -> None:
    day = 105
    decisions = Customer(now=noon(day)).deliver(purchase(day, "120.00"), complaint(day))
    (asked,) = (one for one in decisions if isinstance(one, CareDecided))
    assert (asked.care, asked.day, asked.status) == ("recover", day, "requested")
    assert asked.because == ({"line": "mood == 1", "actual": "upset", "holds": True},)


@pytest.mark.parametrize(
    ("late", "status"),
    [(timedelta(0), "requested"), (timedelta(days=2, hours=11), "requested"), (timedelta(days=2, hours=12), "missed")],
)
def test_care_known_after_the_days_it_makes_sense_in_is_missed(late: timedelta, status: str) -> None:
    decisions = Customer(now=noon(105) + late).deliver(purchase(105, "120.00"), complaint(105))
    assert _care(decisions) == [("recover", 105, status)]


def test_care_is_requested_once_however_many_events_its_day_has() -> None:
    customer = Customer(now=noon(105))
    assert _care(customer.deliver(purchase(105, "120.00"), complaint(105))) == [("recover", 105, "requested")]
    assert _care(customer.deliver(complaint(105, "d"))) == []
    assert _care(customer.deliver(purchase(105, "1.00", "q"))) == []


def test_care_is_requested_again_after_repeat_after_and_no_sooner() -> None:
    customer = Customer(now=noon(112))
    customer.deliver(purchase(105, "120.00"), complaint(105), now=noon(105))
    for day in (106, 110):
        assert _care(customer.deliver(complaint(day), now=noon(day))) == []
    assert _care(customer.deliver(complaint(111), now=noon(111))) == [("recover", 111, "requested")]


def test_care_that_fell_due_while_nothing_happened_is_asked_for_as_of_its_day() -> None:
    customer = Customer(KEEP)
    assert _care(customer.deliver(purchase(100), now=noon(100))) == [("keep-in-touch", 100, "requested")]
    assert _care(customer.deliver(purchase(105), now=noon(105))) == [("keep-in-touch", 104, "requested")]


def test_of_several_days_caught_up_with_at_once_only_the_latest_counts() -> None:
    customer = Customer(KEEP)
    customer.deliver(purchase(100), now=noon(100))
    assert _care(customer.deliver(purchase(121), now=noon(121))) == [("keep-in-touch", 120, "requested")]
    assert _care(customer.deliver(purchase(127), now=noon(127))) == [("keep-in-touch", 124, "missed")]


def test_a_late_event_that_moves_the_day_does_not_ask_twice() -> None:
    customer = Customer()
    customer.deliver(purchase(110, "250.00"), now=noon(110))
    assert customer.standing.ledger.asked == {"congratulate": 110}
    decisions = customer.deliver(purchase(108, "210.00"), now=noon(110))
    assert (_changes(decisions), _care(decisions)) == ([], [])
    assert customer.standing.closed.due == {"congratulate": 108}
    assert customer.standing.ledger.asked == {"congratulate": 110}


def test_a_late_event_that_takes_the_reason_away_recalls_nothing_and_asks_nothing() -> None:
    customer = Customer()
    customer.deliver(purchase(105, "120.00"), complaint(105), now=noon(105))
    decisions = customer.deliver(refund(104, "60.00"), now=noon(105))
    assert _care(decisions) == []
    assert customer.standing.closed.due == {}
    assert customer.standing.ledger.asked == {"recover": 105}


def test_care_that_a_late_event_made_due_long_ago_is_missed_and_stays_missed() -> None:
    customer = Customer()
    customer.deliver(complaint(100), now=noon(100))
    customer.deliver(complaint(130), now=noon(130))
    assert _care(customer.deliver(purchase(110, "250.00"), now=noon(130))) == [("congratulate", 110, "missed")]
    assert _care(customer.deliver(refund(110, "1.00"), now=noon(130))) == []


@settings(max_examples=200)
@given(made.histories(most=8), st.data(), st.sampled_from([1_000, 1_015, 1_030, 20_000]))
def test_care_is_never_acted_on_twice_within_repeat_after(events: list[Event], data: st.DataObject, today: int) -> None:
    customer = Customer(now=noon(today))
    decided = [one for batch in data.draw(made.splits(events)) for one in customer.deliver(*batch)]
    for rule in (CONGRATULATE, RECOVER):
        days = [one.day for one in decided if isinstance(one, CareDecided) and one.care == rule.name]
        assert all(later - earlier >= rule.repeat_after for earlier, later in pairwise(days))


@settings(max_examples=100)
@given(made.histories(most=8))
def test_what_a_whole_history_decides_at_once_is_what_it_would_have_been_day_by_day(events: list[Event]) -> None:
    by_day: dict[int, list[Event]] = {}
    for event in sorted(events, key=lambda event: event.day):
        by_day.setdefault(event.day, []).append(event)
    stepwise = Customer()
    announced = [one for batch in by_day.values() for one in stepwise.deliver(*batch) if isinstance(one, RatingChanged)]
    at_once = [one for one in Customer().deliver(*events) if isinstance(one, RatingChanged)]
    assert sorted(announced, key=_place) == sorted(at_once, key=_place)


def _place(change: RatingChanged) -> tuple[str, int]:
    return change.rating, change.day


def test_deciding_changes_nothing_it_was_given() -> None:
    state = State("c-1", 4, 100, CLUB.features_hash, made.CLUB_EMPTY, Memory(), Memory())
    before = repr(state)
    decide(state, [purchase(105, "250.00")], CLUB_RULES, LONG_AFTER)
    assert repr(state) == before


def test_the_made_club_has_the_levels_these_tests_speak_of() -> None:
    assert TIER.levels == ("bronze", "silver", "gold")
    assert [stratum.rules().keys() for stratum in CLUB.strata] == [
        {"tier/qualify/silver", "tier/qualify/gold", "tier/retain/gold"},
        {"mood/qualify/upset"},
        {"care/congratulate", "care/recover"},
    ]
