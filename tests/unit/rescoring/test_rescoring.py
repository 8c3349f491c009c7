"""The batch path against the event path: the same features, the same standing, to the last digit."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from shutil import copytree

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.engine import fold
from standing.engine.advance import advance_clock
from standing.engine.engine import engine_of
from standing.engine.measures import aggregate, empty
from standing.engine.start import replay_all
from standing.engine.state import Memory
from standing.events.intake import Event
from standing.lake.records import SCHEMA, TEXTS, rows_of
from standing.rescoring.bucket import rescore, states_of
from standing.rescoring.days import plan_of, simulate_days
from standing.rescoring.features import features_on
from standing.rules.author.compiler import assemble, compile_folder
from standing.rules.author.succession import continued
from standing.rules.author.vocabulary import FAMILIES
from standing.rules.conditions import Fact
from standing.rules.ruleset import Action, Cap, Care, Ruleset, Stratum
from standing.rules.timeline import Timeline
from standing.values.days import Day

from tests.make import programmes
from tests.make import strategies as made
from tests.make.crowd import FIRST, crowd
from tests.make.frames import before_first_day, memory_of
from tests.make.strategies import PROGRAMME, Customer, complaint, noon, purchase
from tests.make.support import ROOT, real_rules


def taken(ruleset: Ruleset, events: list[Event], day: Day) -> dict[str, Fact]:
    """One customer's features from the lake; what is unknown is left out."""
    found = features_on(ruleset, rows_of(events, ruleset.programme.minor_digits).lazy(), day).collect()
    (row,) = found.select(feature.name for feature in ruleset.features).rows(named=True)
    return {name: value for name, value in row.items() if value is not None}


@settings(max_examples=150, deadline=None)
@given(programmes.rulesets(), programmes.histories(span=90), st.integers(990, 1_130))
def test_features_from_the_lake_are_those_of_the_state(ruleset: Ruleset, events: list[Event], day: Day) -> None:
    assert taken(ruleset, events, day) == engine_of(ruleset).facts(aggregate(empty(ruleset), events, ruleset), day)


def test_of_two_values_of_a_day_the_later_counts() -> None:
    plan = programmes.made_feature("plan", "latest", programmes.PLAN)
    rules = assemble(PROGRAMME, programmes.MEASURES, (plan,), ())
    for earlier, later in (("plus", "basic"), ("basic", "plus")):
        said = [programmes.profile(1_000, "a", 9, segments={"plan": earlier})]
        said += [programmes.profile(1_000, "b", 15, segments={"plan": later})]
        assert taken(rules, said, 1_000) == {"plan": later}


def test_of_nothing_there_are_no_different_values() -> None:
    _, events = next(crowd(1, 50))
    bought = [event for event in events if event.detail.family == "purchase"]
    assert bought
    assert taken(real_rules().latest, bought, FIRST + 55)["campaigns_180d"] == 0


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """One or two rulesets, the second from some day of the histories on."""
    rules = Timeline.of(draw(programmes.rulesets()))
    for day in draw(st.sets(st.integers(995, 1_045), max_size=1)):
        rules = rules.followed_by(draw(programmes.rulesets()), day)
    return rules


@pytest.mark.invariant("INV-8")
@settings(max_examples=8, deadline=None)
@given(timelines(), st.lists(programmes.histories(most=6, span=30), min_size=1, max_size=12), st.integers(0, 9))
def test_the_standing_of_all_is_the_fold_of_each(rules: Timeline, histories: list[list[Event]], more: int) -> None:
    by_customer = {f"c-{number}": events for number, events in enumerate(histories)}
    last = max(event.day for events in histories for event in events) + more
    for who, memory in settled(rules, by_customer, last).items():
        assert memory == folded(rules, by_customer[who], last), who


@pytest.mark.invariant("INV-8")
def test_a_crowd_stands_where_each_of_it_would_alone(dearer: Timeline) -> None:
    assert differing(dearer, 2_000, 50, seed=0) == []


@pytest.mark.long
@pytest.mark.invariant("INV-8")
def test_a_hundred_thousand_stand_there_after_two_years(dearer: Timeline) -> None:
    rules = continued(dearer, compile_folder(ROOT / "rules"), FIRST + 400)  # back again
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        crowds = [processes.submit(differing, rules, 5_000, 730, seed) for seed in range(20)]
        for crowd_of_it in as_completed(crowds):
            assert crowd_of_it.result() == []
            print("5,000 customers over two years, 0 differences", flush=True)


def differing(rules: Timeline, many: int, days: int, seed: int) -> list[str]:
    """The customers of a crowd who stand elsewhere, lived through with all others, than alone."""
    histories, last = dict(crowd(many, days, seed)), FIRST + days + 5
    together = settled(rules, histories, last)
    return [who for who, events in histories.items() if together[who] != folded(rules, events, last)]


@pytest.fixture
def dearer(tmp_path: Path) -> Timeline:
    """The rules of this clone, and from the middle of the days on dearer ones that let existing levels be kept."""
    folder = Path(copytree(ROOT / "rules", tmp_path / "rules"))
    (folder / "programme.yaml").write_text((folder / "programme.yaml").read_text() + "effective: 2024-10-29\n")
    tier = (folder / "ratings" / "tier.yaml").read_text()
    dear = tier.replace(">= 800.00", ">= 1100.00").replace(">= 600.00", ">= 900.00") + "existing: keep\n"
    (folder / "ratings" / "tier.yaml").write_text(dear)
    return continued(real_rules(), compile_folder(folder), FIRST + 25)


