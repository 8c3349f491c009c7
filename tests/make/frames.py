"""Converts polars frames: a row to a customer's memory, and customers to a population."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import polars as pl
from standing.aws.lake_bucket import Lake
from standing.engine.memory import LEVEL
from standing.engine.state import LevelState, Memory
from standing.impact.population import Population, Row, populations_for
from standing.lake.parquet import collect
from standing.lake.reader import open_bucket
from standing.rescoring.memory import Kept
from standing.rules.ruleset import Ruleset
from standing.values.days import Day


class RecordsIn(NamedTuple):
    """All records of a bucket, as the figures of a night ask for them."""

    rows: pl.DataFrame

    def everything(self) -> pl.LazyFrame:
        """All of them."""
        return self.rows.lazy()

    def since(self, day: Day) -> pl.LazyFrame:
        """Those from a day on."""
        return self.rows.lazy().filter(pl.col("day") >= day)

    def taken_in_since(self, _day: Day) -> pl.LazyFrame:
        """All of them: more than those."""
        return self.rows.lazy()


def population_of(ruleset: Ruleset, day: Day, customers: Iterable[Row]) -> Population:
    """A population of customers, each with its id, features and current level in each rating."""
    (population,) = populations_for((ruleset,), day, ((one,) for one in customers))
    return population


def before_first_day(records: pl.DataFrame) -> pl.DataFrame:
    """The memories of the records' customers on the day before their first: all empty."""
    first = pl.col("day").min() - 1
    return records.group_by("customer").agg(first.cast(pl.Int32).alias("day")).sort("customer")


def read_decisions(lake: Lake, number: int) -> pl.DataFrame:
    """The decisions of a bucket's customers. Raises CorruptFile."""
    return collect(open_bucket(lake, number).scan("decisions"))


def memory_of(row: dict[str, Any]) -> Memory:
    """The memory of a row."""
    parts = {tuple(name.split("/")): value for name, value in row.items() if value is not None and "/" in name}
    held_back: dict[str, dict[str, int]] = {}
    for name, gate, day in ((key[1], key[2], value) for key, value in parts.items() if key[0] == "held"):
        held_back.setdefault(name, {})[gate] = day
    return Memory(
        _held(parts, "levels"),
        {key[1]: value for key, value in parts.items() if key[0] == "due"},
        _held(parts, "shown"),
        held_back,
        {key[1]: tuple(value) for key, value in parts.items() if key[0] == "contacts" and value},
    )


def _held(parts: dict[tuple[str, ...], Any], kept: Kept) -> dict[str, LevelState]:
    names = [key[1] for key in parts if key[0] == kept and key[2] == "level"]
    return {name: LevelState._make(parts.get((kept, name, value.column)) for value in LEVEL) for name in names}
