"""Announced moves of customers from one level to another."""

from __future__ import annotations

import polars as pl

from standing.rules.author.messages import nearest
from standing.rules.ruleset import Rating, Ruleset
from standing.search.customers import list_found
from standing.search.decisions import is_move, moves
from standing.search.listing import SearchResult
from standing.search.request import Request, Sources
from standing.search.words import said
from standing.values.days import day_date, day_number
from standing.values.errors import UserError
from standing.values.messages import in_a_row, listed

LOOKED_BACK = 30  # days, unless a first day is given

type Move = tuple[Rating, str | None, str | None]


def list_moves(places: Sources, request: Request) -> SearchResult:
    """List customers who moved between levels, latest first. With a condition, only those who meet it."""
    rating, before, level = move_in(request.moved or "", places.rules.latest)
    since = day_number(request.since) if request.since else places.today - LOOKED_BACK + 1
    until = day_number(request.until) if request.until else None
    moved = moves(places.decided(is_move(rating.name, before, level, since, until)))
    if request.what.strip():
        _, some, _ = list_found(places, Request(request.what))
        moved = moved.join(some.rows, on="customer", how="semi", maintain_order="left")
    days = {"since": str(day_date(since)), "until": str(request.until) if request.until else None}
    name, title = "moved_between" if request.until else "moved", rating.title.in_language(places.language)
    head = said(name, places.language, total=f"{moved.height:,}", rating=title, **days)
    rows = moved.select(
        "customer", pl.col("day").cast(pl.Date), "rating", "before", "level", pl.col("rules").str.head(12), "id"
    )
    return SearchResult(rows, moved.height, {"rating": rating.name, **days}, head, leave_out=("id",))


def move_in(text: str, ruleset: Ruleset) -> Move:
    """Parse a move such as `tier`, `gold → silver` or `tier: gold -> silver`. Raises UserError."""
    if text.strip() in ruleset.ratings:
        return ruleset.ratings[text.strip()], None, None
    named, _, levels = text.rpartition(":")
    before, _, level = (part.strip() for part in levels.replace("->", "→").partition("→"))
    if not before or not level:
        names = in_a_row(f"`{name}`" for name in ruleset.ratings)
        raise UserError(
            "`{text}` is not a move: write `gold → silver`, `tier: gold → silver`, or one of {names}",
            text=text,
            names=names,
        )
    return _rating_of(named.strip(), (before, level), ruleset), before, level


def _rating_of(named: str, pair: tuple[str, str], ruleset: Ruleset) -> Rating:
    ratings = _ratings_of(named, pair, ruleset)
    if len(ratings) > 1:
        choices = listed("or", [f"`{one.name}: {pair[0]} → {pair[1]}`" for one in ratings])
        raise UserError("several ratings have these levels: write {choices}", choices=choices)
    return ratings[0]


def _ratings_of(named: str, pair: tuple[str, str], ruleset: Ruleset) -> list[Rating]:
    """The ratings that have both levels; only the named one if there is a name. Raises UserError."""
    if named and named not in ruleset.ratings:
        raise UserError("`{named}` is not a rating{nearest}", named=named, nearest=nearest(named, ruleset.ratings))
    ratings = [ruleset.ratings[named]] if named else [*ruleset.ratings.values()]
    if found := [one for one in ratings if set(pair) <= set(one.levels)]:
        return found
    known = {level for one in ratings for level in one.levels}
    if unknown := [level for level in pair if level not in known]:
        raise UserError("`{unknown}` is not a level{nearest}", unknown=unknown[0], nearest=nearest(unknown[0], known))
    raise UserError("no rating has both `{first}` and `{second}` as levels", first=pair[0], second=pair[1])
