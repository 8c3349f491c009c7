"""Customers found again: by the lake, by the table and by the fold the same, whatever is asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.aws.decisions import decision_rows
from standing.engine.backends.plain import holds
from standing.engine.fold import simulate_days
from standing.engine.reasons import display
from standing.engine.start import features_changed, replay_all
from standing.engine.state import State
from standing.engine.view import facts_today
from standing.events.intake import Event
from standing.lake.compaction import compact_all
from standing.lake.decisions import decision_row
from standing.lake.layout import month_key
from standing.lake.parquet import CorruptFile, parquet_bytes
from standing.lake.rows import Bucket, frame
from standing.lake.tombstones import write_tombstone
from standing.nightly.metrics.day_end import at_end
from standing.rescoring.bucket import rescore
from standing.rescoring.memories import latest, states_of
from standing.rules.conditions import Condition, Fact, comparisons
from standing.rules.ruleset import Ruleset, Stratum
from standing.rules.timeline import Timeline
from standing.search.decisions import IS_CARE, care, decisions, is_move, moves
from standing.search.display import readable
from standing.search.moves import move_in
from standing.search.nights import NoNight, last_night, night_of
from standing.search.request import Request, Sources
from standing.search.search import search
from standing.search.standings import NotKept, Query, find, schema_of
from standing.values.days import Day, day_date, day_number, month_of
from standing.values.errors import UserError

from tests.make import programmes
from tests.make import strategies as made
from tests.make.lakes import AT, MemoryLake, bucket_of, lake_rows, neighbours, outcomes, owned, pour
from tests.make.strategies import every, line, none_of, some
from tests.make.support import real_rules

RULES = real_rules()
DAY = 20_000  # 2024-10-04
NAMES = [f"c-{number}" for number in range(6)]

type Histories = Mapping[str, list[Event]]


def facts_by_fold(rules: Timeline, events: list[Event], day: Day) -> dict[str, Fact]:
    """What the event path's fold compares at the end of a day."""
    start = replay_all(events)
    return deque(simulate_days(rules, start.under, start.memory, start.day + 1, day, busy=start.busy), maxlen=1)[
        0
    ].facts


def night(lake: MemoryLake, rules: Timeline, histories: Histories, day: Day) -> None:
    """Keep the standings of a night as it does, bucket by bucket."""
    for who, events in histories.items():
        bucket = lake_rows(rules, who, events)
        found = rescore(rules, bucket.records, states_of(latest(bucket.states)), None, day)
        ended = at_end(found.standing, bucket.states.lazy(), bucket.records.lazy(), rules.on(day), day)
        lake.put(month_key(month_of(day), bucket_of(who)), parquet_bytes(ended))


class Table:
    """A table in memory, of the states that events lead to."""

    def __init__(self, rules: Timeline, histories: Histories) -> None:
        self.made = {who: outcomes(rules, owned(events, who)) for who, events in histories.items() if events}

    def states(self) -> Iterator[State]:
        """The last of each."""
        return (commits[-1][0].state for commits in self.made.values())

    def outcomes(self) -> Iterator[dict[str, Any]]:
        """What was published."""
        rows = (row for commits in self.made.values() for outcome, _ in commits for row in decision_rows(outcome, AT))
        return (row for row in rows if "outcome" in row)


def alone(histories: Iterable[list[Event]]) -> Histories:
    """A history for each of some customers who are alone in their buckets."""
    return {who: owned(events, who) for who, events in zip(NAMES, histories, strict=False)}


@st.composite
def questions(draw: st.DrawFn, ruleset: Ruleset) -> Condition:
    """Groups in groups, about every fact there is."""
    flat = programmes.conditions(ruleset.features, ("tier", "stage"))
    parts = draw(st.lists(flat, min_size=1, max_size=3))
    return draw(st.sampled_from([every, some, none_of]))(*parts)


