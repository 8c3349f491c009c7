"""`standing list`: dispatches a request by the kind of list."""

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
    """Answer a request. Raises RulesError, and UserError with the way out if it cannot be answered."""
    request.check()
    found = LISTS[request.kind](places, request)
    return found if request.most is None else replace(found, rows=found.rows.head(request.most))
