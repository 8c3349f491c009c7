"""Reaching a level: the least that would have to happen, found by trying it on.

Candidates come from the alternatives of what the level asks for; each is lived through, pared down as far as it still
reaches the level, and named only where one step less does not reach it.
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
FAR = 400  # days: after a year, every window but an endless one has moved on

type Reaches = Callable[[Day, Sequence[LeverUse]], bool]


@dataclass(frozen=True)
class RequiredChange:
    """One thing that has to happen: a feature moved from `was` (none: unknown) to `becomes`, by some events."""

    lever: Lever
    quantity: int
    was: Fact | None
    becomes: Fact | None


@dataclass(frozen=True)
class Plan:
    """The least that brings a level about.

    `wanted` happens on some day from `first` to `last` (none: any later day). `waiting` are the facts that time has to
    move until `reached`, with nothing happening that moves them back. The level is there on `reached` if `wanted`
    happens on `first`.
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
    """A level of a rating, what it asks for, and the days on which that may be met.

    It is looked at on the day itself (`by` none), on the next review where rises wait for one, or on the day `by`.
    """

    rating: Rating
    level: str
    asks: tuple[Condition, ...]
    days: tuple[DayResult, ...]
    by: Day | None = None

    def seen_on(self, day: Day) -> Day:
        """When it is seen whether what happened on a day was enough."""
        review = self.rating.stability.review
        waits = self.rating.ordered and self.rating.stability.rise == "review" and not is_review(review, day)
        return self.by or (next_review(review, day) if waits else day)

    def met_by(self, level: str) -> bool:
        """Whether a level is as good as the one aimed at."""
        ranked = self.rating.ordered and level in self.rating.levels
        return not self.rating.worsens(self.level, level) if ranked else level == self.level


class Candidate(NamedTuple):
    """On a day: the comparisons that fail there, and the facts that fail today and no longer then."""

    lived: DayResult
    failing: tuple[Atom, ...]
    waiting: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many facts it takes."""
        return len({atom.fact for atom in self.failing} | set(self.waiting))


def next_level(outlook: Outlook, rating: Rating) -> Target | None:
    """The level that is better by one than the computed one, on a day from today on; none without order or at the best.

    Where lower is better, that is not to be kept at the level; none where a fall waits for a review or a grace period.
    """
    held = outlook.today.closed.levels.get(rating.name)
    if not rating.ordered or held is None or held.level == rating.best:
        return None
    if rating.better == "lower":
        return _lower(outlook, rating, held)
    level = rating.levels[rating.rank(held.level) + 1]
    return Target(rating, level, (rating.qualify[level],), outlook.days)


def _lower(outlook: Outlook, rating: Rating, held: LevelState) -> Target | None:
    stability = rating.stability
    if stability.review != "daily" or stability.grace or stability.minimum_stay:
        return None
    kept = Group(group="none", of=rating.keeping(held.level, held.since))
    return Target(rating, rating.levels[rating.rank(held.level) - 1], (kept,), outlook.days)


def other_levels(outlook: Outlook, rating: Rating) -> Iterator[Target]:
    """Of a rating without order, each other level that something happening today could bring."""
    held = outlook.today.closed.levels.get(rating.name)
    if not rating.ordered and held is not None:
        for level, asked in rating.qualify.items():
            if level != held.level:
                yield Target(rating, level, (asked,), (outlook.today,))


def keeping(outlook: Outlook, rating: Rating, turn: UpcomingChange) -> Target | None:
    """Not falling where time alone would make it fall, for the worse; none for another turn."""
    is_fall = rating.ordered and rating.rank(turn.level) <= rating.rank(turn.was)
    if not is_fall or rating.better == "lower" or rating.name in outlook.today.rulings:
        return None
    days = tuple(lived for lived in outlook.ahead if lived.day == turn.day)
    since = outlook.today.closed.levels[rating.name].since
    return Target(rating, turn.was, rating.keeping(turn.was, since), days, by=turn.day)


def plan(outlook: Outlook, aim: Target) -> Plan | None:
    """The least that is enough: fewest features first, then soonest. None where nothing that was tried is."""
    candidates = sorted(_candidates(outlook, aim), key=lambda one: (one.size, one.lived.day))
    plans = (_fitted(outlook, aim, candidate) for candidate in candidates[:MOST_TRIED])
    return next(filter(None, plans), None)


def reaching(outlook: Outlook, aim: Target) -> Reaches:
    """Whether it is enough to pull some levers on a day."""

    def reaches(day: Day, pulls: Sequence[LeverUse]) -> bool:
        happened = events(pulls, outlook.rules.on(day).programme, day)
        held = outlook.lived_with(happened, day, aim.seen_on(day)).closed.levels.get(aim.rating.name)
        return held is not None and aim.met_by(held.level)

    return reaches


def _candidates(outlook: Outlook, aim: Target) -> Iterator[Candidate]:
    """For each alternative and each day that differs, what fails there; each set of failing facts but once."""
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
    """Whether a comparison holds for some facts."""
    actual = known.get(atom.fact)
    if atom.op == "unknown":
        return (actual is None) is bool(atom.value)
    return actual is not None and OPERATORS[atom.op](actual, atom.value)


def _fitted(outlook: Outlook, aim: Target, candidate: Candidate) -> Plan | None:
    """A plan of a candidate, tried on and pared down; none where it is not enough, or less is enough too."""
    day, reaches = candidate.lived.day, reaching(outlook, aim)
    for failing in _by_feature(candidate):
        try:
            pulls = _pulls(outlook, candidate, failing)
            if pulls is not None and reaches(day, pulls):
                pulls = _pared(reaches, day, pulls)
                if is_least(outlook, aim, day, pulls):
                    return _plan(outlook, aim, candidate, pulls)
        except ValidationError:  # an event that nobody could send
            continue
    return None


def is_least(outlook: Outlook, aim: Target, day: Day, pulls: Sequence[LeverUse]) -> bool:
    """Whether a step less of anything, or (where something is waited for) a day less, is not enough."""
    reaches = reaching(outlook, aim)
    if any(reaches(day, fewer) for fewer in _a_step_less(pulls)):
        return False
    return bool(aim.by) or day == outlook.today.day or not reaches(day - 1, pulls)


def _a_step_less(pulls: Sequence[LeverUse]) -> Iterator[list[LeverUse]]:
    for place, pull in enumerate(pulls):
        yield _with(pulls, place, pull.quantity - 1)


def _with(pulls: Sequence[LeverUse], place: int, quantity: int) -> list[LeverUse]:
    """The same levers, one of them pulled otherwise."""
    return [*pulls[:place], pulls[place]._replace(quantity=quantity), *pulls[place + 1 :]]


def _by_feature(candidate: Candidate) -> Iterator[tuple[Atom, ...]]:
    """The failing comparisons as ones of features: a rating's level stands for what the level asks for."""
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
                yield from (tuple(one for atoms in chosen for one in atoms) for chosen in product(*parts))


