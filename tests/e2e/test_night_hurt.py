"""Nights that are hurt, as deployed: two at once, objects of the lake that are deleted, files that are corrupted.

On two busy cores, with 8 buckets and every start of a function a cold one: two nights at once took 156 to 253 s; the
night with two files deleted and two corrupted 22 to 37 s, and named what it could see; `standing lake gaps --refill`
13 s; the second start, of the four buckets that were left, 9 s. `-s` prints the times of this machine.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import pytest
from standing.aws.lake_bucket import ABSENT
from standing.aws.stack import Target
from standing.engine.view import view, view_of_history
from standing.lake.compaction import stage
from standing.lake.layout import KINDS, Kind, partition, staged_prefix
from standing.nightly.execution import Night, follow
from standing.nightly.plan import buckets, day_to_close
from standing.nightly.planned import Planned, keep_plan
from standing.nightly.summary import part_key, report_key
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_date, day_in

from tests.e2e.test_lake import in_the_lake, standing
from tests.e2e.test_night import night, planned
from tests.e2e.test_road import Event, deliver, purchase, until
from tests.make.lakes import deployed_bucket_of, last_file, months_of
from tests.make.support import taken

BUCKETS = 8
AT_ONCE = 3  # buckets of an execution: each is a process, and this machine may have two cores


@dataclass
class Crowd:
    """Customers of a bucket each, the events that were sent of them, and what two nights at once came to."""

    events: dict[str, list[Event]]
    day: str
    ended: list[Night]
    before: dict[str, int]
    report: dict[str, Any]

    @property
    def names(self) -> list[str]:
        """The customers."""
        return list(self.events)


@contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - began:.1f} s")


def report_of(target: Target, day: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(target.lake.get(report_key(day)).body)
    return found


def machine(target: Target, first: str) -> str:
    """The deployed state machine from a state on, with fewer processes at once, and with more failures tolerated."""
    deployed = target.states.describe_state_machine(stateMachineArn=target.outputs["NightArn"])
    definition = json.loads(deployed["definition"]) | {"StartAt": first}
    for name in [*takewhile(lambda one: one != first, ("Deal", "Plan", "Train", "Rescore"))]:
        del definition["States"][name]
    del definition["States"]["Rescore"]["MaxConcurrencyPath"]
    definition["States"]["Rescore"] |= {"MaxConcurrency": AT_ONCE, "ToleratedFailurePercentage": 50}
    made = target.states.create_state_machine(
        name=f"night-from-{first}", definition=json.dumps(definition), roleArn=deployed["roleArn"]
    )
    return made["stateMachineArn"]


def started(target: Target, arn: str, told: dict[str, Any]) -> str:
    return target.states.start_execution(stateMachineArn=arn, input=json.dumps(told))["executionArn"]


def ended(target: Target, *executions: str) -> list[Night]:
    return [follow(target, execution, lambda *_: None) for execution in executions]


@pytest.fixture(scope="module")
def crowd(target: Target, rules: Timeline, tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    """Two executions of the night before last's day, begun together."""
    names: dict[int, str] = {}
    for number in count():
        names.setdefault(deployed_bucket_of(f"hurt-{number}"), f"hurt-{number}")
        if len(names) == BUCKETS:
            break
    events = {who: [purchase(who, 1, "900.00", 130), purchase(who, 2, "40.00", 125)] for who in names.values()}
    deliver(target, tmp_path_factory.mktemp("hurt") / "events", [one for some in events.values() for one in some])
    until(lambda: all(in_the_lake(target, who) for who in events))
    day = str(day_date(day_to_close(datetime.now(UTC), rules.latest) - 1))
    target.lake.delete(target.lake.keys("nights/"))
    before = dict(target.customers.versions())
    whole = machine(target, "Deal")
    with timed(f"two nights at once, {BUCKETS} buckets"):
        both = ended(target, *[started(target, whole, {"day": day}) for _ in range(2)])
    return Crowd(events, day, both, before, report_of(target, day))


def check_fold(target: Target, rules: Timeline, crowd: Crowd, day: Day) -> None:
    """Each customer stands where the fold of their events has them, and no decision was made twice."""
    for who in crowd.names:
        state, history = target.customers.load(who), taken(rules.latest, *crowd.events[who], now=datetime.now(UTC))
        assert state is not None
        assert view(state, rules, day) == view_of_history(history, rules, day), who
        made = [
            (one["day"], one.get("rating"), one.get("to"), one.get("care")) for one in target.customers.decisions(who)
        ]
        assert max(Counter(made).values()) == 1, made


