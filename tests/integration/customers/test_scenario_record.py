"""`standing scenario record`: a stored customer becomes a story that says nothing of the person and passes at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from standing.aws.table import Customers
from standing.cli import scenario
from standing.cli.app import app
from standing.customers.scenario import record_customer
from standing.rules.scenarios.check import ScenarioResults, check_scenarios
from standing.rules.timeline import Timeline
from standing.values.errors import UserError
from typer.testing import CliRunner

from tests.integration.customers.test_explain import apply
from tests.make.support import NOW, ROOT, complaint, envelope, purchase

PERSONAL = ("c-1", "04-03", "1990", "Mei", "13800001111", "u-4711", "agent-7", "order-", "p-1", "f-1", "awful", "shop")


def event(detail_type: str, number: int, days_ago: float, **fields: Any) -> dict[str, Any]:
    """An envelope of any type; its id comes from `number`."""
    time = (NOW - timedelta(days=days_ago)).isoformat()
    return envelope(detail_type, {"id": f"order-{number}", "customer": "c-1", "time": time, **fields})


STORY = (
    event("profile.v1", 1, 40, birthday="1990-04-03", consent={"email": True, "phone": False}),
    event("profile.v1", 2, 39, segments={"student": True, "house": "own", "contact": "Mei 13800001111"}),
    purchase(1, amount="1500.00", days_ago=38),
    purchase(2, amount="700.00", days_ago=20),
    purchase(3, amount="20.00", days_ago=20),
    purchase(4, amount="20.00", days_ago=20),
    event("refund.v1", 3, 19, amount="5.00", currency="USD", purchase="p-2", reason="too small, says Mei"),
    event("feedback.v1", 4, 18, kind="survey", score=4, scale=[1, 5], topic="visit", comment="awful, says Mei"),
    event("engagement.v1", 5, 17, kind="redemption", campaign="spring-24"),
    event(
        "override.v1", 6, 12, rating="tier", level="platinum", reason="goodwill", author="u-4711", expires="2026-03-25"
    ),
    complaint(1, days_ago=1, comment="awful"),
)
ANSWERED = {"care": "upper-tier-complaint", "day": "2026-03-30", "status": "declined", "reason": "agent-7@shop.example"}


@pytest.fixture
def stored(customers: Customers, rules: Timeline) -> Customers:
    """A customer with events of all kinds, each with something personal in it."""
    apply(customers, rules, NOW, *STORY)
    apply(customers, rules, NOW, event("care.v1", 7, 0, **ANSWERED))
    return customers


@pytest.fixture
def check(tmp_path: Path) -> Callable[[str], ScenarioResults]:
    """Play a text beside the rules of this clone."""

    def played(text: str) -> ScenarioResults:
        folder = tmp_path / "rules"
        shutil.copytree(ROOT / "rules", folder, ignore=shutil.ignore_patterns("scenarios"))
        (folder / "scenarios").mkdir()
        (folder / "scenarios" / "recorded.yaml").write_text(text)
        return check_scenarios(folder)

    return played


def test_it_passes_at_once_by_the_same_rules(
    stored: Customers, rules: Timeline, check: Callable[[str], ScenarioResults]
) -> None:
    story = record_customer(stored, rules, "c-1", date(2026, 3, 30))
    checked = check(story.text)
    assert [one.misses for one in checked.played] == [()]
    expected = {(one.kind, one.about): one.wanted for one in checked.played[0].scenario.expected}
    assert {about for kind, about in expected if kind == "rating"} == set(checked.ruleset.ratings)
    assert expected["rating", "tier"] == "gold"
    assert ("care", "upper-tier-complaint") in expected
    assert story.otherwise == ()


def test_nothing_personal_is_in_it_and_the_codes_stay(stored: Customers, rules: Timeline) -> None:
    text = record_customer(stored, rules, "c-1").text
    assert [word for word in PERSONAL if word in text] == []
    lines = [line.strip() for line in text.splitlines()]
    assert "purchase: {amount: 20.00}" in lines
    assert lines[lines.index("purchase: {amount: 20.00}") + 1] == "times: 2"
    assert "purchase: {id: bought-1, amount: 700.00}" in lines
    assert any(line.startswith("refund: {purchase: bought-1, amount: 5.00, reason: code-") for line in lines)
    assert "profile: {segments: {student: true, house: own, contact: code-1}}" in lines
    assert "feedback: {kind: survey, topic: visit, scale: [1, 5], score: 4}" in lines
    assert "engagement: {kind: redemption, campaign: spring-24}" in lines
    assert "care: {care: upper-tier-complaint, day: 2026-03-30, status: declined, reason: code-3}" in lines
    override = "{rating: tier, level: platinum, reason: goodwill, author: somebody, expires: 2026-03-25}"
    assert f"override: {override}" in lines


def test_what_rests_on_personal_data_is_said(
    stored: Customers, rules: Timeline, check: Callable[[str], ScenarioResults]
) -> None:
    story = record_customer(stored, rules, "c-1", date(2026, 4, 2))
    assert [*map(str, story.otherwise)] == ["birthday: due on 2026-04-02 only in the table"]
    assert [one.misses for one in check(story.text).played] == [()]


def test_a_day_in_the_past_ends_the_story_there(stored: Customers, rules: Timeline) -> None:
    text = record_customer(stored, rules, "c-1", date(2026, 3, 1)).text
    assert text.count("purchase:") == 1
    assert "expect: {lifecycle: new" in text


@pytest.mark.parametrize(("customer", "as_of"), [("nobody", None), ("c-1", date(2020, 1, 1))])
def test_where_there_is_nothing_to_tell_the_reason_is_said(
    stored: Customers, rules: Timeline, customer: str, as_of: date | None
) -> None:
    with pytest.raises(UserError, match=f"no customer `{customer}` with an event up to"):
        record_customer(stored, rules, customer, as_of)


class Stack:
    """A deployed stack that has a table and nothing else."""

    def __init__(self, customers: Customers) -> None:
        self.customers = customers


def test_the_command_writes_a_new_file_and_never_over_another(
    stored: Customers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenario, "target_of", lambda _: Stack(stored))
    monkeypatch.chdir(ROOT)
    file = tmp_path / "recorded.yaml"
    command = ["scenario", "record", "c-1"]
    printed = CliRunner().invoke(app, command).stdout
    assert CliRunner().invoke(app, [*command, "--out", str(file)]).exit_code == 0
    assert file.read_text() == printed
    assert printed.startswith("- scenario: recorded-")
    again = CliRunner().invoke(app, [*command, "--out", str(file)])
    assert "is there already: choose another name" in str(again.exception)
