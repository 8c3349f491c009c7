"""The prover: asks z3 whether a customer can exist, and shows an example as readable text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import z3

from standing.engine.reasons import display
from standing.rules.conditions import Condition, Fact, Group, comparisons
from standing.rules.prove.worlds import Number, Truth, World
from standing.rules.ruleset import Rating, Ruleset

NICE = (0, 1)  # preferred values in examples
PATIENCE = 2_000  # milliseconds for one question; one that takes longer is reported as unproved


class Prover:
    """Questions about every possible customer under a ruleset; with `by_hand`, also about customers with overrides.

    `asking` is the check and the subject of the current questions; `unanswered` are those that took too long.
    """

    def __init__(self, ruleset: Ruleset, *, by_hand: bool = False, patience: int = PATIENCE) -> None:
        self.ruleset = ruleset
        self.world = World(ruleset, by_hand=by_hand)
        self.solver = z3.Solver()
        self.solver.set("timeout", patience)
        self.solver.add(*self.world.axioms)
        self.asking = ("", "")
        self.unanswered: dict[tuple[str, str], None] = {}

    def possible(self, *truths: Truth) -> bool:
        """Whether a customer can exist for whom all of this is true."""
        return bool(self._answer(truths) == z3.sat)

    def impossible(self, *truths: Truth) -> bool:
        """Whether it is proved that no such customer can exist. False if the question took too long."""
        return bool(self._answer(truths) == z3.unsat)

    def _answer(self, truths: Iterable[Truth]) -> object:
        self.solver.push()
        self.solver.add(*truths)
        answer = self.solver.check()
        self.solver.pop()
        if answer == z3.unknown:
            self.unanswered[self.asking] = None
        return answer

    def example(self, truths: Sequence[Truth], about: Iterable[Condition]) -> dict[str, str]:
        """A customer for whom this is true, by the facts of the conditions, with values as simple as possible."""
        facts = list(dict.fromkeys(fact for condition in about for fact in self._spoken_of(condition)))
        self.solver.push()
        self.solver.add(*truths)
        for number in (self.world.number(fact) for fact in facts):
            self._settle(number)
        model = self.solver.model() if self.solver.check() == z3.sat else None
        self.solver.pop()
        if model is None:
            return {}
        values = self.world.values(model)
        return {fact: self._shown(model, values, fact) for fact in facts}

    def best(self, rating: Rating, world: World) -> Number:
        """The rank of the highest level that a customer qualifies for."""
        rank: Number = z3.IntVal(0)
        for level in rating.levels[1:]:
            rank = z3.If(world.holds(rating.qualify[level]), rating.rank(level), rank)
        return rank

    def contradiction(self, condition: Condition) -> list[Condition]:
        """A smallest set of parts of a condition that cannot hold together."""
        parts = list(condition.of) if isinstance(condition, Group) and condition.group == "all" else [condition]
        for part in list(parts):
            rest = [other for other in parts if other is not part]
            if rest and self.impossible(*(self.world.holds(other) for other in rest)):
                parts = rest
        return parts

    @cached_property
    def transitive(self) -> dict[str, tuple[Condition, ...]]:
        """The conditions of each rating, with those of the ratings that it uses."""
        conditions: dict[str, tuple[Condition, ...]] = {}
        for rating in self.ruleset.ratings.values():  # in the order of the strata
            own = (*rating.qualify.values(), *rating.retain.values())
            asked = {line.fact.partition(".")[0] for one in own for line in comparisons(one)}
            conditions[rating.name] = (*own, *(one for name in asked if name in conditions for one in conditions[name]))
        return conditions

    def _spoken_of(self, condition: Condition) -> list[str]:
        """The facts of a condition, with the parts of combined features."""
        facts: list[str] = []
        for line in comparisons(condition):
            feature = self.ruleset.by_name.get(line.fact)
            facts += [*(feature.parts or () if feature else ()), line.fact]
        return facts

    def _settle(self, number: Number) -> None:
        for value in NICE:
            self.solver.push()
            self.solver.add(number == value)
            fits = self.solver.check() == z3.sat
            self.solver.pop()
            if fits:
                self.solver.add(number == value)
                return

    def _shown(self, model: object, values: Mapping[str, Fact], fact: str) -> str:
        feature = self.ruleset.by_name.get(fact)
        if feature and feature.unit == "text":
            return self.world.text(model, fact) or "unknown"
        return display(self.ruleset, fact, values.get(fact)) or "unknown"