def settled(rules: Timeline, histories: dict[str, list[Event]], last: Day) -> dict[str, Memory]:
    """What is remembered of each customer at the end of a day, all lived through at once."""
    own = [
        replace(event, detail=event.detail.model_copy(update={"customer": who}))
        for who, events in histories.items()
        for event in events
    ]
    records = rows_of(own, rules.latest.programme.minor_digits)
    (final,) = deque(
        simulate_days(rules, records, before_first_day(records), last), maxlen=1
    )  # a day that everybody lives
    return {row["customer"]: memory_of(row) for row in final.frame.rows(named=True)}


def folded(rules: Timeline, events: list[Event], last: Day) -> Memory:
    """The same of one customer, by the event path's fold."""
    start = replay_all(events)
    return deque(fold.simulate_days(rules, start.under, start.memory, start.day + 1, last, busy=start.busy), maxlen=1)[
        0
    ].closed


@settings(max_examples=6, deadline=None)
@given(timelines(), st.lists(programmes.histories(most=5, span=12), min_size=1, max_size=4), st.data())
def test_a_night_finds_everybody_of_whom_there_is_something_to_say(
    rules: Timeline, histories: list[list[Event]], data: st.DataObject
) -> None:
    table = {f"c-{number}": of_customer(f"c-{number}", rules, events) for number, events in enumerate(histories)}
    records = rows_of([event for one in table.values() for event in one.applied], rules.latest.programme.minor_digits)
    until = max(one.standing.day for one in table.values()) + 20
    states, before = states_of(one.standing for one in table.values()), None
    for night in (until - data.draw(st.integers(1, 19)), until):
        found = rescore(rules, records, states, before, night)
        before = found.standing
        moved = {
            who for who, one in table.items() if advance_clock(one.standing, rules, night, noon(night + 1), one.past)
        }
        assert moved <= set(found.stirred)
    assert {row["customer"]: memory_of(row) for row in found.standing.rows(named=True)} == {
        who: folded(rules, one.applied, until) for who, one in table.items()
    }


def test_a_night_finds_who_waited_for_room() -> None:
    """By a late event other calls are due than were made: when there is room, the ledger knows."""
    customer = Customer(Timeline.of(care_rules()))
    customer.deliver(complaint(100), now=noon(100))
    customer.deliver(complaint(80, "late"), now=noon(100))
    customer.deliver(purchase(115), now=noon(115))
    records = rows_of(customer.applied, 2)
    for night, stirred in ((129, ()), (130, ("c-1",))):
        assert rescore(customer.rules, records, states_of([customer.standing]), None, night).stirred == stirred


def test_a_night_finds_whose_care_nobody_answered() -> None:
    customer = Customer(Timeline.of(care_rules()))
    customer.deliver(complaint(100), now=noon(100))
    records = rows_of(customer.applied, 2)
    for night, stirred in ((101, ()), (102, ("c-1",))):
        assert rescore(customer.rules, records, states_of([customer.standing]), None, night).stirred == stirred


def test_whom_a_night_could_not_write_the_next_finds_again() -> None:
    customer = Customer(Timeline.of(care_rules()))
    customer.deliver(purchase(100), now=noon(110))  # known too late to be asked for; due again after thirty days
    records, states, before = rows_of(customer.applied, 2), states_of([customer.standing]), None
    for night, stirred in ((129, ()), (130, ("c-1",)), (131, ("c-1",))):
        found = rescore(customer.rules, records, states, before, night)
        before = found.standing
        assert found.stirred == stirred


def care_rules() -> Ruleset:
    """A call after a complaint, and another after an order; one of both in thirty days."""
    once = Cap(at_most=1, within=30, channel="phone")
    phone = {"action": "act", "owner": "somebody", "within": 2, "channel": "phone", "consent": "not-needed"}
    wanted = {"call": ("complaints_7d", "high", 14), "ask": ("orders_ever", "low", 30)}
    cares = tuple(
        Care(
            name=name,
            title=made.TITLE,
            when=made.every(made.line(fact, ">=", 1)),
            do=Action.model_validate(phone | {"priority": priority}),
            repeat_after=repeat,
        )
        for name, (fact, priority, repeat) in wanted.items()
    )
    features = (
        made.feature("complaints_7d", "count", programmes.COMPLAINTS, over=7),
        made.feature("orders_ever", "count", programmes.ORDERS),
    )
    said = {"channels": ("phone",), "consent": {"phone": programmes.CONSENT}, "caps": (once,)}
    return assemble(made.PROGRAMME.model_copy(update=said), programmes.MEASURES, features, (Stratum(care=cares),))


def of_customer(who: str, rules: Timeline, events: list[Event]) -> Customer:
    """A customer to whom some events were delivered, one by one."""
    customer = Customer(rules)
    for event in events:
        customer.deliver(replace(event, detail=event.detail.model_copy(update={"customer": who})))
    return customer


def test_a_day_of_all_is_expressions_alone() -> None:
    who, events = next(crowd(1, 50))
    records, known = rows_of(events, 2).lazy(), pl.LazyFrame({"customer": [who], "day": [FIRST]})
    plan = plan_of(real_rules().latest, records, known.cast({"day": pl.Int32}), FIRST + 1)
    slow = plan.with_columns(pl.col("customer").map_elements(lambda one: one, return_dtype=pl.String, skip_nulls=False))
    assert "python" in slow.explain().lower()  # so would be any function of ours
    assert "python" not in plan.explain().lower()


def test_a_row_holds_everything_that_rules_can_ask_of_an_event() -> None:
    for family in FAMILIES.values():
        asked = {*family.values, *family.fields, *family.dates}
        flat = {path for path in asked if "." not in path} - {"net_amount"}
        assert flat <= SCHEMA.keys(), flat - SCHEMA.keys()
        assert {path.partition(".")[0] for path in asked if "." in path} <= {"consent", "segments", "amounts", "dates"}
    assert all(SCHEMA[name] == pl.String for name in TEXTS)
