"""Thousands of made events, right and broken: each is taken in or rejected; what is taken in is stored and counted."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standing.engine.measures import aggregate, empty
from standing.events import MODELS, unstored_fields
from standing.events.intake import Event, Rejected, read_stored, take_in
from standing.events.producers import NAMEABLE
from standing.rules.ruleset import Ruleset

from tests.make.strategies import JSON
from tests.make.support import real_ruleset, sender

TOGETHER = 10  # in one example: hypothesis spends more on an example than on what is in it
EXAMPLES = 150  # of each type
AT_LEAST = 10_000  # of all types
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MARK = "-".join(["do", "not", "repeat"])  # part of most texts that are sent; no literal, so hypothesis finds it nowhere
NUMBER = 27_182_818_284
PRODUCERS = {"shop": NAMEABLE}
REASONS = {
    *("does-not-fit", "unknown-type", "in-the-future", "wrong-currency"),
    *("unknown-channel", "unknown-activity", "unknown-rating", "unknown-level", "expired", "too-long", "not-allowed"),
}
FIELD = re.compile(r"source|detail-type|detail(\..+)?")
LONGEST_FIELD = 200
LONGEST_EXPECTED = 300
COMMON = {"id": f"e-{MARK}", "customer": f"c-{MARK}", "time": "2026-02-27T09:30:00-05:00"}
MONEY = {**COMMON, "amount": "12.50", "currency": "USD"}
SAMPLES: dict[str, dict[str, Any]] = {
    "purchase.v1": {**MONEY, "channel": MARK, "category": MARK, "items": 3},
    "refund.v1": {**MONEY, "purchase": MARK, "reason": MARK, "category": MARK},
    "engagement.v1": {
        **COMMON,
        "kind": "redemption",
        "channel": MARK,
        "campaign": MARK,
        "category": MARK,
        "item": MARK,
    },
    "activity.v1": {**MONEY, "kind": "deposit", "category": MARK, "channel": MARK},
    "feedback.v1": {**COMMON, "kind": "survey", "topic": MARK, "score": 4, "scale": [1, 5], "comment": MARK},
    "profile.v1": {
        **COMMON,
        "birthday": "1980-02-29",
        "dates": {"renewal": "2026-09-01"},
        "consent": {"email": True, "phone": False},
        "preferred_channel": "email",
        "risk_appetite": "balanced",
        "segments": {"student": True, "region": MARK},
        "amounts": {"deposits": "12000.00"},
        "currency": "USD",
    },
    "override.v1": {
        **COMMON,
        "rating": "tier",
        "level": "gold",
        "reason": MARK,
        "author": MARK,
        "expires": "2026-03-31",
    },
    "score.v1": {**COMMON, "name": "churn", "value": 7_300, "band": "high", "model": MARK},
    "care.v1": {**COMMON, "care": "some-rule", "day": "2026-02-20", "status": "done", "reason": MARK},
}
NAMES = sorted({name for sample in SAMPLES.values() for name in sample})
ADDED = ["colour", "Amount", "detail_type", "", "[key]", "a.b", "\u202e", "\x00", "\ud800", "x" * 65, "x" * 999]
FITTING: dict[str, list[Any]] = {
    "id": ["1", "é" * 200, "a#b"],
    "customer": ["1", "客" * 128],
    "time": [
        "2026-02-28T23:59:59Z",
        "1970-01-02T00:00:00Z",
        "2026-03-01T12:15:00Z",
        "2025-11-02T01:30:00.000001+14:00",
    ],
    "amount": ["0", "0.0000", "9999999999.99"],
    "kind": ["login", "visit", "basket", "complaint", "praise", "review", "claim"],
    "category": [None, "books", "客"],
    "item": [None, "b-7"],
    "channel": [None, "web", "客"],
    "items": [None, 1, 1_000_000],
    "score": [1, 5, None],
    "scale": [[-1000, 1000], [0, 10], None],
    "comment": [None, "line\nline\t😀" + MARK],
    "birthday": [None, "02-29", "9999-12-31"],
    "dates": [None, {}, {"renewal": "1900-01-01"}, {f"date-{n}": "2199-12-31" for n in range(40)}],
    "consent": [None, {}, {"letter": True}],
    "preferred_channel": [None, "letter"],
    "risk_appetite": [None, "averse", "aggressive"],
    "segments": [None, {}, {"a": False, "b": "客" * 64}],
    "amounts": [{"loans": "0"}, {f"amount-{n}": "9999999999.99" for n in range(40)}],
    "level": ["bronze", "platinum"],
    "expires": ["2026-02-27", "2199-12-31"],
    "day": ["1900-01-01", "2199-12-31"],
    "status": ["accepted", "declined", "failed"],
    "reason": [None, '"\\[' * 20],
    "name": ["expected-purchases", "x" * 64],
    "value": [0, 10**12],
    "band": ["low"],
    "model": ["0", "客" * 64],
}
EDGES: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 2**31, 2**63, -(2**63) - 1, 10**30, 10**400, NUMBER, -0.0, 1e308),
    *(math.nan, math.inf, -math.inf, "", " ", MARK, f"{MARK}\n", f"\u202e{MARK}", f"{MARK}\ud800", MARK * 99),
    *("2026-02-30", "2026-13-01", "1899-12-31", "02-30", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"),
    *("1e3", "NaN", "-1", "12345678901", "1.23456", "１２", "EUR", "fax", "loyalty", "tier", "gold", "survey", "upset"),
    *([], {}, [MARK], {"a": MARK}, {"email": MARK}, {"": MARK}, {"\ud800": MARK}, {"[key]": MARK}, {"x" * 65: MARK}),
    *([5, 1], [1, 5, 9], [NUMBER, 1], {f"key-{n}": MARK for n in range(99)}, {"renewal": NUMBER}),
    json.loads("[" * 99 + "]" * 99),
    json.loads('{"a":' * 99 + "1" + "}" * 99),
]

type Mutation = Callable[[dict[str, Any]], dict[str, Any]]

texts = st.text(st.characters(exclude_categories=[]), max_size=80)
values = st.sampled_from(EDGES) | texts.map(lambda text: text + MARK) | JSON
hows = st.integers(0, 11)
BROKEN, SWAPPED, STRANGE = {3, 4, 5, 6, 7, 8, 9}, {9, 10}, {11}


@cache
def rules() -> Ruleset:
    real = real_ruleset()
    more = {"activities": ("deposit", "claim"), "producers": PRODUCERS}
    return real.model_copy(update={"programme": real.programme.model_copy(update=more)})


def _mutations(kind: str) -> list[st.SearchStrategy[Mutation]]:
    """Ways to change a sample: the first leaves it right more often than not, the others seldom do."""
    own = st.sampled_from(sorted(SAMPLES[kind]))
    fitting = [(name, value) for name, several in FITTING.items() if name in SAMPLES[kind] for value in several]
    added = st.sampled_from(ADDED) | st.sampled_from(NAMES) | texts
    return [
        st.sampled_from(fitting).map(lambda pair: lambda detail: detail | dict([pair])),
        own.map(lambda name: lambda detail: {key: value for key, value in detail.items() if key != name}),
        st.tuples(own, values).map(lambda pair: lambda detail: detail | dict([pair])),
        st.tuples(added, values).map(lambda pair: lambda detail: detail | dict([pair])),
        st.tuples(own, own).map(lambda pair: lambda detail: _exchanged(detail, *pair)),
        st.tuples(own, st.integers(0, 2)).map(lambda pair: lambda detail: _nested(detail, *pair)),
    ]


def _exchanged(detail: dict[str, Any], one: str, other: str) -> dict[str, Any]:
    return {**detail, one: detail.get(other), other: detail.get(one)}


def _nested(detail: dict[str, Any], name: str, how: int) -> dict[str, Any]:
    value = detail.get(name)
    return {**detail, name: [[value], {name: value}, {"email": value}][how]}


@st.composite
def envelopes(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """A sample as it is or a little changed, or much changed, or in another's name, or something else altogether."""
    how = draw(hows)
    fitting, *breaking = MUTATIONS[kind]
    several = draw(st.lists(fitting, max_size=3))
    several += draw(st.lists(st.one_of(breaking), min_size=1, max_size=2)) if how in BROKEN else []
    detail = _mutated(SAMPLES[kind], several)
    envelope: dict[str, Any] = {"source": sender(kind, PRODUCERS), "detail-type": kind, "detail": detail}
    if how in SWAPPED:
        envelope["detail-type"] = draw(st.sampled_from(sorted(MODELS)))
    if how in STRANGE:
        part = draw(st.sampled_from(sorted(envelope)))
        envelope[part] = draw(values)
    return envelope


