"""`standing rules`: what people who edit the rules type."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from standing.core.days import day_number
from standing.rulebook.building import build_ruleset
from standing.tools.options import Rules, err
from standing.tools.project import project_root

rules = typer.Typer(no_args_is_help=True, help="The rules under rules/.")


@rules.command()
def build(
    folder: Rules = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            help="In force from this day on, after the rules that were built before; left out: on all days.",
        ),
    ] = None,
) -> None:
    """Check the rules and compile them into the layer `ruleset`."""
    root = project_root()
    day = day_number(since.date()) if since else None
    ruleset = build_ruleset(folder or root / "rules", root / "layers" / "ruleset", since=day)
    care = sum(len(stratum.care) for stratum in ruleset.strata)
    err.print(
        f"rules {ruleset.version}: {len(ruleset.features)} features, {len(ruleset.ratings)} ratings, {care} care rules"
    )
