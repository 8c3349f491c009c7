"""The ledger of ratings: which changes are announced, and which announced levels are honoured for a while.

It may depend on the order of arrival; the standing never reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from standing.engine.fold import DayResult
from standing.engine.ratings import next_review
from standing.engine.reasons import Reason, reason_for_manual_level, reasons_for_level
from standing.engine.state import Ledger, LevelState
from standing.rules.ruleset import Rating
from standing.values.days import Day


@dataclass(frozen=True)
class RatingChanged:
    """A level to announce: `was` is what was announced before (none at first), `day` is when it took effect.

    `rules` is the version of the rules in force on that day, or on the first day that was told again where it lies
    before: those rules made the decision, and `because` holds their lines.
    """

    rating: str
    was: str | None
    level: str
    day: Day
    because: tuple[Reason, ...]
    rules: str = ""


@dataclass(frozen=True)
class LevelHonoured:
    """A level that was announced and that a late event took away: it is honoured until the next review, `until`."""

    rating: str
    level: str
    computed: str
    day: Day
    until: Day
    because: tuple[Reason, ...]
    rules: str = ""


@dataclass
class AnnouncementLedger:
    """What was said last of each rating, which of it is honoured until when, and what is to be written now."""

    said: dict[str, str]
    honoured: dict[str, Day]
    lived: Sequence[DayResult]
    rewritten: bool
    decisions: list[RatingChanged | LevelHonoured] = field(default_factory=list)

    def say(self, rating: Rating, held: LevelState, day: Day) -> None:
        """Announce a level of a day, unless it was said last, or what was said is honoured."""
        was, honoured_until = self.said.get(rating.name), self.honoured.get(rating.name)
        if was == held.level:
            self.honoured.pop(rating.name, None)
            return
        falls = rating.ordered and was in rating.levels and rating.rank(str(was)) > rating.rank(held.level)
        if falls and honoured_until is not None and day < honoured_until:
            return
        if falls and self.rewritten and rating.honours and honoured_until is None:
            self._honour(rating, str(was), held, day)
        else:
            self._announce(rating, was, held)

    def _announce(self, rating: Rating, was: str | None, held: LevelState) -> None:
        because, rules = self._because(rating, was, held)
        self.decisions.append(RatingChanged(rating.name, was, held.level, held.since, because, rules))
        self.said[rating.name] = held.level
        self.honoured.pop(rating.name, None)

    def _honour(self, rating: Rating, was: str, held: LevelState, day: Day) -> None:
        because, rules = self._because(rating, was, held)
        self.honoured[rating.name] = until = next_review(rating.stability.review, day)
        self.decisions.append(LevelHonoured(rating.name, was, held.level, held.since, until, because, rules))

    def _because(self, rating: Rating, was: str | None, held: LevelState) -> tuple[tuple[Reason, ...], str]:
        """The reasons, and the version of the rules, of the day on which a level took effect."""
        had = (day for day in self.lived if day.day >= held.since and rating.name in day.ruleset.ratings)
        day = next(had, self.lived[-1])
        if ruling := day.rulings.get(rating.name):
            return (reason_for_manual_level(ruling),), day.ruleset.version
        in_force = day.ruleset.ratings[rating.name]  # the rules of that day may be others than those of the last
        before = _was(was, rating, day)
        return reasons_for_level(day.ruleset, in_force, before, held.level, day.facts), day.ruleset.version


def _was(said: str | None, rating: Rating, day: DayResult) -> LevelState | None:
    """What was said last, with the day on which it began, if it is what that day opened with."""
    opened = day.opened.levels.get(rating.name)
    return opened if opened and opened.level == said else LevelState(said, day.day) if said else None


def announce(before: Ledger, lived: Sequence[DayResult], *, rewritten: bool) -> AnnouncementLedger:
    """A change for each day on which a level is no longer what was last said.

    Of rewritten history only the result is announced, so a late event leads to one announcement a rating at most.
    """
    announcer = AnnouncementLedger(dict(before.said), dict(before.honoured), lived, rewritten)
    for day in lived[-1:] if rewritten else lived:
        for name, held in day.closed.all_shown().items():
            announcer.say(day.ruleset.ratings[name], held, day.day)
    return announcer
