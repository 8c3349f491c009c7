"""`standing rules check`; apart from the others, because proofs need z3."""

from __future__ import annotations

from typing import Annotated

import typer

from standing.rulebook.checking import check as check_rules
from standing.tools.options import Json, Lang, Rules, out, print_json
from standing.tools.project import project_root
from standing.tools.rules.check_report import print_more, print_report, report_as_dict

rules = typer.Typer()


@rules.command()
def check(
    whole: Annotated[
        bool, typer.Option("--all", help="Show the accepted findings as well, with their reasons.")
    ] = False,
    folder: Rules = None,
    language: Lang = "en",
    as_json: Json = False,
) -> None:
    """Check the rules: schema, types and units, and proofs about every customer there could be, each with an example.

    The exit code is 1 where something has to be mended. A finding may be accepted with a reason where it is written:
    `accept: {CHK-09: large orders are looked at by hand}`.
    """
    report = check_rules(folder or project_root() / "rules")
    if as_json:
        print_json(report_as_dict(report, language))
    else:
        print_report(report, language, out, whole=whole)
        print_more(report, language, out, whole=whole)
    raise typer.Exit(1 if report.failed else 0)
