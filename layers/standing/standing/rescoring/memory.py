"""What one day passes on to the next, as columns: `engine/state.py` says what it means.

`levels/RATING/level`, `since` and `grace` (what is computed), the same under `shown/` (what is shown instead),
`due/CARE`, `held/CARE/GATE`, and `contacts/CHANNEL`, a list. Null is "none".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import polars as pl

from standing.engine.state import LevelState, Memory
from standing.rules.ruleset import Ruleset

type Kept = Literal["levels", "shown"]

GATES = ("consent", "contact-cap")
HELD: dict[str, Any] = {"level": pl.String, "since": pl.Int32, "grace": pl.Int32}
DAYS = pl.List(pl.Int32)
REMEMBERED = ("levels/", "shown/", "due/", "held/", "contacts/")  # how the columns of a memory begin


def column(kept: Kept, rating: str, part: str) -> str:
    """The column of one part of what is held."""
    return f"{kept}/{rating}/{part}"


def schema(ruleset: Ruleset) -> dict[str, Any]:
    """The columns that a ruleset's days read and write."""
    found = {column(kept, name, part): kind for name in ruleset.ratings for kept, part, kind in _parts()}
    found |= {f"due/{name}": pl.Int32 for name in ruleset.care}
    found |= {f"held/{name}/{gate}": pl.Int32 for name in ruleset.care for gate in GATES}
    return found | {f"contacts/{channel}": DAYS for channel in ruleset.programme.channels}


def _parts() -> Iterator[tuple[Kept, str, Any]]:
    kinds: tuple[Kept, Kept] = ("levels", "shown")
    return ((kept, part, kind) for kept in kinds for part, kind in HELD.items())


def with_all_columns(frame: pl.LazyFrame, wanted: dict[str, Any]) -> pl.LazyFrame:
    """A frame with every wanted column, null where it had none; without levels and reasons of rules that are gone."""
    there = frame.collect_schema().names()
    gone = [name for name in there if name.startswith(("levels/", "shown/", "held/")) and name not in wanted]
    missing = (pl.lit(None, dtype=kind).alias(name) for name, kind in wanted.items() if name not in there)
    return frame.drop(gone).with_columns(missing)


def channels(frame: pl.LazyFrame) -> list[str]:
    """The channels on which contacts are remembered."""
    names = frame.collect_schema().names()
    return [name.removeprefix("contacts/") for name in names if name.startswith("contacts/")]


def frame_of(customers: Iterable[tuple[str, int, Memory]], wanted: dict[str, Any]) -> pl.DataFrame:
    """Customers' memories at the end of a day each, as rows."""
    rows = [{"customer": who, "day": day, **cells(memory)} for who, day, memory in customers]
    names = {name for row in rows for name in row} - {"customer", "day"}
    found = {name: kind_of(name) for name in sorted(names)}
    return pl.DataFrame(rows, schema={"customer": pl.String, "day": pl.Int32, **wanted, **found}, orient="row")


def kind_of(name: str) -> Any:  # noqa: ANN401 -- polars' types
    """The type of a column of memories."""
    if name.startswith("contacts/"):
        return DAYS
    return pl.String if name.endswith("/level") and name.startswith(("levels/", "shown/")) else pl.Int32


def cells(memory: Memory) -> dict[str, Any]:
    """One memory as a row's cells, those that are there."""
    held = {**_cells("levels", memory.levels), **_cells("shown", memory.shown)}
    due = {f"due/{name}": day for name, day in memory.due.items()}
    reasons = {f"held/{name}/{gate}": day for name, gates in memory.held_back.items() for gate, day in gates.items()}
    return held | due | reasons | {f"contacts/{channel}": list(days) for channel, days in memory.contacts.items()}


def _cells(kept: Kept, held: dict[str, LevelState]) -> dict[str, Any]:
    parts = {(name, part): value for name, one in held.items() for part, value in zip(HELD, one, strict=True)}
    return {column(kept, name, part): value for (name, part), value in parts.items() if value is not None}
