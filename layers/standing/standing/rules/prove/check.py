"""`standing rules check`: every problem and every finding of a `rules/` folder, with file and line."""

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
    """A finding with its file and line. `accepted` is the reason why it may stay, if the file gives one."""

    file: str
    line: int
    finding: Finding
    accepted: str | None = None


@dataclass(frozen=True)
class Report:
    """The result of a check. With `problems` that keep the rules from compiling, nothing is proved."""

    problems: tuple[Problem, ...] = ()
    found: tuple[LocatedFinding, ...] = ()
    ruleset: Ruleset | None = None

    @property
    def faults(self) -> list[LocatedFinding]:
        """Findings to correct or to accept."""
        return [one for one in self.found if not (one.accepted or one.finding.is_question or one.finding.unproved)]

    @property
    def questions(self) -> list[LocatedFinding]:
        """Findings that may be intended."""
        return [one for one in self.found if one.finding.is_question and not (one.accepted or one.finding.unproved)]

    @property
    def unproved(self) -> list[LocatedFinding]:
        """Findings whose proof took too long."""
        return [one for one in self.found if one.finding.unproved and not one.accepted]

    @property
    def failed(self) -> bool:
        """Whether something has to be corrected, accepted, or simplified so that it can be proved."""
        return bool(self.problems or self.faults or self.unproved)

    @property
    def accepted(self) -> list[LocatedFinding]:
        """Findings that are accepted."""
        return [one for one in self.found if one.accepted]


def check(folder: Path, *, patience: int = PATIENCE) -> Report:
    """Check the rules of a folder. A single proof may take `patience` milliseconds."""
    try:
        compiled = compile_folder(folder)
    except RulesError as error:
        return Report(problems=tuple(error.problems))
    findings = [*prove(compiled.ruleset, compiled.never_together, patience=patience), *unused(compiled.ruleset)]
    located = [_located(compiled.places, one) for one in findings]
    problems = tuple(_needless(compiled, findings))
    return Report(
        problems, tuple(sorted(located, key=lambda one: (one.file, one.line, one.finding.check))), compiled.ruleset
    )


def unused(ruleset: Ruleset) -> Iterator[Finding]:
    """CHK-14: features and ratings that no rule uses, and levels that no rule distinguishes."""
    lines = [line for condition in ruleset.rules.values() for line in comparisons(condition)]
    asked = {line.fact for line in lines}
    asked |= {care.success.feature for care in ruleset.care.values() if care.success}
    for feature in reversed(ruleset.features):  # a combined feature comes after its parts
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
    """Questions: a rating that no rule uses, or levels for which every comparison has the same result."""
    alike: dict[tuple[bool, ...], list[str]] = {}
    for rank, level in enumerate(rating.levels):
        met = tuple(holds(line, {line.fact: rank}) for line in lines)
        alike.setdefault(met, []).append(level)
    if not lines:
        yield Finding("CHK-14", rating.name, finding_text("unused_rating", rating=rating.name), may_be_meant=True)
        return
    for levels in (levels for levels in alike.values() if len(levels) > 1):
        text = finding_text("alike_levels", levels=listed("and", levels))
        yield Finding("CHK-14", rating.name, text, may_be_meant=True)


def _located(places: SourceMap, finding: Finding) -> LocatedFinding:
    spot = places.find(finding.about, finding.line)
    return LocatedFinding(spot.file, spot.line, finding, places.accepted.get((owner(finding.about), finding.check)))


def _needless(compiled: CompiledRules, findings: list[Finding]) -> Iterator[Problem]:
    """Accepted checks that find nothing any more."""
    reported = {(owner(finding.about), finding.check) for finding in findings}
    for (name, check_id), _ in compiled.places.accepted.items():
        if (name, check_id) not in reported:
            spot = compiled.places.find(name)
            yield Problem.of(spot.file, spot.line, in_words("needless", check=check_id))
