"""The explanation of a rating: which conditions hold, what time alone will change, and what changes it sooner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from standing.engine.fold import DayResult
from standing.engine.reasons import Reason, reason_for_manual_level, reasons
from standing.engine.state import LevelState
from standing.foresight.outlook import Outlook, UpcomingChange, upcoming_changes
from standing.foresight.plans import Plan, keeping, next_level, other_levels, plan
from standing.rules.ruleset import Rating

type Purpose = Literal["kept-by", "kept-as-before", "set-by-hand", "qualifies-by", "needs", "not"]
type Change = Literal["reach", "keep", "become"]


class LevelRequirements(NamedTuple):
    """The conditions of a level, line by line: why the customer has it, or why not."""

    purpose: Purpose
    level: str
    because: tuple[Reason, ...]


class ReachingPlan(NamedTuple):
    """The smallest plan that reaches, keeps or brings a level, or None if none was found."""

    change: Change
    level: str
    plan: Plan | None


@dataclass(frozen=True)
class Explanation:
    """One rating of a customer on a day. `rules` is the version in force when the level began."""

    rating: Rating
    held: LevelState
    rules: str
    asked: tuple[LevelRequirements, ...]
    turn: UpcomingChange | None
    ways: tuple[ReachingPlan, ...]


def explanations(outlook: Outlook) -> Iterator[Explanation]:
    """Every rating, explained."""
    turning = upcoming_changes(outlook)
    for name, shown in outlook.today.closed.all_shown().items():
        rating = outlook.today.ruleset.ratings[name]
        turn = turning.get(name)
        rules = outlook.rules.on(shown.since).version
        yield Explanation(
            rating, shown, rules, tuple(_asked(outlook, rating)), turn, tuple(_ways(outlook, rating, turn))
        )


def _asked(outlook: Outlook, rating: Rating) -> Iterator[LevelRequirements]:
    level = outlook.today.closed.levels[rating.name].level
    if ruling := outlook.today.rulings.get(rating.name):
        yield LevelRequirements("set-by-hand", ruling.level, (reason_for_manual_level(ruling),))
    if rating.ordered:
        yield from _around(outlook, rating, level)
    else:
        for other in rating.levels[: rating.rank(level) + 1]:
            yield from requirements_on(outlook.today, rating, "qualifies-by" if other == level else "not", other)


def _around(outlook: Outlook, rating: Rating, level: str) -> Iterator[LevelRequirements]:
    """The conditions to keep a level, and those to reach the next one."""
    place = rating.rank(level)
    yield from requirements_on(outlook.today, rating, "kept-by", level)
    since = outlook.today.closed.levels[rating.name].since
    for terms in rating.older(level, since):
        yield LevelRequirements("kept-as-before", level, reasons(outlook.today.ruleset, terms, outlook.today.facts))
    for above in rating.levels[place + 1 : place + 2]:
        yield from requirements_on(outlook.today, rating, "needs" if rating.better == "higher" else "not", above)


def requirements_on(lived: DayResult, rating: Rating, purpose: Purpose, level: str) -> Iterator[LevelRequirements]:
    """The conditions of a level on a day, line by line. Yields nothing if it has none."""
    condition = next(iter(rating.keeping(level)), None) if purpose == "kept-by" else rating.qualify.get(level)
    if condition:
        yield LevelRequirements(purpose, level, reasons(lived.ruleset, condition, lived.facts))


def _ways(outlook: Outlook, rating: Rating, turn: UpcomingChange | None) -> Iterator[ReachingPlan]:
    if above := next_level(outlook, rating):
        yield ReachingPlan("reach", above.level, plan(outlook, above))
    if turn and (target := keeping(outlook, rating, turn)):
        yield ReachingPlan("keep", target.level, plan(outlook, target))
    for other in other_levels(outlook, rating):
        if (become := plan(outlook, other)) and len(become.wanted) == 1:
            yield ReachingPlan("become", other.level, become)
