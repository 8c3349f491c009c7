"""`standing list`: what was asked for, and by whom it is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from standing.search.care import care_listed
from standing.search.customers import customers
from standing.search.listing import Listed
from standing.search.moves import moved
from standing.search.request import CARE, Request, Sources

LISTS: dict[str, Callable[[Sources, Request], Listed]] = {"customers": customers, "moves": moved, CARE: care_listed}


def listed(places: Sources, request: Request) -> Listed:
    """What is asked for. Raises RulesError, and UserError where it cannot be answered, with the way out."""
    request.check()
    found = LISTS[request.kind](places, request)
    return found if request.most is None else replace(found, rows=found.rows.head(request.most))
