"""Aggregates the values of several rows: of a basket's lines, or of another file's rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal

from standing.backfill.mapping.amounts import Mark, number
from standing.backfill.mapping.errors import BadRow

type Together = Literal["only", "first", "last", "sum", "count", "most"]


def aggregate_lines(how: Together, values: list[Any], column: str, mark: Mark | None = None) -> Any:  # noqa: ANN401 -- any cell
    """Aggregate non-empty values to one. Returns None for no values, but `count` returns 0. Raises BadRow."""
    return WAYS[how](values, column, mark) if values or how == "count" else None


def _only(values: list[Any], column: str, _: Mark | None) -> Any:  # noqa: ANN401 -- as above
    if any(one != values[0] for one in values):
        raise BadRow(column, "the same in all rows that belong together, or with `lines` what they make")
    return values[0]


def _sum(values: list[Any], column: str, mark: Mark | None) -> Decimal:
    numbers = (one if isinstance(one, Decimal) else number(one, mark, column) for one in values)
    return sum((one for one in numbers if one is not None), Decimal())


WAYS: dict[Together, Callable[[list[Any], str, Mark | None], Any]] = {
    "only": _only,
    "first": lambda found, *_: found[0],
    "last": lambda found, *_: found[-1],
    "sum": _sum,
    "count": lambda found, *_: len(found),
    "most": lambda found, *_: Counter(found).most_common(1)[0][0],  # of several, the first
}
