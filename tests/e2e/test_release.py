"""Rules go live and back again, on the deployed template: versions behind the alias, and what decides which day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from standing.aws.stack import Target
from standing.rules.timeline import Timeline
from standing.values.days import day_date, day_of

from tests.e2e.conftest import gold_from
from tests.e2e.test_commands import said, standing
from tests.e2e.test_road import deliver, purchase


def function(name: str) -> str:
    """A function's physical name."""
    stack = boto3.client("cloudformation").describe_stack_resource(StackName="standing", LogicalResourceId=name)
    return stack["StackResourceDetail"]["PhysicalResourceId"]


def versions() -> dict[str, dict[str, int]]:
    """The version behind the alias `live` of each function: of those that read rules, and of the others."""
    client = boto3.client("lambda")
    found: dict[str, dict[str, int]] = {"readers": {}, "others": {}}
    for one in client.list_functions()["Functions"]:
        name = one["FunctionName"]
        if name.startswith("standing-"):
            reads = any(":layer:RulesetLayer" in layer["Arn"] for layer in one.get("Layers", []))
            version = int(client.get_alias(FunctionName=name, Name="live")["FunctionVersion"])
            found["readers" if reads else "others"][name] = version
    return found


def later(before: dict[str, dict[str, int]], releases: int) -> dict[str, dict[str, int]]:
    """The versions after some releases: whoever reads rules has that many more, the others none."""
    return before | {"readers": {name: version + releases for name, version in before["readers"].items()}}


def timeline() -> list[tuple[str, str]]:
    return [(entry["version"], entry["state"]) for entry in said("rules", "live")["timeline"]]


def tiers(target: Target, customer: str) -> list[tuple[str, str]]:
    """The tiers that were announced, each with the rules that decided it."""
    decisions = target.customers.decisions(customer)
    return [(one["to"], one["rules"]) for one in decisions if one.get("rating") == "tier"]


@pytest.fixture
def taken_back() -> Iterator[None]:
    """Other tests of the session go on with the rules of the clone."""
    yield
    standing("rules", "rollback")


@pytest.mark.usefixtures("taken_back")
def test_a_changed_threshold_is_a_new_version_that_decides_its_days_and_can_be_taken_back(
    target: Target, rules: Timeline, tmp_path: Path
) -> None:
    edited = gold_from("1500.00", tmp_path / "rules")
    old, before = rules.latest.version, versions()
    assert all(before.values())
    today = day_date(day_of(datetime.now(UTC), rules.latest.programme.time_zone))
    assert timeline() == [(old, "in-force")]
    done = standing("rules", "release", "--rules", edited, "--from", str(today))
    assert done.returncode == 0, done.stderr
    (_, over), (new, now) = timeline()
    assert (over, now) == ("over", "in-force")
    assert versions() == later(before, 1)
    behind = {one["FunctionArn"].rsplit(":", 1)[-1] for one in _mappings()}
    assert behind == {"live"}

    deliver(target, tmp_path / "before", [purchase("released", 1, "1600.00", 1)])
    assert tiers(target, "released") == [("silver", old)]
    deliver(target, tmp_path / "after", [purchase("released", 2, "1.00", 0)])
    assert tiers(target, "released") == [("silver", old), ("gold", new)]
    assert said("show", "released")["ratings"]["tier"]["level"] == "gold"

    done = standing("rules", "rollback")
    assert done.returncode == 0, done.stderr
    assert timeline() == [(old, "in-force")]  # the day on which they began has one ruleset
    assert versions() == later(before, 2)
    deliver(target, tmp_path / "again", [purchase("released", 3, "1.00", 0)])
    assert tiers(target, "released")[-1] == ("silver", old)
    assert said("show", "released")["ratings"]["tier"]["level"] == "silver"
    refused = standing("rules", "rollback")
    assert refused.returncode == 1
    assert "no rules before these" in refused.stderr
    yesterday = str(today - timedelta(days=1))
    assert "that day is over" in standing("rules", "release", "--rules", edited, "--from", yesterday).stderr


def _mappings() -> list[Any]:
    ours = {function(name) for name in ("Ingest", "Publish")}
    found: list[Any] = [
        one
        for name in ours
        for one in boto3.client("lambda").list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    ]
    assert len(found) == 2
    return found
