"""One rating, one day: the next level. All of the stability block is here; docs/stability.md has its transition table.

Pure. It does not know features, only which of the rating's conditions hold.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import date
from functools import lru_cache

from standing.engine.state import LevelState
from standing.rules.ruleset import Rating, Review
from standing.values.days import Day, day_date, day_number

MONTHS: dict[Review, int] = {"monthly": 1, "quarterly": 3, "yearly": 12}


def next_level_state(rating: Rating, before: LevelState | None, hits: Set[str], day: Day) -> LevelState:
    """The level at the end of `day`, given the level at its beginning (None: the first day)."""
    if not rating.ordered:
        return _settle(before, _first_match(rating, hits), day)
    best = _best(rating, hits)
    if before is None or before.level not in rating.levels:
        return LevelState(best, day)
    if rating.rank(best) > rating.rank(before.level) and _may_rise(rating, day):
        return LevelState(best, day)
    if is_kept(rating, before, hits):
        return before if before.grace_until is None else before._replace(grace_until=None)
    return _failing(rating, before, hits, day)


def judged(rating: Rating, before: LevelState | None, hits: Set[str], day: Day) -> tuple[LevelState, str]:
    """The level at the end of `day`, and the one that would follow in the end if only time passed (`would_become`)."""
    if before is not None and _stays(rating, before, hits):
        return before, before.level
    current = next_level_state(rating, before, hits, day)
    return current, would_become(rating, current, hits)


def _stays(rating: Rating, before: LevelState, hits: Set[str]) -> bool:
    """Whether a level is kept, no better one qualifies, and no grace period has to be cancelled: as on most days."""
    if not rating.ordered or before.grace_until is not None or before.level not in rating.ranks:
        return False
    return hits.isdisjoint(rating.derived(_better)[before.level]) and is_kept(rating, before, hits)


def _better(rating: Rating) -> dict[str, list[str]]:
    """For each level, the rules by which a better one is reached."""
    rules = [qualify for qualify, _ in rating.rule_names.values()]
    return {level: rules[rank + 1 :] for rank, level in enumerate(rating.levels)}


def is_kept(rating: Rating, current: LevelState, hits: Set[str]) -> bool:
    """Whether the current level is kept, by these rules or by the older terms under which it was reached."""
    if _keeps(rating, current.level, hits):
        return True
    older = rating.terms_names.get(current.level)
    return older is not None and any(current.since < before and name in hits for before, name in older)


def _keeps(rating: Rating, level: str, hits: Set[str]) -> bool:
    """Whether a level's `retain` holds, or its `qualify`. The lowest needs neither."""
    qualify, retain = rating.rule_names[level]
    return retain in hits or qualify in hits or level == rating.levels[0]


def would_become(rating: Rating, current: LevelState, hits: Set[str]) -> str:
    """The level that would follow in the end if only time passed: up to the best that qualifies, or one step down."""
    if not rating.ordered:
        return current.level
    best = _best(rating, hits)
    if rating.rank(best) > rating.rank(current.level):
        return best
    return current.level if is_kept(rating, current, hits) else _landing(rating, current.level, hits)


def next_move(rating: Rating, state: LevelState, today: Day, *, falls: bool) -> Day:
    """When a level changes, or its grace begins, that would change in the end if nothing but time did."""
    stays = state.since + rating.stability.minimum_stay - 1 if falls else today
    review = next_review(rating.stability.review, max(today, stays))
    if state.grace_until is None:
        return review
    return state.grace_until if falls else min(state.grace_until, review)  # a rise waits for a review, a fall does not


@lru_cache(maxsize=4096)
def next_review(review: Review, day: Day) -> Day:
    """The first review day after `day`."""
    months = MONTHS.get(review)
    if months is None:
        return day + 1
    today = day_date(day)
    place = today.year * 12 + (today.month - 1) // months * months + months
    return day_number(date(place // 12, place % 12 + 1, 1))


@lru_cache(maxsize=4096)
def is_review(review: Review, day: Day) -> bool:
    """Whether keeping is tested on `day`: the first of a month, a quarter or a year, or any day."""
    months = MONTHS.get(review)
    today = day_date(day)
    return months is None or (today.day == 1 and (today.month - 1) % months == 0)


def _failing(rating: Rating, before: LevelState, hits: Set[str], day: Day) -> LevelState:
    """The level is not kept: a grace period begins, goes on, or ends in a fall."""
    stability = rating.stability
    if before.grace_until is not None:
        return _fallen(rating, before, hits, day) if day >= before.grace_until else before
    tested = is_review(stability.review, day) and day - before.since >= stability.minimum_stay
    if not tested:
        return before
    if not stability.grace:
        return _fallen(rating, before, hits, day)
    return before._replace(grace_until=day + stability.grace)


def _fallen(rating: Rating, before: LevelState, hits: Set[str], day: Day) -> LevelState:
    return LevelState(_landing(rating, before.level, hits), day)


def _landing(rating: Rating, level: str, hits: Set[str]) -> str:
    below = rating.levels[: rating.rank(level)]
    if rating.stability.fall == "one-level":
        return below[-1]
    return next(lower for lower in reversed(below) if _keeps(rating, lower, hits))


def _may_rise(rating: Rating, day: Day) -> bool:
    return rating.stability.rise == "immediate" or is_review(rating.stability.review, day)


def _best(rating: Rating, hits: Set[str]) -> str:
    for level, (qualify, _) in reversed(rating.rule_names.items()):
        if qualify in hits:
            return level
    return rating.levels[0]


def _first_match(rating: Rating, hits: Set[str]) -> str:
    for level, (qualify, _) in rating.rule_names.items():
        if qualify in hits:
            return level
    return rating.levels[-1]


def _settle(before: LevelState | None, level: str, day: Day) -> LevelState:
    return before if before and before.level == level else LevelState(level, day)
