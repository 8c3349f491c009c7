"""Moved thresholds: a number of the rules that moves by a step is noticed by some story, or said not to be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from standing.rulebook.scenarios.checking import check_stories
from standing.rulebook.scenarios.thresholds import Moved
from standing.tools.cli import app
from typer.testing import CliRunner

from tests.support import ROOT

NOBODY = {  # what no customer can be, so that no story can hold it
    ("days_a_customer >= 270", "269"),  # a first order 269 days ago is in the 180 days before the last 90
    ("satisfaction_180d >= 0.0", "0.0500"),  # below 0.4 a customer is unhappy before
}


def unnoticed(rules: Path) -> set[tuple[str, str]]:
    return {(one.text, one.to) for one in _moved(rules) if not one.noticed}


def _moved(rules: Path) -> tuple[Moved, ...]:
    return check_stories(rules, thresholds=True).moved


@pytest.fixture
def without_boundaries(tmp_path: Path) -> Path:
    rules = Path(shutil.copytree(ROOT / "rules", tmp_path / "rules"))
    (rules / "scenarios" / "boundaries.yaml").unlink()
    return rules


def test_the_stories_of_this_clone_hold_every_threshold_that_a_customer_can_meet() -> None:
    assert unnoticed(ROOT / "rules") == NOBODY


def test_a_threshold_that_no_story_holds_is_named_with_the_value_that_would_tell(without_boundaries: Path) -> None:
    found = {(one.text, one.to): one for one in _moved(without_boundaries)}
    below, above = (found["spend_365d >= 2000.00", to] for to in ("1999.99", "2000.01"))
    assert (below.noticed, below.would, below.file) == (False, "1999.99", "rules/ratings/tier.yaml")
    assert above.noticed  # a story rises to gold with exactly 2000.00


def test_the_command_says_so_in_both_languages_and_does_not_fail(without_boundaries: Path) -> None:
    arguments = ["rules", "test", "--thresholds", "--rules", str(without_boundaries)]
    said = CliRunner().invoke(app, arguments)
    assert said.exit_code == 0
    assert "No story would notice:" in said.output
    assert "→ 1999.99; one in which it is 1999.99 would" in said.output
    assert "没有故事会发现：" in CliRunner().invoke(app, [*arguments, "--lang", "zh"]).output
    assert '"thresholds": [' in CliRunner().invoke(app, [*arguments, "--json"]).output
