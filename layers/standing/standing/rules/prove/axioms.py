"""Axioms: what is true of every customer's features. The proofs build on them.

Counts are not negative; a window counts no more than a window around it; disjoint windows together count no more than a
window around both; days since an event say whether a window is empty. A false axiom would make false proofs, so a
property test compares each axiom with the features of generated customers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any, Protocol

import z3

from standing.rules.features import AnyFeature, CountFeature, Feature, MeasuredFeature, Window, WindowedFeature
from standing.rules.kinds import KindName
from standing.rules.prove.ranges import of_feature
from standing.rules.prove.windows import inside, never_negative, part_of
from standing.rules.ruleset import Ruleset

MOST = 10**9  # of any number, unless rules compare with more: it keeps examples readable


class Facts(Protocol):
    """The unknowns that axioms constrain."""

    ruleset: Ruleset

    def number(self, fact: str) -> Any:  # noqa: ANN401 -- z3's expressions have no useful types
        """A fact's value."""

    def known(self, fact: str) -> Any:  # noqa: ANN401
        """Whether a fact is known."""


def feature_axioms(world: Facts) -> Iterator[Any]:
    """Every axiom about the features of a world's ruleset."""
    measured = [feature for feature in world.ruleset.features if isinstance(feature, MeasuredFeature)]
    for feature in measured:
        yield from _bounds(world, feature)
    windowed = [feature for feature in measured if isinstance(feature, WindowedFeature)]
    adding = [feature for feature in windowed if never_negative(world.ruleset, feature)]
    for inner, outer in permutations(adding, 2):
        if part_of(world.ruleset, inner, outer):
            yield world.number(inner.name) <= world.number(outer.name)
    yield from _apart(world, adding)
    yield from _of_days(world, measured)
    yield from _of_amounts(world, windowed)


def _bounds(world: Facts, feature: Feature) -> Iterator[Any]:
    number, most = world.number(feature.name), _most(world.ruleset)
    low, high = of_feature(world.ruleset, feature)
    yield number >= (-most if low is None else low)
    if feature.unit != "text":
        yield number <= (most if high is None else high)


def _most(ruleset: Ruleset) -> int:
    """A number greater than all that rules compare with."""
    return max([MOST, *(2 * abs(literal) for literals in ruleset.compared.values() for literal in literals)])


def _apart(world: Facts, adding: Sequence[WindowedFeature]) -> Iterator[Any]:
    """Two disjoint windows of one measure together count no more than a window around both."""
    plain = [feature for feature in adding if isinstance(feature.window.over, int)]
    for later, earlier, whole in permutations(plain, 3):
        if later.measure != earlier.measure or (later.window.reach or 0) > earlier.window.ending:
            continue
        if all(part_of(world.ruleset, one, whole) for one in (later, earlier)):
            yield world.number(later.name) + world.number(earlier.name) <= world.number(whole.name)


def _of_days(world: Facts, measured: Sequence[MeasuredFeature]) -> Iterator[Any]:
    """The days since the last and since the first event, related to each other and to the count of events."""
    for last in (feature for feature in measured if feature.kind == "days_since_last"):
        known, days = world.known(last.name), world.number(last.name)
        for first in _of_same(measured, last, "days_since_first"):
            yield known == world.known(first.name)
            yield z3.Implies(known, days <= world.number(first.name))
    for feature in (one for one in measured if isinstance(one, CountFeature)):
        count, window = world.number(feature.name), feature.window
        for last in _of_same(measured, feature, "days_since_last"):
            yield from _of_count(count, window, world.known(last.name), world.number(last.name))
        for first in _of_same(measured, feature, "days_since_first"):
            begun = z3.And(world.known(first.name), world.number(first.name) >= window.ending)
            yield z3.Implies(count > 0, begun)


def _of_same(
    measured: Sequence[MeasuredFeature], feature: MeasuredFeature, kind: KindName
) -> Iterator[MeasuredFeature]:
    """The features of a kind over the same measure."""
    return (other for other in measured if other.kind == kind and other.measure == feature.measure)


def _of_count(count: Any, window: Window, known: Any, days: Any) -> Iterator[Any]:  # noqa: ANN401 -- as above
    yield z3.Implies(count > 0, known)
    if window.over is None:
        yield z3.Implies(known, count > 0)
    if isinstance(window.over, int):
        recent = z3.And(known, days < window.ending + window.over)
        yield z3.Implies(count > 0, z3.And(known, days >= 0))
        if window.ending == 0:
            yield (count > 0) == recent
        yield z3.Implies(z3.And(known, days >= window.ending, days < window.ending + window.over), count > 0)


def _of_amounts(world: Facts, windowed: Sequence[WindowedFeature]) -> Iterator[Any]:
    """A sum, a mean or a value needs an event in its window; a minimum is at most the mean, and that the maximum."""
    counts = [feature for feature in windowed if isinstance(feature, CountFeature)]
    for feature in windowed:
        for count in counts:
            if feature.kind in {"sum", "distinct"} and _same_window(world.ruleset, feature, count):
                yield z3.Implies(world.number(feature.name) != 0, world.number(count.name) > 0)
            if feature.kind in {"mean", "min", "max"} and _same_window(world.ruleset, feature, count):
                yield z3.Implies(world.known(feature.name), world.number(count.name) > 0)
            if feature.kind == "distinct" and _same_window(world.ruleset, feature, count):
                yield world.number(feature.name) <= world.number(count.name)
        yield from (_ordered(world, feature, other) for other in windowed if _below(world.ruleset, feature, other))


def _same_window(ruleset: Ruleset, feature: WindowedFeature, count: CountFeature) -> bool:
    """Whether `count` counts each event that the other feature measures.

    A refund whose amount counts on the day of a purchase is not counted there, and the purchase may be of another kind.
    """
    first, second = ruleset.measures[feature.measure], ruleset.measures[count.measure]
    counted = second.value == "count" and set(first.of) <= set(second.of)
    kinds = not second.where if first.nets else second.where.items() <= first.where.items()
    return counted and kinds and inside(feature.window, count.window)


def _below(ruleset: Ruleset, feature: WindowedFeature, other: WindowedFeature) -> bool:
    order = ("min", "mean", "max")
    if feature.kind not in order or other.kind not in order or order.index(feature.kind) >= order.index(other.kind):
        return False
    first, second = ruleset.measures[feature.measure], ruleset.measures[other.measure]
    same = (first.of, first.where, first.value) == (second.of, second.where, second.value)
    return same and feature.window == other.window


def _ordered(world: Facts, low: AnyFeature, high: AnyFeature) -> Any:  # noqa: ANN401 -- as above
    both = world.known(low.name) == world.known(high.name)
    return z3.And(both, z3.Implies(world.known(low.name), world.number(low.name) <= world.number(high.name)))
