"""Care: what falls due, what the gates hold back, who is held out, and how an action ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.care import arm_of, is_capped
from standing.engine.decide import Decision
from standing.engine.ledger.care import CareAccepted, CareClosed, CareDecided, not_before
from standing.events.intake import Event
from standing.rules.author.compiler import assemble
from standing.rules.ruleset import Action, Cap, Care, Programme, QuietHours, Ruleset, Stratum
from standing.rules.timeline import Timeline
from standing.values.days import day_date

from tests.make import programmes
from tests.make import strategies as made
from tests.make.programmes import CONSENT, MEASURES, answer, profile
from tests.make.strategies import Customer, complaint, every, line, noon, purchase, refund
from tests.unit.engine.test_passing import passed

EMAIL: dict[str, Any] = {"channel": "email"}
COMPLAINED = every(line("complaints_7d", ">=", 1))
ORDERED = every(line("orders_ever", ">=", 1))


def contact(name: str, when: Any = ORDERED, repeat: int = 30, **more: Any) -> Care:
    """A care rule; a contact by e-mail unless it says otherwise."""
    do = {"action": "write", "owner": "service", "priority": "normal", "within": 3, **EMAIL}
    do |= {word: more.pop(word) for word in list(more) if word in Action.model_fields}
    return Care(name=name, title=made.TITLE, when=when, do=Action(**do), repeat_after=repeat, **more)


def rules(*cares: Care, caps: tuple[Cap, ...] = (), **more: Any) -> Timeline:
    features = (
        made.feature("complaints_7d", "count", programmes.COMPLAINTS, over=7),
        made.feature("orders_ever", "count", programmes.ORDERS),
    )
    said = {"channels": ("email", "phone"), "consent": {"email": CONSENT, "phone": CONSENT}, "caps": caps, **more}
    programme = made.PROGRAMME.model_copy(update=said)
    return Timeline.of(assemble(programme, MEASURES, features, (Stratum(care=cares),)))


def consented(day: int, name: str = "v", *, yes: bool = True) -> Event:
    return profile(day, name, consent={"email": yes})


def told(decisions: tuple[Decision, ...]) -> list[tuple[str, int, str]]:
    """Care that was decided: its rule, its day, and its status or the gate that was closed."""
    found = [one for one in decisions if isinstance(one, CareDecided)]
    return [(one.care, one.day, one.gate or one.status) for one in found]


# Gates -------------------------------------------------------------------------------------------------------------


def test_without_consent_nothing_is_sent_and_that_is_recorded_once() -> None:
    customer = Customer(rules(contact("hello")))
    assert told(customer.deliver(purchase(100), now=noon(100))) == [("hello", 100, "consent")]
    assert told(customer.deliver(purchase(101), now=noon(101))) == []
    assert customer.standing.closed.due == {}


def test_consent_that_comes_later_lets_the_action_go() -> None:
    customer = Customer(rules(contact("hello")))
    customer.deliver(purchase(100), now=noon(100))
    assert told(customer.deliver(consented(105), now=noon(105))) == [("hello", 105, "requested")]


def test_consent_that_was_withdrawn_counts_no_more() -> None:
    customer = Customer(rules(contact("hello", COMPLAINED)))
    customer.deliver(consented(100), now=noon(100))
    customer.deliver(consented(102, yes=False), now=noon(102))
    assert told(customer.deliver(complaint(103), now=noon(103))) == [("hello", 103, "consent")]


def test_a_service_message_needs_no_consent() -> None:
    customer = Customer(rules(contact("sorry", consent="not-needed")))
    assert told(customer.deliver(purchase(100), now=noon(100))) == [("sorry", 100, "requested")]


def test_what_reaches_nobody_needs_no_consent_and_counts_towards_no_cap() -> None:
    once = Cap(at_most=1, within=30)
    inner = contact("review", channel=None, priority="high")
    customer = Customer(rules(inner, contact("hello"), caps=(once,)))
    decided = customer.deliver(consented(100), purchase(100), now=noon(100))
    assert told(decided) == [("review", 100, "requested"), ("hello", 100, "requested")]


def test_each_time_the_conditions_come_to_hold_it_is_recorded_again() -> None:
    customer = Customer(rules(contact("sorry", COMPLAINED)))
    assert told(customer.deliver(complaint(100), now=noon(100))) == [("sorry", 100, "consent")]
    assert told(customer.deliver(complaint(106), now=noon(106))) == []
    assert told(customer.deliver(complaint(120), now=noon(120))) == [("sorry", 120, "consent")]


def test_the_cap_holds_back_by_priority_and_then_by_name() -> None:
    once = Cap(at_most=1, within=10)
    cares = contact("b"), contact("a", priority="low"), contact("c", priority="high"), contact("d", priority="high")
    customer = Customer(rules(*cares, caps=(once,)))
    decided = told(customer.deliver(consented(100), purchase(100), now=noon(100)))
    capped = [(name, 100, "contact-cap") for name in "dba"]
    assert decided == [("c", 100, "requested"), *capped]


def test_what_the_cap_held_back_goes_when_there_is_room() -> None:
    once = Cap(at_most=1, within=10)
    customer = Customer(rules(contact("a", priority="high"), contact("b"), caps=(once,)))
    customer.deliver(consented(100), purchase(100), now=noon(100))
    assert told(customer.deliver(purchase(109), now=noon(109))) == []
    assert told(customer.deliver(purchase(110), now=noon(110))) == [("b", 110, "requested")]


def test_room_that_comes_on_a_silent_day_is_used_on_that_day() -> None:
    once = Cap(at_most=1, within=10)
    customer = Customer(rules(contact("a", priority="high"), contact("b", within=9), caps=(once,)))
    customer.deliver(consented(100), purchase(100), now=noon(100))
    assert told(customer.deliver(purchase(115), now=noon(115))) == [("b", 110, "requested")]


def test_a_cap_on_one_channel_leaves_the_others_alone() -> None:
    once = Cap(at_most=1, within=10, channel="phone")
    cares = contact("a", channel="phone", priority="high"), contact("b", channel="phone"), contact("c")
    customer = Customer(rules(*cares, caps=(once,)))
    decided = told(customer.deliver(consented(100), purchase(100), now=noon(100)))
    assert decided == [("a", 100, "requested"), ("c", 100, "requested"), ("b", 100, "contact-cap")]


def test_what_must_be_said_is_exempt_from_caps_and_counts_towards_them() -> None:
    once = Cap(at_most=1, within=10)
    alert = contact("alert", COMPLAINED, contact_cap="exempt", consent="not-needed")
    customer = Customer(
        rules(alert, contact("hello", ORDERED), contact("later", ORDERED, priority="low"), caps=(once,))
    )
    decided = customer.deliver(consented(100), purchase(100), now=noon(100))
    assert told(decided) == [("hello", 100, "requested"), ("later", 100, "contact-cap")]
    assert told(customer.deliver(complaint(109), now=noon(109))) == [("alert", 109, "requested")]
    assert told(customer.deliver(purchase(118), now=noon(118))) == []  # the alert was nine days ago
    assert told(customer.deliver(purchase(119), now=noon(119))) == [("later", 119, "requested")]


def test_what_is_exempt_from_caps_still_needs_consent() -> None:
    customer = Customer(rules(contact("alert", contact_cap="exempt")))
    assert told(customer.deliver(purchase(100), now=noon(100))) == [("alert", 100, "consent")]


def test_a_late_event_never_leads_to_a_contact_beyond_the_cap() -> None:
    once = Cap(at_most=1, within=5)
    customer = Customer(rules(contact("apology", COMPLAINED), contact("hello", ORDERED), caps=(once,)))
    assert told(customer.deliver(consented(95), purchase(100), now=noon(100))) == [("hello", 100, "requested")]
    assert told(customer.deliver(complaint(98), now=noon(100))) == [("apology", 98, "contact-cap")]
    assert customer.standing.closed.due == {"apology": 98}  # what is due is pure: greeting is held back by it
    assert told(customer.deliver(complaint(97, "late"), now=noon(100))) == []  # and nothing is said of it twice


def test_consent_is_asked_before_the_cap() -> None:
    once = Cap(at_most=1, within=10)
    cares = contact("a", priority="high", consent="not-needed"), contact("b")
    customer = Customer(rules(*cares, caps=(once,)))
    assert told(customer.deliver(purchase(100), now=noon(100)))[1] == ("b", 100, "consent")
    assert told(customer.deliver(consented(101), now=noon(101))) == [("b", 101, "contact-cap")]


# The holdout -------------------------------------------------------------------------------------------------------


def test_who_is_held_out_stays_so_when_the_share_rises() -> None:
    shares = [{n for n in range(2_000) if _arm(f"c-{n}", share) == "control"} for share in (0, 500, 1_000, 10_000)]
    assert all(smaller <= larger for smaller, larger in pairwise(shares))
    assert [len(share) for share in (shares[0], shares[-1])] == [0, 2_000]
    assert 140 < len(shares[2]) < 260


def test_another_rule_or_another_salt_holds_out_others() -> None:
    drawn = {n for n in range(500) if _arm(f"c-{n}", 5_000) == "control"}
    assert {n for n in range(500) if _arm(f"c-{n}", 5_000, name="other") == "control"} != drawn
    assert {n for n in range(500) if _arm(f"c-{n}", 5_000, salt="other") == "control"} != drawn


def _arm(customer: str, share: int, name: str = "hello", salt: str = "salt") -> str:
    return arm_of(contact(name, holdout=share), salt, customer)


def test_a_held_out_action_uses_repeat_after_and_cap_like_a_sent_one() -> None:
    once, seen = Cap(at_most=1, within=10), {}
    for share in (0, 10_000):
        cares = contact("a", priority="high", repeat=20, holdout=share), contact("b", repeat=40)
        customer = Customer(rules(*cares, caps=(once,)))
        customer.deliver(consented(100), purchase(100), now=noon(100))
        decided = [one for day in range(101, 160) for one in customer.deliver(purchase(day), now=noon(day))]
        seen[share] = [(name, day) for name, day, _ in told(tuple(decided))], customer.standing.closed
    assert seen[0] == seen[10_000]


def test_both_arms_are_recorded_and_only_one_is_asked_for() -> None:
    (sent,) = _of_share(0)
    (held,) = _of_share(10_000)
    assert (sent.arm, sent.status, held.arm, held.status) == ("treated", "requested", "control", "held-out")
    assert sent.because == held.because


def _of_share(share: int) -> list[CareDecided]:
    customer = Customer(rules(contact("hello", holdout=share)))
    decided = customer.deliver(consented(100), purchase(100), now=noon(100))
    return [one for one in decided if isinstance(one, CareDecided)]


def test_what_is_known_too_late_is_missed_in_both_arms() -> None:
    for share in (0, 10_000):
        customer = Customer(rules(contact("hello", holdout=share)))
        decided = customer.deliver(consented(100), purchase(100), now=noon(104))
        arms = [(one.status, one.arm) for one in decided if isinstance(one, CareDecided)]
        assert arms == [("missed", "control" if share else "treated")]
        assert customer.standing.ledger.contacts == ()


# Closing -----------------------------------------------------------------------------------------------------------


def test_an_answer_closes_an_action() -> None:
    customer = Customer(rules(contact("hello")))
    customer.deliver(consented(100), purchase(100), now=noon(100))
    assert customer.standing.ledger.unanswered == {"hello#100": 103}
    (closed,) = customer.deliver(answer(102, "hello", day_date(100), "done"), now=noon(102))
    assert isinstance(closed, CareClosed)
    assert (closed.care, closed.day, closed.status) == ("hello", 100, "done")
    assert customer.standing.ledger.unanswered == {}


def test_an_action_that_nobody_answers_expires() -> None:
    customer = Customer(rules(contact("hello")))
    customer.deliver(consented(100), purchase(100), now=noon(100))
    assert customer.deliver(purchase(103), now=noon(103)) == ()
    (closed,) = customer.deliver(purchase(104), now=noon(104))
    assert isinstance(closed, CareClosed)
    assert (closed.status, customer.standing.ledger.unanswered) == ("expired", {})


def asked() -> Customer:
    """A customer with an action that was requested on day 100 and makes sense until day 103."""
    customer = Customer(rules(contact("hello")))
    customer.deliver(consented(100), purchase(100), now=noon(100))
    return customer


def said(decided: Iterable[Decision]) -> list[tuple[type, str]]:
    return [(type(one), one.status) for one in decided if isinstance(one, CareAccepted | CareClosed)]


def test_what_is_accepted_stays_open_until_it_is_done() -> None:
    customer = asked()
    accepted = customer.deliver(answer(101, "hello", day_date(100), "accepted"), now=noon(101))
    assert said(accepted) == [(CareAccepted, "accepted")]
    assert customer.standing.ledger.unanswered == {"hello#100": 103}
    done = customer.deliver(answer(102, "hello", day_date(100), "done"), now=noon(102))
    assert said(done) == [(CareClosed, "done")]
    assert customer.standing.ledger.unanswered == {}


def test_what_is_accepted_and_not_done_in_time_expires() -> None:
    customer = asked()
    customer.deliver(answer(101, "hello", day_date(100), "accepted"), now=noon(101))
    assert said(customer.deliver(purchase(104), now=noon(104))) == [(CareClosed, "expired")]
    assert customer.standing.ledger.unanswered == {}


@pytest.mark.parametrize("first", ["accepted", "done"])
def test_of_one_moment_what_is_accepted_comes_first_whatever_the_ids(first: str) -> None:
    customer, second = asked(), {"accepted": "done", "done": "accepted"}[first]
    answers = [answer(101, "hello", day_date(100), status, name) for name, status in (("a", first), ("b", second))]
    both = customer.deliver(*answers, now=noon(101))
    assert said(both) == [(CareAccepted, "accepted"), (CareClosed, "done")]
    assert customer.standing.ledger.unanswered == {}


def test_what_is_closed_is_not_opened_again_by_an_answer_that_comes_after_it() -> None:
    customer = asked()
    customer.deliver(answer(101, "hello", day_date(100), "done"), now=noon(101))
    assert said(customer.deliver(answer(102, "hello", day_date(100), "accepted"), now=noon(102))) == [
        (CareAccepted, "accepted")
    ]
    assert customer.standing.ledger.unanswered == {}
    assert said(customer.deliver(purchase(104), now=noon(104))) == []


def test_what_was_held_out_or_missed_waits_for_no_answer() -> None:
    customer = Customer(rules(contact("hello", holdout=10_000)))
    customer.deliver(consented(100), purchase(100), now=noon(100))
    assert customer.standing.ledger.unanswered == {}
    late = Customer(rules(contact("hello")))
    assert told(late.deliver(consented(100), purchase(100), now=noon(120))) == [("hello", 100, "missed")]
    assert late.standing.ledger.unanswered == {}


# Late events: the ledger ---------------------------------------------------------------------------------------------


@pytest.mark.invariant("INV-12")
@settings(max_examples=200)
@given(programmes.rulesets(), programmes.histories(), st.data())
def test_no_care_action_is_asked_for_twice(made_rules: Ruleset, events: list[Event], data: st.DataObject) -> None:
    customer = Customer(Timeline.of(made_rules), now=noon(1_062))
    decided = [one for batch in data.draw(made.splits(events)) for one in customer.deliver(*batch)]
    for care in made_rules.care.values():
        days = [
            one.day for one in decided if isinstance(one, CareDecided) and one.care == care.name and one.gate is None
        ]
        assert all(later - earlier >= care.repeat_after for earlier, later in pairwise(days))


@settings(max_examples=200)
@given(programmes.rulesets(), programmes.histories(), st.data())
def test_what_is_held_back_is_recorded_once_a_day_and_gate(
    made_rules: Ruleset, events: list[Event], data: st.DataObject
) -> None:
    customer = Customer(Timeline.of(made_rules), now=noon(1_062))
    decided = [one for batch in data.draw(made.splits(events)) for one in customer.deliver(*batch)]
    held = [(one.care, one.day, one.gate) for one in decided if isinstance(one, CareDecided) and one.gate]
    assert len(held) == len(set(held))


def test_a_late_consent_sends_what_was_held_back_if_it_still_makes_sense() -> None:
    customer = Customer(rules(contact("hello")))
    customer.deliver(purchase(100), now=noon(100))
    customer.deliver(purchase(102), now=noon(102))
    assert told(customer.deliver(consented(99), now=noon(102))) == [("hello", 100, "requested")]


def test_a_late_withdrawal_recalls_nothing() -> None:
    customer = Customer(rules(contact("hello")))
    customer.deliver(consented(90), now=noon(90))
    customer.deliver(purchase(100), now=noon(100))
    assert told(customer.deliver(consented(95, "w", yes=False), now=noon(100))) == []
    assert customer.standing.ledger.asked == {"hello": 100}


def test_a_late_refund_of_the_reason_records_nothing() -> None:
    customer = Customer(rules(contact("hello")))
    customer.deliver(consented(90), purchase(100), now=noon(100))
    assert told(customer.deliver(refund(99), now=noon(101))) == []


# What counts towards a cap --------------------------------------------------------------------------------------------

ONCE = Cap(at_most=1, within=30, channel="phone")
CALL = contact("call", COMPLAINED, repeat=14, channel="phone", consent="not-needed", within=2)
ASK = contact("ask", ORDERED, channel="phone", consent="not-needed", within=2, priority="low")


def test_a_call_that_nobody_could_make_does_not_keep_the_next_complaint_from_one() -> None:
    customer = Customer(rules(CALL, ASK, caps=(ONCE,)))
    assert told(customer.deliver(purchase(100), now=noon(110))) == [("ask", 100, "missed")]
    assert told(customer.deliver(complaint(111), now=noon(111))) == [("call", 111, "requested")]
    assert customer.standing.ledger.contacts == (("phone", "call", 111),)


def test_nor_does_it_where_both_become_known_at_once() -> None:
    customer = Customer(rules(CALL, ASK, caps=(ONCE,)))
    decided = told(customer.deliver(purchase(100), complaint(103), now=noon(104)))
    assert decided == [("ask", 100, "missed"), ("call", 103, "requested")]


def test_a_late_event_that_moves_what_was_due_does_not_make_room_for_another_call() -> None:
    customer = Customer(rules(CALL, caps=(ONCE,)))
    assert told(customer.deliver(complaint(100), now=noon(100))) == [("call", 100, "requested")]
    assert told(customer.deliver(complaint(86, "late"), now=noon(103))) == []
    assert told(customer.deliver(complaint(117), now=noon(117))) == [("call", 117, "contact-cap")]
    assert told(customer.deliver(complaint(130), now=noon(130))) == [("call", 130, "requested")]


def test_every_contact_within_the_longest_cap_is_known() -> None:
    four = Cap(at_most=4, within=30)
    customer = Customer(
        rules(contact("again", repeat=7), contact("sorry", COMPLAINED, consent="not-needed"), caps=(four,))
    )
    customer.deliver(consented(99), now=noon(99))
    for day in (100, 107, 114, 121):
        assert told(customer.deliver(purchase(day), now=noon(day))) == [("again", day, "requested")]
    assert [one.day for one in customer.standing.ledger.contacts] == [100, 107, 114, 121]
    withdrawn = profile(99, "w", hour=15, consent={"email": False})
    customer.deliver(withdrawn, now=noon(122))  # late: by it nothing was due at all
    assert customer.standing.closed.contacts == {}
    assert told(customer.deliver(complaint(123), now=noon(123))) == [("sorry", 123, "contact-cap")]


@pytest.mark.parametrize(("day", "known"), [(131, [100, 131]), (132, [132])])
def test_the_ledger_drops_contacts_that_no_cap_can_count_any_more(day: int, known: list[int]) -> None:
    customer = Customer(rules(CALL, caps=(ONCE,)))  # 30 days, and 2 in which a late action may still be asked for
    customer.deliver(complaint(100), now=noon(100))
    assert told(customer.deliver(complaint(day), now=noon(day))) == [("call", day, "requested")]
    assert [contact.day for contact in customer.standing.ledger.contacts] == known


def test_an_action_before_one_that_was_made_already_leaves_no_room_either() -> None:
    customer = Customer(rules(CALL, ASK, caps=(ONCE,)))
    assert told(customer.deliver(purchase(100), now=noon(100))) == [("ask", 100, "requested")]
    assert told(customer.deliver(complaint(99), now=noon(100))) == [("call", 99, "contact-cap")]


@pytest.mark.parametrize(("at_most", "within", "fits"), [(1, 3, True), (1, 4, False), (2, 7, False), (2, 6, True)])
def test_a_cap_is_of_any_days_in_a_row(at_most: int, within: int, fits: bool) -> None:
    programme = made.PROGRAMME.model_copy(update={"caps": (Cap(at_most=at_most, within=within),)})
    assert is_capped(programme, {"email": [100], "phone": [106]}, contact("hello").do, 103) is not fits


def test_what_fell_due_without_room_is_acted_on_when_there_is_some() -> None:
    customer = Customer(rules(CALL, ASK, caps=(ONCE,)))
    customer.deliver(complaint(100), now=noon(100))
    customer.deliver(complaint(80, "late"), now=noon(100))
    assert told(customer.deliver(purchase(115), now=noon(115))) == [("ask", 115, "contact-cap")]
    assert customer.standing.ledger.waiting["ask"] == 130
    assert told(passed(customer, 131)) == [("ask", 130, "requested")]
    assert "ask" not in customer.standing.ledger.waiting


def test_what_waits_is_acted_on_only_while_its_conditions_hold() -> None:
    first = contact("first", channel="phone", consent="not-needed", priority="high", repeat=400)
    customer = Customer(rules(CALL, first, caps=(ONCE,)))
    customer.deliver(purchase(100), now=noon(100))
    assert told(customer.deliver(complaint(110), now=noon(110))) == [("call", 110, "contact-cap")]
    assert told(passed(customer, 131)) == []
    assert told(customer.deliver(complaint(140), now=noon(140))) == [("call", 140, "requested")]


OFFER = contact("offer", ORDERED, action="send-offer", consent="not-needed", within=5, repeat=60)
SORRY = contact("sorry", COMPLAINED, action="apologise", consent="not-needed", within=5, repeat=60)
APART: dict[str, Any] = {"never_together": (("send-offer", "apologise"),)}


def test_of_two_that_must_never_come_together_a_late_event_brings_no_second_on_the_day() -> None:
    customer = Customer(rules(OFFER, SORRY, **APART))
    assert told(customer.deliver(purchase(100), now=noon(100))) == [("offer", 100, "requested")]
    assert told(customer.deliver(complaint(100), now=noon(101))) == [("sorry", 100, "never-together")]


def test_of_two_that_become_known_at_once_the_later_is_asked_for() -> None:
    customer = Customer(rules(OFFER, SORRY, **APART))
    decided = told(customer.deliver(purchase(100), complaint(102), now=noon(103)))
    assert decided == [("sorry", 102, "requested"), ("offer", 100, "never-together")]


# Quiet hours -------------------------------------------------------------------------------------------------------

QUIET = QuietHours(begin=21 * 60, end=8 * 60 + 30)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-03-01T12:00", "2026-03-01T12:00"),
        ("2026-03-01T20:59", "2026-03-01T20:59"),
        ("2026-03-01T21:00", "2026-03-02T08:30"),
        ("2026-03-01T23:59", "2026-03-02T08:30"),
        ("2026-03-02T00:00", "2026-03-02T08:30"),
        ("2026-03-02T08:29", "2026-03-02T08:30"),
        ("2026-03-02T08:30", "2026-03-02T08:30"),
        ("2026-12-31T22:00", "2027-01-01T08:30"),
    ],
)
def test_quiet_hours_put_an_action_off_to_their_end(now: str, then: str) -> None:
    programme = _quiet(QUIET)
    write = contact("hello").do
    assert not_before(programme, write, _utc(now)) == _utc(then)
    assert not_before(programme, write.model_copy(update={"channel": None}), _utc(now)) == _utc(now)


def test_quiet_hours_by_day_and_in_the_programmes_time_zone() -> None:
    siesta = _quiet(QuietHours(begin=13 * 60, end=16 * 60)).model_copy(update={"time_zone": "Asia/Shanghai"})
    write = contact("hello").do
    assert not_before(siesta, write, _utc("2026-03-01T05:30")) == _utc("2026-03-01T08:00")
    assert not_before(siesta, write, _utc("2026-03-01T13:30")) == _utc("2026-03-01T13:30")


def test_quiet_hours_hold_nothing_back() -> None:
    customer = Customer(rules(contact("hello"), quiet_hours=QUIET))
    now = noon(100) + timedelta(hours=10)
    (sent,) = (one for one in customer.deliver(consented(100), purchase(100), now=now) if isinstance(one, CareDecided))
    assert (sent.status, sent.not_before) == ("requested", noon(101) - timedelta(hours=3, minutes=30))
    assert sent.expires == noon(104) - timedelta(hours=12)


def test_an_action_that_quiet_hours_leave_no_time_for_is_missed() -> None:
    """Taken in at 21:30 of the last day: it could begin at 8:30, and makes no sense after midnight."""
    for minutes, status in ((29, "requested"), (30, "missed")):
        customer = Customer(rules(contact("hello"), quiet_hours=QuietHours(begin=21 * 60 + 30, end=8 * 60)))
        now = noon(103) + timedelta(hours=9, minutes=minutes)
        assert told(customer.deliver(consented(100), purchase(100), now=now)) == [("hello", 100, status)]


@settings(max_examples=300)
@given(
    st.integers(0, 24 * 60 - 1),
    st.integers(0, 24 * 60 - 1),
    st.integers(0, 4 * 24 * 60),
    st.sampled_from([None, "email"]),
)
def test_a_request_has_time_left(begin: int, end: int, minutes: int, channel: str | None) -> None:
    hours = QuietHours(begin=begin, end=end) if begin != end else None
    customer = Customer(rules(contact("hello", channel=channel), quiet_hours=hours))
    now = noon(100) + timedelta(minutes=minutes)
    decided = [one for one in customer.deliver(consented(100), purchase(100), now=now) if isinstance(one, CareDecided)]
    assert all(now <= one.not_before < one.expires for one in decided if one.status == "requested")
    assert [one.status for one in decided] == [
        "requested" if decided[0].not_before < noon(104) - timedelta(hours=12) else "missed"
    ]


@pytest.mark.parametrize(
    ("zone", "begin", "end", "now", "then"),
    [
        ("Europe/Berlin", "22:00", "02:30", "2026-10-25T00:10", "2026-10-25T00:30"),  # 02:10, for the first time
        ("Europe/Berlin", "22:00", "02:30", "2026-10-25T01:10", "2026-10-25T01:30"),  # and for the second
        ("Europe/Berlin", "22:00", "02:30", "2026-10-25T01:30", "2026-10-25T01:30"),
        ("Europe/Berlin", "22:00", "08:00", "2026-10-25T00:10", "2026-10-25T07:00"),
        ("Europe/Berlin", "02:15", "02:45", "2026-10-25T01:20", "2026-10-25T01:45"),
        ("Europe/Berlin", "22:00", "02:30", "2026-03-29T00:10", "2026-03-29T01:00"),  # 02:30 is never shown
        ("America/New_York", "20:00", "01:30", "2026-11-01T06:10", "2026-11-01T06:30"),
        ("Asia/Beirut", "20:00", "00:15", "2026-03-28T20:00", "2026-03-28T22:00"),  # midnight is never shown
    ],
)
def test_quiet_hours_where_clocks_are_moved(zone: str, begin: str, end: str, now: str, then: str) -> None:
    first, last = (int(time[:2]) * 60 + int(time[3:]) for time in (begin, end))
    programme = _quiet(QuietHours(begin=first, end=last)).model_copy(update={"time_zone": zone})
    assert not_before(programme, contact("hello").do, _utc(now)) == _utc(then)


@settings(max_examples=200)
@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "Asia/Beirut"]),
    st.tuples(st.integers(0, 1_439), st.integers(0, 1_439)).filter(lambda hours: hours[0] != hours[1]),
    st.integers(0, 366 * 24 * 60),
)
def test_quiet_hours_end_soon_and_not_in_the_past(zone: str, hours: tuple[int, int], minutes: int) -> None:
    programme = _quiet(QuietHours(begin=hours[0], end=hours[1])).model_copy(update={"time_zone": zone})
    now = _utc("2026-01-01T00:00") + timedelta(minutes=minutes)
    first = not_before(programme, contact("hello").do, now)
    local = first.astimezone(ZoneInfo(zone))
    minute, quiet = local.hour * 60 + local.minute, range(*sorted(hours))
    assert (minute in quiet) is (hours[0] > hours[1])
    assert timedelta(0) <= first - now <= timedelta(hours=25)


def _quiet(hours: QuietHours) -> Programme:
    return made.PROGRAMME.model_copy(update={"quiet_hours": hours})


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
