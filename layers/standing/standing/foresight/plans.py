"""Plans to reach a level: the least that has to happen, found by simulation.

Candidates come from the alternatives of the level's conditions. Each is simulated, reduced as far as it still reaches
the level, and returned only if one step less does not reach it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import NamedTuple

from pydantic import ValidationError

from standing.engine.backends.plain import OPERATORS
from standing.engine.engine import engine_of
from standing.engine.fold import DayResult
from standing.engine.measures import aggregate
from standing.engine.ratings import is_review, next_review
from standing.engine.state import LevelState
from standing.foresight.levers import Lever, LeverUse, events, lever
from standing.foresight.outlook import Outlook, UpcomingChange
from standing.rules.conditions import Atom, Branch, Condition, Fact, Group, branches
from standing.rules.ruleset import Rating, Ruleset
from standing.values.days import Day

MOST_ALTERNATIVES = 60
MOST_TRIED = 24
FAR = 400  # days: more than a year, so that the events have left every sliding window

type Reaches = Callable[[Day, Sequence[LeverUse]], bool]


@dataclass(frozen=True)
class RequiredChange:
    """A feature that has to change from `was` (None: unknown) to `becomes`, by a quantity of a lever."""

    lever: Lever
    quantity: int
    was: Fact | None
    becomes: Fact | None


@dataclass(frozen=True)
class Plan:
    """The least that leads to a level.

    `wanted` has to happen on a day from `first` to `last` (None: any later day). `waiting` names the facts that time
    has to change by `reached`, if no event changes them back. The level is reached on `reached` if `wanted` happens on
    `first`.
    """

    rating: str
    level: str
    wanted: tuple[RequiredChange, ...]
    waiting: tuple[str, ...]
    first: Day
    last: Day | None
    reached: Day


@dataclass(frozen=True)
class Target:
    """A level of a rating, its conditions, and the days on which they may be met.

    They are checked on the day `by`; if it is None, on the day itself, or at the next review if rises wait for one.
    """

    rating: Rating
    level: str
    asks: tuple[Condition, ...]
    days: tuple[DayResult, ...]
    by: Day | None = None

    def seen_on(self, day: Day) -> Day:
        """The day on which events of `day` are checked."""
        review = self.rating.stability.review
        waits = self.rating.ordered and self.rating.stability.rise == "review" and not is_review(review, day)
        return self.by or (next_review(review, day) if waits else day)

    def met_by(self, level: str) -> bool:
        """Whether a level is as good as the target's or better."""
        ranked = self.rating.ordered and level in self.rating.levels
        return not self.rating.worsens(self.level, level) if ranked else level == self.level


class Candidate(NamedTuple):
    """An alternative on a day: the comparisons that fail on it, and the facts that fail today but not on it."""

    lived: DayResult
    failing: tuple[Atom, ...]
    waiting: tuple[str, ...]

    @property
    def size(self) -> int:
        """The number of facts involved."""
        return len({atom.fact for atom in self.failing} | set(self.waiting))


def next_level(outlook: Outlook, rating: Rating) -> Target | None:
    """The level one better than the computed level, or None if the rating is not ordered or the level is the best.

    If lower is better, the target is to stop keeping the level; None if a fall waits for a review or a grace period.
    """
    current = outlook.today.closed.levels.get(rating.name)
    if not rating.ordered or current is None or current.level == rating.best:
        return None
    if rating.better == "lower":
        return _lower(outlook, rating, current)
    level = rating.levels[rating.rank(current.level) + 1]
    return Target(rating, level, (rating.qualify[level],), outlook.days)


def _lower(outlook: Outlook, rating: Rating, current: LevelState) -> Target | None:
    stability = rating.stability
    if stability.review != "daily" or stability.grace or stability.minimum_stay:
        return None
    not_kept = Group(group="none", of=rating.keeping(current.level, current.since))
    return Target(rating, rating.levels[rating.rank(current.level) - 1], (not_kept,), outlook.days)


def other_levels(outlook: Outlook, rating: Rating) -> Iterator[Target]:
    """Every other level of an unordered rating, as a target for today."""
    current = outlook.today.closed.levels.get(rating.name)
    if not rating.ordered and current is not None:
        for level, asked in rating.qualify.items():
            if level != current.level:
                yield Target(rating, level, (asked,), (outlook.today,))


def keeping(outlook: Outlook, rating: Rating, turn: UpcomingChange) -> Target | None:
    """The target of keeping a level that time alone would lower, or None if the upcoming change is no such fall."""
    is_fall = rating.ordered and rating.rank(turn.level) <= rating.rank(turn.was)
    if not is_fall or rating.better == "lower" or rating.name in outlook.today.rulings:
        return None
    days = tuple(lived for lived in outlook.ahead if lived.day == turn.day)
    since = outlook.today.closed.levels[rating.name].since
    return Target(rating, turn.was, rating.keeping(turn.was, since), days, by=turn.day)


