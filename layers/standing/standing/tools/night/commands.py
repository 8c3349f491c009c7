"""`standing night`: close a day for everybody now, and see what came of it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from standing.tools.events.sending import progress_bar
from standing.tools.language import Language
from standing.tools.night.running import Night, begin, follow
from standing.tools.night.words import WORDS
from standing.tools.options import Json, Lang, Stack, err, out, print_json, target_of
from standing.tools.target import Target

ASKED = typer.Option("--day", metavar="DATE", help="A day that is over; the last one if left out.")
TOLD = (
    "customers",
    "moved",
    "decisions",
    "conflicts",
    "busy",
    "reconciled",
    "differences",
    "failed_buckets",
    "damaged",
)


def night(
    day: Annotated[str | None, ASKED] = None, stack: Stack = "standing", lang: Lang = "en", *, as_json: Json = False
) -> None:
    """Let time pass for everybody up to the end of a day, as the schedule does at 04:30.

    Started again for the same day, it does the buckets that failed or are new, and otherwise nothing. The exit code is
    1 where a bucket failed.
    """
    ended = closed(target_of(stack), day, lang)
    if as_json:
        print_json({"status": ended.status, "cause": ended.cause, **ended.output})
    else:
        _print(ended, lang)
    if ended.status != "SUCCEEDED":
        raise typer.Exit(1)


def closed(target: Target, day: str | None = None, lang: Language = "en") -> Night:
    """Close a day, with a progress bar; how it ended. Raises UserError where the stack has no night."""
    execution = begin(target, day)
    with progress_bar(err) as progress:
        bar = progress.add_task(WORDS["buckets"][lang == "zh"], total=None)
        return follow(target, execution, lambda done, of: progress.update(bar, completed=done, total=of or None))


def _print(ended: Night, language: Language) -> None:
    if ended.cause:
        err.print(ended.cause, style="red", soft_wrap=True)
    if not ended.output:
        return
    table = Table(title=f"{WORDS['night'][language == 'zh']} {ended.output['day']}", show_header=False)
    for name in TOLD:
        table.add_row(WORDS[name][language == "zh"], f"{ended.output[name]:,}")
    out.print(table)
