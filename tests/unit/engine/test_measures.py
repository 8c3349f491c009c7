"""Measures: counted by day in any order, and pruned without any feature noticing."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standing.engine.engine import engine_of
from standing.engine.measures import Buckets, aggregate, empty, prune
from standing.engine.series import Extremes, Latest, Observation, Sums
from standing.events.intake import Event
from standing.rules.author.compiler import assemble
from standing.rules.features import Feature, Measure, Reach
from standing.rules.ruleset import Ruleset

from tests.make import programmes
from tests.make import strategies as made
from tests.make.strategies import (
    CLUB,
    COMPLAINTS,
    NET,
    PROGRAMME,
    PURCHASES,
    SCORES,
    complaint,
    feature,
    happened,
    purchase,
    refund,
    ruleset,
    sums,
    survey,
)


def _gathered(events: list[Event], rules: Ruleset = CLUB) -> Buckets:
    return aggregate(empty(rules), events, rules)


def _of(measure: Measure, *events: Event) -> Sums:
    """One measure of some events, as sums."""
    rules = assemble(PROGRAMME, (measure,), (), ())
    (series,) = _gathered(list(events), rules).series.values()
    return sums(series)


@given(made.histories(most=12), st.data())
def test_any_order_in_any_batches_gathers_the_same(events: list[Event], data: st.DataObject) -> None:
    batches = data.draw(made.splits(events))
    buckets = empty(CLUB)
    for batch in batches:
        buckets = aggregate(buckets, batch, CLUB, events)
    assert buckets.series == _gathered(events).series


def test_every_order_of_five_events_gathers_the_same() -> None:
    events = [purchase(9, "5.00"), refund(9, "7.00"), purchase(3, "1.00"), complaint(3), survey(12, 4)]
    assert all(_gathered(list(order)).series == _gathered(events).series for order in permutations(events))


@given(made.features(), made.histories(most=12), st.integers(0, 5), st.integers(0, 40))
def test_pruning_changes_no_feature_on_that_day_or_later(
    features: tuple[Feature, ...], events: list[Event], idle: int, later: int
) -> None:
    rules = ruleset(features)
    whole = _gathered(events, rules)
    day = max(event.day for event in events) + idle
    pruned = made.pruned(whole, day, rules)
    for asked in (day, day + later):
        assert engine_of(rules).facts(pruned, asked) == engine_of(rules).facts(whole, asked)


@given(made.features(), made.histories(), made.histories())
def test_pruning_before_or_after_gathering_more_comes_to_the_same(
    features: tuple[Feature, ...], first: list[Event], second: list[Event]
) -> None:
    rules = ruleset(features)
    day = max(event.day for event in first)
    later = [event for event in second if event.day >= day]
    end = max(event.day for event in (*first, *later))
    stepwise = aggregate(made.pruned(_gathered(first, rules), day, rules), later, rules, [*first, *later])
    assert prune(stepwise, end, rules) == prune(_gathered([*first, *later], rules), end, rules)


def test_pruning_drops_what_no_window_can_reach() -> None:
    rules = ruleset(
        [feature("orders_5d", "count", PURCHASES, over=5), feature("orders_3d", "count", PURCHASES, over=3)]
    )
    whole = _gathered([purchase(day) for day in range(90, 101)], rules)
    series = made.pruned(whole, 100, rules).sums[PURCHASES]
    assert (series.days, series.first) == ((96, 97, 98, 99, 100), 90)


def test_pruning_keeps_what_a_window_that_ended_earlier_reaches() -> None:
    rules = ruleset([feature("orders_before", "count", PURCHASES, over=2, ending=3)])
    whole = _gathered([purchase(day) for day in range(90, 101)], rules)
    assert made.pruned(whole, 100, rules).sums[PURCHASES].days == (96, 97, 98, 99, 100)


def test_pruning_keeps_the_last_day_however_long_ago() -> None:
    rules = ruleset([feature("days_since_order", "days_since_last", PURCHASES)])
    series = made.pruned(_gathered([purchase(90), purchase(95)], rules), 5_000, rules).sums[PURCHASES]
    assert (series.days, series.first) == ((95,), 90)


@pytest.mark.parametrize(("kind", "measure"), [("count", PURCHASES), ("sum", NET), ("mean", SCORES)])
def test_pruning_keeps_all_of_a_measure_used_over_all_time_as_one_day(kind: str, measure: str) -> None:
    rules = ruleset([feature("ever", kind, measure), feature("orders_3d", "count", PURCHASES, over=3)])
    whole = _gathered([purchase(90), purchase(95), survey(90, 4), survey(95, 2)], rules)
    kept, before = made.pruned(whole, 5_000, rules).sums[measure], whole.sums[measure]
    assert kept == Sums((95,), (2,), (sum(before.sums),), 90)
    assert (kept.window(None, 5_000), kept.first, kept.latest(5_000)) == (before.window(None, 5_000), 90, 95)


def test_days_that_a_window_with_a_beginning_still_reaches_are_not_made_one() -> None:
    rules = ruleset([feature("ever", "count", PURCHASES), feature("orders_3d", "count", PURCHASES, over=3)])
    whole = _gathered([purchase(day) for day in range(90, 101)], rules)
    kept = made.pruned(whole, 100, rules).sums[PURCHASES]
    assert (kept.days, kept.counts, kept.first) == ((97, 98, 99, 100), (8, 1, 1, 1), 90)


def test_a_measure_counts_only_events_of_its_types() -> None:
    events = (purchase(1), purchase(2), refund(2), complaint(3), survey(4, 4))
    assert _of(Measure(of=("purchase",)), *events).days == (1, 2)
    assert _of(Measure(of=("purchase", "refund")), *events).counts == (1, 2)
    assert _of(Measure(of=("feedback",)), *events).days == (3, 4)


def test_a_filter_takes_only_events_whose_field_is_equal() -> None:
    events = (purchase(1, channel="web"), purchase(2, channel="shop"), purchase(3), complaint(4), survey(5, 1))
    assert _of(Measure(of=("purchase",), where={"channel": "web"}), *events).days == (1,)
    assert _of(Measure(of=("feedback",), where={"kind": "complaint"}), *events).days == (4,)
    assert _of(Measure(of=("feedback",), where={"kind": "survey", "topic": "price"}), *events).days == ()


def test_money_is_summed_in_minor_units_and_refunds_subtract() -> None:
    series = _of(Measure(of=("purchase", "refund"), value="net_amount"), purchase(1, "12.5"), refund(1, "20.01"))
    assert (series.counts, series.sums) == ((2,), (-751,))


def test_an_amount_is_summed_as_it_is() -> None:
    assert _of(Measure(of=("refund",), value="amount"), refund(1, "20.01"), refund(4, "0.99")).sums == (2_001, 99)


@pytest.mark.parametrize(
    ("score", "scale", "value"),
    [
        (1, (1, 5), 0),
        (5, (1, 5), 10_000),
        (4, (1, 5), 7_500),
        (2, (0, 3), 6_666),
        (0, (-10, 10), 5_000),
        (-999, (-1000, 1000), 5),
        (9, (0, 10), 9_000),
    ],
)
def test_a_score_is_its_place_on_its_scale_in_ten_thousandths(score: int, scale: tuple[int, int], value: int) -> None:
    assert _of(Measure(of=("feedback",), value="score"), survey(1, score, scale)).sums == (value,)


def test_a_complaint_has_no_score_to_count() -> None:
    assert _of(Measure(of=("feedback",), value="score"), complaint(1), survey(2, 5)).days == (2,)


def test_the_first_day_is_known_in_whichever_order_events_come() -> None:
    assert Sums().plus(happened((9, 1))).plus(happened((4, 1))).plus(happened((7, 1))).first == 4


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (3, 9, (3, 60)),
        (3, 8, (2, 30)),
        (4, 9, (2, 50)),
        (None, 9, (3, 60)),
        (None, 2, (0, 0)),
        (10, 20, (0, 0)),
        (5, 5, (1, 20)),
        (9, 3, (0, 0)),
    ],
)
def test_a_window_includes_both_its_ends(first: int | None, last: int, expected: tuple[int, int]) -> None:
    assert Sums().plus(happened((3, 10), (5, 20), (9, 30))).window(first, last) == expected


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(-9, 9))), st.integers(0, 30), st.integers(0, 30))
def test_a_window_is_the_sum_of_what_happened_in_it(values: list[tuple[int, int]], first: int, last: int) -> None:
    inside = [value for day, value in values if first <= day <= last]
    assert Sums().plus(happened(*values)).window(first, last) == (len(inside), sum(inside))


def test_nothing_happened_in_an_empty_series() -> None:
    assert Sums().window(None, 10**6) == (0, 0)
    assert Sums().latest(10**6) is None
    for reach in (Reach(), Reach(30), Reach(ever=True)):
        assert Sums().evict(5, reach) == Sums()


def test_the_last_value_counts_only_within_its_window() -> None:
    series = Latest().plus(Observation(day, 0, f"of {day}") for day in (3, 5, 9, 20))
    assert [series.value(first, 22) for first in (None, 3, 20, 21)] == ["of 20", "of 20", "of 20", None]
    assert [series.value(4, last) for last in (2, 3, 5, 9, 19)] == [None, None, "of 5", "of 9", "of 9"]
    assert [series.value(None, last) for last in (2, 4, 8, 12, 20)] == [None, "of 3", "of 5", "of 9", "of 20"]


def test_of_last_values_those_that_were_superseded_are_dropped() -> None:
    series = Latest().plus(Observation(day, day, f"of {day}") for day in (3, 5, 9, 20))
    assert series.evict(3, Reach()) == series
    assert series.evict(9, Reach()) == Latest((5, 9, 20), (0, 9, 20), ("of 5", "of 9", "of 20"))
    assert series.evict(30, Reach()) == Latest((20,), (0,), ("of 20",))


def test_of_extremes_what_windows_can_tell_apart_is_kept() -> None:
    series = Extremes().plus(Observation(day, 0, value) for day, value in [(1, 5), (2, 1), (3, 9), (45, 4), (50, 2)])
    assert series.evict(50, Reach(days=10)) == Extremes((45, 50), (4, 2), (4, 2))
    assert series.evict(50, Reach(days=10, ever=True)) == Extremes((3, 45, 50), (1, 4, 2), (9, 4, 2))


def test_an_extreme_is_of_its_window_which_may_end_days_ago() -> None:
    most = programmes.made_feature("most", "max", programmes.AMOUNTS, over=5, ending=10)
    rules = assemble(made.PROGRAMME, programmes.MEASURES, (most,), ())
    buckets = aggregate(empty(rules), [made.purchase(100, "9.00"), made.purchase(108, "5.00")], rules)
    seen = {day: engine_of(rules).facts(buckets, day).get("most") for day in (109, 110, 114, 115, 118, 122, 123)}
    assert seen == {109: None, 110: 900, 114: 900, 115: None, 118: 500, 122: 500, 123: None}


def test_complaints_are_no_orders() -> None:
    buckets = _gathered([complaint(5)])
    assert [name for name, series in buckets.series.items() if series.days] == [COMPLAINTS]