def plan(outlook: Outlook, aim: Target) -> Plan | None:
    """The smallest sufficient plan: the fewest facts first, then the soonest. None if no tried candidate suffices."""
    candidates = sorted(_candidates(outlook, aim), key=lambda candidate: (candidate.size, candidate.lived.day))
    plans = (_fitted(outlook, aim, candidate) for candidate in candidates[:MOST_TRIED])
    return next(filter(None, plans), None)


def reaching(outlook: Outlook, aim: Target) -> Reaches:
    """A function that says whether some levers, used on a day, reach the target."""

    def reaches(day: Day, pulls: Sequence[LeverUse]) -> bool:
        happened = events(pulls, outlook.rules.on(day).programme, day)
        reached = outlook.lived_with(happened, day, aim.seen_on(day)).closed.levels.get(aim.rating.name)
        return reached is not None and aim.met_by(reached.level)

    return reaches


def _candidates(outlook: Outlook, aim: Target) -> Iterator[Candidate]:
    """A candidate for each alternative and day. Candidates with the same failing facts are yielded once."""
    known: set[tuple[Branch, tuple[str, ...], tuple[str, ...]]] = set()
    alternatives = (branch for asked in aim.asks for branch in branches(asked))
    for branch, lived in product(islice(alternatives, MOST_ALTERNATIVES), aim.days):
        candidate = _candidate(branch, outlook.today.facts, lived)
        mark = branch, tuple(atom.fact for atom in candidate.failing), candidate.waiting
        if mark not in known:
            known.add(mark)
            yield candidate


def _candidate(branch: Branch, today: dict[str, Fact], lived: DayResult) -> Candidate:
    failing = tuple(atom for atom in branch if not is_met(atom, lived.facts))
    waiting = dict.fromkeys(atom.fact for atom in branch if atom not in failing and not is_met(atom, today))
    return Candidate(lived, failing, tuple(waiting))


def is_met(atom: Atom, known: dict[str, Fact]) -> bool:
    """Whether a comparison holds for the facts."""
    actual = known.get(atom.fact)
    if atom.op == "unknown":
        return (actual is None) is bool(atom.value)
    return actual is not None and OPERATORS[atom.op](actual, atom.value)


def _fitted(outlook: Outlook, aim: Target, candidate: Candidate) -> Plan | None:
    """The reduced plan of a candidate. None if it does not suffice, or if less also suffices."""
    day, reaches = candidate.lived.day, reaching(outlook, aim)
    for failing in _by_feature(candidate):
        try:
            pulls = _pulls(outlook, candidate, failing)
            if pulls is not None and reaches(day, pulls):
                pulls = _pared(reaches, day, pulls)
                if is_least(outlook, aim, day, pulls):
                    return _plan(outlook, aim, candidate, pulls)
        except ValidationError:  # an event that cannot be sent
            continue
    return None


def is_least(outlook: Outlook, aim: Target, day: Day, pulls: Sequence[LeverUse]) -> bool:
    """Whether neither one step less of any lever nor, if the plan waits, one day earlier suffices."""
    reaches = reaching(outlook, aim)
    if any(reaches(day, fewer) for fewer in _a_step_less(pulls)):
        return False
    return bool(aim.by) or day == outlook.today.day or not reaches(day - 1, pulls)


def _a_step_less(pulls: Sequence[LeverUse]) -> Iterator[list[LeverUse]]:
    for index, pull in enumerate(pulls):
        yield _with(pulls, index, pull.quantity - 1)


def _with(pulls: Sequence[LeverUse], index: int, quantity: int) -> list[LeverUse]:
    """The same levers, with another quantity for one of them."""
    return [*pulls[:index], pulls[index]._replace(quantity=quantity), *pulls[index + 1 :]]


def _by_feature(candidate: Candidate) -> Iterator[tuple[Atom, ...]]:
    """The failing comparisons on features. A comparison on a rating is replaced by the conditions of its levels."""
    ruleset, known = candidate.lived.ruleset, candidate.lived.facts
    choices = [list(_unfolded(ruleset, atom, known)) for atom in candidate.failing]
    for chosen in islice(product(*choices), MOST_ALTERNATIVES):
        yield tuple(dict.fromkeys(atom for atoms in chosen for atom in atoms))


