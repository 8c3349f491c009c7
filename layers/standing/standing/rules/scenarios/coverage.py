"""Coverage: which rules and which comparisons the stories made true, and which they made false."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from standing.engine.backends.plain import holds
from standing.engine.fold import DayResult
from standing.rules.author.source_map import SourceMap
from standing.rules.conditions import Comparison, Condition
from standing.rules.ruleset import Ruleset

WHOLE = -1  # the place of a rule among its comparisons: before all of them


class Verdict(NamedTuple):
    """A rule, or one of its comparisons by place, that was true or false on a day."""

    rule: str
    place: int
    result: bool


@dataclass(frozen=True)
class CoveredRule:
    """A rule as a whole (`text` is empty) or one of its comparisons: its file and line, and all its results."""

    rule: str
    text: str
    file: str
    line: int
    ever_true: bool
    ever_false: bool

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole rule, not a comparison."""
        return not self.text

    @property
    def both(self) -> bool:
        """Whether it was true on one day and false on another."""
        return self.ever_true and self.ever_false


def coverage(ruleset: Ruleset, lived: Iterable[DayResult], places: SourceMap) -> list[CoveredRule]:
    """Every rule and every comparison, in the order of the files."""
    seen = {verdict for day in lived for verdict in _verdicts(ruleset, day)}
    covered = [_covered(rule, place, text, places, seen) for rule, place, text, _ in _judged(ruleset)]
    return sorted(covered, key=lambda one: (one.file, one.line))


def _covered(rule: str, place: int, text: str, places: SourceMap, seen: set[Verdict]) -> CoveredRule:
    at = places.spots[rule] if place == WHOLE else places.lines[rule][place][1]
    ever_true, ever_false = (Verdict(rule, place, held) in seen for held in (True, False))
    return CoveredRule(rule, text, at.file, at.line, ever_true, ever_false)


def _verdicts(ruleset: Ruleset, day: DayResult) -> Iterator[Verdict]:
    return (Verdict(rule, place, holds(one, day.facts)) for rule, place, _, one in _judged(ruleset))


def _judged(ruleset: Ruleset) -> Iterator[tuple[str, int, str, Condition]]:
    for name, condition in ruleset.rules.items():
        yield name, WHOLE, "", condition
        yield from ((name, place, text, line) for place, (text, line) in enumerate(_lines(condition)))


def _lines(condition: Condition) -> Iterator[tuple[str, Condition]]:
    """The comparisons as written: a line such as `tier entered gold` is two comparisons with one text."""
    if isinstance(condition, Comparison):
        yield condition.text, condition
        return
    parts = [part.text if isinstance(part, Comparison) else None for part in condition.of]
    if len(parts) == 2 and parts[0] and parts[0] == parts[1] and _is_transition(condition.of[1]):
        yield parts[0], condition
        return
    for part in condition.of:
        yield from _lines(part)


def _is_transition(part: Condition) -> bool:
    return isinstance(part, Comparison) and part.fact.endswith(".was") and f"{part.fact[:-4]} was " not in part.text
