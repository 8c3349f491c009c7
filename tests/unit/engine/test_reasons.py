"""What a decision's reasons show of a value."""

from __future__ import annotations

import pytest
from standing.engine.reasons import display

from tests.make.strategies import CLUB, TIER


@pytest.mark.parametrize("fact", ["tier", "tier.was", "tier.would_become"])
def test_a_rank_is_shown_as_its_level(fact: str) -> None:
    assert [display(CLUB, fact, rank) for rank in range(-1, len(TIER.levels))] == ["none", *TIER.levels]


def test_days_to_a_review_are_a_number() -> None:
    assert display(CLUB, "tier.days_to_review", 1) == "1"
