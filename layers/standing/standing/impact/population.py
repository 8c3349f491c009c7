"""A population: a row for each customer with its features and current levels, stored as a Parquet file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from pathlib import Path
from typing import NamedTuple

import polars as pl

from standing.engine.state import LevelState
from standing.rules.conditions import Fact
from standing.rules.features import Feature
from standing.rules.ruleset import Ruleset
from standing.values.days import Day
from standing.values.errors import ReadableError, failure_of

type Row = tuple[str, Mapping[str, Fact], Mapping[str, LevelState]]  # a customer's id, features, and levels

CHUNK = 10_000  # customers
KEY = "standing"  # of the file's metadata: the day, and the features' definitions


class NotAPopulation(ReadableError, ValueError):  # noqa: N818 -- what the file is
    """A file that holds no population."""


class Population(NamedTuple):
    """Customers on a day, and the definition of each of their features."""

    day: Day
    frame: pl.DataFrame
    features: Mapping[str, str]

    def lacks(self, ruleset: Ruleset) -> list[str]:
        """The features of a ruleset that this population lacks or defines differently."""
        return [one.name for one in ruleset.features if self.features.get(one.name) != ruleset.definition(one)]


def populations_for(rulesets: Sequence[Ruleset], day: Day, customers: Iterable[Sequence[Row]]) -> list[Population]:
    """A population of the same customers for each ruleset. Each customer comes with a row for each ruleset.

    Only CHUNK customers at a time are Python objects.
    """
    chunks = [_frames(rulesets, some) for some in batched(customers, CHUNK)] or [_frames(rulesets, ())]
    populations = []
    for place, ruleset in enumerate(rulesets):
        frame = pl.concat([frames[place] for frames in chunks]).sort("customer")
        populations.append(Population(day, frame, {one.name: ruleset.definition(one) for one in ruleset.features}))
    return populations


def _frames(rulesets: Sequence[Ruleset], customers: Sequence[Sequence[Row]]) -> list[pl.DataFrame]:
    return [_frame(ruleset, [rows[place] for rows in customers]) for place, ruleset in enumerate(rulesets)]


def _frame(ruleset: Ruleset, customers: Iterable[Row]) -> pl.DataFrame:
    rows = [{"customer": who, **known, **_current(ruleset, levels)} for who, known, levels in customers]
    schema: dict[str, pl.DataType | type[pl.DataType]] = {"customer": pl.String}
    schema |= {one.name: _dtype(one) for one in ruleset.features}
    schema |= {f"{name}/level": pl.Enum(rating.levels) for name, rating in ruleset.ratings.items()}
    schema |= {f"{name}/since": pl.Int32 for name in ruleset.ratings}
    return pl.DataFrame(rows, schema=schema, strict=False, orient="row")


def write(population: Population, path: Path) -> None:
    """Write a population to a file."""
    about = json.dumps({"day": population.day, "features": dict(population.features)})
    population.frame.write_parquet(path, metadata={KEY: about})


def read(path: Path) -> Population:
    """Read a population from a file. Raises NotAPopulation if the file is something else."""
    try:
        about = json.loads(pl.read_parquet_metadata(path)[KEY])
    except KeyError:
        raise NotAPopulation("is not a population: it does not say of which day") from None
    except (OSError, pl.exceptions.PolarsError) as error:
        raise NotAPopulation("is not a population: {why}", why=failure_of(error)) from None
    return Population(about["day"], pl.read_parquet(path), about["features"])


def _current(ruleset: Ruleset, levels: Mapping[str, LevelState]) -> dict[str, Fact]:
    """The current level of each rating, and the day it began. Levels that the ruleset does not know are left out."""
    known = {name: rating.levels for name, rating in ruleset.ratings.items()}
    current = {name: one for name, one in levels.items() if one.level in known.get(name, ())}
    return {f"{name}/level": one.level for name, one in current.items()} | {
        f"{name}/since": one.since for name, one in current.items()
    }


def _dtype(feature: Feature) -> type[pl.DataType]:
    return pl.String if feature.unit == "text" else pl.Int64
