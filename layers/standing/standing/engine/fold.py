"""The fold: simulates days, each decided once on all its events.

Its result is the standing. It is pure and does not read the ledger: it depends only on the events' days and the rules
in force on each.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from standing.engine.backends import Backend
from standing.engine.care import Gate, care_of_day
from standing.engine.clock import ScheduledChanges, next_crossing, pending_transitions, scheduled_changes
from standing.engine.engine import engine_of
from standing.engine.measures import Buckets
from standing.engine.overrides import ManualLevel, manual_level_on, next_decision, shown
from standing.engine.ratings import next_level_state, would_become
from standing.engine.state import LevelState, Memory
from standing.rules.conditions import Fact
from standing.rules.ruleset import Rating, Ruleset
from standing.rules.timeline import Span, Timeline
from standing.values.days import Day

BEFORE_ANY = -1  # the rank of "no level yet"

type BucketsFor = Callable[[Ruleset], Buckets]


@dataclass(frozen=True)
class DayResult:
    """One day: its facts, the memory before and after it, and its care.

    `holding` has the care rules whose conditions hold, `due` those that fell due, `refrained` those held back for a new
    reason; `ready` and `capped` are as in `care.CareOfDay`; `rulings` has the levels set by hand.
    """

    day: Day
    ruleset: Ruleset
    facts: dict[str, Fact]
    opened: Memory
    closed: Memory
    holding: tuple[str, ...] = ()
    due: tuple[str, ...] = ()
    refrained: tuple[tuple[str, Gate], ...] = ()
    rulings: dict[str, ManualLevel] = field(default_factory=dict)
    ready: tuple[str, ...] = ()
    capped: tuple[str, ...] = ()


def simulate_days(
    rules: Timeline, books: BucketsFor, memory: Memory, first: Day, last: Day, *, busy: Collection[Day] = ()
) -> Iterator[DayResult]:
    """Simulate the days from `first` to `last`, starting from the memory before `first`.

    Days equal to the day before are left out, but never `first` and `last`. Days in `busy` have events and are matched
    by durable-rules, days on which only time passes by the plain backend, which gives equal results.
    """
    for span in rules.spans(first, last):
        for lived in _live_span(span, books(span.ruleset), memory, busy):
            yield lived
            memory = lived.closed


def _live_span(span: Span, buckets: Buckets, memory: Memory, busy: Collection[Day]) -> Iterator[DayResult]:
    ruleset, day = span.ruleset, span.first
    ahead: ScheduledChanges | None = None
    while day <= span.last:
        lived = simulate_day(ruleset, buckets, memory, day, event_day=day in busy)
        yield lived
        memory = lived.closed
        if not _settled(lived) or day + 1 in busy or day + 1 >= span.last:
            day = day + 1
            continue
        if ahead is None:
            scheduled = scheduled_changes(ruleset, buckets, day + 1, span.last)
            ahead = scheduled._replace(days=sorted({*scheduled.days, *busy, span.last}))
        day = _next_stop(ahead, lived)


def _settled(lived: DayResult) -> bool:
    """Whether a day's changes cannot affect the next day. A new level can, if rules ask for the former level."""
    before, after, compared = lived.opened, lived.closed, lived.ruleset.compared
    if before == after:
        return True
    asked = any(f"{name}.was" in compared for name, held in after.levels.items() if held != before.levels.get(name))
    return not asked and replace(before, levels={}) == replace(after, levels={})


def _next_stop(ahead: ScheduledChanges, lived: DayResult) -> Day:
    """The next day that may differ from a day on which nothing changed."""
    ruleset, today = lived.ruleset, lived.day
    going = pending_transitions(ruleset, lived.closed, lived.facts, lived.holding, today)
    planned = min([ahead.days[bisect_right(ahead.days, today)], *(day for day in going if day > today)])
    return next_crossing(ruleset, ahead.flips, lived.facts, today, planned)


def simulate_day(ruleset: Ruleset, buckets: Buckets, opened: Memory, day: Day, *, event_day: bool) -> DayResult:
    """Decide one day on all its events."""
    engine = engine_of(ruleset)
    known = engine.facts(buckets, day)
    levels: dict[str, LevelState] = {}
    instead: dict[str, LevelState] = {}
    rulings: dict[str, ManualLevel] = {}
    all_hits: set[str] = set()
    readers: Sequence[Backend] = engine.durable if event_day else engine.plain
    for stratum, reader in zip(ruleset.strata, readers, strict=True):
        all_hits |= (hits := reader.match(known))
        for rating in stratum.ratings:
            levels[rating.name] = current = next_level_state(rating, opened.levels.get(rating.name), hits, day)
            if ruling := manual_level_on(rating, buckets, day):
                rulings[rating.name] = ruling
            seen = shown(rating, opened, current, ruling, day)
            if seen != current:
                instead[rating.name] = seen
            to_review = next_decision(rating, ruling, day) - day
            known |= _rating_facts(
                rating, opened.shows(rating.name), seen, would_become(rating, current, hits), to_review
            )
    holding = tuple(name for name in ruleset.care if f"care/{name}" in all_hits)
    care = care_of_day(ruleset, buckets, opened, holding, day)
    closed = Memory(levels, care.due, instead, care.held_back, care.contacts)
    gates = care.fell_due, care.refrained, rulings, care.ready, care.capped
    return DayResult(day, ruleset, known, opened, closed, holding, *gates)


def _rating_facts(
    rating: Rating, before: LevelState | None, after: LevelState, becomes: str, to_review: int
) -> dict[str, Fact]:
    """The facts of a rating for later rules. Levels are compared by rank."""
    now, was, would_become, days_to_review = rating.fact_names
    return {
        now: rating.rank(after.level),
        was: rating.ranks.get(before.level, BEFORE_ANY) if before else BEFORE_ANY,
        would_become: rating.rank(becomes),
        days_to_review: to_review,
    }
