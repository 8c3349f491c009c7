"""Thresholds: each number that a rule compares with is moved by a step, to see whether a story notices.

Coverage says that a comparison was both true and false; this says how near the stories come to its threshold. A step is
one unit, such as a cent. For scores and ratios it is 0.05, since few customers have an exact one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from standing.engine.backends.plain import holds
from standing.engine.engine import engine_of
from standing.engine.reasons import display
from standing.engine.start import StoredHistory, replay_up_to
from standing.rules.author.compiler import assemble
from standing.rules.author.scenario.scenario import Scenario
from standing.rules.author.source_map import SourceMap
from standing.rules.conditions import Comparison, Condition, Fact, Group, comparisons
from standing.rules.ruleset import Ruleset, Stratum
from standing.rules.scenarios.player import PlayedScenario, play
from standing.rules.timeline import Timeline

SCORE_STEP = 500  # ten-thousandths
ORDERED = {"<", "<=", ">", ">=", "==", "!="}

type Met = Mapping[str, set[Fact]]


@dataclass(frozen=True)
class MovedThreshold:
    """A comparison with a moved threshold: the new value, and the lowest value for which the result differs.

    `noticed`: at least one story is no longer as expected.
    """

    rule: str
    text: str
    file: str
    line: int
    to: str
    would: str
    noticed: bool


def moved_thresholds(ruleset: Ruleset, played: tuple[PlayedScenario, ...], places: SourceMap) -> list[MovedThreshold]:
    """Every threshold of every rule, moved a step down and a step up, in the order of the files."""
    met = [(one.scenario, _met(ruleset, one)) for one in played if not one.misses]
    moved = [_moved(ruleset, places, met, *move) for move in _moves(ruleset)]
    return sorted(moved, key=lambda one: (one.file, one.line))


def _moves(ruleset: Ruleset) -> Iterator[tuple[str, int, Comparison, Comparison]]:
    """A rule, the place of a comparison in it, the comparison, and the moved one."""
    for name, condition in ruleset.rules.items():
        for place, line in enumerate(comparisons(condition)):
            if line.op in ORDERED and isinstance(line.value, int) and (step := _step(ruleset, line.fact)):
                moved = (line.model_copy(update={"value": value}) for value in (line.value - step, line.value + step))
                yield from ((name, place, line, to) for to in moved if _can_matter(ruleset, line, to))


def _can_matter(ruleset: Ruleset, line: Comparison, to: Comparison) -> bool:
    """Whether any customer's value gives another result: only money and combined features can be below 0."""
    feature = ruleset.by_name.get(line.fact)
    lowest = None if feature and (feature.unit == "money" or feature.parts) else 0
    values = [value for value in range(*_between(line, to)) if _differs(line, to, value)]
    return lowest is None or max(values) >= lowest


def _step(ruleset: Ruleset, fact: str) -> int:
    """How far to move a threshold. 0 for levels and texts."""
    feature = ruleset.by_name.get(fact)
    if feature is None:
        return int(fact.endswith(".days_to_review"))
    if feature.unit in {"level", "text"}:
        return 0
    return SCORE_STEP if feature.unit == "score" or feature.kind == "ratio" else 1


def _met(ruleset: Ruleset, story: PlayedScenario) -> Met:
    """All values of each fact on all days of a story, also on days without a change."""
    first, last = story.lived[0].day, story.lived[-1].day
    start = replay_up_to(last, StoredHistory(story.scenario.events))
    met: dict[str, set[Fact]] = {}
    for known in (engine_of(ruleset).facts(start.under(ruleset), day) for day in range(first, last + 1)):
        for fact, value in known.items():
            met.setdefault(fact, set()).add(value)
    return met


def _moved(
    ruleset: Ruleset,
    places: SourceMap,
    met: list[tuple[Scenario, Met]],
    rule: str,
    place: int,
    line: Comparison,
    to: Comparison,
) -> MovedThreshold:
    differs = [scenario for scenario, values in met if _may_differ(line, to, values)]
    noticed = bool(differs) and _notices(_with(ruleset, rule, place, to), differs)
    at = places.find(rule, line.text)
    would = min(value for value in range(*_between(line, to)) if _differs(line, to, value))
    shown = [display(ruleset, line.fact, value) or str(value) for value in (int(str(to.value)), would)]
    return MovedThreshold(rule, line.text, at.file, at.line, shown[0], shown[1], noticed)


def _between(line: Comparison, to: Comparison) -> tuple[int, int]:
    ends = sorted((int(str(line.value)), int(str(to.value))))
    return ends[0], ends[1] + 1


def _differs(line: Comparison, to: Comparison, value: Fact) -> bool:
    return holds(line, {line.fact: value}) is not holds(to, {line.fact: value})


def _may_differ(line: Comparison, to: Comparison, met: Met) -> bool:
    """Whether a value of a story gives another result. Facts that are not features are known only by playing."""
    return line.fact.endswith(".days_to_review") or any(_differs(line, to, value) for value in met.get(line.fact, ()))


def _notices(moved: Ruleset, scenarios: list[Scenario]) -> bool:
    rules = Timeline.of(moved)
    return any(play(scenario, rules).misses for scenario in scenarios)


def _with(ruleset: Ruleset, rule: str, place: int, line: Comparison) -> Ruleset:
    """The ruleset with one comparison of one rule replaced."""
    tree = _replaced(ruleset.rules[rule], place, line)
    strata = tuple(_stratum(stratum, rule, tree) for stratum in ruleset.strata)
    return assemble(ruleset.programme, ruleset.measures.values(), ruleset.features, strata)


def _replaced(tree: Condition, place: int, line: Comparison) -> Condition:
    """A condition with the comparison at a place replaced, counted in the order written."""
    if isinstance(tree, Comparison):
        return line if place == 0 else tree
    parts: list[Condition] = []
    for part in tree.of:
        parts.append(_replaced(part, place, line) if place >= 0 else part)
        place -= sum(1 for _ in comparisons(part))
    return Group(group=tree.group, of=tuple(parts))


def _stratum(stratum: Stratum, rule: str, tree: Condition) -> Stratum:
    care = tuple(one.model_copy(update={"when": tree}) if rule == f"care/{one.name}" else one for one in stratum.care)
    ratings = []
    for rating in stratum.ratings:
        for way in ("qualify", "retain"):
            trees = {
                level: tree if rule == f"{rating.name}/{way}/{level}" else kept
                for level, kept in getattr(rating, way).items()
            }
            rating = rating.model_copy(update={way: trees})  # noqa: PLW2901 -- both ways of one rating
        ratings.append(rating)
    return stratum.model_copy(update={"care": care, "ratings": tuple(ratings)})
