"""Which conditions hold on a day: matched from all its facts, or followed through silent days from flip to flip."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence, Set
from operator import itemgetter
from typing import Protocol

from standing.engine.backends import Backend
from standing.engine.backends.plain import Test
from standing.engine.clock import Crossing
from standing.rules.conditions import Fact
from standing.values.days import Day


class Matching(Protocol):
    """What holds on a day. Strata are read in their order; between them the facts of their ratings become known."""

    def read(self, stratum: int) -> Set[str]:
        """Names of rules that hold, at least those of this stratum."""

    def learn(self, facts: Mapping[str, Fact]) -> None:
        """Take facts into account that later strata may ask for."""

    @property
    def held(self) -> Set[str]:
        """The names of all rules that hold, once every stratum has been read."""

    @property
    def stirred(self) -> Set[str]:
        """The names of rules that hold no more, or do now, as far as that is known."""

    @property
    def features(self) -> Mapping[str, Fact] | None:
        """The features of the day, and perhaps more facts, if they were worked out."""


class Matched:
    """A day on which every condition is matched by a backend."""

    stirred: Set[str] = frozenset()

    def __init__(self, backends: Sequence[Backend], facts: Mapping[str, Fact]) -> None:
        self.backends, self.facts = backends, dict(facts)
        self.held: Set[str] = frozenset()

    @property
    def features(self) -> Mapping[str, Fact]:
        """The features of the day, with the facts that were learned."""
        return self.facts

    def read(self, stratum: int) -> Set[str]:
        """Names of rules that hold."""
        hits = self.backends[stratum].match(self.facts)
        self.held |= hits
        return hits

    def learn(self, facts: Mapping[str, Fact]) -> None:
        """Take facts into account that later strata may ask for."""
        self.facts |= facts


class Watched:
    """Silent days after one that was matched: only conditions on facts that flip are tested again.

    Between flips a fact keeps the value of its last one. No comparison can tell it from the value that it really has.
    """

    features = None

    def __init__(
        self,
        flips: Sequence[Crossing],
        conditions_on: Mapping[str, Sequence[tuple[str, Test]]],
        day: Day,
        before: Matched,
    ) -> None:
        self.flips, self.conditions_on = flips, conditions_on
        self.facts, self.held = dict(before.facts), set(before.held)
        self.stirred: set[str] = set()  # the rules that hold no more, or do now, since the last day
        self._next = bisect_right(flips, day, key=itemgetter(0))

    def advance(self, until: Day) -> Day:
        """Move on to the first day on which a condition becomes true or false, at most to `until`."""
        self.stirred.clear()
        while self._next < len(self.flips) and (day := self.flips[self._next].day) <= until:
            self._flip(day)
            if self.stirred:
                return day
        return until

    def read(self, _stratum: int) -> Set[str]:
        """Names of rules that hold."""
        return self.held

    def learn(self, facts: Mapping[str, Fact]) -> None:
        """Take facts into account that later strata may ask for."""
        for fact, value in facts.items():
            if self.facts.get(fact) != value:
                self._set(fact, value)

    def _flip(self, day: Day) -> None:
        """Take over what flips on a day."""
        while self._next < len(self.flips) and (flip := self.flips[self._next]).day == day:
            self._set(flip.fact, flip.value)
            self._next += 1

    def _set(self, fact: str, value: Fact | None) -> None:
        """Set a fact, and test the conditions on it again."""
        if value is None:
            self.facts.pop(fact, None)
        else:
            self.facts[fact] = value
        for rule, test in self.conditions_on.get(fact, ()):
            if test(self.facts) is not (rule in self.held):
                self.held ^= {rule}
                self.stirred.add(rule)
