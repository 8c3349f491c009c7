"""A candidate in the shadow, on the deployed template: it decides the same events, and nobody hears of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standing.aws.queues import peek
from standing.aws.stack import Target
from standing.operations.listener import await_published
from standing.operations.sender import waiting

from tests.e2e.conftest import gold_from
from tests.e2e.test_commands import said, standing
from tests.e2e.test_road import complaint, consent, deliver, purchase, until

SHADOW = Target("standing-shadow")
OURS = "candidate-"


@pytest.fixture
def stopped() -> Iterator[None]:
    """Whatever happens, no shadow is left for the other tests."""
    yield
    standing("rules", "shadow", "stop")


def content(target: Target) -> str:
    """A digest of all that the live table holds."""
    rows = target.dynamodb.get_paginator("scan").paginate(TableName=target.outputs["TableName"])
    return hashlib.sha256("".join(sorted(repr(row) for page in rows for row in page["Items"])).encode()).hexdigest()


def drained() -> bool:
    return waiting(SHADOW) == 0


def moves(compared: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Our customers who stand otherwise in the shadow: tier live, tier in the shadow."""
    return {
        customer: (move["live"], move["shadow"])
        for move in compared["moves"]
        if move["rating"] == "tier"
        for customer in move["customers"]
        if customer.startswith(OURS)
    }


@pytest.mark.usefixtures("stopped")
def test_a_candidate_decides_everything_and_announces_nothing(target: Target, ear: str, tmp_path: Path) -> None:
    """The candidate's gold begins at 1,550.00: who spent that, and less than 2,000.00, is gold in the shadow alone."""
    edited = gold_from("1550.00", tmp_path / "rules")  # no other test releases these
    before = [
        purchase(f"{OURS}between", 1, "1600.00", 1),
        purchase(f"{OURS}below", 1, "700.00", 1),
        purchase(f"{OURS}above", 1, "2500.00", 1),
        consent(f"{OURS}between", "letter", 2),
    ]
    deliver(target, tmp_path / "before", before)
    await_published(target)
    held = content(target)
    started = standing("rules", "shadow", "start", "--rules", edited)
    assert started.returncode == 0, started.stderr
    assert content(target) == held
    found = said("rules", "shadow")
    assert moves(found) == {f"{OURS}between": ("silver", "gold")}
    assert found["customers"]["only_live"] == found["customers"]["only_shadow"] == 0

    after = [
        purchase(f"{OURS}later", 1, "1800.00", 0),
        purchase(f"{OURS}small", 1, "20.00", 0),
        complaint(f"{OURS}between", 1, 0),
    ]
    deliver(target, tmp_path / "after", [*after, after[0]])
    until(drained)
    found = said("rules", "shadow")
    assert moves(found) == {f"{OURS}between": ("silver", "gold"), f"{OURS}later": ("silver", "gold")}
    (move,) = (one for one in found["moves"] if one["rating"] == "tier" and one["shadow"] == "gold")
    because = move["because"][f"{OURS}later"]
    assert because == [{"line": "spend_365d >= 1550.00", "actual": "1800.00", "holds": True}]
    asked = found["care"]["upper-tier-complaint"]
    assert asked["shadow"].get("requested", 0) == asked["live"].get("requested", 0) + 1

    assert said("show", f"{OURS}later", "--stack", "standing-shadow")["ratings"]["tier"]["level"] == "gold"
    assert said("show", f"{OURS}later")["ratings"]["tier"]["level"] == "silver"
    await_published(target)
    heard = [json.loads(body)["detail"] for body in peek(target, ear)]
    assert found["candidate"] not in {outcome["rules"] for outcome in heard}
    assert len({outcome["id"] for outcome in heard}) == sum(1 for _ in target.customers.outcomes())

    again = standing("rules", "shadow", "start", "--rules", edited)
    assert "decided 0 events" in again.stderr.replace("\n", " ")
    text = standing("rules", "shadow", "--lang", "zh").stdout
    assert f"{OURS}later" in text
    assert "现行" in text
    table = SHADOW.outputs["TableName"]
    assert standing("rules", "shadow", "stop").returncode == 0
    assert table not in target.dynamodb.list_tables()["TableNames"]
    refused = standing("rules", "shadow")
    assert refused.returncode == 1
    assert "no shadow of `standing` runs" in refused.stderr
