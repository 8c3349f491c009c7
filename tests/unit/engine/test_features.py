"""Features: whole numbers as of the end of a day, over windows that include it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standing.engine.engine import engine_of
from standing.engine.features import EXACT
from standing.engine.measures import Buckets, aggregate, empty
from standing.engine.series import Sums
from standing.events import Feedback, MoneyDetail
from standing.events.intake import Event
from standing.rules.features import Feature, MeasuredFeature, Window, WindowedFeature
from standing.values.days import day_in

from tests.make import strategies as made
from tests.make.strategies import (
    COMPLAINTS,
    NET,
    PURCHASES,
    SCORES,
    complaint,
    counted_on,
    feature,
    purchase,
    refund,
    ruleset,
    survey,
)


def _value(wanted: Feature, events: Sequence[Event], day: int) -> int | None:
    rules = ruleset([wanted])
    value = engine_of(rules).facts(aggregate(empty(rules), events, rules), day).get(wanted.name)
    assert not isinstance(value, str)
    return value


# An account of the same features from the events themselves ----------------------------------------------------------


def _values(measure: str, events: Sequence[Event]) -> list[tuple[int, int]]:
    """The days and values of one of the made measures, in cents and ten-thousandths."""
    found = []
    for event in events:
        detail = event.detail
        if measure == PURCHASES and detail.family == "purchase":
            found.append((event.day, 0))
        if measure == NET and isinstance(detail, MoneyDetail):
            cents = round(float(detail.amount) * 100)
            found.append((counted_on(event, events), -cents if detail.family == "refund" else cents))
        if isinstance(detail, Feedback) and measure == COMPLAINTS and detail.kind == "complaint":
            found.append((event.day, 0))
        if isinstance(detail, Feedback) and measure == SCORES and detail.score is not None:
            found.append((event.day, (detail.score - 1) * 2_500))
    return found


def _by_hand(wanted: Feature, events: Sequence[Event], day: int) -> int | None:
    assert isinstance(wanted, MeasuredFeature)
    happened = _values(wanted.measure, [event for event in events if event.day <= day])
    days = [when for when, _ in happened]
    if wanted.kind == "days_since_first":
        return day - min(days) if days else None
    if wanted.kind == "days_since_last":
        return day - max(days) if days else None
    assert isinstance(wanted, WindowedFeature)
    ago = range(wanted.window.ending, wanted.window.reach or 10**6)
    inside = [value for when, value in happened if day - when in ago]
    if wanted.kind == "mean":
        return sum(inside) // len(inside) if inside else None
    return len(inside) if wanted.kind == "count" else sum(inside)


@given(made.features(), made.histories(most=12), st.integers(990, 1_060))
def test_features_are_what_one_counts_by_hand(features: tuple[Feature, ...], events: list[Event], day: int) -> None:
    rules = ruleset(features)
    known = engine_of(rules).facts(aggregate(empty(rules), events, rules), day)
    by_hand = {wanted.name: _by_hand(wanted, events, day) for wanted in features}
    assert known == {name: value for name, value in by_hand.items() if value is not None}


# Boundaries ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "orders"), [(99, 0), (100, 1), (101, 1), (129, 1), (130, 0), (500, 0)])
def test_a_window_of_thirty_days_includes_today_and_twenty_nine_before(day: int, orders: int) -> None:
    assert _value(feature("orders_30d", "count", PURCHASES, over=30), [purchase(100)], day) == orders


def test_a_window_of_one_day_is_today() -> None:
    today = feature("orders_today", "count", PURCHASES, over=1)
    assert [_value(today, [purchase(100)], day) for day in (99, 100, 101)] == [0, 1, 0]


@pytest.mark.parametrize(("day", "orders"), [(100, 0), (129, 0), (130, 1), (159, 1), (160, 0)])
def test_a_window_ending_thirty_days_ago_begins_where_the_current_one_stops(day: int, orders: int) -> None:
    before = feature("orders_before_30d", "count", PURCHASES, over=30, ending=30)
    current = feature("orders_30d", "count", PURCHASES, over=30)
    assert _value(before, [purchase(100)], day) == orders
    assert (_value(before, [purchase(100)], day) or 0) + (_value(current, [purchase(100)], day) or 0) <= 1


def test_without_a_window_everything_up_to_today_counts() -> None:
    ever = feature("spend_ever", "sum", NET)
    events = [purchase(1, "1.00"), purchase(9_000, "2.00"), purchase(9_001, "4.00")]
    assert [_value(ever, events, day) for day in (0, 1, 9_000, 9_001)] == [0, 100, 300, 700]


def test_refunds_subtract_on_their_own_day() -> None:
    spend = feature("spend_10d", "sum", NET, over=10)
    events = [purchase(100, "30.00"), refund(105, "40.00")]
    assert [_value(spend, events, day) for day in (104, 105, 109, 110, 115)] == [3_000, -1_000, -1_000, -4_000, 0]


@pytest.mark.parametrize(
    ("scores", "mean"),
    [([1], 0), ([5], 10_000), ([4, 5], 8_750), ([4, 5, 5], 9_166), ([1, 1, 2], 833), ([1, 2, 2], 1_666)],
)
def test_a_mean_is_floored(scores: list[int], mean: int) -> None:
    events = [survey(100, score, name=f"s{number}") for number, score in enumerate(scores)]
    assert _value(feature("satisfaction", "mean", SCORES, over=5), events, 102) == mean


def test_a_mean_below_zero_is_floored_too() -> None:
    events = [refund(100, "0.01"), purchase(100, "0.00"), purchase(101, "0.00")]
    assert _value(feature("mean_amount", "mean", NET, over=5), events, 102) == -1


def test_a_mean_is_unknown_where_nothing_was_answered() -> None:
    wanted = feature("satisfaction", "mean", SCORES, over=5)
    assert [_value(wanted, [survey(100, 3)], day) for day in (99, 100, 104, 105)] == [None, 5_000, 5_000, None]
    assert _value(wanted, [complaint(100)], 100) is None


def test_counts_and_sums_are_zero_where_nothing_happened() -> None:
    assert _value(feature("orders", "count", PURCHASES, over=5), [complaint(100)], 100) == 0
    assert _value(feature("spend", "sum", NET), [complaint(100)], 100) == 0


@pytest.mark.parametrize(
    ("kind", "expected"), [("days_since_last", [None, 0, 3, 0, 895]), ("days_since_first", [None, 0, 3, 5, 900])]
)
def test_days_since_count_from_today(kind: str, expected: list[int | None]) -> None:
    events = [purchase(105), purchase(100)]
    assert [_value(feature("days", kind, PURCHASES), events, day) for day in (99, 100, 103, 105, 1_000)] == expected


@pytest.mark.parametrize(("total", "compared"), [(2**60, EXACT), (-(2**60), -EXACT), (EXACT, EXACT), (-EXACT, -EXACT)])
def test_a_sum_beyond_what_readers_compare_exactly_stays_at_the_largest(total: int, compared: int) -> None:
    rules = ruleset([feature("spend", "sum", NET)])
    buckets = Buckets({**empty(rules).series, NET: Sums().plus(made.happened((100, total)))})
    assert engine_of(rules).facts(buckets, 100) == {"spend": compared}


@given(st.integers(-50, 50), st.integers(-50, 50))
def test_two_features_combined(first: int, second: int) -> None:
    parts = (made.feature("a", "sum", made.NET, over=1), made.feature("b", "sum", made.NET, over=1, ending=1))
    kinds = ("ratio", "minus", "plus")
    units: dict[str, Any] = {"ratio": "score", "minus": "money", "plus": "money"}
    combined = [made.feature_of(name=kind, kind=kind, unit=units[kind], first="a", second="b") for kind in kinds]
    ruleset = made.ruleset([*parts, *combined])
    events = [_moved(1_000, first, "x"), _moved(999, second, "y")]
    known = engine_of(ruleset).facts(aggregate(empty(ruleset), events, ruleset), 1_000)
    assert (known["minus"], known["plus"]) == (100 * (first - second), 100 * (first + second))
    assert known.get("ratio") == (first * 10_000 // second if second else None)


def _moved(day: int, amount: int, name: str) -> Event:
    detail = f"{abs(amount)}.00"
    return made.purchase(day, detail, name) if amount >= 0 else made.refund(day, detail, name)


def test_what_is_made_of_something_unknown_is_unknown() -> None:
    mean = made.feature("a", "mean", made.SCORES, over=10)
    ratio = made.feature_of(name="r", kind="ratio", unit="score", first="a", second="a")
    ruleset = made.ruleset([mean, ratio])
    assert "r" not in engine_of(ruleset).facts(empty(ruleset), 1_000)


def test_a_calendar_year_begins_on_the_first_of_january() -> None:
    year = made.feature("spend", "sum", made.NET).model_copy(update={"window": Window(over="calendar-year")})
    ruleset = made.ruleset([year])
    eve, first = (day_in(text) for text in ("2025-12-31", "2026-01-01"))
    events = [made.purchase(eve, "5.00", "a"), made.purchase(first, "7.00", "b")]
    buckets = aggregate(empty(ruleset), events, ruleset)
    assert [engine_of(ruleset).facts(buckets, day)["spend"] for day in (eve, first, first + 364)] == [500, 700, 700]
    assert engine_of(ruleset).facts(buckets, first + 365)["spend"] == 0
    assert engine_of(ruleset).facts(made.pruned(buckets, first + 365, ruleset), first + 365)["spend"] == 0
