"""Courses: what is read off the edges of windows is what the formulas give, day by day."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.courses import courses
from standing.engine.engine import engine_of
from standing.engine.measures import Buckets, aggregate, empty
from standing.events.intake import Event
from standing.rules.conditions import Condition, Fact
from standing.rules.features import Feature
from standing.rules.kinds import FEATURE_KINDS
from standing.rules.ruleset import Ruleset, Stratum
from standing.values.days import Day

from tests.make import programmes
from tests.make import strategies as made
from tests.make.strategies import every, line

FIRST, LAST = 990, 1_120


def by_formula(rules: Ruleset, buckets: Buckets, day: Day) -> dict[str, Fact]:
    """Every known feature of a day, each by its own formula: the oracle."""
    known: dict[str, Fact] = {}
    for name, work_out in engine_of(rules).formulas.items():
        value = work_out(buckets, day, known)
        if value is not None:
            known[name] = value
    return known


@settings(max_examples=300)
@given(programmes.rulesets(), programmes.histories(), st.integers(FIRST, LAST))
def test_windows_that_are_taken_together_are_what_each_alone_is(rules: Ruleset, events: list[Event], day: Day) -> None:
    buckets = aggregate(empty(rules), events, rules)
    assert engine_of(rules).facts(buckets, day) == by_formula(rules, buckets, day)


@settings(max_examples=300)
@given(programmes.rulesets(), programmes.histories())
def test_a_course_has_the_value_of_each_of_its_days(rules: Ruleset, events: list[Event]) -> None:
    buckets = aggregate(empty(rules), events, rules)
    for name, course in courses(rules, buckets, FIRST, LAST).items():
        assert course[0][0] == FIRST - 1
        assert [day for day, _ in course] == sorted({day for day, _ in course})
        for day, value in course:
            assert value == by_formula(rules, buckets, day).get(name), (name, day)


@settings(max_examples=300)
@given(programmes.rulesets(), programmes.histories())
def test_a_window_does_not_change_between_the_days_of_its_course(rules: Ruleset, events: list[Event]) -> None:
    buckets = aggregate(empty(rules), events, rules)
    known = {day: by_formula(rules, buckets, day) for day in range(FIRST - 1, LAST + 1)}
    for name, course in courses(rules, buckets, FIRST, LAST).items():
        if not FEATURE_KINDS[rules.by_name[name].kind].windowed:
            continue
        told = dict(course)
        for day in range(FIRST, LAST + 1):
            assert day in told or known[day].get(name) == known[day - 1].get(name), (name, day)


def _of(features: Sequence[Feature], *conditions: Condition) -> Ruleset:
    levels = ["no", *(f"level-{number}" for number in range(len(conditions)))]
    rated = made.rating("rated", levels, dict(zip(levels[1:], conditions, strict=True)))
    return made.ruleset(features, Stratum(ratings=(rated,)))


def test_only_what_rules_ask_for_has_a_course_with_what_it_is_made_of() -> None:
    features = [
        made.feature("orders", "count", made.PURCHASES, over=10),
        made.feature("before", "count", made.PURCHASES, over=10, ending=10),
        made.feature("spent", "sum", made.NET, over=10),
        made.feature_of(name="trend", kind="ratio", unit="score", first="orders", second="before"),
    ]
    rules = _of(features, every(line("trend", ">=", 5_000)))
    assert courses(rules, empty(rules), 100, 200).keys() == {"orders", "before", "trend"}


def test_days_are_counted_only_where_they_reach_a_number_or_where_each_makes_a_difference() -> None:
    idle = made.feature("idle", "days_since_last", made.PURCHASES)
    age = made.feature("age", "days_since_first", made.PURCHASES)
    sum_of_both = made.feature_of(name="both", kind="plus", unit="days", first="idle", second="age")
    rules = _of([idle, age], every(line("idle", ">=", 30)))
    buckets = aggregate(empty(rules), [made.purchase(100)], rules)
    assert courses(rules, buckets, 101, 200) == {"idle": [(100, 0), (130, 30), (131, 31)]}
    rules = _of([idle, age, sum_of_both], every(line("both", ">=", 30)))
    buckets = aggregate(empty(rules), [made.purchase(100)], rules)
    assert courses(rules, buckets, 101, 200)["both"] == [(day, 2 * (day - 100)) for day in range(100, 201)]
