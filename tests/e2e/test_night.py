"""The night as it is deployed: the state machine closes a day for everybody, a bucket that failed can be done again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from standing.aws.stack import Target
from standing.lake.layout import month_key, partition, standing_key
from standing.nightly.planned import plan_of
from standing.nightly.summary import parts
from standing.values.days import day_in

from tests.e2e.test_lake import in_the_lake, standing
from tests.e2e.test_road import consent, deliver, outcomes, purchase, until
from tests.make.lakes import deployed_bucket_of, last_file

SLIPS, STAYS = "night-slips", "night-stays"


def night(*arguments: str) -> tuple[int, dict[str, Any]]:
    """The night, by the command; its exit code, and what it gave back."""
    done = standing("night", "--json", *arguments)
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, found


def planned(target: Target) -> list[int]:
    """The buckets that the last execution found due."""
    machine = target.outputs["NightArn"]
    last = target.states.list_executions(stateMachineArn=machine)["executions"][0]
    told = target.states.get_execution_history(executionArn=last["executionArn"])["events"]
    outputs = [event["stateExitedEventDetails"] for event in told if "stateExitedEventDetails" in event]
    output = json.loads(next(one["output"] for one in outputs if one["name"] == "Plan"))
    return plan_of(target.lake, output["planned"]).due


def test_a_night_closes_the_day_for_everybody_and_a_bucket_that_failed_is_done_again(
    target: Target, ear: str, tmp_path: Path
) -> None:
    events = [
        *(purchase(SLIPS, n, "900.00", 130 + n) for n in range(4)),
        consent(SLIPS, "email", 140),
        purchase(STAYS, 1, "12.00", 3),
    ]
    deliver(target, tmp_path / "events", events)
    until(lambda: in_the_lake(target, SLIPS) and in_the_lake(target, STAYS))
    before = target.customers.load(SLIPS)
    number = deployed_bucket_of(STAYS)
    assert number != deployed_bucket_of(SLIPS)
    assert standing("lake", "compact").returncode == 0
    key = last_file(target.lake, "records", number)
    whole = target.lake.get(key).body
    target.lake.put(key, whole[: len(whole) // 2])

    code, ended = night()
    assert (code, ended["status"], ended["cause"][:13]) == (1, "FAILED", "BucketsFailed")
    after = target.customers.load(SLIPS)
    assert before is not None
    assert after is not None
    assert after.day > before.day
    day = next(iter(target.lake.keys("nights/2")))[len("nights/") :][:10]
    report = json.loads(target.lake.get(f"nights/{day}.json").body)
    assert report["failed_buckets"] == [number]
    assert report["wrong"][partition(number)]["code"] == "not-whole"
    assert '<html lang="zh-CN">' in target.lake.get(f"nights/{day}.zh.html").body.decode()
    said = [one for one in outcomes(target, ear, SLIPS) if one["detail"].get("rating") == "lifecycle"]
    assert said[-1]["detail"]["day"] <= day

    target.lake.put(key, whole)
    code, ended = night("--day", day)
    different = json.loads(target.lake.get(f"nights/{day}.json").body)["different"]
    assert (code, ended["status"], ended["failed_buckets"], different) == (0, "SUCCEEDED", 0, [])
    assert planned(target) == [number]
    report = json.loads(target.lake.get(f"nights/{day}.json").body)
    assert 0 < sum(report["figures"]["levels"]["tier"].values()) <= report["customers"]
    assert report["trend"][day] == report["figures"]["levels"]
    assert target.lake.get(month_key(day[:7], number)).body
    assert sorted(parts(target.lake, day)) == sorted({*parts(target.lake, day), number})

    versions = dict(target.customers.versions())
    code, ended = night("--day", day)
    assert (code, planned(target)) == (0, [])
    assert dict(target.customers.versions()) == versions
    assert target.lake.get(standing_key(number)).body
    state = target.customers.load(SLIPS)
    assert state is not None
    assert state.day == day_in(day)


@pytest.mark.usefixtures("target")
def test_a_day_that_is_not_over_is_refused() -> None:
    code, ended = night("--day", "2999-01-01")
    assert (code, ended["status"]) == (1, "FAILED")
    assert "is not over" in ended["cause"]
