"""`standing rules check`: every problem and every finding of a `rules/` folder, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from standing.core.conditions import comparisons
from standing.core.ruleset import Ruleset
from standing.rulebook.compiling import Compiled, compile_folder
from standing.rulebook.places import Places, owner
from standing.rulebook.problems import Problem, RulesError
from standing.rulebook.proving.checks import prove
from standing.rulebook.proving.findings import Finding


@dataclass(frozen=True)
class Located:
    """A finding with its place; `accepted` is the reason for which it may stay, where the file gives one."""

    file: str
    line: int
    finding: Finding
    accepted: str | None = None


@dataclass(frozen=True)
class Report:
    """What a check found. `problems` are what keeps the rules from being compiled: then nothing could be proved."""

    problems: tuple[Problem, ...] = ()
    found: tuple[Located, ...] = ()
    ruleset: Ruleset | None = None

    @property
    def faults(self) -> list[Located]:
        """What has to be mended or accepted."""
        return [one for one in self.found if not one.accepted and not one.finding.is_question]

    @property
    def questions(self) -> list[Located]:
        """What may be meant."""
        return [one for one in self.found if not one.accepted and one.finding.is_question]

    @property
    def accepted(self) -> list[Located]:
        """What was found and is accepted."""
        return [one for one in self.found if one.accepted]


def check(folder: Path) -> Report:
    """Check the rules of a folder."""
    try:
        compiled = compile_folder(folder)
    except RulesError as error:
        return Report(problems=tuple(error.problems))
    findings = [*prove(compiled.ruleset, compiled.never_together), *unused(compiled.ruleset)]
    found = [_located(compiled.places, one) for one in findings]
    problems = tuple(_needless(compiled, findings))
    return Report(
        problems, tuple(sorted(found, key=lambda one: (one.file, one.line, one.finding.check))), compiled.ruleset
    )


def unused(ruleset: Ruleset) -> Iterator[Finding]:
    """CHK-14: features that no rule and no other feature asks for."""
    asked = {line.fact for condition in ruleset.rules.values() for line in comparisons(condition)}
    asked |= {care.success.feature for care in ruleset.care.values() if care.success}
    for feature in reversed(ruleset.features):  # what is made of others stands after them
        if feature.name in asked:
            asked |= set(feature.parts or ())
    for feature in ruleset.features:
        if feature.name not in asked:
            yield Finding("CHK-14", feature.name, f"no rule asks for `{feature.name}`")


def _located(places: Places, finding: Finding) -> Located:
    spot = places.find(finding.about, finding.line)
    return Located(spot.file, spot.line, finding, places.accepted.get((owner(finding.about), finding.check)))


def _needless(compiled: Compiled, findings: list[Finding]) -> Iterator[Problem]:
    """What is accepted though nothing is found: the reason has gone."""
    found = {(owner(finding.about), finding.check) for finding in findings}
    for (name, check_id), _ in compiled.places.accepted.items():
        if (name, check_id) not in found:
            spot = compiled.places.find(name)
            yield Problem(spot.file, spot.line, f"`accept` names {check_id}, but there is no such finding: remove it")