def test_two_nights_at_once_come_to_what_one_would(target: Target, rules: Timeline, crowd: Crowd) -> None:
    assert [one.status for one in crowd.ended] == ["SUCCEEDED"] * 2, crowd.ended
    check_fold(target, rules, crowd, day_in(crowd.day))
    moved = {who: after - crowd.before[who] for who, after in target.customers.versions() if after > crowd.before[who]}
    assert set(crowd.names) <= set(moved)
    report = crowd.report
    assert (report["moved"], report["commits"]) == (len(moved), sum(moved.values()))
    decided = [one for who in moved for one in target.customers.decisions(who) if one["sequence"] > crowd.before[who]]
    assert report["decisions"] == len(decided)
    assert (report["failed_buckets"], report["differences"], report["wrong"]) == ([], 0, {})
    assert report["customers"] == len(crowd.before)


def test_what_is_deleted_or_corrupted_during_a_night_is_named_and_mended(
    target: Target, rules: Timeline, crowd: Crowd, tmp_path: Path
) -> None:
    gone, unseen, truncated, flipped = crowd.names[:4]
    lost: tuple[Kind, ...] = ("records", "states")
    one_more = purchase(unseen, 3, "15.00", 2)
    crowd.events[unseen].append(one_more)
    deliver(target, tmp_path / "more", [one_more])
    until(lambda: in_the_lake(target, unseen) and all(in_the_lake(target, who) for who in crowd.names))
    day, broken = (
        str(date.fromisoformat(crowd.day) + timedelta(days=1)),
        sorted(map(deployed_bucket_of, (truncated, flipped))),
    )
    assert stage(target.lake).wrong == {}
    known = buckets(target.lake)
    plan = keep_plan(target.lake, Planned(day, known, known)) | {"at_once": 4}
    told = {"planned": plan, "wrong": {}, "model": {}}

    target.lake.delete([key for kind in lost for key in months_of(target.lake, kind, deployed_bucket_of(gone))])
    waiting = [key for kind in KINDS for key in target.lake.keys(staged_prefix(kind, deployed_bucket_of(unseen)))]
    assert waiting
    target.lake.delete(waiting)
    whole = {
        who: target.lake.get(last_file(target.lake, "records", deployed_bucket_of(who))).body
        for who in (truncated, flipped)
    }
    target.lake.put(
        last_file(target.lake, "records", deployed_bucket_of(truncated)), whole[truncated][: len(whole[truncated]) // 2]
    )
    changed = bytearray(whole[flipped])
    changed[len(changed) // 2] ^= 1
    target.lake.put(last_file(target.lake, "records", deployed_bucket_of(flipped)), bytes(changed))

    with timed("a night with two files deleted and two corrupted"):
        (failed,) = ended(target, started(target, machine(target, "Rescore"), told))
    report = report_of(target, day)
    assert (failed.status, failed.cause[:13], report["failed_buckets"]) == ("FAILED", "BucketsFailed", broken), report[
        "wrong"
    ]
    assert report["wrong"][partition(deployed_bucket_of(truncated))]["code"] == "not-whole"
    assert report["wrong"][partition(deployed_bucket_of(flipped))]["code"] == "not-the-same"
    assert gone in report["incomplete"]
    check_fold(target, rules, crowd, day_in(day))
    for who in set(crowd.names) - {truncated, flipped}:
        assert target.lake.get(part_key(day, deployed_bucket_of(who))) is not ABSENT

    for who in (truncated, flipped):
        target.lake.put(last_file(target.lake, "records", deployed_bucket_of(who)), whole[who])
    listed = standing("lake", "gaps", "--json")
    assert listed.stdout, listed.stderr
    missing = {one["customer"] for one in json.loads(listed.stdout)}
    assert {gone, unseen} <= missing
    with timed("refilling what was deleted"):
        assert standing("lake", "gaps", "--refill").returncode == 0
    target.lake.delete([part_key(day, deployed_bucket_of(who)) for who in (gone, unseen)])
    with timed("the second start"):
        code, again = night("--day", day)
    assert (code, again["status"], again["failed_buckets"]) == (0, "SUCCEEDED", 0)
    assert planned(target) == sorted({*broken, deployed_bucket_of(gone), deployed_bucket_of(unseen)})
    report = report_of(target, day)
    assert (report["incomplete"], report["wrong"], report["differences"]) == ([], {}, 0)
    assert report["customers"] == len(dict(target.customers.versions()))
    check_fold(target, rules, crowd, day_in(day))
