"""Overrides: levels set by hand. They are shown until they expire; the computed level continues underneath."""

from __future__ import annotations

import json
from typing import NamedTuple

from standing.engine.measures import Buckets
from standing.engine.ratings import next_review
from standing.engine.state import LevelState, Memory
from standing.rules.ruleset import Rating, Ruleset
from standing.values.days import Day, day_in


class ManualLevel(NamedTuple):
    """A level set by hand, which is shown up to and including the day `expires`."""

    level: str
    expires: Day
    author: str
    reason: str


def is_overridden(rating: Rating, buckets: Buckets) -> bool:
    """Whether a level of the rating was ever set by hand, as far as anybody remembers."""
    return rating.override is not None and bool(buckets.latest[rating.override].days)


def are_overridden(ruleset: Ruleset, buckets: Buckets) -> bool:
    """Whether a level of any rating was ever set by hand, as far as anybody remembers."""
    return any(buckets.latest[measure].days for measure in ruleset.derived(_override_measures))


def _override_measures(ruleset: Ruleset) -> tuple[str, ...]:
    return tuple(rating.override for rating in ruleset.ratings.values() if rating.override is not None)


def manual_level_on(rating: Rating, buckets: Buckets, day: Day) -> ManualLevel | None:
    """The override that shows on a day: the last one made, unless it has expired or its level is gone."""
    if rating.override is None or not (rulings := buckets.latest[rating.override]).days:
        return None
    text = rulings.value(None, day)
    ruling = read_manual_level(str(text)) if text is not None else None
    return ruling if ruling and day <= ruling.expires and ruling.level in rating.levels else None


def read_manual_level(text: str) -> ManualLevel:
    """Parse an override's stored text."""
    level, expires, author, reason = json.loads(text)
    return ManualLevel(level, day_in(expires), author, reason)


def next_decision(rating: Rating, ruling: ManualLevel | None, day: Day) -> Day:
    """When the shown level is decided next: at the review, or after the override has expired."""
    return ruling.expires + 1 if ruling else next_review(rating.stability.review, day)


def shown(
    rating: Rating, buckets: Buckets, opened: Memory, computed: LevelState, day: Day
) -> tuple[LevelState, ManualLevel | None]:
    """The shown level of a rating at the end of a day, and the override by which it is shown, if by one.

    Its `since` is the day on which the shown level last changed.
    """
    ruling = manual_level_on(rating, buckets, day)
    if ruling is None and rating.name not in opened.shown:
        return computed, None
    level = ruling.level if ruling else computed.level
    before = opened.shows(rating.name)
    since = before.since if before and before.level == level else day
    seen = LevelState(level, since, None if ruling else computed.grace_until)
    return computed if seen == computed else seen, ruling
