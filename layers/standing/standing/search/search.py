"""`standing list`: what was asked for, and by whom it is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from standing.search.care import list_care
from standing.search.customers import customers
from standing.search.listing import SearchResult
from standing.search.moves import list_moves
from standing.search.request import CARE, Request, Sources

LISTS: dict[str, Callable[[Sources, Request], SearchResult]] = {
    "customers": customers,
    "moves": list_moves,
    CARE: list_care,
}


def search(places: Sources, request: Request) -> SearchResult:
    """What is asked for. Raises RulesError, and UserError where it cannot be answered, with the way out."""
    request.check()
    found = LISTS[request.kind](places, request)
    return found if request.most is None else replace(found, rows=found.rows.head(request.most))
