"""Worlds: a possible customer as z3 unknowns, with all that is true of any customer's facts.

Numbers are exact whole numbers, as in every reader. A ratio is never divided: a comparison of a ratio becomes a
comparison of its two parts, in whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import z3

from standing.engine.backends.plain import OPERATORS
from standing.engine.features import RATIO_UNIT
from standing.rules.conditions import Comparison, Condition, Fact, Operator, comparisons
from standing.rules.features import LONGEST_YEAR, CombinedFeature, PointsFeature, Ramp
from standing.rules.kinds import FEATURE_KINDS
from standing.rules.prove.axioms import feature_axioms
from standing.rules.ruleset import Rating, Ruleset

type Number = Any  # z3's expressions have no useful types
type Truth = Any

FAR = 200 * LONGEST_YEAR  # days: longer than any override may last


class World:
    """One customer. `tag` distinguishes two worlds of a ruleset; `like` shares all facts but some with another world.

    `by_hand`: the customer may have overrides, so each rating can show any level.
    """

    def __init__(
        self,
        ruleset: Ruleset,
        tag: str = "",
        like: World | None = None,
        but: frozenset[str] = frozenset(),
        *,
        by_hand: bool = False,
    ) -> None:
        self.ruleset, self.tag, self.like, self.but, self.by_hand = ruleset, tag, like, but, by_hand
        self._numbers: dict[str, Number] = {}
        self._told: dict[int, tuple[Condition, Truth]] = {}

    def holds(self, condition: Condition) -> Truth:
        """Whether a condition holds for this customer."""
        if id(condition) not in self._told:
            self._told[id(condition)] = (condition, self._holds(condition))  # kept, so that the id stays its own
        return self._told[id(condition)][1]

    def _holds(self, condition: Condition) -> Truth:
        if isinstance(condition, Comparison):
            return self._compares(condition)
        parts = [self.holds(part) for part in condition.of]
        if condition.group == "all":
            return z3.And(*parts)
        return z3.Or(*parts) if condition.group == "any" else z3.Not(z3.Or(*parts))

    def number(self, fact: str) -> Number:
        """A fact's value if it is known. For a rating: the rank. For a text: its place among those that rules name."""
        rating = self.ruleset.ratings.get(fact)
        if rating and not rating.ordered and not self.by_hand:
            return self._rank(rating)
        feature = self.ruleset.by_name.get(fact)
        if feature and feature.kind == "ratio":  # as a part of another, any value: proves less, but nothing false
            return self._unknown(fact, z3.Int)
        if isinstance(feature, PointsFeature):
            return z3.Sum(*map(self._points, feature.ramps))
        if isinstance(feature, CombinedFeature):
            first, second = self.number(feature.first), self.number(feature.second)
            return first - second if feature.kind == "minus" else first + second
        return self._unknown(fact, z3.Int)

    def known(self, fact: str) -> Truth:
        """Whether a fact is known."""
        feature = self.ruleset.by_name.get(fact)
        if feature is None or FEATURE_KINDS[feature.kind].always_known:
            return z3.BoolVal(True)
        if isinstance(feature, CombinedFeature):
            parts = [self.known(part) for part in feature.parts]
            divides = [self.number(feature.second) != 0] if feature.kind == "ratio" else []
            return z3.And(*parts, *divides)
        return self._unknown(f"{fact}?", z3.Bool)

    @cached_property
    def axioms(self) -> list[Truth]:
        """All that is true of every customer."""
        return [*feature_axioms(self), *self._of_ratings(), *self._of_review_days()]

    def values(self, model: Any) -> dict[str, Fact]:  # noqa: ANN401 -- z3's model
        """The facts of a model's customer, without unknown facts and texts."""
        facts = [feature for feature in self.ruleset.features if feature.unit != "text"]
        known = [one.name for one in facts if z3.is_true(model.eval(self.known(one.name), model_completion=True))]
        values: dict[str, Fact] = {name: self._value(model, name) for name in known}
        return values | {name: self._value(model, name) for name in self.ruleset.ratings}

    def text(self, model: Any, fact: str) -> str | None:  # noqa: ANN401 -- z3's model
        """A text fact of a model's customer. None if it is unknown."""
        if not z3.is_true(model.eval(self.known(fact), model_completion=True)):
            return None
        place = model.eval(self.number(fact), model_completion=True).as_long()
        words = self.words.get(fact, [])
        return words[place] if place < len(words) else "another"

    @cached_property
    def words(self) -> dict[str, list[str]]:
        """By fact, the texts that conditions compare it with."""
        texts: dict[str, set[str]] = {}
        for line in (line for condition in self.ruleset.rules.values() for line in comparisons(condition)):
            texts.setdefault(line.fact, set()).update(value for value in line.values if isinstance(value, str))
        return {fact: sorted(words) for fact, words in texts.items()}

    def _unknown(self, name: str, kind: Any) -> Any:  # noqa: ANN401
        if self.like is not None and name not in self.but:
            return self.like._unknown(name, kind)
        if name not in self._numbers:
            self._numbers[name] = kind(f"{name}{self.tag}")
        return self._numbers[name]

    def _value(self, model: Any, fact: str) -> int:  # noqa: ANN401
        feature = self.ruleset.by_name.get(fact)
        if feature and feature.kind == "ratio":
            return self._value(model, feature.first) * RATIO_UNIT // self._value(model, feature.second)
        return int(model.eval(self.number(fact), model_completion=True).as_long())

    def _compares(self, line: Comparison) -> Truth:
        if line.op == "unknown":
            return z3.Not(self.known(line.fact))
        if isinstance(line.value, tuple):
            met = z3.Or(*(self._met(line.fact, "==", value) for value in line.value))
        else:
            met = self._met(line.fact, line.op, line.value)
        return z3.And(self.known(line.fact), met)

    def _met(self, fact: str, op: Operator, value: Fact) -> Truth:
        whole = self.words[fact].index(value) if isinstance(value, str) else value
        feature = self.ruleset.by_name.get(fact)
        if feature and feature.kind == "ratio":
            return self._ratio_met(feature, op, whole)
        return OPERATORS[op](self.number(fact), whole)

    def _ratio_met(self, feature: CombinedFeature, op: Operator, value: int) -> Truth:
        at_least, above = self._ratio_reaches(feature, value), self._ratio_reaches(feature, value + 1)
        met: Mapping[Operator, Truth] = {
            ">=": at_least,
            ">": above,
            "<": z3.Not(at_least),
            "<=": z3.Not(above),
            "==": z3.And(at_least, z3.Not(above)),
            "!=": z3.Or(z3.Not(at_least), above),
        }
        return met[op]

    def _ratio_reaches(self, feature: CombinedFeature, value: int) -> Truth:
        """Whether a floored quotient is at least a whole number: exactly if the quotient itself is."""
        first, second = self.number(feature.first), self.number(feature.second)
        return z3.If(second > 0, first * RATIO_UNIT >= value * second, first * RATIO_UNIT <= value * second)

    def _points(self, ramp: Ramp) -> Number:
        """A part's points in a score. A ratio gets a point for each step that it reaches, so nothing is divided."""
        part = ramp.part
        feature = self.ruleset.by_name[part]
        if feature.kind == "ratio":
            least = (step if ramp.rises else step + 1 for step in ramp.steps)
            reached = [self._ratio_reaches(feature, value) for value in least]
            points = z3.Sum(*(z3.If(one if ramp.rises else z3.Not(one), 1, 0) for one in reached))
        else:
            gone = (self.number(part) - ramp.begin) * (1 if ramp.rises else -1)
            between = z3.If(gone >= ramp.span, ramp.weight, gone * ramp.weight / ramp.span)
            points = z3.If(gone <= 0, 0, between)
        return z3.If(self.known(part), points, ramp.unknown)

    def _rank(self, rating: Rating) -> Number:
        """The rank in an unordered rating: the first level whose condition holds."""
        if rating.name not in self._numbers:
            rank: Number = z3.IntVal(len(rating.levels) - 1)
            for level in reversed(rating.levels):
                if level in rating.qualify:
                    rank = z3.If(self.holds(rating.qualify[level]), rating.rank(level), rank)
            self._numbers[rating.name] = rank
        return self._numbers[rating.name]

    def _of_ratings(self) -> Iterator[Truth]:
        for rating in self.ruleset.ratings.values():
            levels = len(rating.levels)
            yield from _within(self.number(f"{rating.name}.would_become"), 0, levels - 1)
            yield from _within(self.number(f"{rating.name}.was"), -1, levels - 1)
            yield from _within(self.number(rating.name), 0, levels - 1)
            if rating.ordered and not self.by_hand:
                yield from self._of_rising(rating)

    def _of_rising(self, rating: Rating) -> Iterator[Truth]:
        """A level is at least the one that qualifies if rises do not wait, and at most the kept one if falls do not."""
        stability, rank = rating.stability, self.number(rating.name)
        if stability.rise == "immediate" or stability.review == "daily":
            yield from (
                z3.Implies(self.holds(when), rank >= rating.rank(level)) for level, when in rating.qualify.items()
            )
        falls_at_once = stability.review == "daily" and not stability.grace and not stability.minimum_stay
        if falls_at_once and stability.fall == "to-kept":
            yield from (
                z3.Implies(rank == rating.rank(level), self.keeps(rating, level)) for level in rating.levels[1:]
            )

    def keeps(self, rating: Rating, level: str) -> Truth:
        """Whether a level is kept."""
        return (
            z3.Or(*(self.holds(way) for way in rating.keeping(level)))
            if level != rating.levels[0]
            else z3.BoolVal(True)
        )

    def _of_review_days(self) -> Iterator[Truth]:
        longest = {"daily": 1, "monthly": 31, "quarterly": 92, "yearly": LONGEST_YEAR}
        for rating in self.ruleset.ratings.values():
            by_hand = FAR if self.by_hand and rating.override else 0
            most = max(longest[rating.stability.review], by_hand)
            yield from _within(self.number(f"{rating.name}.days_to_review"), 1, most)


def _within(number: Number, low: int, high: int) -> tuple[Truth, Truth]:
    return number >= low, number <= high
