"""Tests a rules folder: plays every story beside the rules, and counts what they cover."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from standing.rules.author.compiler import assemble, compile_folder
from standing.rules.author.scenario.reader import read_scenarios
from standing.rules.ruleset import Ruleset
from standing.rules.scenarios.coverage import CoveredRule, coverage
from standing.rules.scenarios.player import PlayedScenario, play
from standing.rules.scenarios.thresholds import MovedThreshold, moved_thresholds
from standing.rules.timeline import Timeline


@dataclass(frozen=True)
class ScenarioResults:
    """The result of each story, and the coverage of the rules by all of them; with `moved` thresholds on request."""

    ruleset: Ruleset
    played: tuple[PlayedScenario, ...]
    covered: tuple[CoveredRule, ...]
    moved: tuple[MovedThreshold, ...] = ()

    @property
    def failed(self) -> list[PlayedScenario]:
        """The stories with a mismatch."""
        return [one for one in self.played if one.misses]

    def counted(self, *, whole: bool) -> tuple[int, int]:
        """How many rules (or comparisons) were both true and false, of how many."""
        some = [one for one in self.covered if one.is_whole is whole]
        return sum(one.both for one in some), len(some)

    def missing(self, is_covered: Callable[[CoveredRule], bool]) -> list[CoveredRule]:
        """The rules and comparisons that are not covered."""
        return [one for one in self.covered if not is_covered(one)]


def check_scenarios(folder: Path, *, thresholds: bool = False) -> ScenarioResults:
    """Play every story of a rules folder. Raises RulesError if the rules or the stories are wrong.

    With `thresholds`, each threshold is moved by a step to see whether a story notices.
    """
    compiled = compile_folder(folder)
    ruleset = compiled.ruleset
    open_rules = _nothing_withheld(ruleset)
    rules = Timeline.of(open_rules)
    played = tuple(play(scenario, rules) for scenario in read_scenarios(folder, ruleset))
    covered = coverage(ruleset, (day for one in played for day in one.lived), compiled.places)
    moved = moved_thresholds(open_rules, played, compiled.places) if thresholds else ()
    return ScenarioResults(ruleset, played, tuple(covered), tuple(moved))


def _nothing_withheld(ruleset: Ruleset) -> Ruleset:
    """The same rules, with every value in reasons: a story's customer is made up, with its birthday."""
    features = tuple(feature.model_copy(update={"personal": False}) for feature in ruleset.features)
    return assemble(ruleset.programme, ruleset.measures.values(), features, ruleset.strata)