@settings(max_examples=25, deadline=None)
@given(programmes.rulesets(), st.lists(programmes.histories(most=5, span=25), min_size=1, max_size=4), st.data())
def test_the_lake_and_the_table_find_whom_the_fold_finds(
    ruleset: Ruleset, histories: list[list[Event]], data: st.DataObject
) -> None:
    rules, day, asked = Timeline.of(ruleset), data.draw(st.integers(1_000, 1_030)), data.draw(questions(ruleset))
    known = {who: some for who, events in alone(histories).items() if (some := [e for e in events if e.day <= day])}
    facts = {who: facts_by_fold(rules, events, day) for who, events in known.items()}
    expected = sorted(who for who, one in facts.items() if holds(asked, one))
    table, lake = Table(rules, known), MemoryLake()
    assert {one.customer: facts_today(one, rules, day) for one in table.states()} == facts
    night(lake, rules, known, day)
    if any("." in one.fact for one in comparisons(asked)):
        with pytest.raises(NotKept) as refused:
            find(lake, last_night(lake).keys, ruleset, Query(asked)) if known else _not_kept()
        assert all("." in fact for fact in refused.value.facts)
    elif known:
        names = [*ruleset.ratings, *ruleset.by_name]
        found = find(lake, last_night(lake).keys, ruleset, Query(asked, tuple(names)))
        assert (found.rows["customer"].to_list(), found.total, found.lacking) == (expected, len(expected), {})
        rows = {row["customer"]: row for row in found.rows.rows(named=True)}
        assert rows == {who: {"customer": who, **{n: facts[who].get(n) for n in names}} for who in expected}


def _not_kept() -> None:
    raise NotKept([], [])


@settings(max_examples=25, deadline=None)
@given(programmes.rulesets(), st.lists(programmes.histories(most=6, span=30), min_size=1, max_size=3), st.data())
def test_care_that_is_open_is_what_the_ledger_has_unanswered(
    ruleset: Ruleset, histories: list[list[Event]], data: st.DataObject
) -> None:
    rules = Timeline.of(ruleset)
    table, today = Table(rules, alone(histories)), data.draw(st.integers(990, 1_050))
    decided = frame("decisions", (decision_row(row) for row in table.outcomes()))
    found = care(decided.filter(IS_CARE), rules, today).filter(pl.col("status") == "open")
    expected = {
        (state.customer, name.partition("#")[0], int(name.partition("#")[2]), until)
        for state in table.states()
        for name, until in state.ledger.unanswered.items()
        if until >= today
    }
    assert set(found.select("customer", "care", "due", "until").rows()) == expected


@given(programmes.rulesets(), st.data())
def test_a_fact_reads_as_it_is_displayed(ruleset: Ruleset, data: st.DataObject) -> None:
    for fact in [*ruleset.by_name, *(name for one in ruleset.ratings.values() for name in one.fact_names)]:
        is_text = schema_of(ruleset, [fact])[fact] == pl.String
        ranks = st.integers(-1 if fact.endswith(".was") else 0, 2)
        numbers = ranks if fact.partition(".")[0] in ruleset.ratings else st.integers(-(2**53), 2**53)
        value: Any = data.draw(st.none() | (st.text("ab", min_size=1) if is_text else numbers))
        rows = pl.DataFrame({fact: [value]}, schema={fact: schema_of(ruleset, [fact])[fact]})
        (read,) = rows.select(readable(ruleset, fact)).row(0)
        assert (None if read is None else str(read)) == display(ruleset, fact, value)


def purchases(**amounts: str) -> Histories:
    """Customers who bought once each, a day before."""
    return {
        who.replace("_", "-"): owned([made.purchase(DAY - 1, some)], who.replace("_", "-"))
        for who, some in amounts.items()
    }


BOUGHT = purchases(c_0="100.00", c_1="900.00", c_2="2500.00", c_3="900.00")


@pytest.fixture(scope="module")
def bought() -> MemoryLake:
    """A night of four customers: bronze, silver, gold, silver."""
    lake = MemoryLake()
    night(lake, RULES, BOUGHT, DAY)
    return lake


def places(lake: MemoryLake, *, live: bool = False, histories: Histories = BOUGHT, rules: Timeline = RULES) -> Sources:
    """On the day after the night."""
    table: Any = Table(rules, histories)
    return Sources(lake, table, rules, live=live, now=made.noon(DAY + 1))


def rows(lake: MemoryLake, what: str, **more: Any) -> list[tuple[Any, ...]]:
    return search(places(lake), Request(what, **more)).rows.rows()


