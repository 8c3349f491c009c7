"""Refunds: their amount counts on the day of the purchase that they name, from their own day on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.codec import pack
from standing.engine.decide import needs_history
from standing.engine.engine import engine_of
from standing.engine.fold import simulate_days
from standing.engine.measures import aggregate, empty, from_stored
from standing.engine.series import Amendment, Observation, Sums
from standing.engine.state import Memory
from standing.events.intake import Event
from standing.lake.records import rows_of
from standing.rescoring.features import features_on
from standing.rescoring.refunds import with_counting_day
from standing.rules.author.compiler import assemble
from standing.rules.conditions import Fact
from standing.rules.features import Feature, Measure
from standing.rules.ruleset import Ruleset, Stratum
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_in

from tests.make import programmes
from tests.make import strategies as made
from tests.make.programmes import made_feature
from tests.make.strategies import CLUB, CLUB_RULES, NET, PURCHASES, Customer, order, purchase, refund

JANUARY, MARCH, JUNE = (day_in(f"2025-{month}-10") for month in ("01", "03", "06"))
BOUGHT = order(JANUARY, "1000.00", "order-1")
RETURNED = refund(MARCH, "1000.00", of=BOUGHT)
AGAIN = order(JUNE, "900.00", "order-2")


def _both(features: Sequence[Feature], events: Sequence[Event], day: Day, rules: Ruleset | None = None) -> list[Fact]:
    """Features by the core and over the lake, which are the same."""
    ruleset = rules or assemble(made.PROGRAMME, programmes.MEASURES, tuple(features), ())
    known = engine_of(ruleset).facts(aggregate(empty(ruleset), events, ruleset), day)
    (lake,) = features_on(ruleset, rows_of(events, 2).lazy(), day).collect().rows(named=True)
    assert {name: value for name, value in lake.items() if value is not None and name != "customer"} == known
    return [known[one.name] for one in features if one.name in known]


def _spend(**more: Any) -> Feature:
    return made_feature("spend", "sum", programmes.NET, **more)


@pytest.mark.parametrize(
    ("window", "days"),
    [
        ({"over": 365}, {"2025-03-09": 1_000, "2025-03-10": 0, "2025-12-31": 900, "2026-01-20": 900, "2026-06-10": 0}),
        ({"over": 90}, {"2025-03-10": 0, "2025-04-20": 0, "2025-06-10": 900}),
        ({"over": 30, "ending": 60}, {"2025-03-10": 1_000 - 1_000, "2025-05-15": 0, "2025-08-10": 900}),
        ({"over": "calendar-year"}, {"2025-03-09": 1_000, "2025-12-31": 900, "2026-01-01": 0}),
        (
            {"over": "membership-year", "anchor": programmes.ORDERS},
            {"2025-03-10": 0, "2026-01-09": 900, "2026-01-10": 0},
        ),
        ({}, {"2025-03-09": 1_000, "2025-03-10": 0, "2031-01-01": 900}),
    ],
)
def test_a_refund_leaves_every_window_together_with_its_purchase(window: dict[str, Any], days: dict[str, int]) -> None:
    events = [BOUGHT, RETURNED, AGAIN]
    spent = {date: _both([_spend(**window)], events, day_in(date)) for date in days}
    assert spent == {date: [100 * amount] for date, amount in days.items()}


def test_mean_least_and_most_know_it_on_the_day_of_its_purchase() -> None:
    features = [
        made_feature("mean", "mean", programmes.NET, over=10),
        made_feature("least", "min", programmes.NET_MOST, over=10),
        made_feature("most", "max", programmes.NET_MOST, over=10),
    ]
    events = [order(100, "50.00", "a"), order(105, "20.00", "b"), refund(109, "30.00", of="a")]
    assert _both(features, events, 108) == [3_500, 2_000, 5_000]
    assert _both(features, events, 109) == [4_000 // 3, -3_000, 5_000]
    assert _both(features, events, 110) == [2_000, 2_000, 2_000]  # both are gone


def test_all_else_about_a_refund_stays_on_its_own_day() -> None:
    features = [
        made_feature("moves", "count", programmes.MOVED_MONEY, over=3),
        made_feature("returned", "sum", programmes.REFUNDED, over=3),
        made_feature("idle", "days_since_last", programmes.MOVED_MONEY),
        made_feature("latest", "latest", programmes.NET_LAST),
    ]
    events = [order(100, "50.00", "a"), refund(109, "30.00", of="a")]
    assert _both(features, events, 110) == [1, 3_000, 1, -3_000]


@pytest.mark.parametrize(
    ("bought", "day"),
    [
        ([], 100),
        ([order(80, "9.00", "another")], 100),
        ([order(80, "9.00", "a")], 80),
        ([order(100, "9.00", "a")], 100),
        ([order(101, "9.00", "a")], 100),
        ([order(80, "9.00", "a", "web")], 80),
        ([order(80, "9.00", "a", "web"), order(70, "9.00", "a", "till")], 80),
        ([order(80, "9.00", "a", "web"), order(70, "9.00", "a")], 70),
        ([order(80, "9.00", "a", "web"), order(101, "9.00", "a")], 80),
        ([refund(80, name="a", of=None)], 100),
    ],
)
def test_it_is_of_an_earlier_day_of_its_own_source_first_and_then_the_latest(bought: list[Event], day: Day) -> None:
    returned = refund(100, "5.00", of="a")
    today = made_feature("that-day", "min", programmes.NET_MOST, over=1, ending=105 - day)
    (least,) = _both([today], [*bought, returned], 105)
    assert least == -500


def test_one_without_a_name_counts_on_its_own_day() -> None:
    assert _both([_spend(over=365)], [BOUGHT, refund(MARCH, "1000.00"), AGAIN], day_in("2026-01-20")) == [-10_000]


def test_days_before_it_do_not_know_of_it_whenever_they_are_lived() -> None:
    spend = made.feature("spend_10d", "sum", NET, over=10)
    rules = made.ruleset([spend], Stratum(ratings=(made.rating("tier", ["no", "yes"], {"yes": YES}),)))
    events = [order(100, "120.00", "a"), refund(105, "120.00", of="a")]
    buckets = aggregate(empty(rules), events, rules)
    days = simulate_days(Timeline.of(rules), lambda _: buckets, Memory(), 100, 120, busy={100, 105})
    levels = {day.day: day.closed.levels["tier"] for day in days}
    assert (levels[100].level, levels[105].level) == ("yes", "no")
    assert levels[120].since == 105


YES = made.every(made.line("spend_10d", ">=", 10_000))


def _reached(rules: Ruleset, events: Sequence[Event]) -> list[tuple[str, Day]]:
    """The levels that follow one another when all events are there from the first day on."""
    buckets, busy = aggregate(empty(rules), events, rules), {event.day for event in events}
    lived = simulate_days(Timeline.of(rules), lambda _: buckets, Memory(), min(busy), 200, busy=busy)
    return [(held.level, held.since) for held in dict.fromkeys(day.closed.levels["tier"] for day in lived)]


def test_no_day_is_left_out_on_which_its_amount_makes_a_difference() -> None:
    """On day 102 a refund of day 94 still counts; when that leaves, the level is what it was two days before."""
    events = [
        *(refund(94, "200.00"), order(95, "410.00", "a"), order(100, "0.00", "b")),
        refund(102, "60.00", "back", of="b"),
    ]
    tier = made.rating("tier", made.TIER.levels, {"silver": YES, "gold": made.line("spend_10d", ">=", 20_000)})
    rules = made.ruleset([made.feature("spend_10d", "sum", NET, over=10)], Stratum(ratings=(tier,)))
    expected = [("bronze", 94), ("gold", 95), ("silver", 102), ("gold", 104), ("bronze", 105)]
    assert _reached(rules, events) == expected


def test_no_day_is_left_out_on_which_it_leaves_with_a_purchase_that_is_not_counted_itself() -> None:
    shoes = Measure(of=("purchase", "refund"), where={"category": "shoes"}, value="net_amount")
    tier = made.rating("tier", ["owing", "even"], {"even": made.line("spend", ">=", 0)})
    spend = made_feature("spend", "sum", shoes.name, over=10)
    rules = assemble(made.PROGRAMME, (shoes,), (spend,), (Stratum(ratings=(tier,)),))
    back = refund(105, "60.00", of="a")
    of_shoes = replace(back, detail=back.detail.model_copy(update={"category": "shoes"}))
    events = [order(100, "60.00", "a"), of_shoes]
    assert _reached(rules, events) == [("even", 100), ("owing", 105), ("even", 110)]


# One customer, as events arrive ------------------------------------------------------------------------------------


@st.composite
def returned(draw: st.DrawFn) -> list[Event]:
    """Orders with their refunds, named and not, of numbers that several shops gave; often on one day."""
    days = st.integers(1_000, 1_012)
    found = [one for number in range(draw(st.integers(1, 3))) for one in draw(made.returns(f"r{number}", days))]
    return [*found, *(purchase(day, "90.00", "p") for day in draw(st.sets(days, max_size=2)))]


@settings(max_examples=300)
@given(returned(), st.data())
def test_any_order_in_any_batches_ends_in_the_standing_of_all(events: list[Event], data: st.DataObject) -> None:
    batches = data.draw(made.splits(events))
    assert _end(batches) == _end([events])


def test_every_order_of_five_ends_in_the_standing_of_all() -> None:
    events = [
        order(1_000, "150.00", "a"),
        order(1_003, "120.00", "a", "web"),
        refund(1_003, "70.00", "x", of="a"),
        refund(1_006, "80.00", "y", of="a", source="desk"),
        order(1_006, "30.00", "a", "till"),
    ]
    assert all(_end([[one] for one in some]) == _end([events]) for some in permutations(events))


def _end(batches: Sequence[Sequence[Event]]) -> tuple[Any, ...]:
    customer = Customer()
    for batch in batches:
        customer.deliver(*batch)
    state = customer.standing
    return state.day, state.opened, state.closed, state.buckets


def test_the_past_is_read_where_a_refund_names_what_is_not_beside_it() -> None:
    customer = Customer()
    customer.deliver(order(1_000, "150.00", "a"))
    beside = [order(1_001, "150.00", "b"), refund(1_002, of="b")]
    assert not needs_history(customer.state, beside, CLUB_RULES)
    assert not needs_history(customer.state, [refund(1_002)], CLUB_RULES)
    assert needs_history(customer.state, [refund(1_002, of="a")], CLUB_RULES)
    assert needs_history(customer.state, [order(1_001, "150.00", "a", "web"), refund(1_002, of="a")], CLUB_RULES)
    assert not needs_history(None, [refund(1_002, of="a")], CLUB_RULES)
    customer.deliver(refund(1_002, "150.00", of="a"))
    assert engine_of(CLUB).facts(from_stored(customer.standing.buckets, CLUB), 1_009)["spend_10d"] == 0
    assert engine_of(CLUB).facts(from_stored(customer.standing.buckets, CLUB), 1_010)["spend_10d"] == 0


def test_nobody_asks_for_the_past_where_no_rule_asks_for_net_amounts() -> None:
    rules = made.ruleset([made.feature("orders", "count", PURCHASES)])
    plain = Timeline.of(rules.model_copy(update={"measures": {PURCHASES: rules.measures[PURCHASES]}}))
    customer = Customer(plain)
    customer.deliver(order(1_000, "150.00", "a"))
    assert not needs_history(customer.state, [refund(1_002, of="a")], plain)


def test_a_state_has_nothing_pending_and_is_refused_where_it_had() -> None:
    customer = Customer()
    customer.deliver(order(1_000, "150.00", "a"), refund(1_002, "150.00", of="a"))
    state = customer.standing
    assert from_stored(state.buckets, CLUB).sums[NET] == Sums((1_000,), (2,), (0,), 1_000)
    waiting = Sums().awaiting([Amendment(1_002, Observation(1_000, 0, -1))])
    with pytest.raises(ValueError, match="all of it is known"):
        pack(replace(state, buckets=(waiting,)))


# Where records expire ----------------------------------------------------------------------------------------------

SPEND = made.feature("spend_30d", "sum", NET, over=30)


def _expiring(history: int | None) -> Ruleset:
    rules = made.ruleset([SPEND])
    return rules.model_copy(
        update={"programme": rules.programme.model_copy(update={"history": history, "lateness": 9})}
    )


def test_a_name_is_followed_only_as_far_back_as_records_are_sure_to_be_there() -> None:
    rules = _expiring(100)  # 100 of history, less 30 of the window and 9 of lateness
    assert rules.purchase_reach == 61
    far, near = refund(1_062, "5.00", "far", of="a"), refund(1_061, "7.00", "near", of="a")
    assert _both([SPEND], [order(1_000, "90.00", "a"), far, near], 1_062, rules) == [-500]


def test_the_hash_of_features_says_how_far_only_where_records_expire() -> None:
    assert _expiring(None).features_hash == made.ruleset([SPEND]).features_hash
    assert len({_expiring(history).features_hash for history in (None, 100, 101)}) == 3
    assert _expiring(None).definition(SPEND) == made.ruleset([SPEND]).definition(SPEND)
    assert len({_expiring(history).definition(SPEND) for history in (None, 100, 101)}) == 3


# Over the lake -----------------------------------------------------------------------------------------------------


def test_a_record_of_another_customer_is_never_the_purchase() -> None:
    theirs = replace(
        order(90, "9.00", "a"), detail=order(90, "9.00", "a").detail.model_copy(update={"customer": "c-2"})
    )
    rows = with_counting_day(rows_of([theirs, refund(100, of="a")], 2).lazy(), CLUB).collect()
    assert dict(rows.select("customer", "counts_on").iter_rows()) == {"c-1": 100, "c-2": 90}


def test_the_same_id_at_two_sources_is_two_refunds() -> None:
    rows = [order(90, "9.00", "a"), refund(100, name="r", of="a"), refund(100, name="r", of="b", source="desk")]
    found = with_counting_day(rows_of(rows, 2).lazy(), CLUB).collect()
    assert sorted(found.select("family", "source", "counts_on").iter_rows()) == [
        ("purchase", "shop", 90),
        ("refund", "desk", 100),
        ("refund", "shop", 90),
    ]
