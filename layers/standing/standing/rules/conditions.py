"""Condition trees: what a rule asks of a customer's facts, in whole numbers and short texts only.

A comparison on an unknown fact is false; `none` of something unknown is true.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

type Fact = int | str
type Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "unknown"]
INVERSE: dict[Operator, Operator] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", "<=": ">", ">": "<="}


class Comparison(BaseModel):
    """One line of a rule. `value` is in the fact's whole units, or a text; `text` is the line as it was written."""

    model_config = ConfigDict(frozen=True, defer_build=True)
    fact: str
    op: Operator
    value: Fact | tuple[Fact, ...] = 0
    text: str

    @property
    def values(self) -> tuple[Fact, ...]:
        """What the fact is compared with: of `in` every value, else the one."""
        return self.value if isinstance(self.value, tuple) else (self.value,)


class Group(BaseModel):
    """Conditions of which all, any or none must hold."""

    model_config = ConfigDict(frozen=True, defer_build=True)
    group: Literal["all", "any", "none"]
    of: tuple[Condition, ...] = Field(min_length=1)


type Condition = Comparison | Group


class Atom(NamedTuple):
    """A comparison with one value and one of six operators, or (`unknown`, 0 or 1) about a fact being unknown."""

    fact: str
    op: Operator
    value: Fact


type Branch = tuple[Atom, ...]


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Every comparison of a tree, in the order written."""
    if isinstance(condition, Comparison):
        yield condition
    else:
        for part in condition.of:
            yield from comparisons(part)


def branches(condition: Condition) -> list[Branch]:
    """The tree as alternatives (disjunctive normal form): it holds where every atom of one branch holds."""
    return list(dict.fromkeys(tuple(dict.fromkeys(branch)) for branch in _branches(condition, wanted=True)))


def count_branches(condition: Condition, *, wanted: bool = True) -> int:
    """How many branches a tree has at most, counted without making them (which could take for ever)."""
    if isinstance(condition, Comparison):
        return (len(condition.value) if isinstance(condition.value, tuple) else 1) if wanted else 2
    counts = [count_branches(part, wanted=wanted is not (condition.group == "none")) for part in condition.of]
    return prod(counts) if _every_part(condition, wanted=wanted) else sum(counts)


def _every_part(condition: Group, *, wanted: bool) -> bool:
    return (condition.group == "any") is not wanted


def _branches(condition: Condition, *, wanted: bool) -> list[Branch]:
    if isinstance(condition, Comparison):
        return _atoms(condition) if wanted else _negated_atoms(condition)
    parts = [_branches(part, wanted=wanted is not (condition.group == "none")) for part in condition.of]
    if _every_part(condition, wanted=wanted):
        return [sum(chosen, ()) for chosen in product(*parts)]
    return [branch for part in parts for branch in part]


def _atoms(line: Comparison) -> list[Branch]:
    if line.op == "unknown":
        return [(Atom(line.fact, "unknown", 1),)]
    if isinstance(line.value, tuple):
        return [(Atom(line.fact, "==", value),) for value in line.value]
    return [(Atom(line.fact, line.op, line.value),)]


def _negated_atoms(line: Comparison) -> list[Branch]:
    if line.op == "unknown":
        return [(Atom(line.fact, "unknown", 0),)]
    unknown: Branch = (Atom(line.fact, "unknown", 1),)
    if isinstance(line.value, tuple):
        return [tuple(Atom(line.fact, "!=", value) for value in line.value), unknown]
    return [(Atom(line.fact, INVERSE[line.op], line.value),), unknown]
