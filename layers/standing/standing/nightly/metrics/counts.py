"""Counts rows into nested metrics. Zeros are left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from standing.nightly.metrics.sums import Nested
from standing.values.days import Day, end_of_day


def counted(rows: pl.DataFrame, *names: str) -> Nested:
    """How many rows there are of each combination of values, nested in this order; rows with a null are left out."""
    return nested(rows.drop_nulls(list(names)).group_by(names).len().sort(names).rows())


def summed(rows: pl.DataFrame, names: Sequence[str], **values: pl.Expr) -> Nested:
    """For each combination of values a dict of sums, each of whole numbers."""
    whole = {name: value.cast(pl.Int64) for name, value in values.items()}
    sums = rows.drop_nulls(list(names)).group_by(names).agg(**whole).sort(names)
    return nested((*row[: len(names)], dict(zip(values, row[len(names) :], strict=True))) for row in sums.rows())


def nested(rows: Iterable[Sequence[Any]]) -> Nested:
    """Rows of a path and a leaf as nested dicts; keys are texts."""
    tree: Nested = {}
    for *path, last, leaf in rows:
        place = tree
        for part in path:
            place = place.setdefault(str(part), {})
        place[str(last)] = leaf
    return tree


def in_days(seconds: str, first: Day, last: Day, time_zone: str) -> pl.Expr:
    """Whether a moment (seconds since 1970-01-01 UTC) is on one of the programme's days from `first` to `last`."""
    begin, end = (int(end_of_day(day, time_zone).timestamp()) for day in (first - 1, last))
    return pl.col(seconds).is_between(begin, end, closed="left")


def date_of(seconds: str, time_zone: str) -> pl.Expr:
    """The date of a moment in the programme's time zone, as a string such as `2026-11-25`."""
    moment = pl.from_epoch(seconds, time_unit="s").dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone)
    return moment.dt.date().cast(pl.String)
