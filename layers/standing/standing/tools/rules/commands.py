"""`standing rules`: what people who edit the rules type."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from standing.batch.population import Population
from standing.batch.population import write as write_population
from standing.core.days import day_number
from standing.core.ruleset import Ruleset
from standing.rulebook import formatting
from standing.rulebook.building import build_ruleset
from standing.rulebook.checking import check as check_rules
from standing.rulebook.compiling import compile_folder, compile_rules
from standing.rulebook.scenarios.checking import check_stories
from standing.rulebook.schemas import write_schemas
from standing.tools.options import Json, Lang, Rules, Stack, err, out, print_json, target_of
from standing.tools.project import project_root
from standing.tools.rules import impact_report as report_impact
from standing.tools.rules.check_report import print_report, report_as_dict
from standing.tools.rules.comment import comment as rule_comment
from standing.tools.rules.impact_page import page as impact_page
from standing.tools.rules.impact_view import print_impact
from standing.tools.rules.impacting import edited, of_file, of_table, rules_at
from standing.tools.rules.pages import in_plain_text, markdown, print_rules
from standing.tools.rules.stories import checked_as_dict, print_checked
from standing.tools.target import use_local_aws

rules = typer.Typer(no_args_is_help=True, help="The rules under rules/.")
LOCAL, TABLE = "local", "table"
SCHEMAS = Path("docs") / "schemas" / "rules"


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
        print_json(report_as_dict(report, language))
    else:
        print_report(report, language, out)
    raise typer.Exit(1 if report.failed else 0)


@rules.command("test")
def play_stories(
    thresholds: Annotated[
        bool, typer.Option("--thresholds", help="Move each threshold by a step, and say which no story would notice.")
    ] = False,
    folder: Rules = None,
    language: Lang = "en",
    as_json: Json = False,
) -> None:
    """Play the stories of rules/scenarios, and say what they expect in vain and which comparisons they never reach.

    The exit code is 1 where something is not as a story expects.
    """
    checked = check_stories(folder or project_root() / "rules", thresholds=thresholds)
    if as_json:
        print_json(checked_as_dict(checked))
    else:
        print_checked(checked, language, out)
    raise typer.Exit(1 if checked.failed else 0)


@rules.command()
def fmt(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; list the files that would change, and fail.")
    ] = False,
    folder: Rules = None,
) -> None:
    """Write the rule files in their canonical form: one condition a line, comments kept, never another meaning.

    Files that are wrong are left alone; each problem is shown with its line.
    """
    root = project_root()
    place = (folder or root / "rules").resolve()
    done = formatting.format_rules(place, root / SCHEMAS if place.is_relative_to(root) else None)
    for problem in done.problems:
        err.print(str(problem), style="red", markup=False, soft_wrap=True)
    for path in done.changed:
        said = "would change" if check else "formatted"
        out.print(f"{path.relative_to(place.parent).as_posix()}: {said}", markup=False, highlight=False, soft_wrap=True)
    if not check:
        formatting.write(done)
    raise typer.Exit(1 if done.problems or (check and done.changed) else 0)


@rules.command()
def schema(
    target: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Another folder to write into.")] = None,
) -> None:
    """Write the JSON Schemas of the rule files, by which editors check and explain them while you type."""
    write_schemas(target or project_root() / SCHEMAS)


@rules.command()
def show(
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As a Markdown page, such as docs/rules.md.")] = False,
    language: Lang = "en",
    folder: Rules = None,
    file: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write into a file instead.")] = None,
) -> None:
    """Show the rules as tables that read without knowing YAML: features, ratings, care, and what all rules share."""
    compiled = compile_folder(folder or project_root() / "rules")
    if file:
        file.write_text(markdown(compiled, language) if as_markdown else in_plain_text(compiled, language), "utf-8")
    elif as_markdown:
        typer.echo(markdown(compiled, language), nl=False)
    else:
        print_rules(compiled, language, out)


@rules.command()
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
    root = project_root()
    before, rules = rules_at(root, base, folder), compile_folder(folder or root / "rules")
    old, new = _of_population(population, stack, before, rules.ruleset)
    found = report_impact.compared(before, edited(before, rules, new.day), old, new)
    if html:
        html.write_text(impact_page(found, language), encoding="utf-8")
        err.print(f"{html}: a page for a browser", markup=False)
    if as_json:
        print_json(report_impact.as_dict(found))
    elif as_markdown or not out.is_terminal:
        typer.echo(report_impact.markdown(found), nl=False)
    else:
        print_impact(found, language, out)


@rules.command()
def snapshot(
    file: Annotated[Path, typer.Option("--out", metavar="FILE", help="The Parquet file to write.")],
    folder: Rules = None,
    stack: Stack = "standing",
) -> None:
    """Keep the table's customers as of today in a file, for `standing rules impact --population FILE`."""
    ruleset = compile_rules(folder or project_root() / "rules")
    (taken,) = of_table(target_of(stack).customers, ruleset, ruleset)
    write_population(taken, file)
    err.print(f"{file}: {taken.frame.height:,} customers, {len(taken.features)} features", markup=False)


@rules.command()
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
    place = folder or project_root() / "rules"
    checked = check_rules(place)
    played = check_stories(place) if checked.ruleset else None
    said = None
    if population and population.exists() and checked.ruleset:
        before = rules_at(project_root(), base, place)
        known = of_file(population, before, checked.ruleset)
        after = edited(before, compile_folder(place), known.day)
        said = report_impact.markdown(report_impact.compared(before, after, known, known))
    file.write_text(rule_comment(checked, played, said, language), encoding="utf-8")
    wrong = checked.failed or played is None or played.failed
    raise typer.Exit(1 if wrong else 0)


def _of_population(name: str, stack: str, before: Ruleset, after: Ruleset) -> list[Population]:
    """The same customers with their features under each ruleset: of a table, or of a file."""
    if name not in {LOCAL, TABLE}:
        known = of_file(Path(name), before, after)
        return [known, known]
    if name == LOCAL:
        use_local_aws()
    return of_table(target_of(stack).customers, before, before, after)
