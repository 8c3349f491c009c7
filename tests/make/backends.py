"""Backends for comparisons only: polars and z3, with the interface of the others."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import z3
from standing.rescoring.backend import expression, with_facts
from standing.rules.conditions import Condition, Fact
from standing.rules.frozen import Title
from standing.rules.prove.worlds import World
from standing.rules.ruleset import Action, Care, Programme, Ruleset, Stratum

TITLE = Title(en="-", zh="-")
PROGRAMME = Programme(title=TITLE, currency="XXX", minor_digits=0, time_zone="UTC")  # ISO 4217: no currency
DO = Action(action="-", owner="-", priority="normal", within=1)


class PolarsBackend:
    """Says which named conditions hold, for one set of facts like every reader, or for a frame of facts."""

    def __init__(self, rules: Mapping[str, Condition]) -> None:
        self.rules = dict(rules)
        self.expressions = [expression(condition).alias(name) for name, condition in rules.items()]

    def match(self, facts: Mapping[str, Fact]) -> frozenset[str]:
        """The names of the rules that hold."""
        if not self.rules:
            return frozenset()
        (row,) = self.match_all(pl.DataFrame([dict(facts) | {"": 0}], strict=False)).rows(named=True)
        return frozenset(name for name, holds in row.items() if holds)

    def match_all(self, facts: pl.DataFrame) -> pl.DataFrame:
        """For a row a customer and a column a fact, a row a customer and a true-or-false column a rule."""
        return with_facts(facts, self.rules.values()).select(self.expressions)


class SolverBackend:
    """Says which of some named conditions a set of facts satisfies. An unknown fact is absent from `facts`."""

    def __init__(self, rules: Mapping[str, Condition]) -> None:
        self.rules = dict(rules)
        care = tuple(Care(name=name, title=TITLE, when=when, do=DO, repeat_after=1) for name, when in rules.items())
        self.ruleset = Ruleset(version="", programme=PROGRAMME, measures={}, features=(), strata=(Stratum(care=care),))

    def match(self, facts: Mapping[str, Fact]) -> frozenset[str]:
        """The names of the rules that hold."""
        world = Exact(self.ruleset, facts)
        return frozenset(name for name, when in self.rules.items() if z3.is_true(z3.simplify(world.holds(when))))


class Exact(World):
    """A world of which every fact is given."""

    def __init__(self, ruleset: Ruleset, facts: Mapping[str, Fact]) -> None:
        super().__init__(ruleset)
        self.facts = facts

    def known(self, fact: str) -> z3.BoolRef:
        """That a fact is given."""
        return z3.BoolVal(fact in self.facts)

    def number(self, fact: str) -> z3.ArithRef:
        """The fact itself; of a text its place among those that rules name, or one beyond them."""
        value = self.facts.get(fact, 0)
        if isinstance(value, int):
            return z3.IntVal(value)
        words = self.words.get(fact, [])
        return z3.IntVal(words.index(value) if value in words else len(words))
