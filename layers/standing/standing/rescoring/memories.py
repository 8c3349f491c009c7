"""The memories in the lake's states, as the columns of `rescoring/memory.py`. Only expressions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import polars as pl

from standing.engine.memory import PARTS, Part
from standing.rescoring.bucket import EXPIRES, SAID, WAITING
from standing.rescoring.memory import DAYS, columns_of, kind_of

type Side = Literal["opened", "closed"]


def latest(states: pl.DataFrame) -> pl.DataFrame:
    """The last state of each customer with at least one event that counts."""
    last = states.sort("customer", "version").group_by("customer", maintain_order=True).last()
    return last.filter(pl.col("features_hash") != "")  # an empty one: all was taken back


def memories_of(states: pl.DataFrame, wanted: dict[str, Any], side: Side = "closed") -> pl.DataFrame:
    """The memories of states, one a customer, as from `memory.frame_of`: every wanted column, and all others."""
    base = states.select("customer", "day")
    for wide in (wide for part in PARTS for wide in _columns(states, side, part)):
        if wide.width > 1:
            base = base.join(wide, on="customer", how="left", maintain_order="left")
    missing = (pl.lit(None, dtype=kind).alias(name) for name, kind in wanted.items() if name not in base.columns)
    others = sorted(name for name in base.columns if "/" in name and name not in wanted)
    complete = base.with_columns(missing)
    return complete.select(
        "customer",
        "day",
        *(pl.col(name).cast(kind) for name, kind in wanted.items()),
        *(pl.col(name).cast(kind_of(name)) for name in others),
    )


def states_of(states: pl.DataFrame) -> pl.DataFrame:
    """The lake's states, one a customer, in the form of `rescoring.bucket.states_of`."""
    ledger = pl.col("ledger").struct
    expires = ledger.field("unanswered").list.eval(pl.element().struct.field("until")).list.min()
    joined = memories_of(states, {})
    announced = _wide(_entries(states, "ledger", "said"), pl.format(SAID + "{}", "rating"), "level")
    waiting = _wide(_entries(states, "ledger", "waiting"), pl.format(WAITING + "{}", "care"), "day")
    for part in (states.select("customer", "version", expires.alias(EXPIRES)), announced, waiting):
        names = [name for name in part.columns if name in {"version", EXPIRES}]
        names += sorted(name for name in part.columns if "/" in name)
        joined = joined.join(part.select("customer", *names), on="customer", how="left", maintain_order="left")
    return joined


def _entries(states: pl.DataFrame, side: Side | Literal["ledger"], part: str) -> pl.DataFrame:
    """The entries of a part of the memory or the ledger, one row each."""
    entries = states.select("customer", pl.col(side).struct.field(part).alias("entry"))
    return entries.explode("entry").filter(pl.col("entry").is_not_null()).unnest("entry")


def _wide(rows: pl.DataFrame, name: pl.Expr, value: str) -> pl.DataFrame:
    """One row for each customer, with a column for each name."""
    if rows.is_empty():
        return rows.select("customer").clear()
    return rows.with_columns(name.alias("name")).pivot(on="name", index="customer", values=value)


def _columns(states: pl.DataFrame, side: Side, part: Part) -> Iterator[pl.DataFrame]:
    """A part of the memory, the columns of each of its values in a frame."""
    rows = _entries(states, side, part.name)
    if part.many:
        days = (pl.col(value.name).cast(DAYS) for value in part.values)
        rows = rows.group_by("customer", *part.keys, maintain_order=True).agg(value.name for value in part.values)
        rows = rows.with_columns(days)
    for name, value in columns_of(part, ["{}"] * len(part.keys)).items():
        own = rows.filter(pl.col(value.name).is_not_null())
        yield _wide(own, pl.format(name, *part.keys), value.name)
