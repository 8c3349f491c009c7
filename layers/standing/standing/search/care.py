"""Requested care actions: those that are open, and how the others ended."""

from __future__ import annotations

import polars as pl

from standing.rules.author.messages import nearest
from standing.rules.timeline import Timeline
from standing.search.decisions import IS_CARE, OPEN, care
from standing.search.listing import SearchResult
from standing.search.request import Request, Sources
from standing.search.words import said
from standing.values.days import day_date
from standing.values.errors import UserError

OPEN_CARE = ("customer", "care", "action", "owner", "channel", "priority", "due", "asked", "until")
ALL_CARE = (*OPEN_CARE, "status", "changed")
MORE = ("care", "priority", "due", "changed")  # columns for which a printed table has no room


def list_care(places: Sources, request: Request) -> SearchResult:
    """Requested care actions, sorted by their last day."""
    _check_words(places.rules, request)
    actions = _chosen(_dated(care(places.decided(IS_CARE), places.rules, places.today), places), request)
    is_open, day = request.status == OPEN, str(day_date(places.today))
    head = said("care_open" if is_open else "care_all", places.language, total=f"{actions.height:,}", day=day)
    rows = actions.select(OPEN_CARE if is_open else ALL_CARE)
    return SearchResult(rows, actions.height, {"day": day, "live": places.live}, head, leave_out=MORE)


def _dated(actions: pl.DataFrame, places: Sources) -> pl.DataFrame:
    """The same rows, with dates instead of day numbers and moments."""
    zone = places.rules.latest.programme.time_zone
    asked, changed = (_moment(f"{name}_at", zone).alias(name) for name in ("asked", "changed"))
    return actions.with_columns(_date("due"), _date("until"), asked, changed)


def _chosen(actions: pl.DataFrame, request: Request) -> pl.DataFrame:
    """The rows that the request selects."""
    for name in ("status", "owner", "action"):
        actions = actions.filter(pl.col(name) == value) if (value := getattr(request, name)) else actions
    actions = actions.filter(pl.col("changed") >= request.since) if request.since else actions
    return actions.filter(pl.col("changed") <= request.until) if request.until else actions


def _check_words(rules: Timeline, request: Request) -> None:
    """Raise UserError for an owner or action that no rules have, past or current."""
    every = [one.do for entry in rules.entries for one in entry.ruleset.care.values()]
    known = {"owner": {one.owner for one in every}, "action": {one.action for one in every}}
    for name, words in known.items():
        value = getattr(request, name)
        if value and value not in words:
            raise UserError(
                "`{value}` is the {name} of no care rule{nearest}",
                value=value,
                name=name,
                nearest=nearest(value, words),
            )


def _date(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Date)


def _moment(name: str, zone: str) -> pl.Expr:
    """The date, in the programme's time zone, of a column of seconds since 1970."""
    return pl.from_epoch(name, time_unit="s").dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.date()
