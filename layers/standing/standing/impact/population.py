"""A population: a row a customer with its features and the levels that it holds, kept as a Parquet file."""

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
KEY = "standing"  # under which the file's metadata say what it holds


class NotAPopulation(ReadableError, ValueError):  # noqa: N818 -- what the file is
    """A file that holds no population."""


class Population(NamedTuple):
    """Customers as of a day, and how each of their features is defined."""

    day: Day
    frame: pl.DataFrame
    features: Mapping[str, str]

    def lacks(self, ruleset: Ruleset) -> list[str]:
        """The features of a ruleset that this population does not have, or has defined otherwise."""
        return [one.name for one in ruleset.features if self.features.get(one.name) != ruleset.definition(one)]


def populations_for(rulesets: Sequence[Ruleset], day: Day, customers: Iterable[Sequence[Row]]) -> list[Population]:
    """A population of the same customers for each ruleset; each customer comes with a row for each.

    Only some thousands of customers are rows of Python objects at a time.
    """
    chunks = [_frames(rulesets, some) for some in batched(customers, CHUNK)] or [_frames(rulesets, ())]
    found = []
    for place, ruleset in enumerate(rulesets):
        frame = pl.concat([frames[place] for frames in chunks]).sort("customer")
        found.append(Population(day, frame, {one.name: ruleset.definition(one) for one in ruleset.features}))
    return found


def _frames(rulesets: Sequence[Ruleset], customers: Sequence[Sequence[Row]]) -> list[pl.DataFrame]:
    return [_frame(ruleset, [rows[place] for rows in customers]) for place, ruleset in enumerate(rulesets)]


def _frame(ruleset: Ruleset, customers: Iterable[Row]) -> pl.DataFrame:
    rows = [{"customer": who, **known, **_held(ruleset, levels)} for who, known, levels in customers]
    schema: dict[str, pl.DataType | type[pl.DataType]] = {"customer": pl.String}
    schema |= {one.name: _dtype(one) for one in ruleset.features}
    schema |= {f"{name}/level": pl.Enum(rating.levels) for name, rating in ruleset.ratings.items()}
    schema |= {f"{name}/since": pl.Int32 for name in ruleset.ratings}
    return pl.DataFrame(rows, schema=schema, strict=False, orient="row")


def write(population: Population, path: Path) -> None:
    """Keep a population."""
    about = json.dumps({"day": population.day, "features": dict(population.features)})
    population.frame.write_parquet(path, metadata={KEY: about})


def read(path: Path) -> Population:
    """A population that was kept. Raises NotAPopulation where the file is something else."""
    try:
        about = json.loads(pl.read_parquet_metadata(path)[KEY])
    except KeyError:
        raise NotAPopulation("is not a population: it does not say of which day") from None
    except (OSError, pl.exceptions.PolarsError) as error:
        raise NotAPopulation("is not a population: {why}", why=failure_of(error)) from None
    return Population(about["day"], pl.read_parquet(path), about["features"])


def _held(ruleset: Ruleset, levels: Mapping[str, LevelState]) -> dict[str, Fact]:
    """The levels that are held, but for those that the ruleset does not know, and since when."""
    known = {name: rating.levels for name, rating in ruleset.ratings.items()}
    held = {name: one for name, one in levels.items() if one.level in known.get(name, ())}
    return {f"{name}/level": one.level for name, one in held.items()} | {
        f"{name}/since": one.since for name, one in held.items()
    }


def _dtype(feature: Feature) -> type[pl.DataType]:
    return pl.String if feature.unit == "text" else pl.Int64
