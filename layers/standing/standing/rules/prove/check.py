"""`standing rules check`: every problem and every finding of a `rules/` folder, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from standing.engine.backends.plain import holds
from standing.rules.author.compiler import CompiledRules, compile_folder
from standing.rules.author.messages import in_words
from standing.rules.author.problems import Problem, RulesError
from standing.rules.author.source_map import SourceMap, owner
from standing.rules.conditions import Comparison, comparisons
from standing.rules.prove.checks import prove
from standing.rules.prove.findings import Finding
from standing.rules.prove.prover import PATIENCE
from standing.rules.prove.words import finding_text, listed
from standing.rules.ruleset import Rating, Ruleset


@dataclass(frozen=True)
class LocatedFinding:
    """A finding with its place; `accepted` is the reason for which it may stay, where the file gives one."""

    file: str
    line: int
    finding: Finding
    accepted: str | None = None


@dataclass(frozen=True)
class Report:
    """What a check found. `problems` are what keeps the rules from being compiled: then nothing could be proved."""

    problems: tuple[Problem, ...] = ()
    found: tuple[LocatedFinding, ...] = ()
    ruleset: Ruleset | None = None

    @property
    def faults(self) -> list[LocatedFinding]:
        """What has to be mended or accepted."""
        return [one for one in self.found if not (one.accepted or one.finding.is_question or one.finding.unproved)]

    @property
    def questions(self) -> list[LocatedFinding]:
        """What may be meant."""
        return [one for one in self.found if one.finding.is_question and not (one.accepted or one.finding.unproved)]

    @property
    def unproved(self) -> list[LocatedFinding]:
        """What took too long to prove."""
        return [one for one in self.found if one.finding.unproved and not one.accepted]

    @property
    def failed(self) -> bool:
        """Whether something has to be mended, accepted, or made simpler so that it can be proved."""
        return bool(self.problems or self.faults or self.unproved)

    @property
    def accepted(self) -> list[LocatedFinding]:
        """What was found and is accepted."""
        return [one for one in self.found if one.accepted]


def check(folder: Path, *, patience: int = PATIENCE) -> Report:
    """Check the rules of a folder; a single proof may take `patience` milliseconds."""
    try:
        compiled = compile_folder(folder)
    except RulesError as error:
        return Report(problems=tuple(error.problems))
    findings = [*prove(compiled.ruleset, compiled.never_together, patience=patience), *unused(compiled.ruleset)]
    found = [_located(compiled.places, one) for one in findings]
    problems = tuple(_needless(compiled, findings))
    return Report(
        problems, tuple(sorted(found, key=lambda one: (one.file, one.line, one.finding.check))), compiled.ruleset
    )


def unused(ruleset: Ruleset) -> Iterator[Finding]:
    """CHK-14: features and ratings that no rule asks for, and levels that no rule tells apart."""
    lines = [line for condition in ruleset.rules.values() for line in comparisons(condition)]
    asked = {line.fact for line in lines}
    asked |= {care.success.feature for care in ruleset.care.values() if care.success}
    for feature in reversed(ruleset.features):  # what is made of others stands after them
        if feature.name in asked:
            asked |= set(feature.parts or ())
    for feature in ruleset.features:
        if feature.name not in asked:
            yield Finding("CHK-14", feature.name, finding_text("unused_feature", feature=feature.name))
    for rating in ruleset.ratings.values():
        yield from _alike(rating, [line for line in lines if _is_about_a_level(rating, line)])


def _is_about_a_level(rating: Rating, line: Comparison) -> bool:
    return line.fact in {rating.name, f"{rating.name}.was", f"{rating.name}.would_become"}


def _alike(rating: Rating, lines: list[Comparison]) -> Iterator[Finding]:
    """Questions: a rating that no rule asks for, or levels for which every line about them says the same."""
    alike: dict[tuple[bool, ...], list[str]] = {}
    for rank, level in enumerate(rating.levels):
        met = tuple(holds(line, {line.fact: rank}) for line in lines)
        alike.setdefault(met, []).append(level)
    if not lines:
        yield Finding("CHK-14", rating.name, finding_text("unused_rating", rating=rating.name), may_be_meant=True)
        return
    for levels in (levels for levels in alike.values() if len(levels) > 1):
        said = finding_text("alike_levels", levels=listed("and", levels))
        yield Finding("CHK-14", rating.name, said, may_be_meant=True)


def _located(places: SourceMap, finding: Finding) -> LocatedFinding:
    spot = places.find(finding.about, finding.line)
    return LocatedFinding(spot.file, spot.line, finding, places.accepted.get((owner(finding.about), finding.check)))


def _needless(compiled: CompiledRules, findings: list[Finding]) -> Iterator[Problem]:
    """What is accepted though nothing is found: the reason has gone."""
    found = {(owner(finding.about), finding.check) for finding in findings}
    for (name, check_id), _ in compiled.places.accepted.items():
        if (name, check_id) not in found:
            spot = compiled.places.find(name)
            yield Problem.of(spot.file, spot.line, in_words("needless", check=check_id))
