"""The fold: simulates days, each decided once on all its events.

Its result is the standing. It is pure and does not read the ledger: it depends only on the events' days and the rules
in force on each.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

from standing.engine.care import Gate, care_of_day
from standing.engine.clock import ScheduledChanges, pending_transitions, scheduled_changes
from standing.engine.engine import RatingRules, engine_of
from standing.engine.matching import Matched, Matching, Watched
from standing.engine.measures import Buckets
from standing.engine.overrides import ManualLevel, are_overridden, is_overridden, next_decision, shown
from standing.engine.ratings import judged
from standing.engine.state import LevelState, Memory
from standing.rules.conditions import Fact
from standing.rules.ruleset import Rating, Ruleset
from standing.rules.timeline import Span, Timeline
from standing.values.days import Day

BEFORE_ANY = -1  # the rank of "no level yet"

type BucketsFor = Callable[[Ruleset], Buckets]


@dataclass(slots=True)  # never changed, but made on every day: frozen, it takes three times as long to make one
class DayResult:
    """One day: the memory before and after it, and its care.

    `becomes` has the ratings with which something is pending or new, each with the level that would follow in the end
    if only time passed; all others stay as they are. `holding` has the care rules whose conditions hold, `due` those
    that fell due, `refrained` those held back for a new reason; `ready` and `capped` are as in `care.CareOfDay`;
    `rulings` has the levels set by hand. `facts` are worked out from `buckets`, or from the features if they are known.
    """

    day: Day
    ruleset: Ruleset
    opened: Memory
    closed: Memory
    becomes: dict[str, str]
    holding: tuple[str, ...]
    due: tuple[str, ...]
    refrained: tuple[tuple[str, Gate], ...]
    rulings: dict[str, ManualLevel]
    ready: tuple[str, ...]
    capped: tuple[str, ...]
    buckets: Buckets = field(repr=False, compare=False)
    features: Mapping[str, Fact] | None = field(repr=False, compare=False)
    _facts: dict[str, Fact] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def facts(self) -> dict[str, Fact]:
        """All facts that rules may compare at the end of the day. Nobody asks for those of most days."""
        if self._facts is None:
            features = self.features or engine_of(self.ruleset).facts(self.buckets, self.day)
            self._facts = dict(features)
            for name, rating in self.ruleset.ratings.items():
                now, shown_now = self.closed.levels[name], self.closed.shows(name) or self.closed.levels[name]
                told = self.becomes.get(name, now.level), self.rulings.get(name), self.day, rating.fact_names
                self._facts |= _rating_facts(rating, self.opened, shown_now, *told)
        return self._facts


def simulate_days(
    rules: Timeline, books: BucketsFor, memory: Memory, first: Day, last: Day, *, busy: Collection[Day] = ()
) -> Iterator[DayResult]:
    """Simulate the days from `first` to `last`, starting from the memory before `first`.

    Days equal to the day before are left out, but never `first` and `last`. Days in `busy` have events and are matched
    by durable-rules, days on which only time passes by the plain backend, which gives equal results.
    """
    for span in rules.spans(first, last):
        for lived in LivedSpan(span, books(span.ruleset), busy).days(memory):
            yield lived
            memory = lived.closed


def simulate_day(ruleset: Ruleset, buckets: Buckets, opened: Memory, day: Day, *, event_day: bool) -> DayResult:
    """Decide one day on all its events."""
    return next(LivedSpan(Span(ruleset, day, day), buckets, {day} if event_day else ()).days(opened))


class LivedSpan:
    """Lives the days of a span one after another, and leaves out those on which nothing can change."""

    def __init__(self, span: Span, buckets: Buckets, busy: Collection[Day]) -> None:
        self.ruleset, self.first, self.last = span
        self.engine, self.buckets, self.busy = engine_of(self.ruleset), buckets, busy
        self.overridden = are_overridden(self.ruleset, buckets)
        self._matched: Matched | None = None  # of the last lived day, if all conditions were matched on it
        self._watched: Watched | None = None  # since the last day that was matched

    def days(self, opened: Memory) -> Iterator[DayResult]:
        """The lived days."""
        lived = self._match(opened, self.first)
        yield lived
        while lived.day < self.last:
            lived = self._next(lived)
            yield lived

    def _next(self, before: DayResult) -> DayResult:
        tomorrow = before.day + 1
        if tomorrow in self.busy or (tomorrow == self.last and self._watched is None):
            return self._match(before.closed, tomorrow)
        watched = self._watch(before.day)
        day = watched.advance(self._planned(before) if self._is_settled(before) else tomorrow)
        if day in self.busy:
            return self._match(before.closed, day)
        return self._decide(before.closed, day, watched, self._always_awake.union(before.becomes, before.closed.shown))

    def _match(self, opened: Memory, day: Day) -> DayResult:
        """A day on which all conditions are matched."""
        backends = self.engine.durable if day in self.busy else self.engine.plain
        self._matched, self._watched = Matched(backends, self.engine.facts(self.buckets, day)), None
        return self._decide(opened, day, self._matched)

    def _watch(self, day: Day) -> Watched:
        if self._watched is None:
            assert self._matched is not None  # noqa: S101 -- the first day is matched
            self._watched = Watched(self._ahead.flips, self.engine.conditions_on, day, self._matched)
        return self._watched

    def _is_settled(self, lived: DayResult) -> bool:
        """Whether a day's changes cannot affect the next day. A new level can, if rules ask for the former level."""
        before, after = lived.opened, lived.closed
        if before is after:
            return True
        if before.beside_levels != after.beside_levels:
            return False
        changed = [name for name in lived.becomes if after.levels[name] != before.levels.get(name)]
        return not any(f"{name}.was" in self.ruleset.compared for name in changed)

    def _planned(self, lived: DayResult) -> Day:
        """The next day that has to be lived, unless a condition becomes true or false before."""
        today, stops = lived.day, self._ahead.days
        pending = pending_transitions(self.ruleset, lived.closed, lived.becomes, lived.holding, today)
        return min([stops[bisect_right(stops, today)], *[day for day in pending if day > today]])

    @cached_property
    def _ahead(self) -> ScheduledChanges:
        """What time alone changes in the whole span, and the days that are lived in any case."""
        scheduled = scheduled_changes(self.ruleset, self.buckets, self.first + 1, self.last)
        return scheduled._replace(days=sorted({*scheduled.days, *self.busy, self.last}))

    @cached_property
    def _always_awake(self) -> frozenset[str]:
        """The ratings of which a fact may change on any day: the days to the review, or a level set by hand."""
        return frozenset(
            rating.name
            for rating in self.ruleset.ratings.values()
            if rating.fact_names[-1] in self.ruleset.compared or is_overridden(rating, self.buckets)
        )

    def _decide(self, opened: Memory, day: Day, matching: Matching, awake: frozenset[str] | None = None) -> DayResult:
        """Decide one day from the conditions that hold on it: the ratings, by strata, and then care.

        A rating that is not `awake` (none: all are) stays as it is, unless one of its conditions began or ceased to
        hold.
        """
        buckets = self.buckets
        becomes: dict[str, str] = {}
        moved: dict[str, LevelState] = {}
        instead: dict[str, LevelState] = {}
        rulings: dict[str, ManualLevel] = {}
        by_hand = self.overridden or bool(opened.shown)
        for number, stratum in enumerate(self.engine.strata):
            hits = matching.read(number)
            told: dict[str, Fact] = {}
            for name, rating, asked in stratum if awake is None else self._concerned(stratum, awake, matching.stirred):
                held = opened.levels.get(name)
                current, becoming = judged(rating, held, hits, day)
                if current != held:
                    moved[name] = current
                if current != held or becoming != current.level:
                    becomes[name] = becoming
                seen, ruling = shown(rating, buckets, opened, current, day) if by_hand else (current, None)
                if ruling:
                    rulings[name] = ruling
                if seen is not current:
                    instead[name] = seen
                if asked:
                    told |= _rating_facts(rating, opened, seen, becoming, ruling, day, asked)
            matching.learn(told)
        holding = self.engine.care_in(matching.held)
        care = care_of_day(self.ruleset, buckets, opened, holding, day)
        closed = Memory(self._levels(opened, moved), care.due, instead, care.held_back, care.contacts)
        closed = opened if closed == opened else closed  # so that nobody has to look for differences again
        gates = care.fell_due, care.refrained, rulings, care.ready, care.capped
        return DayResult(day, self.ruleset, opened, closed, becomes, holding, *gates, buckets, matching.features)

    def _concerned(
        self, stratum: Sequence[RatingRules], awake: frozenset[str], stirred: Set[str]
    ) -> Sequence[RatingRules]:
        """The ratings of a stratum that are awake, or of which a condition began or ceased to hold."""
        names = awake.union([self.engine.rating_of.get(rule) for rule in stirred]) if stirred else awake
        return [one for one in stratum if one.name in names] if names else ()

    def _levels(self, opened: Memory, moved: dict[str, LevelState]) -> dict[str, LevelState]:
        """The level of each rating that there is, of which these moved."""
        ratings = self.ruleset.ratings
        if not moved and opened.levels.keys() == ratings.keys():
            return opened.levels
        return {name: moved.get(name) or opened.levels[name] for name in ratings}


def _rating_facts(
    rating: Rating,
    opened: Memory,
    after: LevelState,
    becomes: str,
    ruling: ManualLevel | None,
    day: Day,
    wanted: Container[str],
) -> dict[str, Fact]:
    """The facts of a rating that are wanted, for later rules. Levels are compared by rank."""
    now, was, would_become, days_to_review = rating.fact_names
    facts: dict[str, Fact] = {}
    if now in wanted:
        facts[now] = rating.ranks[after.level]
    if was in wanted:
        before = opened.shows(rating.name)
        facts[was] = rating.ranks.get(before.level, BEFORE_ANY) if before else BEFORE_ANY
    if would_become in wanted:
        facts[would_become] = rating.ranks[becomes]
    if days_to_review in wanted:
        facts[days_to_review] = next_decision(rating, ruling, day) - day
    return facts
