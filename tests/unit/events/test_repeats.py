"""A repeat is the same event once it is read, however it is written; anything else is other content."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standing.aws.table import EventRecord, event_put, recorded_in
from standing.backfill.settlement import _new
from standing.events.intake import Event, fingerprint, is_repeat, take_in
from standing.operations.audit import compare, envelope_fingerprint, fingerprint_in
from standing.operations.event_files import Line
from standing.rules.author.compiler import assemble
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline

from tests.make.strategies import CLUB, LONG_AFTER, PROGRAMME

MOMENT = datetime.fromisoformat("2025-11-02T18:30:00+00:00")
ACTIVE = assemble(
    PROGRAMME.model_copy(update={"activities": ("deposit",), "channels": ("email",)}), (), (), CLUB.strata
)
WHO: dict[str, Any] = {"id": "e-1", "customer": "c-1", "time": "2025-11-02T18:30:00Z"}
SAID: dict[str, dict[str, Any]] = {
    "purchase.v1": {**WHO, "amount": "12.50", "currency": "USD", "channel": None, "category": "shoes", "items": 2},
    "refund.v1": {**WHO, "amount": "0.00", "currency": "USD", "reason": None},
    "feedback.v1": {**WHO, "kind": "survey", "scale": [1, 5], "score": 4, "topic": None, "comment": "fine"},
    "activity.v1": {**WHO, "kind": "deposit", "amount": "10", "currency": "USD", "channel": None},
    "profile.v1": {
        **WHO,
        "birthday": "1990-05-17",
        "consent": {"email": True},
        "segments": {},
        "dates": {"renewal": "2026-03-01"},
        "amounts": {"savings": "7.5"},
        "currency": "USD",
    },
}


@st.composite
def ways(draw: st.DrawFn, said: dict[str, Any]) -> dict[str, Any]:
    """The same event in another hand."""
    names = draw(st.permutations([name for name in said if said[name] not in (None, {}) or draw(st.booleans())]))
    again = {name: said[name] for name in names}
    zone = timezone(timedelta(minutes=draw(st.integers(-720, 840))))
    written = MOMENT.astimezone(zone).isoformat(timespec=draw(st.sampled_from(["seconds", "milliseconds"])))
    again["time"] = draw(st.sampled_from([written, "2025-11-02T18:30:00Z", "2025-11-02T18:30:00.000000+00:00"]))
    if "amount" in again:
        again["amount"] = draw(st.sampled_from(_amounts(again["amount"])))
    if again.get("amounts"):
        again["amounts"] = {name: draw(st.sampled_from(_amounts(of))) for name, of in again["amounts"].items()}
    return again


def _amounts(amount: str) -> list[str]:
    """One amount in several hands."""
    whole, _, part = amount.partition(".")
    return [f"{whole}.{part.rstrip('0').ljust(digits, '0')}".rstrip(".") for digits in (0, 2, 4)] + [f"0{amount}"]


def taken(kind: str, detail: dict[str, Any], rules: Ruleset = ACTIVE) -> Event:
    """An event as it is taken in."""
    return take_in({"source": "shop", "detail-type": kind, "detail": detail}, rules, LONG_AFTER)


@given(st.sampled_from(sorted(SAID)), st.data())
def test_however_it_is_written_it_is_a_repeat(kind: str, data: st.DataObject) -> None:
    again = data.draw(ways(SAID[kind]))
    one, other = taken(kind, SAID[kind]), taken(kind, again)
    assert one.fingerprint == other.fingerprint
    assert is_repeat(one, other)
    assert fingerprint("shop", kind, again) == one.fingerprint


OTHER: list[tuple[str, dict[str, Any]]] = [
    ("purchase.v1", {"amount": "12.51"}),
    ("purchase.v1", {"channel": "web"}),
    ("purchase.v1", {"items": None}),
    ("purchase.v1", {"time": "2025-11-02T18:30:00.000001Z"}),
    ("purchase.v1", {"time": "2025-11-02T18:30:00+01:00"}),
    ("feedback.v1", {"score": 5}),
    ("feedback.v1", {"scale": [0, 5]}),
    ("profile.v1", {"consent": {"email": False}}),
    ("profile.v1", {"amounts": {"savings": "75"}}),
    ("profile.v1", {"amounts": {"saving": "7.5"}}),
    ("profile.v1", {"segments": {"student": True}}),
    ("profile.v1", {"birthday": "05-18"}),
]


@pytest.mark.parametrize(("kind", "change"), OTHER)
def test_other_content_is_other_content(kind: str, change: dict[str, Any]) -> None:
    one, other = taken(kind, SAID[kind]), taken(kind, SAID[kind] | change)
    assert one.fingerprint != other.fingerprint
    assert not is_repeat(one, other)


@pytest.mark.parametrize("change", [{"comment": "other words"}, {"comment": None}])
def test_what_is_never_stored_does_not_count(change: dict[str, Any]) -> None:
    assert is_repeat(taken("feedback.v1", SAID["feedback.v1"]), taken("feedback.v1", SAID["feedback.v1"] | change))


def test_a_birthdays_year_does_not_count() -> None:
    assert is_repeat(*(taken("profile.v1", SAID["profile.v1"] | {"birthday": day}) for day in ("1990-05-17", "05-17")))


def test_another_type_under_the_same_id_is_other_content() -> None:
    money = {**WHO, "amount": "12.50", "currency": "USD"}
    assert not is_repeat(taken("purchase.v1", money), taken("refund.v1", money))


@pytest.mark.parametrize("kind", SAID)
def test_a_record_with_the_fingerprint_of_another_time_is_still_the_same_event(kind: str) -> None:
    stored = event_put(taken(kind, SAID[kind]), 1, Timeline.of(ACTIVE), LONG_AFTER)["Item"]
    stored["fingerprint"] = {"S": "0" * 32}
    known = recorded_in(stored)
    assert is_repeat(taken(kind, SAID[kind]), known.event)
    assert fingerprint_in(stored) == (taken(kind, SAID[kind]).fingerprint, True)


def test_backfill_and_audit_know_a_repeat_as_ingest_does() -> None:
    one = taken("purchase.v1", SAID["purchase.v1"])
    again = {name: value for name, value in SAID["purchase.v1"].items() if value is not None} | {"amount": "12.5"}
    other = taken("purchase.v1", SAID["purchase.v1"] | {"amount": "13"})
    there = {one.key: EventRecord(one, LONG_AFTER, counts=True, version=1)}
    assert _new([taken("purchase.v1", again), other], there)[1] == Counter(known=1, conflicting=1)
    line = Line(1, "shop", "purchase.v1", again)
    assert compare([line], {one.fingerprint: True}, Counter()).applied == 1
    body = json.dumps({"source": "shop", "detail-type": "purchase.v1", "detail": SAID["purchase.v1"]})
    assert envelope_fingerprint(body) == line.fingerprint
