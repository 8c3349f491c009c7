"""The fold: levels rise and fall on the day their conditions say so, and care falls due."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.backends.plain import holds
from standing.engine.engine import engine_of
from standing.engine.fold import DayResult, simulate_day, simulate_days
from standing.engine.measures import aggregate, empty
from standing.engine.ratings import next_level_state
from standing.engine.state import LevelState, Memory
from standing.events.intake import Event
from standing.rules.conditions import Fact
from standing.rules.ruleset import Ruleset, Stratum
from standing.rules.timeline import Timeline

from tests.make import strategies as made
from tests.make.strategies import (
    CLUB,
    COMPLAINTS,
    PURCHASES,
    care,
    complaint,
    every,
    feature,
    line,
    purchase,
    rating,
    refund,
    ruleset,
    survey,
)

LEVELS = ("bronze", "silver", "gold", "platinum")
ANY = every(line("orders", ">=", 0))
LADDER = rating("tier", LEVELS, dict.fromkeys(LEVELS[1:], ANY), dict.fromkeys(LEVELS[1:], ANY))


def _hits(qualified: Collection[str] = (), retained: Collection[str] = ()) -> set[str]:
    return {f"tier/qualify/{level}" for level in qualified} | {f"tier/retain/{level}" for level in retained}


def _lived(
    events: Sequence[Event], last: int, rules: Ruleset = CLUB, busy: Collection[int] | None = None
) -> list[DayResult]:
    """All days of a customer from the first event on; `simulate_days` leaves out those like the one before."""
    days = {event.day for event in events}
    buckets = aggregate(empty(rules), events, rules)
    busy = days if busy is None else busy
    arguments = Timeline.of(rules), lambda _: buckets, Memory(), min(days), last
    lived = list(made.every_day(*arguments, busy=busy))
    with_gaps = {day.day: day for day in simulate_days(*arguments, busy=busy)}
    assert {day.day for day in lived if day.day in {min(days), last, *busy}} <= with_gaps.keys()
    for day in lived:
        assert with_gaps[day.day] == day if day.day in with_gaps else (day.opened, day.due) == (day.closed, ())
        assert day.day not in with_gaps or with_gaps[day.day].facts == day.facts
    return lived


def _levels(lived: Sequence[DayResult], name: str = "tier") -> dict[int, str]:
    """The level of each day on which it changed."""
    shown = {day.day: day.closed.levels[name].level for day in lived}
    return {day: level for day, level in shown.items() if shown.get(day - 1) != level}


@pytest.mark.parametrize(
    ("current", "qualified", "retained", "level"),
    [
        (None, [], [], "bronze"),
        (None, [], ["gold"], "bronze"),
        (None, ["silver"], [], "silver"),
        (None, ["silver", "gold"], [], "gold"),
        ("bronze", ["platinum"], [], "platinum"),
        ("bronze", [], ["silver", "gold"], "bronze"),
        ("silver", ["gold"], ["silver"], "gold"),
        ("gold", ["silver"], ["gold"], "gold"),
        ("gold", ["gold"], [], "gold"),
        ("gold", [], ["gold", "platinum"], "gold"),
        ("gold", [], ["silver"], "silver"),
        ("gold", ["silver"], [], "silver"),
        ("platinum", ["silver"], ["gold"], "gold"),
        ("platinum", [], [], "bronze"),
        ("platinum", ["gold"], ["silver"], "gold"),
        ("diamond", ["silver"], ["gold"], "silver"),
    ],
)
def test_a_level_rises_by_qualify_and_is_kept_by_either(
    current: str | None, qualified: list[str], retained: list[str], level: str
) -> None:
    assert _level(current, _hits(qualified, retained)) == level


def _level(current: str | None, hits: set[str]) -> str:
    return next_level_state(LADDER, LevelState(current, 0) if current else None, hits, 100).level


subsets = st.sets(st.sampled_from(LEVELS[1:]))


@given(st.sampled_from(LEVELS), subsets, subsets)
def test_only_qualifying_lifts_and_nothing_kept_is_lost(current: str, qualified: set[str], retained: set[str]) -> None:
    after = LEVELS.index(_level(current, _hits(qualified, retained)))
    before = LEVELS.index(current)
    kept = {LEVELS.index(level) for level in qualified | retained}
    assert after in {0, *kept}
    assert after >= max((LEVELS.index(level) for level in qualified), default=0)
    assert after <= before or LEVELS[after] in qualified
    assert after >= before or not any(after < rank <= before for rank in kept)


def test_hits_of_another_rating_do_not_count() -> None:
    assert _level(None, {"mood/qualify/gold", "tier/retain/gold", "care/gold"}) == "bronze"


def test_a_first_standing_begins_with_the_lowest_level() -> None:
    (day,) = _lived([complaint(100)], 100)
    assert day.closed.levels == {"tier": LevelState("bronze", 100), "mood": LevelState("calm", 100)}
    assert day.opened == Memory()


def test_a_level_rises_on_the_day_it_qualifies_and_may_skip_one() -> None:
    assert _levels(_lived([purchase(100), purchase(103, "195.00")], 104)) == {100: "bronze", 103: "gold"}


def test_a_level_below_the_line_is_kept_while_retain_holds() -> None:
    events = [purchase(100, "50.00"), purchase(103, "150.00")]
    assert _levels(_lived(events, 112)) == {100: "bronze", 103: "gold"}  # 150.00 from day 110 on: below 200, kept


def test_a_level_falls_at_once_to_the_highest_that_is_kept() -> None:
    events = [purchase(100, "60.00"), purchase(103, "140.00"), purchase(105, "0.01")]
    lived = _lived(events, 115)
    assert _levels(lived) == {100: "bronze", 103: "gold", 110: "silver", 113: "bronze"}
    assert [day.closed.levels["tier"].since for day in lived[9:14]] == [103, 110, 110, 110, 113]


def test_a_rise_and_a_fall_on_one_day_leave_no_trace() -> None:
    assert _levels(_lived([purchase(100, "250.00"), refund(100, "250.00")], 101)) == {100: "bronze"}


def test_a_rating_sees_the_ratings_of_the_strata_before_on_the_same_day() -> None:
    lived = _lived([complaint(100), purchase(103, "120.00")], 108)
    assert _levels(lived, "mood") == {100: "calm", 103: "upset", 107: "calm"}
    assert [day.facts["tier"] for day in lived[2:5]] == [0, 1, 1]


def test_was_is_the_level_a_day_opened_with() -> None:
    lived = _lived([complaint(100), purchase(102, "250.00")], 103)
    assert [day.facts["tier.was"] for day in lived] == [-1, 0, 0, 2]
    assert [day.facts["tier"] for day in lived] == [0, 0, 2, 2]


def test_each_day_opens_with_what_the_day_before_closed_with() -> None:
    lived = _lived([purchase(100, "250.00"), complaint(104)], 120)
    assert [day.day for day in lived] == list(range(100, 121))
    assert all(before.closed == after.opened for before, after in pairwise(lived))


# Care ------------------------------------------------------------------------------------------------------------

WATCH = ruleset(
    [feature("orders_5d", "count", PURCHASES, over=5), feature("complaints_3d", "count", COMPLAINTS, over=3)],
    Stratum(care=(care("thank", every(line("orders_5d", ">=", 1)), repeat_after=4, within=1),)),
)


def _due(lived: Sequence[DayResult], name: str) -> list[int]:
    return [day.day for day in lived if name in day.due]


def test_care_falls_due_when_it_becomes_true_and_again_after_repeat_after() -> None:
    assert _due(_lived([purchase(100), purchase(105), purchase(111)], 130, WATCH), "thank") == [100, 104, 108, 112]


def test_care_that_is_no_longer_true_falls_due_no_more_and_returns_with_its_condition() -> None:
    lived = _lived([purchase(100), purchase(120)], 130, WATCH)
    assert _due(lived, "thank") == [100, 104, 120, 124]
    assert lived[-1].closed.due == {"thank": 124}


def test_care_that_was_due_remembers_so_across_days_on_which_it_is_not() -> None:
    opened = Memory({}, {"thank": 99, "gone": 3})
    lived = simulate_day(WATCH, aggregate(empty(WATCH), [purchase(100)], WATCH), opened, 100, event_day=True)
    assert lived.due == ()
    assert lived.closed.due == {"thank": 99, "gone": 3}


def test_care_may_ask_what_entered_today() -> None:
    lived = _lived([purchase(100), purchase(103, "195.00"), purchase(140, "250.00")], 150)
    assert _due(lived, "congratulate") == [103, 140]
    again = _lived([purchase(100, "250.00"), purchase(115, "250.00")], 130)
    assert _levels(again) == {100: "gold", 110: "bronze", 115: "gold", 125: "bronze"}
    assert _due(again, "congratulate") == [100]  # the second time is within repeat_after


# An account of the same rules, day by day, from the conditions themselves ------------------------------------------


def _told(events: Sequence[Event], last: int) -> list[tuple[dict[str, str], dict[str, int]]]:
    """Levels and due days at the end of each day, with nothing of the fold but its features."""
    buckets = aggregate(empty(CLUB), events, CLUB)
    levels: dict[str, str] = {}
    due: dict[str, int] = {}
    told = []
    for day in range(min(event.day for event in events), last + 1):
        known = engine_of(CLUB).facts(buckets, day)
        for one in CLUB.ratings.values():
            before = one.levels.index(levels[one.name]) if one.name in levels else -1
            qualified = [rank for rank, level in enumerate(one.levels) if _holds(one.qualify.get(level), known)]
            retained = [rank for rank, level in enumerate(one.levels) if _holds(one.retain.get(level), known)]
            after = max([0, *qualified, *(rank for rank in retained if rank <= before)])
            levels |= {one.name: one.levels[after]}
            known |= {one.name: after, f"{one.name}.was": before}
        for asked in CLUB.care.values():
            if _holds(asked.when, known) and day - due.get(asked.name, -(10**6)) >= asked.repeat_after:
                due[asked.name] = day
        told.append((dict(levels), dict(due)))
    return told


def _holds(condition: object, known: dict[str, Fact]) -> bool:
    return condition is not None and holds(condition, known)  # type: ignore[arg-type]  # a condition where there is one


@settings(max_examples=200)
@given(made.histories(most=12))
def test_the_fold_is_what_the_conditions_say_day_by_day(events: list[Event]) -> None:
    last = max(event.day for event in events) + 15
    lived = _lived(events, last)
    told = _told(events, last)
    assert [{name: held.level for name, held in day.closed.levels.items()} for day in lived] == [one for one, _ in told]
    assert [day.closed.due for day in lived] == [due for _, due in told]


@settings(max_examples=200)
@given(made.histories(most=10))
def test_a_level_is_held_since_the_day_it_last_changed(events: list[Event]) -> None:
    since: dict[str, LevelState] = {}
    for day in _lived(events, max(event.day for event in events) + 12):
        for name, held in day.closed.levels.items():
            changed = name not in since or since[name].level != held.level
            assert held.since == (day.day if changed else since[name].since)
        since = day.closed.levels


@settings(max_examples=200)
@given(made.histories(most=10))
def test_it_makes_no_difference_which_reader_matches_a_day(events: list[Event]) -> None:
    last = max(event.day for event in events) + 12
    by_plain, by_durable = _lived(events, last, busy=()), _lived(events, last, busy=range(2_000))
    assert by_plain == by_durable


def test_a_customer_without_a_score_is_not_upset_by_it() -> None:
    assert _levels(_lived([survey(100, 2), purchase(120)], 121), "mood") == {100: "upset", 108: "calm"}


def test_a_changed_copy_of_the_rules_works_everything_out_anew() -> None:
    engine = engine_of(CLUB)
    before = {"formulas": engine.formulas, "compared": CLUB.compared, "plain": engine.plain, "ratings": CLUB.ratings}
    bare = CLUB.model_copy(update={"features": (), "strata": ()})
    assert all(before.values())
    assert not any((engine_of(bare).formulas, bare.compared, engine_of(bare).plain, bare.ratings))
    assert engine_of(CLUB).formulas is before["formulas"]
