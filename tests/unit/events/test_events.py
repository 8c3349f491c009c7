"""What an event must look like, and what is said of one that does not."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standing.events import MODELS, EventDetail, Feedback, MoneyDetail, personal_fields, unstored_fields
from standing.events.intake import Event, Rejected, take_in
from standing.events.producers import NAMEABLE

from tests.make.broken import NOW, Broken, why_rejected
from tests.make.strategies import CLUB
from tests.make.support import sender

COMMON = {"id": "e-1", "customer": "c-1", "time": "2026-02-27T09:30:00Z"}
AMOUNT = {"amount": "12.50", "currency": "USD"}
PAID = {**COMMON, **AMOUNT}
PRODUCERS = {"shop.web": NAMEABLE}
RULES = CLUB.model_copy(
    update={
        "programme": CLUB.programme.model_copy(
            update={"activities": ("deposit", "missed-instalment"), "producers": PRODUCERS}
        )
    }
)
SAMPLES: dict[str, dict[str, Any]] = {
    "purchase.v1": {**PAID, "channel": "web", "category": "books", "items": 3},
    "refund.v1": {**PAID, "purchase": "e-0", "reason": "damaged", "category": "books"},
    "engagement.v1": {
        **COMMON,
        "kind": "redemption",
        "channel": "app",
        "campaign": "autumn",
        "category": "books",
        "item": "b-7",
    },
    "activity.v1": {**COMMON, "kind": "deposit", **AMOUNT, "category": "salary", "channel": "branch"},
    "profile.v1": {**COMMON, "birthday": "05-17", "risk_appetite": "cautious", "segments": {"student": True}},
    "override.v1": {
        **COMMON,
        "rating": "tier",
        "level": "gold",
        "reason": "complaint-settled",
        "author": "u-17",
        "expires": "2026-06-30",
    },
    "score.v1": {**COMMON, "name": "churn", "value": 7_300, "band": "high", "model": "5f1c0e9a7b2d"},
    "care.v1": {**COMMON, "care": "recover", "day": "2026-02-26", "status": "done", "reason": "reached"},
    "feedback.v1": {**COMMON, "kind": "survey", "topic": "delivery", "score": 4, "scale": [1, 5], "comment": "so so"},
}
REQUIRED = {
    "purchase.v1": ["id", "customer", "time", "amount", "currency"],
    "refund.v1": ["id", "customer", "time", "amount", "currency"],
    "feedback.v1": ["id", "customer", "time", "kind"],
    "engagement.v1": ["id", "customer", "time", "kind"],
    "activity.v1": ["id", "customer", "time", "kind"],
    "profile.v1": ["id", "customer", "time"],
    "override.v1": ["id", "customer", "time", "rating", "level", "reason", "author", "expires"],
    "score.v1": ["id", "customer", "time", "name", "value", "band", "model"],
    "care.v1": ["id", "customer", "time", "care", "day", "status"],
}
TEXTS = [(kind, name) for kind in SAMPLES for name in ("id", "customer")] + [
    ("engagement.v1", "channel"),
    ("engagement.v1", "campaign"),
    ("engagement.v1", "category"),
    ("engagement.v1", "item"),
    ("activity.v1", "category"),
    ("activity.v1", "channel"),
    ("purchase.v1", "channel"),
    ("purchase.v1", "category"),
    ("refund.v1", "category"),
    ("refund.v1", "purchase"),
    ("refund.v1", "reason"),
    ("feedback.v1", "topic"),
    ("override.v1", "reason"),
    ("override.v1", "author"),
    ("care.v1", "reason"),
]
LONGEST = {"id": 200, "customer": 128, "purchase": 200}
MONEY = ["purchase.v1", "refund.v1"]

A_FIELD = "a value: this field is required"
A_TEXT = "a text"
PRINTABLE = "a text without control characters"
UNICODE = "a text that is valid Unicode"
WHOLE = "a whole number, without quotes"
AN_AMOUNT = 'a decimal number in quotes, not negative and below 10 billion, such as "12.50"'
A_CURRENCY = "an ISO 4217 code of three capital letters, such as USD or CNY"
A_TIME = "a time with its offset, such as 2026-03-01T09:30:00Z"
SINCE_1970 = "a time after 1970-01-01"
NOT_LATER = "at most 15 minutes after now (2026-03-01T12:00:00Z)"
KINDS = "'complaint', 'praise', 'inquiry', 'survey' or 'review'"
BOTH = "a score and its scale, such as 4 on [1, 5]"
NEITHER = "nothing: only a survey or a review has a score and a scale"
NO_FIELD = "nothing: this event type has no such field"


def _envelope(kind: str, change: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"source": sender(kind, PRODUCERS), "detail-type": kind, "detail": {**SAMPLES[kind], **(change or {})}}


def _rejection(envelope: dict[str, Any]) -> Rejected:
    return why_rejected(envelope, RULES)


BROKEN_TEXTS = [
    Broken(kind, {name: value}, name, expected)
    for kind, name in TEXTS
    for value, expected in [
        (17, A_TEXT),
        (True, A_TEXT),
        (["x"], A_TEXT),
        ({"x": "y"}, A_TEXT),
        ("", "a text of at least 1 character"),
        ("a\nb", PRINTABLE),
        ("a\x00b", PRINTABLE),
        ("a\x7fb", PRINTABLE),
        ("a\u202eb", PRINTABLE),  # turns the text that follows round
        ("a\ud800", UNICODE),
    ]
]
NOT_AMOUNTS: list[Any] = [
    *("-1.00", "+1.00", "1e3", "1E3", "NaN", "Infinity", "", " 1", "1.", ".5", "1,50", "1_000", "0x1", "１２"),
    *("12345678901", "1.23456", 12.5, 12, math.nan, math.inf, True, None, ["1"], {"a": "1"}, "1\n", "\ud800"),
]
NOT_TIMES: list[Any] = [
    *("2026-02-27T09:30:00", "2026-02-27", "yesterday", "", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z"),
    *("2026-02-27T25:00:00Z", "1772184600", 1772184600, 1772184600.5, True, None, [], {}, math.nan),
    *(
        "2026-02-27T09:30:00+25:00",
        "10000-01-01T00:00:00Z",
        "2026-02-01T00:00:00+00:00:30",
        "\ud800",
        "٢٠٢٦-02-27T09:30:00Z",
    ),
]
NOT_CURRENCIES: list[Any] = ["usd", "US", "USDX", "", "$", 840, None, ["USD"], "USD\n", "ＵＳＤ"]
BROKEN_MONEY = [Broken(kind, {"amount": value}, "amount", AN_AMOUNT) for kind in MONEY for value in NOT_AMOUNTS] + [
    broken
    for kind in MONEY
    for broken in [
        Broken(kind, {"amount": "1.005"}, "amount", "at most 2 decimals in USD"),
        Broken(kind, {"amount": "0.0001"}, "amount", "at most 2 decimals in USD"),
        Broken(kind, {"currency": "EUR"}, "currency", "USD, the programme's currency", "wrong-currency"),
        *(Broken(kind, {"currency": value}, "currency", A_CURRENCY) for value in NOT_CURRENCIES),
    ]
]
BROKEN_TIMES = [
    broken
    for kind in SAMPLES
    for broken in [
        *(Broken(kind, {"time": value}, "time", A_TIME) for value in NOT_TIMES),
        Broken(kind, {"time": "0001-01-01T00:00:00+14:00"}, "time", SINCE_1970),
        Broken(kind, {"time": "0001-01-01T00:00:00Z"}, "time", SINCE_1970),
        Broken(kind, {"time": "1969-12-31T23:59:59Z"}, "time", SINCE_1970),
        Broken(kind, {"time": "1970-01-01T23:59:59Z"}, "time", SINCE_1970),
        Broken(kind, {"time": "2026-03-01T12:15:00.000001Z"}, "time", NOT_LATER, "in-the-future"),
        Broken(kind, {"time": "2026-03-02T12:00:00Z"}, "time", NOT_LATER, "in-the-future"),
        Broken(kind, {"time": "9999-12-31T23:59:59-14:00"}, "time", NOT_LATER, "in-the-future"),
    ]
]
FEEDBACK: list[tuple[dict[str, Any], str, str]] = [
    ({"score": 6}, "score", "a score on its scale, from 1 to 5"),
    ({"score": 0}, "score", "a score on its scale, from 1 to 5"),
    ({"score": -4}, "score", "a score on its scale, from 1 to 5"),
    ({"score": 10**30}, "score", "a score on its scale, from 1 to 5"),
    ({"score": 11, "scale": [0, 10]}, "score", "a score on its scale, from 0 to 10"),
    ({"score": "4"}, "score", WHOLE),
    ({"score": 4.0}, "score", WHOLE),
    ({"score": math.nan}, "score", WHOLE),
    ({"score": True}, "score", WHOLE),
    ({"score": [4]}, "score", WHOLE),
    ({"score": None}, "score", BOTH),
    ({"scale": None}, "scale", BOTH),
    ({"scale": [5, 1]}, "scale", "a scale that rises, such as [1, 5]"),
    ({"scale": [5, 5]}, "scale", "a scale that rises, such as [1, 5]"),
    ({"scale": [1]}, "scale.1", A_FIELD),
    ({"scale": []}, "scale.0", A_FIELD),
    ({"scale": ["1", "5"]}, "scale.0", WHOLE),
    ({"scale": [1, 5.0]}, "scale.1", WHOLE),
    ({"scale": [1, None]}, "scale.1", WHOLE),
    ({"kind": "complaint"}, "scale", NEITHER),
    ({"kind": "complaint", "scale": None}, "score", NEITHER),
    ({"kind": "complaint", "score": None}, "scale", NEITHER),
    ({"kind": "prais"}, "kind", KINDS),
    ({"kind": None}, "kind", KINDS),
    ({"kind": ["survey"]}, "kind", KINDS),
    ({"comment": "x" * 20_001}, "comment", "a shorter text: at most 20000 characters"),
    ({"comment": 5}, "comment", A_TEXT),
    ({"comment": "\ud800"}, "comment", UNICODE),
]
BROKEN_FEEDBACK = [Broken("feedback.v1", change, field, expected) for change, field, expected in FEEDBACK]
BROKEN_ITEMS = [Broken("purchase.v1", {"items": value}, "items", WHOLE) for value in ["3", 3.0, math.nan, True, [3]]]
A_NAME = "a name of small letters, digits, dashes and underscores that begins with a letter"
ACTIVITIES = "one of the programme's activities: deposit, missed-instalment"
BROKEN_ACTIVITY = [
    *(
        Broken("activity.v1", {"amount": value}, "amount", AN_AMOUNT)
        for value in NOT_AMOUNTS
        if value is not None  # left out: its currency has nothing to be of
    ),
    *(
        Broken("activity.v1", {"currency": value}, "currency", A_CURRENCY)
        for value in NOT_CURRENCIES
        if value is not None
    ),
    Broken("activity.v1", {"amount": None}, "currency", "nothing: a currency needs an amount"),
    Broken("activity.v1", {"currency": None}, "currency", "the amount's currency: an ISO 4217 code such as USD or CNY"),
    Broken("activity.v1", {"currency": "EUR"}, "currency", "USD, the programme's currency", "wrong-currency"),
    Broken("activity.v1", {"amount": "1.005"}, "amount", "at most 2 decimals in USD"),
    *(Broken("activity.v1", {"kind": value}, "kind", A_NAME) for value in ("", "Deposit", "a b", "a\nb", "x" * 65)),
    *(Broken("activity.v1", {"kind": value}, "kind", A_TEXT) for value in (None, 17, ["deposit"])),
    Broken("activity.v1", {"kind": "deposits"}, "kind", ACTIVITIES, "unknown-activity"),
    Broken("activity.v1", {"kind": "deposits", "amount": "1.005"}, "amount", "at most 2 decimals in USD"),
]
UNKNOWN_FIELDS = [
    Broken(kind, {name: 1}, name, NO_FIELD)
    for kind, name in [
        *((kind, name) for kind in SAMPLES for name in ("colour", "detail_type", "Amount")),
        *(("feedback.v1", name) for name in ("amount", "channel")),
        *(("purchase.v1", name) for name in ("purchase", "kind", "comment")),
        *(("refund.v1", name) for name in ("items", "channel", "score")),
        *(("activity.v1", name) for name in ("items", "amounts", "campaign")),
    ]
]
BROKEN = [
    *BROKEN_TEXTS,
    *BROKEN_ACTIVITY,
    *BROKEN_MONEY,
    *BROKEN_TIMES,
    *BROKEN_FEEDBACK,
    *BROKEN_ITEMS,
    *UNKNOWN_FIELDS,
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: f"{broken.kind} {broken.change!r:.50}")
def test_a_broken_field_is_named_with_what_was_expected(broken: Broken) -> None:
    rejection = _rejection(_envelope(broken.kind, broken.change))
    assert rejection.as_dict() == {
        "reason": broken.reason,
        "field": f"detail.{broken.field}",
        "expected": broken.expected,
    }


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in REQUIRED.items() for name in names])
def test_a_missing_field_is_named(kind: str, name: str) -> None:
    envelope = _envelope(kind)
    del envelope["detail"][name]
    assert _rejection(envelope).as_dict() == {"reason": "does-not-fit", "field": f"detail.{name}", "expected": A_FIELD}


@pytest.mark.parametrize("name", ["score", "scale"])
def test_a_survey_without_its_score_or_scale_is_refused(name: str) -> None:
    envelope = _envelope("feedback.v1")
    del envelope["detail"][name]
    rejection = _rejection(envelope)
    assert (rejection.reason, rejection.field, rejection.expected) == ("does-not-fit", f"detail.{name}", BOTH)


@pytest.mark.parametrize(
    ("kind", "change", "field", "bound"),
    [
        ("purchase.v1", {"items": 0}, "items", "1"),
        ("purchase.v1", {"items": -3}, "items", "at least 1"),
        ("purchase.v1", {"items": 1_000_001}, "items", "at most 1000000"),
        ("purchase.v1", {"items": 10**100}, "items", "1000000"),
        ("feedback.v1", {"scale": [-1_001, 5]}, "scale.0", "-1000"),
        ("feedback.v1", {"scale": [1, 1_001]}, "scale.1", "1000"),
        ("feedback.v1", {"scale": [1, 10**30]}, "scale.1", "1000"),
        ("feedback.v1", {"scale": [1, 5, 9]}, "scale", "2"),
    ],
)
def test_a_number_out_of_range_is_named_with_its_bound(
    kind: str, change: dict[str, Any], field: str, bound: str
) -> None:
    rejection = _rejection(_envelope(kind, change))
    assert (rejection.reason, rejection.field) == ("does-not-fit", f"detail.{field}")
    assert bound in rejection.expected


@pytest.mark.parametrize(("kind", "name"), TEXTS)
@pytest.mark.parametrize("over", [1, 3_000])
def test_a_text_that_is_too_long_is_named_with_its_longest(kind: str, name: str, over: int) -> None:
    longest = LONGEST.get(name, 64)
    rejection = _rejection(_envelope(kind, {name: "x" * (longest + over)}))
    assert (rejection.reason, rejection.field) == ("does-not-fit", f"detail.{name}")
    assert rejection.expected == f"a shorter text: at most {longest} characters"
    assert take_in(_envelope(kind, {name: "x" * longest}), RULES, NOW)


@pytest.mark.parametrize("scale", [5, "1-5", {"from": 1, "to": 5}, True])
def test_a_scale_is_a_pair(scale: object) -> None:
    rejection = _rejection(_envelope("feedback.v1", {"scale": scale}))
    assert (rejection.reason, rejection.field) == ("does-not-fit", "detail.scale")


def test_of_several_broken_fields_the_first_is_named() -> None:
    rejection = _rejection(_envelope("purchase.v1", {"amount": 5, "currency": "EUR", "time": 0}))
    assert rejection.field == "detail.time"


def test_a_rejection_never_repeats_what_was_sent() -> None:
    secret = "call me on 555-0100"
    for change in ({"comment": [secret]}, {"customer": secret * 20}, {"score": secret}, {"time": secret}):
        assert "555" not in str(_rejection(_envelope("feedback.v1", change)))


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_sample_of_each_type_is_taken_in(kind: str) -> None:
    taken = take_in(_envelope(kind), RULES, NOW)
    assert taken.detail.detail_type == kind
    assert taken.detail.family == kind.removesuffix(".v1")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-27t09:30:00z", datetime(2026, 2, 27, 9, 30, tzinfo=UTC)),
        ("2026-02-27T09:30:00.5+01:00", datetime(2026, 2, 27, 8, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-02-27T23:59:60Z", datetime(2026, 2, 27, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("2026-02-27 23:59:60.3+00:00", datetime(2026, 2, 27, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_a_time_may_be_written_in_every_way_of_rfc_3339(text: str, moment: datetime) -> None:
    assert take_in(_envelope("purchase.v1", {"time": text}), RULES, NOW).detail.time == moment


@pytest.mark.parametrize("kind", SAMPLES)
def test_optional_fields_may_be_left_out(kind: str) -> None:
    envelope = _envelope(kind)
    envelope["detail"] = {name: envelope["detail"][name] for name in REQUIRED[kind]}
    envelope["detail"] |= {"kind": "complaint"} if kind == "feedback.v1" else {}
    assert take_in(envelope, RULES, NOW).detail.customer == "c-1"


def test_a_programme_without_activities_says_so() -> None:
    said = "unknown-activity: detail.kind: expected one of the programme's activities: it has none"
    with pytest.raises(Rejected, match=said):
        take_in(_envelope("activity.v1"), CLUB, NOW)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("purchase.v1", {"amount": "0"}),
        ("purchase.v1", {"amount": "9999999999.99"}),
        ("purchase.v1", {"amount": "1.0000"}),
        ("purchase.v1", {"items": 1}),
        ("purchase.v1", {"items": 1_000_000}),
        ("purchase.v1", {"customer": "客" * 128, "id": "é" * 200}),
        ("purchase.v1", {"time": "1970-01-02T00:00:00Z"}),
        ("purchase.v1", {"time": "2026-03-01T12:15:00Z"}),
        ("purchase.v1", {"time": "2026-02-27T09:30:00.123456-11:30"}),
        *(("engagement.v1", {"kind": kind}) for kind in ("login", "visit", "search", "view", "basket", "checkout")),
        ("activity.v1", {"amount": "0"}),
        ("activity.v1", {"amount": None, "currency": None}),
        ("activity.v1", {"kind": "missed-instalment", "amount": "9999999999.99"}),
        ("score.v1", {"value": 0}),
        ("score.v1", {"value": 10**12}),
        ("feedback.v1", {"score": 1}),
        ("feedback.v1", {"score": 5}),
        ("feedback.v1", {"score": -1000, "scale": [-1000, 1000]}),
        ("feedback.v1", {"kind": "complaint", "score": None, "scale": None}),
        ("feedback.v1", {"comment": "line one\nline two\t😀"}),
        ("feedback.v1", {"comment": "x" * 20_000}),
    ],
)
def test_values_at_the_edge_of_what_is_allowed_are_taken_in(kind: str, change: dict[str, Any]) -> None:
    assert isinstance(take_in(_envelope(kind, change), RULES, NOW), Event)


def test_a_comment_a_birthday_and_what_a_customer_has_are_personal_and_nothing_else_is() -> None:
    assert {kind: personal_fields(model) for kind, model in MODELS.items()} == {
        "purchase.v1": set(),
        "refund.v1": set(),
        "feedback.v1": {"comment"},
        "engagement.v1": set(),
        "activity.v1": set(),
        "profile.v1": {"birthday", "amounts"},
        "override.v1": set(),
        "score.v1": set(),
        "care.v1": set(),
    }
    assert unstored_fields(MODELS["feedback.v1"]) == {"comment"}
    assert unstored_fields(MODELS["profile.v1"]) == set()  # rules may need it: stored, never logged or published


codes = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(str.isprintable)
segments = st.dictionaries(st.from_regex(r"[a-z][a-z0-9_-]{0,9}", fullmatch=True), codes | st.booleans(), max_size=4)
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def details(draw: st.DrawFn) -> EventDetail:
    kind = draw(st.sampled_from(sorted(SAMPLES)))
    moment = draw(st.datetimes(datetime(1971, 1, 1), datetime(2026, 2, 1)))  # noqa: DTZ001 -- its offset follows
    sign, offset = draw(st.sampled_from("+-")), abs(draw(offsets))
    time = f"{moment.isoformat()}{sign}{offset.seconds // 3600:02}:{offset.seconds // 60 % 60:02}"
    sample = {**SAMPLES[kind], "id": draw(codes), "customer": draw(codes), "time": time}
    if kind == "feedback.v1":
        return Feedback(**{**sample, "topic": draw(codes | st.none()), "comment": draw(codes)})
    if kind == "profile.v1":
        return MODELS[kind](**{**sample, "segments": draw(segments | st.none())})
    if kind in {"activity.v1", "engagement.v1"}:
        return MODELS[kind](**{**sample, "category": draw(codes | st.none())})
    if kind == "score.v1":
        return MODELS[kind](**{**sample, "model": draw(codes), "value": draw(st.integers(0, 10**12))})
    if not issubclass(MODELS[kind], MoneyDetail):
        return MODELS[kind](**{**sample, "reason": draw(codes)})
    cents = draw(st.integers(0, 10**12 - 1))
    return MODELS[kind](**{**sample, "amount": f"{cents // 100}.{cents % 100:02}"})


@given(details())
def test_what_is_stored_reads_back_equal_but_for_what_is_personal_and_needed_by_no_rule(detail: EventDetail) -> None:
    record = detail.stored()
    assert not unstored_fields(type(detail)) & record.keys()
    bare = detail.model_copy(update=dict.fromkeys(unstored_fields(type(detail))))
    again = type(detail).model_validate(record)
    assert again == bare
    assert again.time.utcoffset() == detail.time.utcoffset()
    assert again.stored() == record


def test_a_comment_appears_nowhere_in_what_is_stored() -> None:
    detail = take_in(_envelope("feedback.v1"), CLUB, NOW).detail
    assert isinstance(detail, Feedback)
    assert detail.comment == "so so"
    assert "so so" not in str(detail.stored())