def _unfolded(ruleset: Ruleset, atom: Atom, known: dict[str, Fact]) -> Iterator[tuple[Atom, ...]]:
    rating = ruleset.ratings.get(atom.fact)
    if rating is None:
        yield (atom,)
        return
    for level, when in rating.qualify.items():
        if is_met(atom, {atom.fact: rating.rank(level)}):
            for branch in branches(when):
                parts = [_unfolded(ruleset, part, known) for part in branch if not is_met(part, known)]
                yield from (tuple(atom for atoms in chosen for atom in atoms) for chosen in product(*parts))


def _pulls(outlook: Outlook, candidate: Candidate, failing: Iterable[Atom]) -> list[LeverUse] | None:
    """A lever with a sufficient quantity for each failing feature. None if only time can move one of them."""
    by_fact: dict[str, list[Atom]] = {}
    for atom in failing:
        by_fact.setdefault(atom.fact, []).append(atom)
    pulls = [_pull(outlook, candidate.lived, atoms) for atoms in by_fact.values()]
    return [pull for pull in pulls if pull] if all(pulls) else None


def _pull(outlook: Outlook, lived: DayResult, atoms: list[Atom]) -> LeverUse | None:
    feature = lived.ruleset.by_name.get(atoms[0].fact)
    moved_by = lever(lived.ruleset, feature, atoms[0]) if feature else None
    quantity = 1
    while moved_by and quantity <= moved_by.most:
        value = _moved(outlook, lived, [LeverUse(moved_by, quantity)]).get(atoms[0].fact)
        if all(_gone_far_enough(atom, value) for atom in atoms):
            return LeverUse(moved_by, quantity)
        quantity *= 2
    return None


def _gone_far_enough(atom: Atom, value: Fact | None) -> bool:
    """Whether a comparison holds, or held at a smaller quantity, which the reduction then finds."""
    passed = atom.op == "==" and isinstance(value, int) and isinstance(atom.value, int) and value >= atom.value
    return passed or is_met(atom, {} if value is None else {atom.fact: value})


def _moved(outlook: Outlook, lived: DayResult, pulls: Sequence[LeverUse]) -> dict[str, Fact]:
    """The features of a day if the levers are used on it."""
    happened = events(pulls, lived.ruleset.programme, lived.day)
    return engine_of(lived.ruleset).facts(aggregate(outlook.books(lived.ruleset), happened, lived.ruleset), lived.day)


def _pared(reaches: Reaches, day: Day, pulls: list[LeverUse]) -> list[LeverUse]:
    """The levers, each reduced to the smallest sufficient quantity, given the others."""
    for index in range(len(pulls)):
        pulls = _with(pulls, index, _least(reaches, day, pulls, index))
    return [pull for pull in pulls if pull.quantity]


def _least(reaches: Reaches, day: Day, pulls: Sequence[LeverUse], index: int) -> int:
    def enough(quantity: int) -> bool:
        return reaches(day, _with(pulls, index, quantity))

    too_little, least = 0, pulls[index].quantity
    if enough(0):
        return 0
    while least - too_little > 1:
        middle = (too_little + least) // 2
        too_little, least = (too_little, middle) if enough(middle) else (middle, least)
    return least


def _plan(outlook: Outlook, aim: Target, candidate: Candidate, pulls: Sequence[LeverUse]) -> Plan:
    day, reached = candidate.lived.day, aim.seen_on(candidate.lived.day)
    first = _first_day(outlook, replace(aim, by=reached), day, pulls)
    last = (aim.by or _last_day(reaching(outlook, aim), day, pulls)) if pulls else None
    wanted = tuple(_wanted(outlook, candidate.lived, pulls))
    return Plan(aim.rating.name, aim.level, wanted, candidate.waiting, first, last, reached)


def _first_day(outlook: Outlook, aim: Target, day: Day, pulls: Sequence[LeverUse]) -> Day:
    """The first day from which on, up to `day`, the same levers suffice and nothing less does."""
    reaches, first = reaching(outlook, aim), day
    while pulls and first > outlook.today.day and reaches(first - 1, pulls):
        if any(reaches(first - 1, fewer) for fewer in _a_step_less(pulls)):
            break
        first -= 1
    return first


def _wanted(outlook: Outlook, lived: DayResult, pulls: Sequence[LeverUse]) -> Iterator[RequiredChange]:
    after = _moved(outlook, lived, pulls)
    for pull in pulls:
        name = pull.lever.feature.name
        yield RequiredChange(pull.lever, pull.quantity, lived.facts.get(name), after.get(name))


def _last_day(reaches: Reaches, day: Day, pulls: Sequence[LeverUse]) -> Day | None:
    """The last day on which the same levers still suffice, or None if they do for FAR days."""
    days = range(day + 1, day + FAR)
    return next((later - 1 for later in days if not reaches(later, pulls)), None)
