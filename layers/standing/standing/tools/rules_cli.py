"""`standing rules`: what people who edit the rules type."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from standing.core.days import day_number
from standing.rulebook.building import build_ruleset
from standing.rulebook.checking import check as check_rules
from standing.rulebook.scenarios.checking import check_stories
from standing.tools.check_report import print_report, report_as_dict
from standing.tools.options import Json, Lang, Rules, err, out, print_json
from standing.tools.project import project_root
from standing.tools.stories import checked_as_dict, print_checked

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


@rules.command()
def check(folder: Rules = None, language: Lang = "en", as_json: Json = False) -> None:
    """Check the rules: schema, types and units, and proofs about every customer there could be, each with an example.

    The exit code is 1 where something has to be mended. A finding may be accepted with a reason where it is written:
    `accept: {CHK-09: large orders are looked at by hand}`.
    """
    report = check_rules(folder or project_root() / "rules")
    if as_json:
        print_json(report_as_dict(report))
    else:
        print_report(report, language, out)
    raise typer.Exit(1 if report.problems or report.faults else 0)


@rules.command("test")
def play_stories(folder: Rules = None, language: Lang = "en", as_json: Json = False) -> None:
    """Play the stories of rules/scenarios, and say what they expect in vain and which comparisons they never reach.

    The exit code is 1 where something is not as a story expects.
    """
    checked = check_stories(folder or project_root() / "rules")
    if as_json:
        print_json(checked_as_dict(checked))
    else:
        print_checked(checked, language, out)
    raise typer.Exit(1 if checked.failed else 0)