def test_who_meets_a_condition_is_listed_with_what_it_asks_for(bought: MemoryLake) -> None:
    found = search(places(bought), Request("tier >= silver and spend_365d < 2000"))
    assert found.rows.columns == ["customer", "tier", "spend_365d"]
    assert found.rows.rows() == [("c-1", "silver", Decimal("900.00")), ("c-3", "silver", Decimal("900.00"))]
    assert found.head == "Customers as of the end of 2024-10-04: 2"
    assert found.about == {"day": "2024-10-04", "live": False, "rules": RULES.latest.version}


def test_the_greatest_come_first_and_the_list_says_how_many_there_are(bought: MemoryLake) -> None:
    asked: dict[str, Any] = {"columns": ("tier",), "sort": "spend_365d"}
    assert [row[0] for row in rows(bought, "", **asked)] == ["c-2", "c-1", "c-3", "c-0"]
    assert [row[0] for row in rows(bought, "", **asked, ascending=True)] == ["c-0", "c-1", "c-3", "c-2"]
    cut = search(places(bought), Request("", **asked, most=1))
    assert (cut.rows["customer"].to_list(), cut.total) == (["c-2"], 4)
    unknown_last: dict[str, Any] = {"columns": ("tier",), "sort": "satisfaction_180d", "ascending": True}
    assert [row[0] for row in rows(bought, "", **unknown_last)] == ["c-0", "c-1", "c-2", "c-3"]


def test_a_level_that_is_set_by_hand_is_the_one_that_is_found() -> None:
    lake, who = MemoryLake(), "c-1"
    by_hand = programmes.override(DAY - 1, "platinum", DAY + 9)
    night(lake, RULES, {who: owned([made.purchase(DAY - 1, "900.00"), by_hand], who)}, DAY)
    assert rows(lake, "tier == platinum") == [("c-1", "platinum")]
    assert rows(lake, "tier == silver") == []


def test_who_was_forgotten_is_not_listed(bought: MemoryLake) -> None:
    lake = MemoryLake()
    lake.objects.update(bought.objects)
    write_tombstone(lake, "salt", "c-1")
    found = search(places(lake), Request("tier == silver"))
    assert (found.rows["customer"].to_list(), found.total) == (["c-3"], 1)


def test_what_no_night_keeps_is_named_with_what_there_is(bought: MemoryLake) -> None:
    with pytest.raises(UserError, match=r"`tier\.would_become` is not stored by nights: .*tier, .*`--live`"):
        rows(bought, "tier.would_become < gold")
    assert [row[0] for row in search(places(bought, live=True), Request("tier.days_to_review > 0")).rows.rows()]
    with pytest.raises(UserError, match="did you mean `tier`"):
        rows(bought, "", columns=("teir",))


def test_a_feature_that_came_later_is_unknown_in_files_of_before_and_that_is_said(bought: MemoryLake) -> None:
    lake = MemoryLake()
    lake.objects.update(bought.objects)
    key = month_key(month_of(DAY), bucket_of("c-3"))
    lake.put(key, parquet_bytes(pl.read_parquet(lake.objects[key]).drop("spend_365d")))
    found = search(places(lake), Request("spend_365d >= 900 or spend_365d is unknown"))
    assert found.rows.rows() == [("c-1", Decimal("900.00")), ("c-2", Decimal("2500.00")), ("c-3", None)]
    assert found.notes == ("`spend_365d` is unknown in 1 of the files, which are of before it was defined",)
    lake.put(key, parquet_bytes(pl.read_parquet(lake.objects[key]).clear().select("customer")))
    assert search(places(lake), Request("spend_365d >= 900")).notes == ()


def test_a_file_that_is_damaged_is_named_with_the_way_out(bought: MemoryLake) -> None:
    key = month_key(month_of(DAY), bucket_of("c-3"))
    body = bought.objects[key]
    unsealed = pl.read_parquet(body).with_columns(spend_365d=pl.lit("much"))
    for damaged in (body[:-9], body[:300] + bytes([body[300] ^ 1]) + body[301:], b"", parquet_bytes(unsealed)):
        lake = MemoryLake()
        lake.objects.update(bought.objects | {key: damaged})
        with pytest.raises(UserError, match=f"{key}: .*standing night"):
            rows(lake, "spend_365d > 0")


