"""The engine of a ruleset: its features as formulas, and its conditions as each backend matches them."""

from __future__ import annotations

from functools import cached_property

from standing.engine.backends.durable import DurableBackend
from standing.engine.backends.plain import PlainBackend, Test
from standing.engine.features import Formula, formula
from standing.engine.measures import Buckets
from standing.rules.conditions import Fact, comparisons
from standing.rules.ruleset import Ruleset
from standing.values.days import Day


class Engine:
    """Evaluates a ruleset. `engine_of` makes it once for each ruleset."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset

    def facts(self, buckets: Buckets, day: Day) -> dict[str, Fact]:
        """Every known feature at the end of `day`, by name: an integer or a text. Unknown features are absent."""
        known: dict[str, Fact] = {}
        for name, work_out in self.formulas.items():
            value = work_out(buckets, day, known)
            if value is not None:
                known[name] = value
        return known

    @cached_property
    def formulas(self) -> dict[str, Formula]:
        """The formula of every feature, by name. A feature made of others comes after them."""
        return {feature.name: formula(feature) for feature in self.ruleset.features}

    @cached_property
    def plain(self) -> tuple[PlainBackend, ...]:
        """The plain-Python backend of each stratum: the oracle, and the source of explanations."""
        return tuple(PlainBackend(stratum.rules()) for stratum in self.ruleset.strata)

    @cached_property
    def durable(self) -> tuple[DurableBackend, ...]:
        """The durable-rules backend of each stratum: the event path's matcher."""
        return tuple(DurableBackend(stratum.rules()) for stratum in self.ruleset.strata)

    @cached_property
    def conditions_on(self) -> dict[str, tuple[Test, ...]]:
        """The conditions, as functions, that compare a fact, by fact."""
        by_fact: dict[str, list[Test]] = {}
        for backend in self.plain:
            for name, condition in backend.rules.items():
                for fact in {line.fact for line in comparisons(condition)}:
                    by_fact.setdefault(fact, []).append(backend.tests[name])
        return {fact: tuple(tests) for fact, tests in by_fact.items()}


def engine_of(ruleset: Ruleset) -> Engine:
    """The engine of a ruleset."""
    return ruleset.derived(Engine)
