"""The engine of a ruleset: its features as formulas, and its conditions as each backend matches them."""

from __future__ import annotations

from collections.abc import Set
from functools import cached_property
from typing import NamedTuple

from standing.engine.backends.durable import DurableBackend
from standing.engine.backends.plain import PlainBackend, Test
from standing.engine.features import Formula, formula
from standing.engine.measures import Buckets
from standing.engine.windows import PlainWindows
from standing.rules.conditions import Fact, comparisons
from standing.rules.ruleset import Rating, Ruleset
from standing.values.days import Day


class RatingRules(NamedTuple):
    """A rating by its name, with those of its facts that some condition compares."""

    name: str
    rating: Rating
    asked: frozenset[str]


class Engine:
    """Evaluates a ruleset. `engine_of` makes it once for each ruleset."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset

    def facts(self, buckets: Buckets, day: Day) -> dict[str, Fact]:
        """Every known feature at the end of `day`, by name: an integer or a text. Unknown features are absent."""
        known = self.windows.facts(buckets, day)
        for name, work_out in self._others:
            value = work_out(buckets, day, known)
            if value is not None:
                known[name] = value
        return known

    @cached_property
    def formulas(self) -> dict[str, Formula]:
        """The formula of every feature, by name. A feature made of others comes after them."""
        return {feature.name: formula(feature) for feature in self.ruleset.features}

    @cached_property
    def windows(self) -> PlainWindows:
        """The features that are plain windows."""
        return PlainWindows(self.ruleset.features)

    @cached_property
    def _others(self) -> tuple[tuple[str, Formula], ...]:
        """The formulas of all other features, in their order."""
        return tuple((name, work_out) for name, work_out in self.formulas.items() if name not in self.windows.names)

    @cached_property
    def plain(self) -> tuple[PlainBackend, ...]:
        """The plain-Python backend of each stratum: the oracle, and the source of explanations."""
        return tuple(PlainBackend(stratum.rules()) for stratum in self.ruleset.strata)

    @cached_property
    def durable(self) -> tuple[DurableBackend, ...]:
        """The durable-rules backend of each stratum: the event path's matcher."""
        return tuple(DurableBackend(stratum.rules()) for stratum in self.ruleset.strata)

    @cached_property
    def conditions_on(self) -> dict[str, tuple[tuple[str, Test], ...]]:
        """By each fact, the rules whose conditions compare it, each with its condition as a function."""
        by_fact: dict[str, list[tuple[str, Test]]] = {}
        for backend in self.plain:
            for name, condition in backend.rules.items():
                for fact in {line.fact for line in comparisons(condition)}:
                    by_fact.setdefault(fact, []).append((name, backend.tests[name]))
        return {fact: tuple(rules) for fact, rules in by_fact.items()}

    @cached_property
    def strata(self) -> tuple[tuple[RatingRules, ...], ...]:
        """The ratings of each stratum, with what is looked up of them every day."""
        return tuple(tuple(map(self._rules_of, stratum.ratings)) for stratum in self.ruleset.strata)

    def _rules_of(self, rating: Rating) -> RatingRules:
        return RatingRules(rating.name, rating, frozenset(self.ruleset.compared.keys() & {*rating.fact_names}))

    @cached_property
    def rating_of(self) -> dict[str, str]:
        """The rating of each of its rules."""
        return {rule: name for name, rating in self.ruleset.ratings.items() for rule in rating.rules}

    def care_in(self, held: Set[str]) -> tuple[str, ...]:
        """The care rules of which the condition is among some that hold, in their order."""
        found = self._care_rules.keys() & held
        return tuple(sorted([self._care_rules[rule] for rule in found], key=self._care_places.__getitem__))

    @cached_property
    def _care_rules(self) -> dict[str, str]:
        """Every care rule, by the name of its condition."""
        return {f"care/{name}": name for name in self.ruleset.care}

    @cached_property
    def _care_places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.ruleset.care)}


def engine_of(ruleset: Ruleset) -> Engine:
    """The engine of a ruleset."""
    return ruleset.derived(Engine)