def test_a_bucket_that_failed_since_keeps_its_older_night_and_that_is_said(bought: MemoryLake) -> None:
    lake = MemoryLake()
    lake.objects.update(bought.objects)
    night(lake, RULES, {"c-2": BOUGHT["c-2"]}, DAY + 30)
    found = search(places(lake), Request("tier >= silver"))
    assert found.head == "Customers as of the end of 2024-11-03: 3"
    assert found.rows["customer"].to_list() == ["c-1", "c-2", "c-3"]
    assert found.notes == (
        "3 of those looked at are of 2024-10-04: their part of the night failed since (`standing report`)",
    )


def test_an_earlier_night_is_the_nearest_that_is_kept(bought: MemoryLake) -> None:
    lake = MemoryLake()
    lake.objects.update(bought.objects)
    night(lake, RULES, BOUGHT, day_number(date(2024, 11, 10)))
    near = {
        "2024-10-05": "2024-10-04",
        "2024-10-22": "2024-10-04",
        "2024-10-23": "2024-11-10",
        "2024-12-11": "2024-11-10",
    }
    for asked, expected in near.items():
        assert day_date(night_of(lake, day_number(date.fromisoformat(asked))).day) == date.fromisoformat(expected)
    found = search(places(lake), Request("", as_of=date(2024, 10, 22)))
    assert found.head == "Customers as of the end of 2024-10-04: 4"
    assert found.notes == ("no standing of 2024-10-22 is kept: the nearest one is that of 2024-10-04",)
    assert search(places(lake), Request("", as_of=date(2024, 10, 4))).notes == ()
    for far in ("2024-09-02", "2024-12-12"):
        with pytest.raises(UserError, match="there are standings of 2024-10-04, 2024-11-10"):
            rows(lake, "", as_of=date.fromisoformat(far))
    with pytest.raises(NoNight):
        last_night(MemoryLake())
    with pytest.raises(UserError, match="no night has stored a standing yet"):
        rows(MemoryLake(), "")


def test_the_rules_are_those_of_the_night(bought: MemoryLake) -> None:
    tier = made.rating("tier", ["low", "high"], {"high": every(line("spend", ">=", 1))})
    spend = made.feature("spend", "sum", made.NET, over=5)
    later = made.ruleset((spend,), Stratum(ratings=(tier,)))
    there = Sources(bought, Table(RULES, BOUGHT), RULES.followed_by(later, DAY + 1), now=made.noon(DAY + 1))  # type: ignore[arg-type]
    assert [row[0] for row in search(there, Request("tier == gold")).rows.rows()] == ["c-2"]


def test_an_option_that_means_nothing_is_refused(bought: MemoryLake) -> None:
    for what, option in (("care", "as_of"), ("tier == gold", "owner"), ("tier == gold", "since"), ("care", "columns")):
        value: Any = date(2024, 10, 4) if option in {"as_of", "since"} else "marketing"
        with pytest.raises(UserError, match=f"`--{option.replace('_', '-')}` does not apply here"):
            rows(bought, what, **{option: value})
    with pytest.raises(UserError, match="`--live` is as of now"):
        search(places(bought, live=True), Request("", as_of=date(2024, 10, 4)))


# Moves

FELL = {
    "c-0": owned([made.purchase(DAY - 20, "2500.00", "a"), made.refund(DAY - 2, "2000.00", "b")], "c-0"),
    "c-1": owned([made.purchase(DAY - 9, "900.00", "a"), made.purchase(DAY - 3, "2500.00", "b")], "c-1"),
    "c-2": owned([made.purchase(DAY - 9, "900.00", "a"), made.purchase(DAY - 8, "2500.00", "b")], "c-2"),
}


@pytest.fixture
def ledger() -> MemoryLake:
    """Decisions of three customers: one waits to be dealt out, one is dealt out, and one compacted; some twice."""
    lake, names = MemoryLake(), [*FELL]
    for who in names[:2]:
        pour(lake, lake_rows(RULES, who, FELL[who]), who)
    compact_all(lake, [bucket_of(names[0])])
    for who in names[1:]:
        pour(lake, lake_rows(RULES, who, FELL[who]), f"{who}-again")
    return lake


