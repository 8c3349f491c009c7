"""`standing scenario`: records scenarios from stored customers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from standing.cli.options import Rules, Stack, chosen, target_of, told
from standing.present.output import err, print_whole
from standing.values.errors import UserError, failure_of

scenario = typer.Typer(no_args_is_help=True, help="Stories beside the rules; `standing rules test` plays them.")


@scenario.command("record")
def record_story(
    customer: Annotated[str, typer.Argument(help="The customer's opaque id.")],
    file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write to this new file instead of the terminal.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="End on this day instead of that of the last event."),
    ] = None,
    stack: Stack = "standing",
    folder: Rules = None,
) -> None:
    """Turn a stored customer into a story without personal data, which expects what the rules make of it.

    Left out: ids, the customer, the birthday, comments, who set a level by hand, and texts that are no codes. Days,
    amounts and codes stay: read the story before you share it.
    """
    from standing.customers.scenario import record_customer
    from standing.release.programme import rules_of_programme

    if file and file.exists():
        raise UserError("{file} is there already: choose another name", file=file)
    story = record_customer(
        target_of(stack).customers, rules_of_programme(folder), customer, as_of.date() if as_of else None
    )
    _write(story.text, file)
    for line in story.otherwise:
        err.print(line.in_language(chosen.language), style="yellow")


def _write(text: str, file: Path | None) -> None:
    if file is None:
        print_whole(text)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError("{file} cannot be written: {why}", file=file, why=failure_of(error)) from None
    err.print(told("{file}: try it with `standing rules test`", file=file))
