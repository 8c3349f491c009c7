"""`standing rules impact`, `snapshot` and `comment`: what an edit does to real customers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from standing.cli.options import Json, Lang, Rules, Stack, target_of, told
from standing.local.project import programme_folder
from standing.present.output import err, out, print_json, print_whole

if TYPE_CHECKING:
    from standing.impact.population import Population
    from standing.rules.ruleset import Ruleset

NAMED = 2  # customers of each move in a terminal
LOCAL, TABLE = "local", "table"


def impact(
    base: Annotated[str, typer.Option("--base", metavar="REF", help="What the rules are compared with.")] = "main",
    population: Annotated[
        str,
        typer.Option(
            "--population",
            metavar="FILE|local|table",
            help="The customers: a snapshot, the table of the local AWS, or the table in AWS.",
        ),
    ] = TABLE,
    folder: Rules = None,
    stack: Stack = "standing",
    language: Lang = "en",
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As a pull request shows it; so is a pipe.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page with pictures, for a browser.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what an edit of the rules does to real customers: who moves, by which comparison, and what care it makes.

    Both rulesets are settled over the same customers, so that only the edit makes a difference: reviews, grace and
    minimum stay only say when.
    """
    from standing.impact import report as report_impact
    from standing.impact.sources import edited_rules, rules_at
    from standing.impact.view import impact_document
    from standing.present.renderers.markdown import markdown
    from standing.present.renderers.page import page
    from standing.present.renderers.terminal import print_document
    from standing.rules.author.compiler import compile_folder

    root = programme_folder()
    before, rules = rules_at(root, base, folder), compile_folder(folder or root / "rules")
    old, new = _of_population(population, stack, before, rules.ruleset)
    found = report_impact.compare_rulesets(before, edited_rules(before, rules, new.day), old, new)
    if html:
        html.write_text(page(impact_document(found, language)), encoding="utf-8")
        err.print(told("{html}: a page for a browser", html=html))
    if as_json:
        print_json(report_impact.as_dict(found))
    elif as_markdown or not out.is_terminal:
        print_whole(markdown(impact_document(found, language)))
    else:
        print_document(impact_document(found, language, NAMED), out)


def snapshot(
    file: Annotated[Path, typer.Option("--out", metavar="FILE", help="The Parquet file to write.")],
    folder: Rules = None,
    stack: Stack = "standing",
) -> None:
    """Keep the table's customers as of today in a file, for `standing rules impact --population FILE`."""
    from standing.impact.population import write as write_population
    from standing.impact.sources import of_table
    from standing.rules.author.compiler import compile_rules

    ruleset = compile_rules(folder or programme_folder() / "rules")
    (taken,) = of_table(target_of(stack).customers, ruleset, ruleset)
    write_population(taken, file)
    kept = {"customers": taken.frame.height, "features": len(taken.features)}
    err.print(told("{file}: {customers:customer|customers}, {features:feature|features}", file=file, **kept))


def comment(
    file: Annotated[Path, typer.Option("--out", metavar="FILE", help="The Markdown file to write.")],
    base: Annotated[str, typer.Option("--base", metavar="REF", help="What the rules are compared with.")] = "main",
    population: Annotated[
        Path | None, typer.Option("--population", metavar="FILE", help="A snapshot; where there is no such file, none.")
    ] = None,
    folder: Rules = None,
    language: Lang = "en",
) -> None:
    """Write the comment for a pull request: check, stories and impact. The exit code is 1 where something is wrong."""
    from standing.impact import report as report_impact
    from standing.impact.pull_request import comment as rule_comment
    from standing.impact.sources import edited_rules, of_file, rules_at
    from standing.impact.view import impact_document
    from standing.rules.author.compiler import compile_folder
    from standing.rules.prove.check import check as check_rules
    from standing.rules.scenarios.check import check_scenarios

    place = folder or programme_folder() / "rules"
    checked = check_rules(place)
    played = check_scenarios(place) if checked.ruleset else None
    said = None
    if population and population.exists() and checked.ruleset:
        before = rules_at(programme_folder(), base, place)
        known = of_file(population, before, checked.ruleset)
        after = edited_rules(before, compile_folder(place), known.day)
        said = impact_document(report_impact.compare_rulesets(before, after, known, known), language)
    file.write_text(rule_comment(checked, played, said, language), encoding="utf-8")
    wrong = checked.failed or played is None or played.failed
    raise typer.Exit(1 if wrong else 0)


def _of_population(name: str, stack: str, before: Ruleset, after: Ruleset) -> list[Population]:
    """The same customers with their features under each ruleset: of a table, or of a file."""
    from standing.impact.sources import of_file, of_table
    from standing.local.connection import use_local_aws

    if name not in {LOCAL, TABLE}:
        known = of_file(Path(name), before, after)
        return [known, known]
    if name == LOCAL:
        use_local_aws()
    return of_table(target_of(stack).customers, before, before, after)
