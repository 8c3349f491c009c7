"""Care actions that were requested: those that are open, and how others ended."""

from __future__ import annotations

import polars as pl

from standing.batch.finding.decisions import IS_CARE, OPEN, care
from standing.core.days import day_date
from standing.core.timeline import Timeline
from standing.rulebook.lines import nearest
from standing.tools.finding.listing import Listed
from standing.tools.finding.request import Places, Request
from standing.tools.finding.words import said
from standing.tools.project import UserError

OPEN_CARE = ("customer", "care", "action", "owner", "channel", "priority", "due", "asked", "until")
ALL_CARE = (*OPEN_CARE, "status", "changed")


def care_listed(places: Places, request: Request) -> Listed:
    """Care actions that were requested, those first that end first."""
    _check_words(places.rules, request)
    zone, day = places.rules.latest.programme.time_zone, day_date(places.today)
    found = care(places.decided(IS_CARE), places.rules, places.today).with_columns(
        _date("due"),
        _date("until"),
        _moment("asked_at", zone).alias("asked"),
        _moment("changed_at", zone).alias("changed"),
    )
    for name in ("status", "owner", "action"):
        found = found.filter(pl.col(name) == value) if (value := getattr(request, name)) else found
    found = found.filter(pl.col("changed") >= request.since) if request.since else found
    found = found.filter(pl.col("changed") <= request.until) if request.until else found
    is_open = request.status == OPEN
    head = said("care_open" if is_open else "care_all", places.language, total=f"{found.height:,}", day=day)
    return Listed(
        found.select(OPEN_CARE if is_open else ALL_CARE), found.height, {"day": str(day), "live": places.live}, head
    )


def _check_words(rules: Timeline, request: Request) -> None:
    """Owners and actions are those of the rules, of before too."""
    every = [one.do for entry in rules.entries for one in entry.ruleset.care.values()]
    known = {"owner": {one.owner for one in every}, "action": {one.action for one in every}}
    for name, words in known.items():
        value = getattr(request, name)
        if value and value not in words:
            raise UserError(f"`{value}` is the {name} of no care rule{nearest(value, words)}")


def _date(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Date)


def _moment(name: str, zone: str) -> pl.Expr:
    """The programme's day of a moment, in seconds from 1970."""
    return pl.from_epoch(name, time_unit="s").dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.date()
