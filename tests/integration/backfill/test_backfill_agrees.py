"""A customer taken over, live, rebuilt, and rescored from the lake: one standing, whatever `lateness` and `history`."""

from __future__ import annotations

from typing import Any

import pytest
from standing.aws.table import STATE, Customers, stored_history
from standing.backfill.settlement import Settlement
from standing.engine.decide import fold_anew
from standing.engine.state import State
from standing.engine.view import view_of_history
from standing.events.intake import Event
from standing.ingest.batch import Ingest
from standing.lake.compaction import compact, stage
from standing.lake.gaps import behind_table, missing_commits
from standing.lake.incoming import write_rows
from standing.lake.reader import read_bucket
from standing.lake.rows import rows_in
from standing.nightly.bucket import rescore_bucket
from standing.nightly.plan import day_to_close
from standing.report.model import BucketReport
from standing.rules.ruleset import Programme
from standing.rules.timeline import Timeline
from standing.values.days import Day

from tests.integration.nightly.test_night import LATER, RULES
from tests.make.crowd import crowd
from tests.make.lakes import MemoryLake, bucket_of
from tests.make.support import NOW, KeptRejections, message, purchase, taken

WHO = "c-1"
NUMBER = bucket_of(WHO)
STRICT = {"lateness": 30}
SHORT = {"lateness": 30, "history": 100}


def under(rules: Timeline, **more: Any) -> Timeline:
    """The rules with another programme."""
    ruleset = rules.latest
    programme = Programme.model_validate(ruleset.programme.model_dump() | more)
    return Timeline.of(ruleset.model_copy(update={"programme": programme}))


def settle(lake: MemoryLake, customers: Customers, rules: Timeline, events: list[Event]) -> Any:
    until = day_to_close(NOW, rules.latest)
    return Settlement(lake, customers, rules, until, lambda: NOW, pause=lambda _: None).part(events).counts


def loaded(customers: Customers, who: str) -> State:
    state = customers.load(who)
    assert state is not None
    return state


def night(lake: MemoryLake, customers: Customers, rules: Timeline, who: str, until: Day) -> BucketReport:
    return rescore_bucket(lake, customers, rules, bucket_of(who), until, clock=lambda: NOW)


@pytest.mark.parametrize("more", [{}, STRICT])
def test_rebuilt_and_rescored_it_is_the_same(rules: Timeline, customers: Customers, more: dict[str, Any]) -> None:
    rules = under(rules, **more)
    until = day_to_close(NOW, rules.latest)
    for who, events in crowd(12, 500, seed=7):
        lake = MemoryLake()
        settle(lake, customers, rules, events)
        state = loaded(customers, who)
        assert state.closed == view_of_history(events, rules, until).memory
        stored = stored_history(customers.history(who), customers.checkpoints(who))
        rebuilt = fold_anew(state, rules, NOW, stored)
        assert (rebuilt.state.closed, rebuilt.state.buckets) == (state.closed, state.buckets)
        assert rebuilt.decisions == ()
        told = night(lake, customers, rules, who, until)
        assert (told.reconciled, told.differences, told.commits, told.stirred) == (1, 0, 0, 0)


def test_no_row_of_it_is_one_that_is_published(rules: Timeline, customers: Customers) -> None:
    for who, events in crowd(5, 300, seed=2):
        settle(MemoryLake(), customers, rules, events)
        kinds = {row["sk"]["S"].partition("#")[0] for row in customers.rows(who)}
        assert kinds <= {STATE, "EVENT", "CHECKPOINT"}
    assert list(customers.outcomes()) == []


def test_what_the_stream_brings_after_it_are_repeats(rules: Timeline, customers: Customers) -> None:
    lake = MemoryLake()
    (who, events), *_ = crowd(1, 300, seed=2)
    settle(lake, customers, rules, events)
    compact(lake, bucket_of(who))
    before = read_bucket(lake, bucket_of(who))
    for kind, rows in rows_in(customers.rows(who), rules, "stream").items():
        write_rows(lake, kind, rows)
    stage(lake)
    compact(lake, bucket_of(who))
    after = read_bucket(lake, bucket_of(who))
    assert after.records.equals(before.records)
    assert after.states.equals(before.states)
    assert behind_table(after, customers.versions()).height == missing_commits(after).height == 0


def test_an_event_that_was_sent_too_late_counts_once_it_is_history(customers: Customers) -> None:
    rules = under(RULES, **STRICT)
    ingest = Ingest(rules, customers, KeptRejections(), clock=lambda: NOW)
    ingest.batch([message(1, purchase(1, amount="1.00", days_ago=12)), message(2, purchase(2, days_ago=300))])
    assert [one.counts for one in customers.history(WHO)].count(False) == 1
    lake, other = MemoryLake(), taken(rules.latest, purchase(2, amount="3.00", days_ago=300))
    assert settle(lake, customers, rules, other)["conflicting"] == 1
    assert settle(lake, customers, rules, taken(rules.latest, purchase(2, days_ago=300)))["events"] == 1
    assert all(one.counts for one in customers.history(WHO))
    state = loaded(customers, WHO)
    rebuilt = fold_anew(state, rules, NOW, stored_history(customers.history(WHO))).state
    assert (rebuilt.closed, rebuilt.buckets) == (state.closed, state.buckets)
    until = day_to_close(NOW, rules.latest)
    told = night(lake, customers, rules, WHO, until)
    assert (told.reconciled, told.differences) == (1, 0)
    records = read_bucket(lake, NUMBER).records
    assert (records.height, records["late"].any()) == (2, False)


def test_what_is_older_than_the_history_that_is_kept_is_in_the_lake_and_in_the_standing(
    rules: Timeline, customers: Customers
) -> None:
    rules, lake = under(rules, **SHORT), MemoryLake()
    until = day_to_close(NOW, rules.latest)
    old = taken(rules.latest, *(purchase(n, amount="400.00", days_ago=700 - 20 * n) for n in range(30)))
    new = taken(rules.latest, *(purchase(n, amount="90.00", days_ago=99 - 3 * (n - 30)) for n in range(30, 60)))
    more = taken(rules.latest, purchase(60, amount="7.00", days_ago=5), purchase(61, amount="8.00", days_ago=2))
    settle(lake, customers, rules, [*old, *new])
    assert len(customers.history(WHO)) == len(new)
    assert loaded(customers, WHO).closed == view_of_history([*old, *new], rules, until).memory
    for some in (more, more, new):
        settle(lake, customers, rules, some)
        state = loaded(customers, WHO)
        assert state.closed == view_of_history([*old, *new, *more], rules, until).memory
    told = night(lake, customers, rules, WHO, until)
    assert (told.reconciled, told.differences, told.commits) == (1, 0, 0)
    assert read_bucket(lake, NUMBER).records.height == len([*old, *new, *more])


def test_the_night_after_says_what_changed_since_and_the_next_nothing(customers: Customers) -> None:
    lake, until = MemoryLake(), day_to_close(LATER, RULES.latest)
    events = [purchase(1, amount="30.00", days_ago=7), purchase(2, amount="2500.00", days_ago=3)]
    settle(lake, customers, RULES, taken(RULES.latest, *events))
    for _ in range(2):
        rescore_bucket(lake, customers, RULES, NUMBER, until, clock=lambda: LATER)
        said = [(one.get("to") or one["care"]) for one in customers.decisions(WHO)]
        assert sorted(said) == ["bronze", "call"]