def test_who_moved_is_listed_once_the_last_first(ledger: MemoryLake) -> None:
    night(ledger, RULES, FELL, DAY)
    found = search(places(ledger), Request(moved="silver → gold", since=day_date(DAY - 10)))
    assert found.rows.select("customer", "day", "before", "level").rows() == [
        ("c-1", day_date(DAY - 3), "silver", "gold"),
        ("c-2", day_date(DAY - 8), "silver", "gold"),
    ]
    assert found.rows["rules"].unique().to_list() == [RULES.latest.version[:12]]
    assert found.rows["id"].n_unique() == 2
    assert found.head == "Moves of Tier, effective from 2024-09-24 on: 2"
    until = search(places(ledger), Request(moved="tier: silver -> gold", until=day_date(DAY - 4)))
    assert until.rows["customer"].to_list() == ["c-2"]
    assert until.head == "Moves of Tier, effective from 2024-09-06 to 2024-09-30: 1"
    assert search(places(ledger), Request("spend_365d > 3400 and tier == gold", moved="tier")).total == 0
    assert search(places(ledger), Request("spend_365d == 3400", moved="tier")).rows["customer"].to_list() == [
        "c-1",
        "c-2",
    ]


def test_the_table_knows_the_same_moves(ledger: MemoryLake) -> None:
    for move in ("tier", "silver → gold"):
        asked = Request(moved=move, since=day_date(DAY - 30))
        kept, lives = (search(places(ledger, live=live, histories=FELL), asked) for live in (False, True))
        assert kept.rows.equals(lives.rows)
        assert kept.total


def test_a_first_level_is_no_move_and_who_was_forgotten_did_not_move(ledger: MemoryLake) -> None:
    every_move = decisions(ledger, is_move("tier", None, None, DAY - 99))
    assert moves(every_move)["before"].null_count() == 0
    write_tombstone(ledger, "salt", "c-1")
    left = decisions(ledger, is_move("tier", None, None, DAY - 99))
    assert set(every_move["customer"]) - set(left["customer"]) == {"c-1"}


def test_decisions_that_are_damaged_are_named(ledger: MemoryLake) -> None:
    ledger.put("incoming/decisions/half.parquet", b"PAR1 half")
    with pytest.raises(CorruptFile, match=r"incoming/decisions/half\.parquet"):
        decisions(ledger, is_move("tier", None, None, 0))
    with pytest.raises(UserError, match="standing lake compact"):
        rows(ledger, "", moved="tier")


def test_levels_of_several_ratings_are_asked_back() -> None:
    ratings = [
        made.rating(name, ["low", "high", name], {"high": every(line("x", ">=", 1)), name: every(line("x", ">=", 2))})
        for name in ("one", "two")
    ]
    ruleset = made.ruleset((made.feature("x", "count", made.PURCHASES),), Stratum(ratings=tuple(ratings)))
    with pytest.raises(UserError, match="write `one: low → high` or `two: low → high`"):
        move_in("low → high", ruleset)
    assert move_in(" two : low -> high", ruleset) == (ruleset.ratings["two"], "low", "high")
    assert move_in("high→one", ruleset) == (ruleset.ratings["one"], "high", "one")
    assert move_in("one", ruleset) == (ruleset.ratings["one"], None, None)
    wrong = {
        "low": "is not a move: write",
        "low →": "is not a move: write",
        "hgh → low": "did you mean `high`",
        "one → two": "no rating has both",
        "three: low → high": "`three` is not a rating",
    }
    for text, said in wrong.items():
        with pytest.raises(UserError, match=said):
            move_in(text, ruleset)


# Care

WHO = "c-9"


def complaints(*more: Event) -> Histories:
    return {WHO: owned([made.purchase(DAY - 9, "100.00", "a"), made.complaint(DAY - 1, "b"), *more], WHO)}


def open_care(histories: Histories, today: Day = DAY, **asked: Any) -> list[tuple[Any, ...]]:
    lake = MemoryLake()
    for who, events in histories.items():
        pour(lake, _asked_on(lake_rows(RULES, who, events)), who)
    there = Sources(lake, Table(RULES, histories), RULES, now=made.noon(today))  # type: ignore[arg-type]
    return search(there, Request("care", **asked)).rows.rows()


