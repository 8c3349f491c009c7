"""`standing rules release`, `live` and `rollback`: which rules are in force from which day, and how that is changed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import typer
from rich.table import Table

from standing.core.days import day_date, day_of
from standing.core.releases import ALL_DAYS, Entries, in_force
from standing.tools.language import Language
from standing.tools.live.kept import StackPlace, released
from standing.tools.live.releasing import Releasing
from standing.tools.live.words import phrase
from standing.tools.options import Json, Lang, Rules, Stack, err, out, print_json, target_of
from standing.tools.project import project_root

Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter", metavar="NAME=VALUE", help="A parameter of the template, such as Stage=prod; repeatable."
    ),
]


def release(
    folder: Rules = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            help="In force from this day on; left out: the day that the rules name, or tomorrow. Today at the soonest.",
        ),
    ] = None,
    stack: Stack = "standing",
    parameters: Parameters = None,
    language: Lang = "en",
) -> None:
    """Deploy the rules, so that they go live: in force from a day on, after those that were live before.

    The first rules that are released are in force on all days. A day is decided by one ruleset, so the default is
    tomorrow, in the programme's time zone. What was released before, to begin on that day or later, is dropped. If it
    is interrupted, do it again. The same rules again deploy the code of this clone alone.
    """
    place = _place(stack, parameters)
    entries = Releasing(place, _say).release(folder or project_root() / "rules", since.date() if since else None)
    _print_timeline(entries, _today(stack), language)


def live(stack: Stack = "standing", language: Lang = "en", as_json: Json = False) -> None:
    """Show which rules are in force from which day."""
    found = released(target_of(stack))
    today = _today(stack)
    if as_json:
        entries = [_as_dict(found.entries, number, today) for number in range(len(found.entries))]
        print_json({"today": str(today), "timeline": entries, "unfinished": bool(found.unfinished)})
        return
    _print_timeline(found.entries, today, language)
    if found.unfinished:
        begun = f"{found.unfinished.at:%Y-%m-%d %H:%M} UTC"
        version = found.unfinished.entries[-1].version
        _say(phrase("unfinished", language, version=version, begun=begun))


def rollback(
    version: Annotated[
        str | None,
        typer.Option("--to", metavar="VERSION", help="Rules that were released once; left out: those before."),
    ] = None,
    stack: Stack = "standing",
    parameters: Parameters = None,
    language: Lang = "en",
) -> None:
    """Put the rules before, or those of a version, in force again from today on.

    Days that are over stay as the rules of their time decided them. A release that has not begun yet, or did not come
    to its end, is dropped.
    """
    entries = Releasing(_place(stack, parameters), _say).rollback(version)
    _print_timeline(entries, _today(stack), language)


def _place(stack: str, parameters: list[str] | None) -> StackPlace:
    target_of(stack)
    return StackPlace(stack, _say, tuple(parameters or ()))


def _say(what: str) -> None:
    err.print(what, soft_wrap=True)


def _today(stack: str) -> date:
    """The day in the programme's time zone."""
    found = released(target_of(stack))
    programme = found.bucket.ruleset(found.entries[-1].version).programme
    return day_date(day_of(datetime.now(UTC), programme.time_zone))


def _as_dict(entries: Entries, place: int, today: date) -> dict[str, object]:
    entry = entries[place]
    return {
        "version": entry.version,
        "from": None if entry.since == ALL_DAYS else str(entry.since),
        "state": _state(entries, place, today),
        "by": entry.by,
        "at": entry.at.isoformat(timespec="seconds"),
    }


def _state(entries: Entries, place: int, today: date) -> str:
    current = entries.index(in_force(entries, today))
    return "in-force" if place == current else "over" if place < current else "to-come"


def _print_timeline(entries: Entries, today: date, language: Language) -> None:
    columns = ("from_day", "rules_version", "state", "by", "at")
    table = Table(*(phrase(column, language) for column in columns), box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, entry in enumerate(entries):
        since = phrase("all_days", language) if entry.since == ALL_DAYS else str(entry.since)
        state = _state(entries, place, today)
        style = "bold" if state == "in-force" else "dim" if state == "over" else ""
        when = f"{entry.at:%Y-%m-%d %H:%M} UTC"
        table.add_row(since, entry.version, phrase(state, language), phrase(entry.by, language), when, style=style)
    out.print(table)