def _mutated(detail: dict[str, Any], several: list[Mutation]) -> dict[str, Any]:
    for mutation in several:
        detail = mutation(detail)
    return detail


MUTATIONS = {kind: _mutations(kind) for kind in SAMPLES}


def _checked(envelope: dict[str, Any]) -> str:
    found = _found(envelope)
    if isinstance(found, Rejected):
        _check_rejection(found)
        return "rejected"
    _check_stored(found)
    aggregate(empty(rules()), [found], rules())
    return "taken in"


def _found(envelope: dict[str, Any]) -> Event | Rejected:
    try:
        return take_in(envelope, rules(), NOW)
    except Rejected as rejection:
        return rejection


def _check_rejection(rejection: Rejected) -> None:
    reason, field, expected = rejection.reason, rejection.field, rejection.expected
    assert reason in REASONS
    assert FIELD.fullmatch(field)
    assert field.isprintable()
    assert len(field) <= LONGEST_FIELD
    assert expected
    assert expected.isprintable()
    assert len(expected) <= LONGEST_EXPECTED
    assert not expected.startswith("Input should")
    assert MARK not in str(rejection)
    assert str(NUMBER) not in str(rejection)


def _check_stored(taken: Event) -> None:
    detail, model = taken.detail, type(taken.detail)
    record = orjson.loads(orjson.dumps(detail.stored()))
    for again in (read_stored(detail.detail_type, record), model.trusted(record)):
        assert again == detail.model_copy(update=dict.fromkeys(unstored_fields(model)))
        assert again.time.utcoffset() == detail.time.utcoffset()
        assert again.stored() == record


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_whatever_comes_is_taken_in_or_rejected(kind: str) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(envelopes(kind), min_size=TOGETHER, max_size=TOGETHER))
    def run(several: list[dict[str, Any]]) -> None:
        for envelope in several:
            seen[_checked(envelope)] += 1

    run()
    assert seen.total() >= AT_LEAST / len(SAMPLES)
    assert min(seen["taken in"], seen["rejected"]) >= seen.total() / 4, seen


def test_there_is_a_sample_of_every_type_and_it_is_taken_in() -> None:
    assert SAMPLES.keys() == MODELS.keys()
    for kind, sample in SAMPLES.items():
        found = _found({"source": sender(kind, PRODUCERS), "detail-type": kind, "detail": sample})
        assert isinstance(found, Event)
        _check_stored(found)
