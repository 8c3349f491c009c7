"""Bands: a score is only sent again when it moves to another band. Integers; does not know models."""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import AfterValidator

type Step = tuple[int, str]


def _rising(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    lowest = [least for least, _ in steps]
    if not steps or lowest[0] != 0 or lowest != sorted(set(lowest)) or len({name for _, name in steps}) < len(steps):
        raise ValueError("bands from 0 up, each with its lowest score and a unique name")
    return steps


type Bands = Annotated[tuple[Step, ...], AfterValidator(_rising)]
"""In ascending order: a band's lowest score, in ten-thousandths, and its name. The first begins at 0."""

CHURN: Bands = ((0, "low"), (4_000, "medium"), (7_000, "high"))
FIFTHS = ("lowest", "low", "middle", "high", "highest")


def band_of(bands: Bands, value: int) -> str:
    """The band of a score."""
    return next(name for least, name in reversed(bands) if value >= least or least == 0)


def band(bands: Bands, value: pl.Expr) -> pl.Expr:
    """The band of a score, as an expression."""
    found: pl.Expr = pl.when(value.is_not_null()).then(pl.lit(bands[0][1]))
    for least, name in bands[1:]:
        found = pl.when(value >= least).then(pl.lit(name)).otherwise(found)
    return found


def fifths(values: pl.Series) -> Bands:
    """Bands with a fifth of these scores each; fewer bands if many scores are equal."""
    ordered = values.sort()
    limits = [0, *(int(ordered[len(ordered) * fifth // 5]) for fifth in range(1, 5))] if len(ordered) else [0]
    found: dict[int, str] = {}
    for limit, name in zip(limits, FIFTHS, strict=False):
        found.setdefault(limit, name)
    return tuple(sorted(found.items()))
