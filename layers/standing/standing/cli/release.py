"""`standing rules release`, `live` and `rollback`: shows and changes the timeline of rules in force."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from standing.cli.options import Json, Lang, Rules, Stack, say, target_of
from standing.local.project import programme_folder
from standing.present.output import err, out, print_json
from standing.present.renderers.terminal import print_document

if TYPE_CHECKING:
    from standing.release.store import StackTarget

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
    is interrupted, do it again. The same rules again deploy the code alone.
    """
    from standing.release.release import ReleaseProcess
    from standing.release.store import released_rules
    from standing.release.timeline import timeline_document, today_of

    place, day = _place(stack, parameters), since.date() if since else None
    entries = ReleaseProcess(place, say).release(folder or programme_folder() / "rules", day)
    print_document(timeline_document(entries, today_of(released_rules(target_of(stack))), language), out)


def live(stack: Stack = "standing", language: Lang = "en", as_json: Json = False) -> None:
    """Show which rules are in force from which day."""
    from standing.release.store import released_rules
    from standing.release.timeline import as_dict, timeline_document, today_of, unfinished

    rules = released_rules(target_of(stack))
    today = today_of(rules)
    if as_json:
        print_json(as_dict(rules, today))
        return
    print_document(timeline_document(rules.entries, today, language), out)
    if rules.unfinished:
        err.print(unfinished(rules.unfinished, language), soft_wrap=True)


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
    from standing.release.release import ReleaseProcess
    from standing.release.store import released_rules
    from standing.release.timeline import timeline_document, today_of

    entries = ReleaseProcess(_place(stack, parameters), say).rollback(version)
    print_document(timeline_document(entries, today_of(released_rules(target_of(stack))), language), out)


def _place(stack: str, parameters: list[str] | None) -> StackTarget:
    from standing.release.store import StackTarget

    target_of(stack)
    return StackTarget(stack, say, tuple(parameters or ()))
