"""History taken over: the standing that the events make, and nothing that is said of it twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.decide import Decision, fold_anew
from standing.engine.history import ImportedHistory, import_history
from standing.engine.ledger.announcements import LevelHonoured, RatingChanged
from standing.engine.ledger.care import CareDecided
from standing.engine.start import StoredHistory
from standing.engine.state import State
from standing.engine.view import view_of_history
from standing.events.intake import Event
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import Day, month_ends

from tests.make import programmes
from tests.make.strategies import CLUB_RULES, Customer, complaint, noon, purchase
from tests.unit.engine.test_care import CALL, ONCE
from tests.unit.engine.test_care import rules as rules_of
from tests.unit.engine.test_passing import passed, timelines

MONTHS = 14


def held(taken: ImportedHistory, rules: Timeline, events: list[Event]) -> Customer:
    """A customer whose history was taken over, as the table holds it."""
    customer = Customer(rules, applied=list(events))
    customer.state = taken.state
    customer.checkpoints = {one.day: one for one in taken.checkpoints}
    return customer


def taken_over(rules: Timeline, events: list[Event], until: Day, before: State | None = None) -> ImportedHistory:
    return import_history(before, StoredHistory(events), rules, until, MONTHS)


@settings(max_examples=200, deadline=None)
@given(timelines(), programmes.histories(span=60), st.integers(0, 60), st.randoms())
def test_it_is_the_fold_of_all_events_whatever_their_order(
    rules: Timeline, events: list[Event], more: int, order: object
) -> None:
    until = max(event.day for event in events) + more
    shuffled = list(events)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    taken = taken_over(rules, shuffled, until)
    outcome = fold_anew(taken.state, rules, noon(until + 1), StoredHistory(events, taken.checkpoints))
    again = outcome.state
    assert outcome.decisions == ()
    assert (taken.state.day, taken.state.version) == (until, 1)
    assert taken.state.closed == view_of_history(events, rules, until).memory
    assert (again.closed, again.opened, again.buckets) == (taken.state.closed, taken.state.opened, taken.state.buckets)


@settings(max_examples=100, deadline=None)
@given(timelines(), programmes.histories(span=60), st.integers(0, 90))
def test_each_end_of_a_month_is_the_standing_of_that_day(rules: Timeline, events: list[Event], more: int) -> None:
    days = [event.day for event in events]
    until = max(days) + more
    months = taken_over(rules, events, until).months
    assert list(months) == list(month_ends(min(days), until))
    for end, memory in months.items():
        until_then = [event for event in events if event.day <= end]
        assert memory == view_of_history(until_then, rules, end).memory


def test_no_more_months_are_told_than_were_asked_for() -> None:
    events = [purchase(1_000)]
    assert len(import_history(None, StoredHistory(events), CLUB_RULES, 1_400, 3).months) == 3
    assert import_history(None, StoredHistory(events), CLUB_RULES, 1_400, 0).months == {}


@settings(max_examples=200, deadline=None)
@given(programmes.rulesets(), programmes.histories(span=60), programmes.histories(span=30), st.integers(0, 20))
def test_from_then_on_is_said_what_is_said_of_one_who_was_live_all_the_time(
    ruleset: Ruleset, history: list[Event], more: list[Event], gap: int
) -> None:
    rules = Timeline.of(ruleset)
    until = max(event.day for event in history) + gap
    live = Customer(rules)
    for day in range(min(event.day for event in history), until + 1):  # night by night, so that nothing is missed
        if of_day := [event for event in history if event.day == day]:
            live.deliver(*of_day, now=noon(day))
        passed(live, day)
    backfilled = held(taken_over(rules, history, until), rules, history)
    for day in sorted({event.day for event in more}):
        later = [_on(event, until + day - 999, "later") for event in more if event.day == day]
        for customer in (live, backfilled):
            passed(customer, later[0].day - 1)
        said = [_said(customer.deliver(*later, now=noon(later[0].day))) for customer in (live, backfilled)]
        assert said[0] == said[1]
    nights = [_said(passed(customer, until + 90)) for customer in (live, backfilled)]
    assert nights[0] == nights[1]


def _on(event: Event, day: Day, name: str) -> Event:
    moved = event.detail.model_copy(update={"id": f"{name}-{event.detail.id}", "time": noon(day)})
    return replace(event, day=day, detail=moved)


def _said(decisions: tuple[Decision, ...]) -> list[object]:
    """What is announced and asked for; how an action of before ended is known of the live one alone."""
    told: list[object] = []
    for one in decisions:
        if isinstance(one, RatingChanged):
            told.append((one.rating, one.was, one.level, one.day))
        if isinstance(one, CareDecided):
            told.append((one.care, one.day, one.status, one.gate))
    return told


@settings(max_examples=150, deadline=None)
@given(timelines(), programmes.histories(span=60), st.data())
def test_who_is_live_keeps_its_day_and_what_was_said(rules: Timeline, events: list[Event], data: st.DataObject) -> None:
    known = data.draw(st.lists(st.sampled_from(events), min_size=1, unique_by=lambda event: event.key))
    customer = Customer(rules)
    customer.deliver(*known)
    before = customer.standing
    everything = [*known, *(event for event in events if event not in known)]
    taken = import_history(
        before, StoredHistory(everything, customer.past.checkpoints), rules, before.day + 500, MONTHS
    )
    last = max(before.day, *(event.day for event in events))
    assert (taken.state.day, taken.state.version) == (last, before.version + 1)
    assert taken.state.closed == view_of_history(events, rules, last).memory
    assert taken.state.ledger.said == before.ledger.said
    assert taken.state.ledger.unanswered == before.ledger.unanswered


@settings(max_examples=150, deadline=None)
@given(timelines(), programmes.histories(span=60), st.data())
def test_begun_before_what_is_new_it_comes_to_the_same(
    rules: Timeline, events: list[Event], data: st.DataObject
) -> None:
    new = data.draw(st.lists(st.sampled_from(events), min_size=1, unique_by=lambda event: event.key))
    customer = Customer(rules)
    known = [event for event in events if event not in new]
    if known:
        customer.deliver(*known)
    past = StoredHistory(events, customer.past.checkpoints)
    first = min(event.day for event in new)
    whole = import_history(customer.state, past, rules, 1_100, MONTHS)
    part = import_history(customer.state, past, rules, 1_100, MONTHS, first)
    assert (part.state.closed, part.state.buckets) == (whole.state.closed, whole.state.buckets)


def test_a_level_that_history_changes_is_announced_once_by_what_comes_next() -> None:
    customer = Customer(CLUB_RULES)
    customer.deliver(purchase(1_000, "1.00"), now=noon(1_000))
    everything = [*customer.applied, purchase(995, "250.00", "older")]
    late = held(import_history(customer.state, StoredHistory(everything), CLUB_RULES, 1_000, 0), CLUB_RULES, everything)
    said = late.deliver(purchase(1_001, "1.00", "next"), now=noon(1_001))
    again = late.deliver(purchase(1_002, "1.00", "one-more"), now=noon(1_002))
    assert [one.level for one in said if isinstance(one, RatingChanged) and one.rating == "tier"] == ["gold"]
    assert not [one for one in (*said, *again) if isinstance(one, LevelHonoured)]
    assert not [one for one in again if isinstance(one, RatingChanged)]


@pytest.mark.parametrize(("until", "known"), [(129, [100]), (131, [131]), (160, [131]), (161, [])])
def test_contacts_are_taken_over_as_long_as_a_cap_can_count_them(until: Day, known: list[Day]) -> None:
    events = [event for event in (complaint(100), complaint(131)) if event.day <= until]
    taken = taken_over(rules_of(CALL, caps=(ONCE,)), events, until)  # one call in 30 days
    assert [contact.day for contact in taken.state.ledger.contacts] == known
