"""Event records as rows of the lake: integers and strings, so that features need no JSON parsing.

A row has the fields of an event that rules can use. Fields with names chosen by users (`consent.email`,
`amounts.deposits`) are in `entries`. Does not know rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from standing.engine.measures import value_of
from standing.events import EventDetail
from standing.events.intake import Event
from standing.rules.conditions import Fact

NUMBERS = ("amount", "score", "answer", "steps", "value")
TEXTS = (
    *("kind", "channel", "category", "topic", "reason", "campaign", "item", "status", "care", "rating", "level"),
    *("preferred_channel", "risk_appetite", "birthday", "ruling", "name", "band", "model", "purchase"),
)
NAMED = ("consent", "segments", "amounts", "dates")
ENTRIES = pl.List(pl.Struct({"name": pl.String, "text": pl.String, "number": pl.Int64}))
KEY: dict[str, Any] = {"customer": pl.String, "source": pl.String, "id": pl.String}
SCHEMA: dict[str, Any] = {
    **KEY,
    "family": pl.String,
    "day": pl.Int32,
    "moment": pl.Int64,
    **dict.fromkeys(NUMBERS, pl.Int64),
    **dict.fromkeys(TEXTS, pl.String),
    "entries": ENTRIES,
}


def rows_of(events: Iterable[Event], minor_digits: int) -> pl.DataFrame:
    """Events as rows, with amounts in minor units."""
    return pl.DataFrame([row_of(event, minor_digits) for event in events], schema=SCHEMA, orient="row")


def row_of(event: Event, minor_digits: int) -> dict[str, Any]:
    """An event as a row, with amounts in minor units."""
    detail = event.detail
    return {
        "customer": detail.customer,
        "source": event.source,
        "id": detail.id,
        "family": detail.family,
        "day": event.day,
        "moment": detail.moment,
        **{name: value_of(name, detail, minor_digits) for name in (*NUMBERS, *TEXTS)},
        "entries": list(_entries(detail, minor_digits)),
    }


def _entries(detail: EventDetail, minor_digits: int) -> Iterator[dict[str, Fact | str | None]]:
    for name in NAMED:
        for entry in getattr(detail, name, None) or {}:
            value = value_of(f"{name}.{entry}", detail, minor_digits)
            is_number = isinstance(value, int)
            yield {
                "name": f"{name}.{entry}",
                "text": None if is_number else value,
                "number": value if is_number else None,
            }
