"""`standing init`: a programme of one's own in an empty folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from standing.cli.options import Lang, told
from standing.present.output import out

NEXT = ("standing rules check", "standing rules test", "standing local up")


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An empty folder, or one that is not there yet.")],
    trade: Annotated[
        Literal["bank", "insurer", "shop", "retail"],
        typer.Option("--trade", help="Whose rules to begin with: a bank's, an insurer's, a web shop's, a retailer's."),
    ],
    language: Lang = "en",  # noqa: ARG001 -- what is told is told in it
) -> None:
    """Write a programme of your own into an empty folder: rules, stories, workflows for pull requests, a samconfig.

    Every command works in that folder: `standing rules check` proves the rules, `standing local up` starts the whole
    system on this machine, `standing rules release` deploys it. Nothing of Standing itself is copied or forked.
    """
    from datetime import UTC, datetime
    from importlib.metadata import version

    from standing.starter.programme import write_programme

    title = write_programme(folder, trade, version("standing-engine"), datetime.now(UTC))
    out.print(told("{folder}: {title}, a programme of your own", folder=folder, title=title), soft_wrap=True)
    for path in sorted(folder.iterdir()):
        out.print(f"  {path.name}{'/' if path.is_dir() else ''}", highlight=False)
    out.print(told("Next, in {folder}:", folder=folder), soft_wrap=True)
    for command in NEXT:
        out.print(f"  {command}", highlight=False)
