"""Scenarios of a text, as those of a folder are read."""

from __future__ import annotations

from standing.rules.author.reader import parse
from standing.rules.author.scenario.reader import scenarios_in
from standing.rules.author.scenario.scenario import Scenario
from standing.rules.ruleset import Ruleset


def parse_scenarios(text: str, name: str, ruleset: Ruleset) -> list[Scenario]:
    """The scenarios of one text. Raises RulesError with every problem that could be found."""
    return scenarios_in([parse(text, name)], ruleset, [])
