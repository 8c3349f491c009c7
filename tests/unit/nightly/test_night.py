"""The night against live events: nothing newer is overwritten, nothing is lost, and the standing is the fold's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.aws.table import MOST_ITEMS, CommitConflict, EventRecord, count_rows
from standing.engine.advance import advance_clock
from standing.engine.decide import DecisionResult, decide, needs_history
from standing.engine.start import NOTHING, StoredHistory
from standing.engine.state import Checkpoint, State
from standing.events.intake import Event
from standing.nightly.clock import ClockRun
from standing.rules.ruleset import Ruleset, Stratum
from standing.rules.timeline import Timeline
from standing.values.days import Day

from tests.make import programmes
from tests.make import strategies as made
from tests.make.strategies import CLUB_RULES, every, line, noon, purchase, stored, stored_checkpoint

NIGHT = 1_090


@dataclass
class Table:
    """One customer's rows in memory, under the table's condition; `meanwhile` happens between a load and its commit."""

    rules: Timeline
    meanwhile: list[Event] = field(default_factory=list)
    state: State | None = None
    events: list[Event] = field(default_factory=list)
    kept: dict[Day, Checkpoint] = field(default_factory=dict)
    commits: list[int] = field(default_factory=list)

    def load(self, _customer: str) -> State | None:
        return self.state

    def history(self, _customer: str) -> list[EventRecord]:
        return [EventRecord(event, noon(NIGHT), counts=True) for event in self.events]

    def checkpoints(self, _customer: str) -> list[Checkpoint]:
        return list(self.kept.values())

    def commit(
        self, before: State | None, outcome: DecisionResult, events: Sequence[Event], _rules: Timeline, _now: datetime
    ) -> None:
        if not events and self.meanwhile:
            self.ingest(self.meanwhile.pop())
        if (before.version if before else 0) != (self.state.version if self.state else 0):
            raise CommitConflict({})
        assert count_rows(outcome, events) <= MOST_ITEMS
        self.state = stored(outcome.state)
        self.events += events
        self.kept |= {one.day: stored_checkpoint(one) for one in outcome.checkpoints}
        self.commits.append(self.state.version)

    def ingest(self, event: Event) -> None:
        """A live event, applied."""
        past = StoredHistory(list(self.events), list(self.kept.values()))
        needed = past if needs_history(self.state, [event], self.rules) else NOTHING
        self.commit(
            self.state, decide(self.state, [event], self.rules, noon(NIGHT), needed), [event], self.rules, noon(0)
        )


def night(table: Table, until: Day) -> ClockRun:
    passing = ClockRun(table.rules, table, until, clock=lambda: noon(until + 1), pause=lambda _: None)
    passing.all(["c-1"])
    return passing


def raced(rules: Timeline, events: list[Event], random: Random) -> None:
    """Live events and nights in some order, some events between a night's load and its commit."""
    table = Table(rules)
    waiting = list(events)
    random.shuffle(waiting)
    while waiting:
        table.ingest(waiting.pop())
        table.meanwhile = [waiting.pop() for _ in range(random.randrange(3)) if waiting]
        night(table, random.randrange(1_000, NIGHT))
        waiting += table.meanwhile
    assert table.commits == list(range(1, len(table.commits) + 1))  # each on the version before
    alone = Table(rules)
    for one in (table, alone):
        for event in [*([] if one is table else events), purchase(NIGHT + 1, "0.00", "probe")]:
            one.ingest(event)
    assert table.state is not None
    assert alone.state is not None
    assert (table.state.closed, table.state.buckets) == (alone.state.closed, alone.state.buckets)


@pytest.mark.invariant("INV-9")
@settings(max_examples=100, deadline=None)
@given(programmes.rulesets(), programmes.histories(most=6, span=60), st.randoms(use_true_random=False))
def test_a_night_that_races_live_events_overwrites_nothing(
    ruleset: Ruleset, events: list[Event], random: Random
) -> None:
    raced(Timeline.of(ruleset), events, random)


@pytest.mark.invariant("INV-9")
@pytest.mark.long
def test_ten_thousand_interleavings() -> None:
    days = [1_000, 1_000, 1_012, 1_031, 1_032, 1_060]
    events = [purchase(day, f"{40 * number}.00", f"e{number}") for number, day in enumerate(days, 1)]
    for seed in range(10_000):
        raced(CLUB_RULES, list(events), Random(seed))


def test_a_customer_whom_others_keep_changing_is_left_to_the_next_night() -> None:
    table = Table(CLUB_RULES)
    table.ingest(purchase(1_000, "250.00"))
    table.meanwhile = [purchase(1_001, "1.00", f"m{number}") for number in range(20)]
    passing = night(table, NIGHT)
    assert passing.counts["busy"] == 1
    assert passing.counts["conflicts"] == 6


def test_a_customer_who_is_gone_is_counted_and_left_alone() -> None:
    passing = night(Table(CLUB_RULES), NIGHT)
    assert (passing.counts["gone"], passing.counts["commits"]) == (1, 0)


OFTEN = Timeline.of(
    made.ruleset(
        (made.feature("since", "days_since_last", made.PURCHASES),),
        Stratum(
            care=tuple(
                made.care(f"on-{day}-{number}", every(line("since", "==", day)), repeat_after=1, within=1)
                for day in (30, 40, 50)
                for number in range(20)
            )
        ),
    )
)


def test_more_than_one_transaction_takes_is_written_in_several() -> None:
    table = Table(OFTEN)
    table.ingest(purchase(1_000, "250.00"))
    passing = night(table, NIGHT)
    assert passing.counts["decisions"] == 60
    assert passing.counts["commits"] == 3
    assert night(table, NIGHT).counts == {"nothing": 1}


def test_a_second_night_writes_nothing() -> None:
    table = Table(CLUB_RULES)
    table.ingest(purchase(1_000, "250.00"))
    assert night(table, NIGHT).counts["moved"] == 1
    assert night(table, NIGHT).counts == {"nothing": 1}
    assert table.state is not None
    assert advance_clock(table.state, CLUB_RULES, NIGHT, noon(NIGHT + 1)) is None