def _pulls(outlook: Outlook, candidate: Candidate, failing: Iterable[Atom]) -> list[LeverUse] | None:
    """For each feature of the failing comparisons its lever, pulled far enough; none where only time can move one."""
    by_fact: dict[str, list[Atom]] = {}
    for atom in failing:
        by_fact.setdefault(atom.fact, []).append(atom)
    found = [_pull(outlook, candidate.lived, atoms) for atoms in by_fact.values()]
    return [pull for pull in found if pull] if all(found) else None


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
    """Whether a comparison holds, or would have held on the way: paring finds where."""
    passed = atom.op == "==" and isinstance(value, int) and isinstance(atom.value, int) and value >= atom.value
    return passed or is_met(atom, {} if value is None else {atom.fact: value})


def _moved(outlook: Outlook, lived: DayResult, pulls: Sequence[LeverUse]) -> dict[str, Fact]:
    """The features of a day, if some levers were pulled on it."""
    happened = events(pulls, lived.ruleset.programme, lived.day)
    return engine_of(lived.ruleset).facts(aggregate(outlook.books(lived.ruleset), happened, lived.ruleset), lived.day)


def _pared(reaches: Reaches, day: Day, pulls: list[LeverUse]) -> list[LeverUse]:
    """Each lever pulled no further than it takes, given the others."""
    for place in range(len(pulls)):
        pulls = _with(pulls, place, _least(reaches, day, pulls, place))
    return [pull for pull in pulls if pull.quantity]


def _least(reaches: Reaches, day: Day, pulls: Sequence[LeverUse], place: int) -> int:
    def enough(quantity: int) -> bool:
        return reaches(day, _with(pulls, place, quantity))

    too_little, least = 0, pulls[place].quantity
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
    """From which day on, up to `day`, the same is enough and nothing less is."""
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
    """The last day on which the same is still enough; none where that day is far."""
    days = range(day + 1, day + FAR)
    return next((later - 1 for later in days if not reaches(later, pulls)), None)
