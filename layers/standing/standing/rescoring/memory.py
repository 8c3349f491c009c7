"""What one day passes on to the next, as columns: `engine/memory.py` says of what parts it is.

`levels/RATING/level`, `since` and `grace` (computed), the same under `shown/` (shown instead),
`due/CARE`, `held/CARE/GATE`, and `contacts/CHANNEL`, a list. Null is "none".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, product
from typing import Any, Literal

import polars as pl

from standing.engine.memory import PARTS, Entry, Part, Value, entries
from standing.engine.state import Memory
from standing.rules.ruleset import Ruleset

type Kept = Literal["levels", "shown"]

GATES = ("consent", "contact-cap")
DAYS = pl.List(pl.Int32)
BY_COLUMN = {part.column: part for part in PARTS}
REMEMBERED = tuple(f"{part.column}/" for part in PARTS)  # how the columns of a memory begin


def column(group: Kept, rating: str, part: str) -> str:
    """The column of one part of a rating's level."""
    return f"{group}/{rating}/{part}"


def columns_of(part: Part, keys: Sequence[str]) -> dict[str, Value]:
    """The columns of an entry, each with the value that it has."""
    return {"/".join(filter(None, (part.column, *keys, value.column))): value for value in part.values}


def schema(ruleset: Ruleset) -> dict[str, Any]:
    """The columns that a ruleset's days read and write: those of parts that have the same keys stand together."""
    programme, known = ruleset.programme, dict[str, Iterable[str]]()
    known |= {"rating": ruleset.ratings, "care": ruleset.care, "gate": GATES, "channel": programme.channels}
    return {
        name: _kind(part, value)
        for keys, parts in _by_keys()
        for names in product(*(known[key] for key in keys))
        for part in parts
        for name, value in columns_of(part, names).items()
    }


def _by_keys() -> Iterator[tuple[tuple[str, ...], list[Part]]]:
    return ((keys, list(parts)) for keys, parts in groupby(PARTS, lambda part: part.keys))


def _kind(part: Part, value: Value) -> Any:  # noqa: ANN401 -- polars' types
    return DAYS if part.many else pl.String if value.is_text else pl.Int32


def with_all_columns(frame: pl.LazyFrame, wanted: dict[str, Any]) -> pl.LazyFrame:
    """A frame with every wanted column (null if missing), and without levels and gates of former rules."""
    there = frame.collect_schema().names()
    gone = [name for name in there if name.startswith(("levels/", "shown/", "held/")) and name not in wanted]
    missing = (pl.lit(None, dtype=kind).alias(name) for name, kind in wanted.items() if name not in there)
    return frame.drop(gone).with_columns(missing)


def channels(frame: pl.LazyFrame) -> list[str]:
    """The channels on which contacts are remembered."""
    names = frame.collect_schema().names()
    return [name.removeprefix("contacts/") for name in names if name.startswith("contacts/")]


def frame_of(customers: Iterable[tuple[str, int, Memory]], wanted: dict[str, Any]) -> pl.DataFrame:
    """Customers' memories, each at the end of a day, as rows."""
    rows = [{"customer": who, "day": day, **cells(memory)} for who, day, memory in customers]
    names = {name for row in rows for name in row} - {"customer", "day"}
    present = {name: kind_of(name) for name in sorted(names)}
    return pl.DataFrame(rows, schema={"customer": pl.String, "day": pl.Int32, **wanted, **present}, orient="row")


def kind_of(name: str) -> Any:  # noqa: ANN401 -- polars' types
    """The type of a column of memories."""
    begin, *keys = name.split("/")
    part = BY_COLUMN[begin]
    return next(_kind(part, value) for value in part.values if not value.column or value.column == keys[-1])


def cells(memory: Memory) -> dict[str, Any]:
    """One memory as a row's cells, those that are there."""
    parts = (_cells(part, entry) for part in PARTS for entry in entries(memory, part))
    return {name: value for some in parts for name, value in some if value is not None}


def _cells(part: Part, entry: Entry) -> Iterator[tuple[str, Any]]:
    values: Iterable[Any] = [list(entry.values)] if part.many else entry.values
    return zip(columns_of(part, entry.keys), values, strict=True)
