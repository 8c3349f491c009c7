"""Reads scenarios from a text, like those of a folder."""

from __future__ import annotations

from standing.rules.author.reader import parse
from standing.rules.author.scenario.reader import scenarios_in
from standing.rules.author.scenario.scenario import Scenario
from standing.rules.ruleset import Ruleset


def parse_scenarios(text: str, name: str, ruleset: Ruleset) -> list[Scenario]:
    """The scenarios of a text. Raises RulesError with every problem."""
    return scenarios_in([parse(text, name)], ruleset, [])
