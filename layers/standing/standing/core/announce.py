"""The ledger of ratings: which changes are announced, and which announced levels are honoured for a while.

It may depend on the order of arrival; the standing never reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from standing.core.days import Day
from standing.core.explain import Reason, reasons_for_level
from standing.core.fold import DayLived
from standing.core.ratings import next_review
from standing.core.ruleset import Rating, Ruleset
from standing.core.state import Held, State


@dataclass(frozen=True)
class RatingChanged:
    """A level to announce: `was` is what was announced before (none at first), `day` is when it took effect."""

    rating: str
    was: str | None
    level: str
    day: Day
    because: tuple[Reason, ...]


@dataclass(frozen=True)
class LevelHonoured:
    """A level that was announced and that a late event took away: it is honoured until the next review, `until`."""

    rating: str
    level: str
    computed: str
    day: Day
    until: Day
    because: tuple[Reason, ...]


@dataclass
class Ledger:
    """What was said last of each rating, which of it is honoured until when, and what is to be written now."""

    said: dict[str, str]
    honoured: dict[str, Day]
    decisions: list[RatingChanged | LevelHonoured] = field(default_factory=list)


def announce(before: State, lived: list[DayLived], ruleset: Ruleset, *, rewritten: bool) -> Ledger:
    """A change for each day on which a level is no longer what was last said.

    Of rewritten history only the result is announced, so a late event leads to one announcement a rating at most.
    """
    ledger = Ledger(dict(before.said), dict(before.honoured))
    for day in lived[-1:] if rewritten else lived:
        for name, held in day.closed.levels.items():
            _say(ledger, ruleset.ratings[name], held, day.day, lived, ruleset, rewritten=rewritten)
    return ledger


def _say(
    ledger: Ledger, rating: Rating, held: Held, day: Day, lived: list[DayLived], ruleset: Ruleset, *, rewritten: bool
) -> None:
    was, honoured_until = ledger.said.get(rating.name), ledger.honoured.get(rating.name)
    if was == held.level:
        ledger.honoured.pop(rating.name, None)
        return
    falls = rating.ordered and was in rating.levels and rating.rank(str(was)) > rating.rank(held.level)
    if falls and honoured_until is not None and day < honoured_until:
        return
    place = max(0, held.since - lived[0].day)  # the facts of the day on which the level took effect
    because = reasons_for_level(ruleset, rating, was, held.level, lived[place].facts)
    if falls and rewritten and rating.honours and honoured_until is None:
        until = next_review(rating.stability.review, day)
        ledger.honoured[rating.name] = until
        ledger.decisions.append(LevelHonoured(rating.name, str(was), held.level, held.since, until, because))
        return
    ledger.decisions.append(RatingChanged(rating.name, was, held.level, held.since, because))
    ledger.said[rating.name] = held.level
    ledger.honoured.pop(rating.name, None)
