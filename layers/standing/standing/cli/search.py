"""`standing list` and `standing trend`: search of customers. Modules that need polars are imported when called."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from standing.cli.options import Json, Lang, Rules, Stack, target_of, told
from standing.present.output import err, out, print_json
from standing.present.renderers.terminal import print_document
from standing.present.terminal import working

if TYPE_CHECKING:
    from standing.search.request import Sources
    from standing.values.catalogue import Language

FORMATS = ["%Y-%m-%d"]
What = Annotated[
    str,
    typer.Argument(metavar="[CONDITION|care]", help="As in rules, joined by `and`, `or`, `not`, brackets; or `care`."),
]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=FORMATS, help="The night of this day, or the nearest kept.")
]
Since = Annotated[
    datetime | None, typer.Option("--since", formats=FORMATS, help="Moves, or care, of this day and later.")
]
Until = Annotated[
    datetime | None, typer.Option("--until", formats=FORMATS, help="Moves, or care, of this day and before.")
]
Status = Literal["open", "accepted", "done", "declined", "failed", "expired"]


def list_customers(
    what: What = "",
    as_of: AsOf = None,
    columns: Annotated[str | None, typer.Option(metavar="NAME,…", help="Ratings and features to show.")] = None,
    sort: Annotated[str | None, typer.Option(metavar="NAME", help="By this, the greatest first.")] = None,
    ascending: Annotated[bool, typer.Option("--ascending", help="The least first.")] = False,
    limit: Annotated[int | None, typer.Option(min=0, help="So many rows; 0 for all. A table has 50.")] = None,
    moved: Annotated[str | None, typer.Option(metavar="MOVE", help="Who moved: `gold → silver`, or a rating.")] = None,
    since: Since = None,
    until: Until = None,
    is_open: Annotated[bool, typer.Option("--open", help="Care that nobody has answered yet.")] = False,
    status: Annotated[Status | None, typer.Option(help="Care that is open, or ended so.")] = None,
    owner: Annotated[str | None, typer.Option(help="Care for which this owner is asked.")] = None,
    action: Annotated[str | None, typer.Option(help="Care that asks for this action.")] = None,
    live: Annotated[bool, typer.Option("--live", help="From the table, as of now. Reads all of it.")] = False,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write it for a spreadsheet.")] = None,
    parquet: Annotated[Path | None, typer.Option("--parquet", metavar="FILE", help="Write it as Parquet.")] = None,
    stack: Stack = "standing",
    folder: Rules = None,
    language: Lang = "en",
    as_json: Json = False,
) -> None:
    """List customers: who meets a condition, who moved between levels, or `care` that is asked for and not answered.

    As the last night left them, or of the ends of months (`--as-of`). The day that the answer is of is always said.
    """
    from standing.search.listing import OutputOptions, columns_in, print_or_write
    from standing.search.request import Request
    from standing.search.search import search

    options = OutputOptions(as_json, csv, parquet, limit)
    request = Request(
        *(what, _date(as_of), columns_in(columns), sort, ascending, moved, _date(since), _date(until)),
        *("open" if is_open else status, owner, action, options.most),
    )
    places = _places(stack, folder, language, live=live)
    with working(err, told("looking")):
        result = search(places, request)
    print_or_write(result, options, language)


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _places(stack: str, folder: Path | None, language: Language, *, live: bool) -> Sources:
    from standing.release.store import rules_of
    from standing.search.request import Sources

    target = target_of(stack)
    return Sources(target.lake, target.customers, rules_of(target, folder), language, live)


def trend(
    rating: Annotated[str, typer.Argument(help="A rating, such as `tier`.")],
    nights: Annotated[int, typer.Option(min=2, max=366, help="So many nights, up to the last one.")] = 30,
    stack: Stack = "standing",
    folder: Rules = None,
    language: Lang = "en",
    as_json: Json = False,
) -> None:
    """Show how many customers each level had, night by night: of the nights' reports."""
    from standing.release.store import rules_of
    from standing.search.trend import trend_document, trend_of

    target = target_of(stack)
    shown = trend_of(target.lake, rules_of(target, folder).latest, rating, nights)
    if as_json:
        print_json(shown.as_dict())
    else:
        print_document(trend_document(shown, language), out)
