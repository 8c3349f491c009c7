"""The polars backend: conditions as expressions over one column a fact, in which an unknown fact is null."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import reduce
from typing import cast

import polars as pl

from standing.engine.backends.plain import OPERATORS
from standing.rules.conditions import Comparison, Condition, comparisons


def expression(condition: Condition) -> pl.Expr:
    """A condition tree as an expression that is true or false, never null."""
    if isinstance(condition, Comparison):
        return _compares(condition)
    parts = [expression(part) for part in condition.of]
    if condition.group == "all":
        return reduce(operator.and_, parts)
    some = reduce(operator.or_, parts)
    return some if condition.group == "any" else ~some


def with_facts(frame: pl.DataFrame, conditions: Iterable[Condition]) -> pl.DataFrame:
    """A frame with a column for each fact in some conditions; missing columns are null."""
    asked: dict[str, type[pl.DataType]] = {}
    for line in (line for condition in conditions for line in comparisons(condition)):
        if line.fact not in frame.columns:
            asked[line.fact] = pl.String if isinstance(line.values[0], str) else asked.get(line.fact, pl.Int64)
    return frame.with_columns(pl.lit(None, dtype=dtype).alias(fact) for fact, dtype in asked.items())


def first_rank(ranks: list[tuple[int, pl.Expr]], otherwise: int) -> pl.Expr:
    """The first of some ranks whose condition holds."""
    rank_expr = pl.lit(otherwise, dtype=pl.Int8)
    for rank, holds in reversed(ranks):
        rank_expr = pl.when(holds).then(pl.lit(rank, dtype=pl.Int8)).otherwise(rank_expr)
    return rank_expr


def _compares(line: Comparison) -> pl.Expr:
    fact = pl.col(line.fact)
    if line.op == "unknown":
        return fact.is_null()
    if isinstance(line.value, tuple):
        return fact.is_in(list(line.value)).fill_null(value=False)
    met = cast("pl.Expr", OPERATORS[line.op](fact, pl.lit(line.value)))
    return met.fill_null(value=False)
