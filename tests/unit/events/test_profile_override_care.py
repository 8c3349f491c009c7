"""Profiles, overrides and answers to care actions: what they must look like, and what is said of those that do not."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Any

import pytest
from standing.events import MODELS, CareAnswer, Override, Profile, personal_fields, unstored_fields
from standing.events.intake import Event, Rejected, read_stored, take_in
from standing.events.producers import NAMEABLE

from tests.make.broken import NOW, Broken, why_rejected
from tests.make.strategies import CLUB
from tests.make.support import naming

CHANNELS = CLUB.programme.model_copy(update={"channels": ("email", "phone")})
RULES = naming(CLUB.model_copy(update={"programme": CHANNELS}), crm=NAMEABLE)
COMMON = {"id": "e-1", "customer": "c-1", "time": "2026-02-27T09:30:00Z"}
SAMPLES: dict[str, dict[str, Any]] = {
    "profile.v1": {
        **COMMON,
        "birthday": "1980-05-17",
        "dates": {"renewal": "2026-09-01"},
        "consent": {"email": True, "phone": False},
        "preferred_channel": "email",
        "risk_appetite": "balanced",
        "segments": {"student": True, "region": "north"},
        "amounts": {"deposits": "12000.00", "loans": "0"},
        "currency": "USD",
    },
    "override.v1": {
        **COMMON,
        "rating": "tier",
        "level": "gold",
        "reason": "goodwill",
        "author": "u-7",
        "expires": "2026-03-31",
    },
    "care.v1": {**COMMON, "care": "recover", "day": "2026-02-20", "status": "declined", "reason": "moved"},
}
REQUIRED = {
    "profile.v1": ["id", "customer", "time"],
    "override.v1": ["id", "customer", "time", "rating", "level", "reason", "author", "expires"],
    "care.v1": ["id", "customer", "time", "care", "day", "status"],
}
CODES = {
    "profile.v1": ["id", "customer", "preferred_channel"],
    "override.v1": ["id", "customer", "reason", "author"],
    "care.v1": ["id", "customer", "reason"],
}
NAMES = [("override.v1", "rating"), ("override.v1", "level"), ("care.v1", "care")]
DATES = [("override.v1", "expires"), ("care.v1", "day")]
DICTIONARIES: dict[str, Any] = {"dates": "2026-09-01", "consent": True, "segments": "north", "amounts": "1.00"}
LONGEST = {"id": 200, "customer": 128}

A_FIELD = "a value: this field is required"
A_TEXT = "a text"
PRINTABLE = "a text without control characters"
UNICODE = "a text that is valid Unicode"
A_TIME = "a time with its offset, such as 2026-03-01T09:30:00Z"
A_NAME = "a name of small letters, digits, dashes and underscores that begins with a letter"
A_DATE = "a date such as 2026-03-01"
A_BIRTHDAY = "a month and a day such as 05-17, or a date of which only these are kept"
NOT_LATER = "at most 15 minutes after now (2026-03-01T12:00:00Z)"
APPETITES = "'averse', 'cautious', 'balanced', 'growth' or 'aggressive'"
STATUSES = "'accepted', 'done', 'declined' or 'failed'"
A_CHANNEL = "one of the programme's channels: email, phone"
ENTRIES = "an object of names and their values"
A_FLAG = "true or false"
A_FACT = "true, false, or a code: a text of 1 to 64 characters, none of them a control character"
FEW = "at most 40 entries"
NO_FIELD = "nothing: this event type has no such field"


def _envelope(kind: str, change: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"source": "crm", "detail-type": kind, "detail": {**SAMPLES[kind], **(change or {})}}


def _rejection(envelope: dict[str, Any]) -> Rejected:
    return why_rejected(envelope, RULES)


def _taken(kind: str, change: dict[str, Any] | None = None) -> Event:
    return take_in(_envelope(kind, change), RULES, NOW)


HOSTILE = [
    ("a\nb", PRINTABLE),
    ("a\x00b", PRINTABLE),
    ("a\x7fb", PRINTABLE),
    ("a\u202eb", PRINTABLE),  # turns the text that follows round
    ("a\u2066b", PRINTABLE),
    ("a\u200bb", PRINTABLE),
    ("a\ud800", UNICODE),
    ("\udfff", UNICODE),
]
NOT_TEXTS: list[Any] = [17, True, 1.5, math.nan, ["x"], {"x": "y"}]
NOT_NAMES = ["", " ", "Gold", "1st", "-gold", "_gold", "a b", "a.b", "a#b", "a/b", "a\n", "é", "ｇold", "g" * 65]
NOT_NAMES += [text for text, expected in HOSTILE if expected == PRINTABLE]
NOT_DATES: list[Any] = [
    *("2026-02-30", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-04-31"),
    *("1899-12-31", "2200-01-01", "0001-01-01", "9999-12-31", "10000-01-01"),
    *("", " ", "soon", "2026-3-1", "20260301", "2026-W09-7", "2026-060", "01.03.2026", "03/01/2026", "2026-03-01 "),
    *("2026-03-01\n", "2026-03-01T00:00:00", "2026-03-01T09:30:00Z", "٢٠٢٦-03-01", "\u202e2026-03-01", "\ud800"),
    *(20260301, 1772323200, 1772323200.0, 0, -1, math.nan, math.inf, True, None, ["2026-03-01"], {"date": "x"}),
    "2" * 100_000,
]
NOT_BIRTHDAYS: list[Any] = [
    *(
        "02-30",
        "13-01",
        "00-10",
        "01-00",
        "04-31",
        "1980-02-30",
        "1980-13-01",
        "1981-02-29",
        "1900-02-29",
        "0000-05-17",
    ),
    *("", " ", "May 17", "5-17", "0517", "05/17", "17.05.", "--05-17", "80-05-17", "19800517", "05-17 ", " 05-17"),
    *("05-17\n", "1980-05-17T00:00:00Z", "-1980-05-17", "11980-05-17", "٠٥-17", "\u202e05-17", "05\x00-17", "\ud800"),
    *(517, 19800517, 5.17, math.nan, True, False, ["05-17"], {"month": 5, "day": 17}, "0" * 100_000),
]
NOT_TIMES: list[Any] = [
    "2026-02-27T09:30:00",
    "2026-02-27",
    "",
    "2026-02-30T00:00:00Z",
    1772184600,
    None,
    True,
    "\ud800",
]

BROKEN_CODES = [
    Broken(kind, {name: value}, name, expected)
    for kind, names in CODES.items()
    for name in names
    for value, expected in [
        *((value, A_TEXT) for value in NOT_TEXTS),
        ("", "a text of at least 1 character"),
        *HOSTILE,
        *(("x" * length, f"a shorter text: at most {LONGEST.get(name, 64)} characters") for length in (201, 100_000)),
    ]
]
BROKEN_NAMES = [
    Broken(kind, {name: value}, name, expected)
    for kind, name in NAMES
    for value, expected in [
        *((value, A_TEXT) for value in [*NOT_TEXTS, None]),
        *((value, A_NAME) for value in NOT_NAMES),
    ]
]
BROKEN_DATES = [Broken(kind, {name: value}, name, A_DATE) for kind, name in DATES for value in NOT_DATES] + [
    Broken("profile.v1", {"dates": {"renewal": value}}, "dates.renewal", A_DATE) for value in NOT_DATES
]
BROKEN_BIRTHDAYS = [Broken("profile.v1", {"birthday": value}, "birthday", A_BIRTHDAY) for value in NOT_BIRTHDAYS]
BROKEN_TIMES = [
    broken
    for kind in SAMPLES
    for broken in [
        *(Broken(kind, {"time": value}, "time", A_TIME) for value in NOT_TIMES),
        Broken(kind, {"time": "1969-12-31T23:59:59Z"}, "time", "a time after 1970-01-01"),
        Broken(kind, {"time": "2026-03-01T12:15:00.000001Z"}, "time", NOT_LATER, "in-the-future"),
        Broken(kind, {"time": "9999-12-31T23:59:59-14:00"}, "time", NOT_LATER, "in-the-future"),
    ]
]
BROKEN_CHOICES = [
    Broken(kind, {name: value}, name, expected)
    for kind, name, expected, values in [
        (
            "profile.v1",
            "risk_appetite",
            APPETITES,
            ["", "bold", "Balanced", " balanced", 3, True, ["growth"], "\u202e"],
        ),
        ("care.v1", "status", STATUSES, ["", "expired", "requested", "Done", "done ", 1, None, ["done"], {}, "\u202e"]),
    ]
    for value in values
]
BROKEN_DICTIONARIES = [
    Broken("profile.v1", {name: value}, name, ENTRIES)
    for name in DICTIONARIES
    for value in [5, 1.5, True, "x", "", [], [["renewal", "2026-09-01"]], "\ud800"]
]
BROKEN_ENTRIES = [
    *(
        Broken("profile.v1", {"consent": {"email": value}}, "consent.email", A_FLAG)
        for value in ["true", "yes", "", 1, 0, 1.0, None, [True], {"given": True}, "\ud800"]
    ),
    *(
        Broken("profile.v1", {"segments": {"region": value}}, "segments.region", A_FACT)
        for value in [
            "",
            "x" * 65,
            "x" * 100_000,
            5,
            0,
            1.5,
            math.nan,
            None,
            ["x"],
            {"is": "x"},
            *(t for t, _ in HOSTILE),
        ]
    ),
]
AN_AMOUNT = 'a decimal number in quotes, not negative and below 10 billion, such as "12.50"'
NO_AMOUNT = "nothing: a currency needs an amount"
NO_CURRENCY = "the amount's currency: an ISO 4217 code such as USD or CNY"
BROKEN_AMOUNTS = [
    *(
        Broken("profile.v1", {"amounts": {"deposits": value}}, "amounts.deposits", AN_AMOUNT)
        for value in ["", "-1.00", "1e3", "NaN", "12345678901", "1.23456", 12, 12.5, None, True, ["1"], {"is": "1"}]
    ),
    Broken("profile.v1", {"amounts": {"deposits": "1.005"}}, "amounts.deposits", "at most 2 decimals in USD"),
    Broken("profile.v1", {"currency": "EUR"}, "currency", "USD, the programme's currency", "wrong-currency"),
    Broken("profile.v1", {"currency": None}, "currency", NO_CURRENCY),
    Broken("profile.v1", {"amounts": None}, "currency", NO_AMOUNT),
    Broken("profile.v1", {"amounts": {}}, "currency", NO_AMOUNT),
]
BROKEN_KEYS = [
    broken
    for name, value in DICTIONARIES.items()
    for broken in [
        *(
            Broken("profile.v1", {name: {key: value}}, f"{name}.{key}", A_NAME)
            for key in ["Email", "1st", "a.b", "a b"]
        ),
        *(
            Broken("profile.v1", {name: {key: value}}, f"{name}.…", A_NAME)
            for key in ["", "a\nb", "a\x00b", "a\u202eb", "a\u200bb", "X" * 65, "X" * 100_000]
        ),
        Broken("profile.v1", {name: {f"entry-{n}": value for n in range(41)}}, name, FEW),
        Broken("profile.v1", {name: {f"entry-{n}": value for n in range(5_000)}}, name, FEW),
    ]
]
UNKNOWN_ONES = [
    Broken("profile.v1", {"consent": {"fax": True}}, "consent.fax", A_CHANNEL, "unknown-channel"),
    Broken("profile.v1", {"consent": {"email": True, "fax": False}}, "consent.fax", A_CHANNEL, "unknown-channel"),
    Broken("profile.v1", {"preferred_channel": "fax"}, "preferred_channel", A_CHANNEL, "unknown-channel"),
    Broken("profile.v1", {"preferred_channel": "Email"}, "preferred_channel", A_CHANNEL, "unknown-channel"),
    Broken("override.v1", {"rating": "loyalty"}, "rating", "one of tier, mood", "unknown-rating"),
    Broken("override.v1", {"rating": "loyalty", "level": "x"}, "rating", "one of tier, mood", "unknown-rating"),
    Broken("override.v1", {"level": "platinum"}, "level", "one of bronze, silver, gold", "unknown-level"),
    Broken("override.v1", {"level": "calm"}, "level", "one of bronze, silver, gold", "unknown-level"),
    Broken("override.v1", {"rating": "mood"}, "level", "one of calm, upset", "unknown-level"),
]
EXPIRED = [
    Broken("override.v1", {"expires": day}, "expires", "a day that is not before the event's own", "expired")
    for day in ("2026-02-26", "2025-03-31", "1900-01-01")
]
UNKNOWN_FIELDS = [
    Broken(kind, {name: 1}, name, NO_FIELD)
    for kind, names in {
        "profile.v1": ["name", "email", "Birthday", "detail_type", "rating", "comment"],
        "override.v1": ["until", "comment", "ruling", "detail_type", "amount"],
        "care.v1": ["action", "rule", "comment", "detail_type", "score"],
    }.items()
    for name in names
]
HOSTILE_FIELDS = [
    Broken(kind, {name: 1}, "…", NO_FIELD) for kind in SAMPLES for name in ["a\nb", "a\u202eb", "x" * 65, "x" * 100_000]
]
BROKEN = [
    *(*BROKEN_CODES, *BROKEN_NAMES, *BROKEN_DATES, *BROKEN_BIRTHDAYS, *BROKEN_TIMES, *BROKEN_CHOICES),
    *(
        *BROKEN_DICTIONARIES,
        *BROKEN_ENTRIES,
        *BROKEN_AMOUNTS,
        *BROKEN_KEYS,
        *UNKNOWN_ONES,
        *EXPIRED,
        *UNKNOWN_FIELDS,
        *HOSTILE_FIELDS,
    ),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: f"{broken.kind} {broken.change!r:.50}")
def test_a_broken_field_is_named_with_what_was_expected(broken: Broken) -> None:
    assert _rejection(_envelope(broken.kind, broken.change)).as_dict() == {
        "reason": broken.reason,
        "field": f"detail.{broken.field}",
        "expected": broken.expected,
    }


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in REQUIRED.items() for name in names])
def test_a_missing_field_is_named(kind: str, name: str) -> None:
    envelope = _envelope(kind)
    del envelope["detail"][name]
    assert _rejection(envelope).as_dict() == {"reason": "does-not-fit", "field": f"detail.{name}", "expected": A_FIELD}


@pytest.mark.parametrize("name", DICTIONARIES)
def test_a_key_that_is_no_unicode_is_refused_without_being_repeated(name: str) -> None:
    rejection = _rejection(_envelope("profile.v1", {name: {"a\ud800": DICTIONARIES[name]}}))
    assert (rejection.reason, rejection.expected) == ("does-not-fit", A_NAME)
    assert rejection.field.startswith(f"detail.{name}.")
    assert rejection.field.isprintable()


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("name", ["", "\ud800", "[key]"])
def test_a_field_whose_name_cannot_be_shown_still_leaves_a_field_to_name(kind: str, name: str) -> None:
    rejection = _rejection(_envelope(kind, {name: 1}))
    assert rejection.reason == "does-not-fit"
    assert rejection.field in {"detail", "detail.…", "detail.[key]"}


def test_a_rejection_never_repeats_what_was_sent() -> None:
    secret = "555-0100"
    changes: list[tuple[str, dict[str, Any]]] = [
        *(("profile.v1", {name: secret}) for name in ("birthday", "dates", "consent", "segments", "risk_appetite")),
        *(("profile.v1", {name: {"email": [secret]}}) for name in DICTIONARIES),
        *(("profile.v1", {name: {secret * 20: True}}) for name in DICTIONARIES),
        ("profile.v1", {"preferred_channel": secret}),
        *(("override.v1", {name: secret}) for name in ("rating", "level", "expires")),
        *(("override.v1", {name: secret * 20}) for name in ("reason", "author")),
        *(("care.v1", {name: secret}) for name in ("care", "day", "status")),
    ]
    for kind, change in changes:
        assert "555" not in str(_rejection(_envelope(kind, change)))


def test_a_programme_without_channels_says_so() -> None:
    with pytest.raises(
        Rejected, match=r"detail\.consent\.email: expected one of the programme's channels: it has none"
    ):
        take_in(_envelope("profile.v1"), CLUB, NOW)


# What is taken in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_sample_of_each_type_is_taken_in(kind: str) -> None:
    taken = _taken(kind)
    assert taken.detail.detail_type == kind
    assert taken.detail.family == kind.removesuffix(".v1")


@pytest.mark.parametrize("kind", SAMPLES)
def test_optional_fields_may_be_left_out_or_null(kind: str) -> None:
    bare = {name: SAMPLES[kind][name] for name in REQUIRED[kind]}
    nulls = bare | {name: None for name in SAMPLES[kind] if name not in bare}
    for detail in (bare, nulls):
        envelope = {"source": "crm", "detail-type": kind, "detail": detail}
        assert take_in(envelope, RULES, NOW).detail.stored().keys() == bare.keys()


EDGES: list[tuple[str, dict[str, Any]]] = [
    *(
        ("profile.v1", {"birthday": day})
        for day in ("02-29", "1980-02-29", "01-01", "12-31", "9999-12-31", "0001-01-01")
    ),
    *(("profile.v1", {"dates": {"renewal": day}}) for day in ("1900-01-01", "2199-12-31", "2024-02-29")),
    *(("profile.v1", {name: {}}) for name in DICTIONARIES if name != "amounts"),
    ("profile.v1", {"amounts": {}, "currency": None}),
    ("profile.v1", {"amounts": {f"amount-{n}": "9999999999.99" for n in range(40)}}),
    ("profile.v1", {"amounts": {"nothing": "0"}}),
    *(("profile.v1", {"dates": {f"date-{n}": "2026-09-01" for n in range(count)}}) for count in (1, 40)),
    ("profile.v1", {"dates": {"a": "2026-09-01", "z" * 64: "2026-09-01", "a_1-b": "2026-09-01"}}),
    ("profile.v1", {"segments": {f"fact-{n}": "x" * 64 for n in range(40)}}),
    ("profile.v1", {"segments": {"student": False, "region": "客", "name": "A b.c/d#e"}}),
    *(("profile.v1", {"consent": consent}) for consent in ({"email": False}, {"phone": True})),
    ("profile.v1", {"preferred_channel": "phone"}),
    *(("profile.v1", {"risk_appetite": appetite}) for appetite in ("averse", "cautious", "growth", "aggressive")),
    *(("override.v1", {"level": level}) for level in ("bronze", "silver", "gold")),
    ("override.v1", {"rating": "mood", "level": "upset"}),
    *(("override.v1", {"expires": day}) for day in ("2026-02-27", "2027-02-28")),
    ("override.v1", {"reason": "客" * 64, "author": '"\\[' * 20}),
    *(("care.v1", {"status": status}) for status in ("accepted", "done", "failed")),
    *(("care.v1", {"care": name}) for name in ("a", "z" * 64, "some-rule_2")),
    *(("care.v1", {"day": day}) for day in ("2026-02-27", "1999-12-31", "2026-12-31")),
]


@pytest.mark.parametrize(("kind", "change"), EDGES)
def test_values_at_the_edge_of_what_is_allowed_survive_being_stored(kind: str, change: dict[str, Any]) -> None:
    detail = _taken(kind, change).detail
    record = json.loads(json.dumps(detail.stored()))
    assert read_stored(kind, record) == detail
    assert read_stored(kind, record).stored() == record


def test_an_override_may_expire_on_the_programmes_day_of_the_event() -> None:
    eastern = RULES.model_copy(
        update={"programme": RULES.programme.model_copy(update={"time_zone": "America/New_York"})}
    )
    change = {"time": "2026-02-27T03:00:00Z", "expires": "2026-02-26"}
    assert isinstance(take_in(_envelope("override.v1", change), eastern, NOW), Event)
    assert _rejection(_envelope("override.v1", change)).reason == "expired"


# Privacy -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("birthday", ["1980-05-17", "05-17"])
def test_the_year_of_a_birthday_is_not_kept(birthday: str) -> None:
    detail = _taken("profile.v1", {"birthday": birthday}).detail
    assert isinstance(detail, Profile)
    assert detail.birthday == "05-17"
    assert detail.stored()["birthday"] == "05-17"
    assert "1980" not in repr(detail) + str(detail.stored())


def test_a_birthday_and_what_a_customer_has_are_personal_and_stored_all_the_same() -> None:
    personal = {kind: personal_fields(model) for kind, model in MODELS.items()}
    assert {kind: names for kind, names in personal.items() if names} == {
        "feedback.v1": {"comment"},
        "profile.v1": {"birthday", "amounts"},
    }
    unstored = {kind: unstored_fields(model) for kind, model in MODELS.items()}
    assert {kind: names for kind, names in unstored.items() if names} == {"feedback.v1": {"comment"}}
    assert {"birthday", "amounts"} <= _taken("profile.v1").detail.stored().keys()


# What they say -----------------------------------------------------------------------------------------------------


def test_an_override_is_kept_as_one_text() -> None:
    detail = _taken("override.v1", {"reason": 'said "yes"'}).detail
    assert isinstance(detail, Override)
    assert json.loads(detail.ruling) == ["gold", "2026-03-31", "u-7", 'said "yes"']


def test_an_answer_names_the_care_rule_and_the_day_it_was_due() -> None:
    detail = _taken("care.v1").detail
    assert isinstance(detail, CareAnswer)
    assert (detail.care, detail.day, detail.status) == ("recover", date(2026, 2, 20), "declined")
