"""Taking events in: whatever comes, it is an event with its day or a rejection with its reason."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.events.intake import Event, Rejected, fingerprint, take_in
from standing.rules.author.compiler import assemble
from standing.rules.ruleset import Programme, Ruleset
from standing.values.days import day_number

from tests.make.strategies import CLUB, JSON, TITLE

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DETAIL: dict[str, Any] = {
    "id": "e-1",
    "customer": "c-1",
    "time": "2026-02-27T09:30:00Z",
    "amount": "12.50",
    "currency": "USD",
}
ENVELOPE: dict[str, Any] = {"source": "shop.web", "detail-type": "purchase.v1", "detail": DETAIL}
A_SOURCE = "1 to 128 letters, digits, dots, dashes, underscores or slashes"
A_TYPE = (
    "one of activity.v1, care.v1, engagement.v1, feedback.v1, override.v1, profile.v1, purchase.v1, refund.v1, score.v1"
)
KINDS = ["purchase.v1", "refund.v1", "feedback.v1"]
FIELDS = [*DETAIL, "channel", "items", "purchase", "reason", "kind", "topic", "scale", "score", "comment"]


def _ruled(currency: str, minor_digits: int, time_zone: str) -> Ruleset:
    """A programme without rules."""
    programme = Programme(title=TITLE, currency=currency, minor_digits=minor_digits, time_zone=time_zone)
    return assemble(programme, (), (), ())


def _rejection(envelope: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Rejected) as caught:
        take_in(envelope, CLUB, NOW)
    return caught.value.as_dict()


@pytest.mark.parametrize(
    "source", ["", "a#b", "#", "a b", "a\n", "x" * 129, "shöp", "a\x00", "\ud800", None, 5, True, ["shop"], {}]
)
def test_a_source_that_could_confuse_the_keys_is_rejected(source: object) -> None:
    rejection = _rejection(ENVELOPE | {"source": source})
    assert rejection == {"reason": "does-not-fit", "field": "source", "expected": A_SOURCE}


@pytest.mark.parametrize("source", ["a", "shop.web", "aws.partner/crm_EU-1", "x" * 128])
def test_an_ordinary_source_is_taken_in(source: str) -> None:
    assert take_in(ENVELOPE | {"source": source}, CLUB, NOW).key == (source, "e-1")


@pytest.mark.parametrize("kind", ["", "purchase", "purchase.v2", "Purchase.v1", " purchase.v1", None, 1, ["x"], {}])
def test_an_unknown_type_is_rejected_with_those_there_are(kind: object) -> None:
    rejection = _rejection(ENVELOPE | {"detail-type": kind})
    assert rejection == {"reason": "unknown-type", "field": "detail-type", "expected": A_TYPE}


@pytest.mark.parametrize("missing", ["source", "detail-type", "detail"])
def test_an_envelope_without_one_of_its_parts_is_rejected(missing: str) -> None:
    rejection = _rejection({name: part for name, part in ENVELOPE.items() if name != missing})
    assert rejection["field"] == missing


@pytest.mark.parametrize("detail", [None, 5, "text", [], [DETAIL], True, 0.5])
def test_a_detail_that_is_no_object_is_rejected(detail: object) -> None:
    rejection = _rejection(ENVELOPE | {"detail": detail})
    assert (rejection["reason"], rejection["field"]) == ("does-not-fit", "detail")


def test_a_rejection_reads_as_reason_field_and_expectation() -> None:
    with pytest.raises(Rejected, match=r"^does-not-fit: detail\.amount: expected at most 2 decimals in USD$"):
        take_in(ENVELOPE | {"detail": DETAIL | {"amount": "1.001"}}, CLUB, NOW)


@pytest.mark.parametrize(("amount", "fits"), [("1000", True), ("1000.0", True), ("1000.5", False)])
def test_the_decimals_of_the_currency_decide(amount: str, fits: bool) -> None:
    yen = _ruled("JPY", 0, "Asia/Tokyo")
    envelope = ENVELOPE | {"detail": DETAIL | {"amount": amount, "currency": "JPY"}}
    if fits:
        assert take_in(envelope, yen, NOW).detail.id == "e-1"
        return
    with pytest.raises(Rejected, match="at most 0 decimals in JPY"):
        take_in(envelope, yen, NOW)


@pytest.mark.parametrize(
    ("time", "zone", "day"),
    [
        ("2026-02-27T04:59:59Z", "America/New_York", (2026, 2, 26)),
        ("2026-02-27T05:00:00Z", "America/New_York", (2026, 2, 27)),
        ("2026-02-27T16:00:00Z", "Asia/Shanghai", (2026, 2, 28)),
        ("2026-02-27T23:00:00-02:00", "UTC", (2026, 2, 28)),
    ],
)
def test_an_event_gets_the_day_of_the_programme(time: str, zone: str, day: tuple[int, int, int]) -> None:
    taken = take_in(ENVELOPE | {"detail": DETAIL | {"time": time}}, _ruled("USD", 2, zone), NOW)
    assert taken.day == day_number(datetime(*day, tzinfo=UTC).date())


# Whatever comes ----------------------------------------------------------------------------------------------------

near_details = st.dictionaries(st.sampled_from(FIELDS), JSON).map(lambda changes: DETAIL | changes)
anything = st.fixed_dictionaries(
    {},
    optional={
        "source": JSON | st.just("shop"),
        "detail-type": JSON | st.sampled_from(KINDS),
        "detail": JSON | near_details,
        "time": JSON,
    },
)


def _takes_in_or_rejects(envelope: dict[str, Any]) -> None:
    found = _event_or_rejection(envelope)
    if isinstance(found, Rejected):
        assert all(isinstance(text, str) and text for text in found.as_dict().values())
        assert found.field.partition(".")[0] in {"source", "detail-type", "detail"}


def _event_or_rejection(envelope: dict[str, Any]) -> Event | Rejected:
    try:
        return take_in(envelope, CLUB, NOW)
    except Rejected as rejection:
        return rejection


@settings(max_examples=500)
@given(anything)
def test_any_envelope_is_taken_in_or_rejected(envelope: dict[str, Any]) -> None:
    _takes_in_or_rejects(envelope)


@settings(max_examples=500)
@given(st.sampled_from(KINDS), near_details, st.sets(st.sampled_from(FIELDS), max_size=2))
def test_any_detail_is_taken_in_or_rejected(kind: str, detail: dict[str, Any], without: set[str]) -> None:
    kept = {name: value for name, value in detail.items() if name not in without}
    _takes_in_or_rejects({"source": "shop", "detail-type": kind, "detail": kept})


@settings(max_examples=500)
@given(st.sampled_from(["id", "time", "amount", "currency", "customer"]), st.text(st.characters(exclude_categories=[])))
def test_any_text_in_any_field_is_taken_in_or_rejected(field: str, text: str) -> None:
    _takes_in_or_rejects(ENVELOPE | {"detail": DETAIL | {field: text}})


# Fingerprints -------------------------------------------------------------------------------------------------------


def _shuffled(content: Any, order: random.Random) -> Any:
    if isinstance(content, dict):
        names = list(content)
        order.shuffle(names)
        return {name: _shuffled(content[name], order) for name in names}
    return [_shuffled(part, order) for part in content] if isinstance(content, list) else content


@given(JSON, st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_change_a_fingerprint(content: Any, order: random.Random) -> None:
    assert fingerprint("s", "t", content) == fingerprint("s", "t", _shuffled(content, order))


@given(JSON, JSON)
def test_other_content_has_another_fingerprint(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (fingerprint("s", "t", one) == fingerprint("s", "t", other)) is same


@pytest.mark.parametrize(
    "change",
    [
        {"source": "shop.app"},
        {"detail-type": "refund.v1"},
        *({"detail": DETAIL | change} for change in ({"amount": "12.51"}, {"id": "e-2"}, {"channel": "web"})),
        {"detail": DETAIL | {"time": "2026-02-27T09:30:00+01:00"}},
    ],
)
def test_anything_that_differs_changes_the_fingerprint(change: dict[str, Any]) -> None:
    first, second = (take_in(envelope, CLUB, NOW) for envelope in (ENVELOPE, ENVELOPE | change))
    assert first.fingerprint != second.fingerprint


def test_a_comment_is_neither_stored_nor_does_it_count_in_the_fingerprint() -> None:
    who = {"id": "1", "customer": "c", "time": "2026-02-01T00:00:00Z", "kind": "complaint"}
    said = [{"source": "s", "detail-type": "feedback.v1", "detail": {**who, "comment": text}} for text in "ab"]
    one, other = (take_in(envelope, CLUB, NOW) for envelope in said)
    assert one.detail.stored() == other.detail.stored()
    assert one.fingerprint == other.fingerprint


def test_the_fingerprint_of_a_given_event_never_changes() -> None:
    assert take_in(ENVELOPE, CLUB, NOW).fingerprint == "b1c11279ece4d8ce6e4e3e8e8e3e9d3e"
