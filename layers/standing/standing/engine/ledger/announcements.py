"""The ledger of ratings: announces level changes, and honours announced levels that a late event took away.

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
    """A level to announce. `was` is the level announced before (None for the first), `day` is when it took effect.

    `rules` is the version of the rules that made the decision: of that day, or of the first day that was folded again
    if that is later. `because` has their conditions.
    """

    rating: str
    was: str | None
    level: str
    day: Day
    because: tuple[Reason, ...]
    rules: str = ""


@dataclass(frozen=True)
class LevelHonoured:
    """An announced level that a late event took away. It is honoured until the next review, `until`."""

    rating: str
    level: str
    computed: str
    day: Day
    until: Day
    because: tuple[Reason, ...]
    rules: str = ""


@dataclass
class AnnouncementLedger:
    """The last announced level of each rating, until when levels are honoured, and the decisions to write."""

    said: dict[str, str]
    honoured: dict[str, Day]
    lived: Sequence[DayResult]
    rewritten: bool
    decisions: list[RatingChanged | LevelHonoured] = field(default_factory=list)

    def say(self, rating: Rating, current: LevelState, day: Day) -> None:
        """Announce a day's level, unless it was announced last, or the announced level is honoured."""
        was, honoured_until = self.said.get(rating.name), self.honoured.get(rating.name)
        if was == current.level:
            self.honoured.pop(rating.name, None)
            return
        falls = rating.ordered and was in rating.levels and rating.rank(str(was)) > rating.rank(current.level)
        if falls and honoured_until is not None and day < honoured_until:
            return
        if falls and self.rewritten and rating.honours and honoured_until is None:
            self._honour(rating, str(was), current, day)
        else:
            self._announce(rating, was, current)

    def _announce(self, rating: Rating, was: str | None, current: LevelState) -> None:
        because, rules = self._because(rating, was, current)
        self.decisions.append(RatingChanged(rating.name, was, current.level, current.since, because, rules))
        self.said[rating.name] = current.level
        self.honoured.pop(rating.name, None)

    def _honour(self, rating: Rating, was: str, current: LevelState, day: Day) -> None:
        because, rules = self._because(rating, was, current)
        self.honoured[rating.name] = until = next_review(rating.stability.review, day)
        self.decisions.append(LevelHonoured(rating.name, was, current.level, current.since, until, because, rules))

    def _because(self, rating: Rating, was: str | None, current: LevelState) -> tuple[tuple[Reason, ...], str]:
        """The reasons and the rules version of the day on which a level took effect."""
        days = (day for day in self.lived if day.day >= current.since and rating.name in day.ruleset.ratings)
        day = next(days, self.lived[-1])
        if ruling := day.rulings.get(rating.name):
            return (reason_for_manual_level(ruling),), day.ruleset.version
        in_force = day.ruleset.ratings[rating.name]  # that day may have other rules than the last day
        before = _was(was, rating, day)
        return reasons_for_level(day.ruleset, in_force, before, current.level, day.facts), day.ruleset.version


def _was(announced: str | None, rating: Rating, day: DayResult) -> LevelState | None:
    """The last announced level; with the day on which it began, if the day opened with it."""
    opened = day.opened.levels.get(rating.name)
    return opened if opened and opened.level == announced else LevelState(announced, day.day) if announced else None


def announce(before: Ledger, lived: Sequence[DayResult], *, rewritten: bool) -> AnnouncementLedger:
    """Announce each change of a level on the days of a fold.

    If history was rewritten, only its result is announced, so a late event leads to at most one announcement a rating.
    """
    ledger = AnnouncementLedger(dict(before.said), dict(before.honoured), lived, rewritten)
    for day in lived[-1:] if rewritten else lived:
        shown = day.closed.all_shown()
        for name, rating in day.ruleset.ratings.items():
            if ledger.said.get(name) != shown[name].level or name in ledger.honoured:
                ledger.say(rating, shown[name], day.day)
    return ledger
