"""Different values: counted up to a number that the feature declares, in any order, and on both paths alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine.backends import durable, plain
from standing.engine.codec import pack
from standing.engine.engine import engine_of
from standing.engine.measures import Buckets, aggregate, empty, prune
from standing.engine.series import Observation, Seen
from standing.engine.state import Memory, State
from standing.events import Engagement
from standing.events.intake import Event
from standing.lake.records import rows_of
from standing.rescoring.features import features_on
from standing.rules.author.compiler import compile_rules
from standing.rules.author.problems import RulesError
from standing.rules.features import DistinctFeature, Reach
from standing.rules.prove.worlds import World
from standing.rules.ruleset import Ruleset

from tests.make import backends as batch
from tests.make import strategies as made
from tests.unit.rules.test_score_rules import RISK, written

DAY = 20_000
FEATURES = {
    "items": "distinct: engagement.item; at_most: 4",
    "items_5d": "distinct: engagement.item; over: 5d; at_most: 3",
    "campaigns": "distinct: engagement.campaign",
}
SATURATED = RISK.replace("churn >= 0.7", "items is saturated")


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Ruleset:
    """A programme that counts items up to four, and asks whether there may be more."""
    return compile_rules(written(tmp_path_factory.mktemp("distinct"), FEATURES, SATURATED))


def viewed(day: int, item: str, name: str = "v") -> Event:
    """Somebody looked at something."""
    who: dict[str, Any] = {"id": f"{name}-{day}-{item}"[:200], "customer": "c-1", "time": made.noon(day)}
    return made.event(day, Engagement(**who, kind="view", item=item))


ITEMS = st.sampled_from([*"abcdefgh", "x" * 64, "y" * 64, "鞋" * 64, "y" * 17, "y" * 18])
VIEWS = st.lists(st.builds(viewed, st.integers(DAY - 12, DAY), ITEMS), min_size=1, max_size=30)


def truly(events: list[Event], day: int, over: int | None, most: int) -> int:
    """How many different items there were, counted by hand."""
    seen = {one.detail.item for one in events if isinstance(one.detail, Engagement) and _inside(one.day, day, over)}
    return min(len(seen), most)


def _inside(of: int, day: int, over: int | None) -> bool:
    return of <= day and (over is None or of > day - over)


def in_polars(rules: Ruleset, events: list[Event], day: int) -> dict[str, Any]:
    """What the lake makes of it."""
    (row,) = features_on(rules, rows_of(events, 2).lazy(), day).collect(engine="streaming").rows(named=True)
    return {name: row[name] for name in rules.by_name if row[name] is not None}


@settings(max_examples=150, deadline=None)
@given(VIEWS, st.data())
def test_up_to_its_number_it_counts_exactly_however_often_a_state_was_saved(
    rules: Ruleset, events: list[Event], data: st.DataObject
) -> None:
    in_time = sorted(events, key=lambda one: one.day)
    buckets = empty(rules)
    for one in in_time:
        if data.draw(st.booleans()):
            buckets = made.pruned(buckets, one.day, rules)
        buckets = aggregate(buckets, [one], rules)
    end = in_time[-1].day
    for day in range(end, end + 8):
        known = engine_of(rules).facts(buckets, day)
        assert known["items"] == truly(events, day, None, 4)
        assert known["items_5d"] == truly(events, day, 5, 3)
        assert in_polars(rules, events, day) == known
    assert prune(buckets, end, rules) == prune(aggregate(empty(rules), events, rules), end, rules)


@settings(max_examples=100, deadline=None)
@given(VIEWS, st.data())
def test_days_between_are_counted_though_later_ones_are_known(
    rules: Ruleset, events: list[Event], data: st.DataObject
) -> None:
    """A fold gathers everything first, and then lives day by day; what was saved before holds for every day after."""
    cut = data.draw(st.integers(DAY - 12, DAY))
    before, after = ([one for one in events if (one.day <= cut) is early] for early in (True, False))
    buckets = aggregate(made.pruned(aggregate(empty(rules), before, rules), cut, rules), after, rules)
    for day in range(cut, DAY + 3):
        assert engine_of(rules).facts(buckets, day)["items"] == truly(events, day, None, 4)
        assert engine_of(rules).facts(buckets, day)["items_5d"] == truly(events, day, 5, 3)


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from("abcdef"))), st.randoms())
def test_no_order_of_arrival_makes_a_difference_to_what_is_kept(values: list[tuple[int, str]], random: Any) -> None:
    one = [Observation(day, 0, value) for day, value in values]
    reach = Reach(ever=True, most=2)
    stepwise = Seen()
    for happened in random.sample(one, len(one)):
        stepwise = stepwise.plus([happened]).evict(9, reach)
    assert stepwise == Seen().plus(one).evict(9, reach)
    assert len(stepwise.days) <= 2


def test_days_that_no_window_can_reach_are_dropped() -> None:
    seen = [(1, "a"), (50, "a"), (50, "b"), (41, "c"), (40, "d")]
    series = Seen().plus([Observation(day, 0, value) for day, value in seen])
    assert series.evict(50, Reach(days=10)).days == {"a": (50,), "b": (50,), "c": (41,)}


def test_ten_thousand_items_are_a_thousand_and_a_small_row(rules: Ruleset) -> None:
    many = [Observation(DAY - number % 300, 0, f"{number:064}") for number in range(9_870)]
    campaigns = rules.by_name["campaigns"]
    assert isinstance(campaigns, DistinctFeature)
    series = Seen().plus(many).evict(DAY, rules.reaches[campaigns.measure])
    assert series.distinct(None, DAY, campaigns.at_most) == 1_000
    assert len(pack(_state(rules, campaigns.measure, series))) < 25_000


def _state(rules: Ruleset, measure: str, series: Seen) -> State:
    buckets = prune(Buckets({**empty(rules).series, measure: series}), DAY, rules)
    return State("c-1", 1, DAY, rules.features_hash, buckets, Memory(), Memory())


def test_a_long_value_that_an_older_state_holds_whole_is_counted_once() -> None:
    older = Seen({"x" * 64: (DAY,), "web": (DAY,)})
    again = older.plus([Observation(DAY + 1, 0, "x" * 64), Observation(DAY + 1, 0, "web")])
    assert again.distinct(None, DAY + 1) == 2
    assert all(len(str(value)) <= 17 for value in again.days)


@pytest.mark.parametrize(("items", "saturated"), [(3, False), (4, True), (5, True)])
def test_rules_can_ask_whether_there_may_be_more(rules: Ruleset, items: int, saturated: bool) -> None:
    known = engine_of(rules).facts(aggregate(empty(rules), [viewed(DAY, f"i{n}") for n in range(items)], rules), DAY)
    conditions = {"high": rules.rules["risk/qualify/high"]}
    for reader in (plain.PlainBackend(conditions), durable.DurableBackend(conditions), batch.PolarsBackend(conditions)):
        assert (reader.match(known) == frozenset({"high"})) is saturated


def test_no_customer_has_more_than_are_counted(rules: Ruleset) -> None:
    world, solver = World(rules), z3.Solver()
    solver.add(*world.axioms)
    for number, possible in ((4, z3.sat), (5, z3.unsat), (-1, z3.unsat)):
        assert solver.check(world.number("items") == number) == possible


@pytest.mark.parametrize(
    ("features", "risk", "said"),
    [
        ({"items": "distinct: engagement.item; at_most: 0"}, RISK, "from 1 to 5000"),
        ({"items": "distinct: engagement.item; at_most: 5001"}, RISK, "from 1 to 5000"),
        ({"items": "distinct: engagement.item; at_most: many"}, RISK, "from 1 to 5000"),
        ({"items": "count: engagement; at_most: 9"}, RISK, "count counts none"),
        ({}, RISK.replace("churn >= 0.7", "churn is saturated"), "counts different values"),
        ({}, RISK.replace("churn >= 0.7", "churn is empty"), "`unknown` or `saturated`"),
    ],
)
def test_what_means_nothing_is_said(tmp_path: Path, features: dict[str, str], risk: str, said: str) -> None:
    with pytest.raises(RulesError) as raised:
        compile_rules(written(tmp_path / "rules", features, risk))
    assert said in str(raised.value.problems)


def test_another_number_has_states_rebuilt_and_the_usual_one_none(tmp_path: Path) -> None:
    said = ("", "; at_most: 1000", "; at_most: 200")
    features = ({"items": f"distinct: engagement.item{more}"} for more in said)
    plainly, usual, fewer = (compile_rules(written(tmp_path / str(n), one)) for n, one in enumerate(features))
    assert plainly.version == usual.version
    assert plainly.features_hash == usual.features_hash != fewer.features_hash
