"""Moved thresholds: a number of the rules that moves by a step is noticed by some story, or said not to be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console
from standing.cli.app import app
from standing.present.renderers.terminal import print_document
from standing.present.rules.scenarios import scenarios_document
from standing.rules.scenarios.check import ScenarioResults, check_scenarios
from standing.values.catalogue import Language
from typer.testing import CliRunner

from tests.make.support import ROOT

NOBODY = {  # what no customer can be, so that no story can hold it
    ("days_a_customer >= 270", "269"),  # a first order 269 days ago is in the 180 days before the last 90
    ("satisfaction_180d >= 0.0", "0.0500"),  # below 0.4 a customer is unhappy before
}


@pytest.fixture(scope="module")
def loose(tmp_path_factory: pytest.TempPathFactory) -> ScenarioResults:
    """The rules of this clone without the stories that stand on a line."""
    rules = Path(shutil.copytree(ROOT / "rules", tmp_path_factory.mktemp("loose") / "rules"))
    (rules / "scenarios" / "boundaries.yaml").unlink()
    return check_scenarios(rules, thresholds=True)


def test_the_stories_of_this_clone_hold_every_threshold_that_a_customer_can_meet() -> None:
    said = CliRunner().invoke(app, ["rules", "test", "--thresholds", "--json"])
    assert said.exit_code == 0
    moved = json.loads(said.output)["thresholds"]
    assert {(one["text"], one["to"]) for one in moved if not one["noticed"]} == NOBODY


def test_a_threshold_that_no_story_holds_is_named_with_the_value_that_would_tell(loose: ScenarioResults) -> None:
    found = {(one.text, one.to): one for one in loose.moved}
    below, above = (found["spend_365d >= 2000.00", to] for to in ("1999.99", "2000.01"))
    assert (below.noticed, below.would, below.file) == (False, "1999.99", "rules/ratings/tier.yaml")
    assert above.noticed  # a story rises to gold with exactly 2000.00


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "→ 1999.99; one in which it is 1999.99 would"), ("zh", "→ 1999.99；数值为 1999.99 的用例会发现")],
)
def test_what_no_story_notices_is_said_in_both_languages(loose: ScenarioResults, language: Language, said: str) -> None:
    console = Console(width=200)
    with console.capture() as captured:
        print_document(scenarios_document(loose, language), console)
    assert said in captured.get()