def _asked_on(bucket: Bucket) -> Bucket:
    """The same, decided on the days themselves; what was made is decided in 1974 else."""
    decided = bucket.decisions.with_columns(
        decided_at=pl.col("day").cast(pl.Int64) * 86_400 + 50_000 + pl.col("version")
    )
    return bucket._replace(decisions=decided)


def test_open_care_is_what_was_requested_and_nobody_answered() -> None:
    found = open_care(complaints(), status="open", owner="service-recovery")
    assert found == [
        (
            WHO,
            "service-recovery",
            "apologise",
            "service-recovery",
            "email",
            "high",
            *map(day_date, (DAY - 1, DAY - 1, DAY + 2)),
        )
    ]
    for status in ("accepted", "done", "declined", "failed"):
        answered = complaints(programmes.answer(DAY, "service-recovery", day_date(DAY - 1), status))
        assert open_care(answered, status="open", owner="service-recovery") == []
        (one,) = open_care(answered, status=status)
        assert one[-2:] == (status, day_date(DAY - 1))


def test_care_is_open_to_its_last_day_and_then_expired() -> None:
    assert len(open_care(complaints(), DAY + 2, status="open", action="apologise")) == 1
    assert open_care(complaints(), DAY + 3, status="open", action="apologise") == []
    (one,) = open_care(complaints(), DAY + 3, status="expired", action="apologise")
    assert one[-2] == "expired"


def test_care_is_chosen_by_action_owner_and_day() -> None:
    assert (
        open_care(complaints(), action="send-welcome", status="open") == []
    )  # its conditions held before there was consent
    assert open_care(complaints(), since=day_date(DAY), action="apologise") == []
    assert len(open_care(complaints(), since=day_date(DAY - 1), action="apologise")) == 1
    with pytest.raises(UserError, match="did you mean `apologise`"):
        open_care(complaints(), action="apologize")
    with pytest.raises(UserError, match="`nobody` is the owner of no care rule; there are"):
        open_care(complaints(), owner="nobody")


def test_a_rule_of_before_says_what_it_asked_for() -> None:
    edited = RULES.latest.care["service-recovery"]
    other = edited.model_copy(update={"do": edited.do.model_copy(update={"owner": "somebody-else", "within": 9})})
    last = RULES.latest.strata[-1].model_copy(update={"care": (other,)})
    later = RULES.latest.model_copy(update={"strata": (*RULES.latest.strata[:-1], last), "version": "f" * 64})
    lake = MemoryLake()
    pour(lake, lake_rows(RULES, WHO, complaints()[WHO]), WHO)
    there = Sources(lake, Table(RULES, {}), RULES.followed_by(later, DAY + 1), now=made.noon(DAY))  # type: ignore[arg-type]
    found = search(there, Request("care", status="open", owner="service-recovery"))
    assert found.rows.select("owner", "until").rows() == [("service-recovery", day_date(DAY + 2))]


def test_customers_of_one_bucket_are_all_found() -> None:
    lake, names = MemoryLake(), neighbours("c-1", 3)
    parts = [lake_rows(RULES, who, owned([made.purchase(DAY - 1, "900.00")], who)) for who in names]
    records, states = pl.concat([one.records for one in parts]), pl.concat([one.states for one in parts])
    standing = rescore(RULES, records, states_of(latest(states)), None, DAY).standing
    lake.put(
        month_key(month_of(DAY), bucket_of("c-1")),
        parquet_bytes(at_end(standing, states.lazy(), records.lazy(), RULES.latest, DAY)),
    )
    assert [row[0] for row in rows(lake, "tier == silver")] == sorted(names)


def test_the_table_knows_features_of_rules_that_came_later() -> None:
    spend = made.feature("spend", "sum", made.NET, over=50)
    tier = made.rating("tier", ["low", "high"], {"high": every(line("spend", ">=", 90_000))})
    later = RULES.followed_by(made.ruleset((spend,), Stratum(ratings=(tier,))), DAY + 1)
    table = Table(RULES, BOUGHT)
    assert {one.customer for one in table.states() if features_changed(one, later, DAY + 1)} == {*BOUGHT}
    assert not any(features_changed(one, later, DAY) for one in table.states())
    (state,) = (one for one in table.states() if one.customer == "c-1")
    assert facts_today(state, later, DAY + 1, BOUGHT["c-1"])["spend"] == 90_000
