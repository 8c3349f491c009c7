"""The rules of this clone, on customers that a loyalty team would recognise."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from standing.engine.view import view_of_history
from standing.values.days import day_number

from tests.make.support import complaint, purchase, real_rules, taken

TODAY = date(2026, 3, 31)
RULES = real_rules()


def levels(*envelopes: dict[str, object], in_days: int = 0) -> dict[str, str]:
    day = day_number(TODAY + timedelta(days=in_days))
    seen = view_of_history(taken(RULES.latest, *envelopes), RULES, day)
    return {name: held.level for name, held in seen.memory.levels.items()}


def shopping(first_days_ago: int, last_days_ago: int, every: int, amount: str = "30.00") -> list[dict[str, object]]:
    return [purchase(days, days_ago=days, amount=amount) for days in range(last_days_ago, first_days_ago + 1, every)]


@pytest.mark.parametrize(
    ("stage", "events", "in_days"),
    [
        ("prospect", [complaint(1, days_ago=3)], 0),
        ("new", shopping(20, 2, 6), 0),
        ("active", shopping(120, 5, 15), 0),
        ("loyal", shopping(300, 2, 5), 0),
        ("slipping", shopping(300, 2, 5), 60),
        ("dormant", shopping(300, 2, 5), 120),
        ("lost", shopping(300, 2, 5), 200),
        ("won-back", [*shopping(500, 400, 10), purchase(1, days_ago=3)], 0),
    ],
)
def test_lifecycle(stage: str, events: list[dict[str, object]], in_days: int) -> None:
    assert levels(*events, in_days=in_days)["lifecycle"] == stage


def test_churn_risk_follows_silence_and_complaints() -> None:
    regular = shopping(300, 2, 5)
    assert levels(*regular)["churn-risk"] == "low"
    assert levels(*regular, in_days=60)["churn-risk"] == "medium"
    assert levels(*regular, complaint(1, days_ago=1), in_days=60)["churn-risk"] == "high"
    assert levels(*regular, in_days=200)["churn-risk"] == "high"


def test_satisfaction_is_unknown_until_somebody_says_something() -> None:
    assert levels(*shopping(20, 2, 6))["satisfaction"] == "unknown"
    assert levels(complaint(1))["satisfaction"] == "neutral"
    assert levels(complaint(1), complaint(2))["satisfaction"] == "unhappy"


def test_a_tier_is_lost_slowly() -> None:
    spent = [purchase(1, days_ago=2, amount="2100.00")]
    assert levels(*spent)["tier"] == "gold"
    assert levels(*spent, in_days=380)["tier"] == "gold"  # out of the window, in the grace period
    assert levels(*spent, in_days=450)["tier"] == "silver"
    assert levels(*spent, in_days=600)["tier"] == "bronze"
