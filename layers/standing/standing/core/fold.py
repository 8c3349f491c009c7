"""The fold: days lived through one by one, each decided once on all its events.

This is the standing, pure and blind to the ledger: it depends on the events' days and on nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from standing.core.days import Day
from standing.core.features import facts
from standing.core.measures import Buckets
from standing.core.ratings import follow, next_review, would_become
from standing.core.readers import Reader
from standing.core.ruleset import Care, Rating, Ruleset
from standing.core.state import Held, Memory

BEFORE_ANY = -1  # the rank of "no level yet"


@dataclass(frozen=True)
class DayLived:
    """One day: the facts that were compared, what was remembered at its end, and the care that fell due."""

    day: Day
    facts: dict[str, int]
    opened: Memory
    closed: Memory
    due: tuple[str, ...]


def live(
    ruleset: Ruleset, buckets: Buckets, memory: Memory, first: Day, last: Day, *, busy: Collection[Day] = ()
) -> Iterator[DayLived]:
    """Every day from `first` to `last`, beginning with what was remembered before `first`.

    Days in `busy` are matched by durable-rules, days on which only time passes by the plain reader, proved equal.
    """
    for day in range(first, last + 1):
        lived = live_day(ruleset, buckets, memory, day, event_day=day in busy)
        yield lived
        memory = lived.closed


def live_day(ruleset: Ruleset, buckets: Buckets, opened: Memory, day: Day, *, event_day: bool) -> DayLived:
    """One day, decided on everything known of it."""
    known = facts(ruleset, buckets, day)
    levels: dict[str, Held] = {}
    due: dict[str, Day] = {}
    readers: Sequence[Reader] = ruleset.durable if event_day else ruleset.plain
    for stratum, reader in zip(ruleset.strata, readers, strict=True):
        hits = reader.match(known)
        for rating in stratum.ratings:
            before = opened.levels.get(rating.name)
            levels[rating.name] = held = follow(rating, before, hits, day)
            known |= _rating_facts(rating, before, held, hits, day)
        due |= {care.name: day for care in stratum.care if _falls_due(care, opened, hits, day)}
    return DayLived(day, known, opened, Memory(levels, opened.due | due), tuple(due))


def _rating_facts(rating: Rating, before: Held | None, after: Held, hits: Collection[str], day: Day) -> dict[str, int]:
    """What later rules may ask of a rating. Levels are compared by rank."""
    return {
        rating.name: rating.rank(after.level),
        f"{rating.name}.was": rating.rank(before.level) if before and before.level in rating.levels else BEFORE_ANY,
        f"{rating.name}.would_become": rating.rank(would_become(rating, after, hits)),
        f"{rating.name}.days_to_review": next_review(rating.stability.review, day) - day,
    }


def _falls_due(care: Care, opened: Memory, hits: Collection[str], day: Day) -> bool:
    last = opened.due.get(care.name)
    return f"care/{care.name}" in hits and (last is None or day - last >= care.repeat_after)
