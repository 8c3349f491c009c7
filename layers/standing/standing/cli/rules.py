"""`standing rules`: the commands for people who edit rules."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from standing.cli.impact import comment, impact, snapshot
from standing.cli.options import Json, Lang, Rules, told
from standing.local.project import programme_folder, ruleset_layer
from standing.present.output import err, out, print_json, print_whole
from standing.values.days import day_number

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
    language: Lang = "en",
) -> None:
    """Check the rules and compile them into the layer `ruleset`."""
    from standing.present.rules.size import state_size
    from standing.rules.author.build import build_ruleset

    root = programme_folder()
    day = day_number(since.date()) if since else None
    ruleset = build_ruleset(folder or root / "rules", ruleset_layer(root), since=day)
    care = sum(len(stratum.care) for stratum in ruleset.strata)
    said = told(
        "rules {version}: {features:feature|features}, {ratings:rating|ratings}, {care:care rule|care rules}",
        version=ruleset.version,
        features=len(ruleset.features),
        ratings=len(ruleset.ratings),
        care=care,
    )
    err.print(said)
    err.print(state_size(ruleset, language), markup=False, highlight=False, soft_wrap=True)


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
    from standing.present.check import check_document, report_as_dict
    from standing.present.renderers.terminal import print_document
    from standing.rules.prove.check import check as check_rules

    report = check_rules(folder or programme_folder() / "rules")
    if as_json:
        print_json(report_as_dict(report, language))
    else:
        print_document(check_document(report, language, whole=whole), out)
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
    from standing.present.renderers.terminal import print_document
    from standing.present.rules.scenarios import checked_as_dict, scenarios_document
    from standing.rules.scenarios.check import check_scenarios

    checked = check_scenarios(folder or programme_folder() / "rules", thresholds=thresholds)
    if as_json:
        print_json(checked_as_dict(checked))
    else:
        print_document(scenarios_document(checked, language), out)
    raise typer.Exit(1 if checked.failed else 0)


@rules.command()
def fmt(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; list the files that would change, and fail.")
    ] = False,
    folder: Rules = None,
    language: Lang = "en",
) -> None:
    """Write the rule files in their canonical form: one condition a line, comments kept, never another meaning.

    Files that are wrong are left alone; each problem is shown with its line.
    """
    from standing.present.language import phrase
    from standing.rules.author import formatter
    from standing.rules.author.schemas import SCHEMAS

    root = programme_folder()
    place = (folder or root / "rules").resolve()
    done = formatter.format_rules(place, root / SCHEMAS if place.is_relative_to(root) else None)
    for problem in done.problems:
        err.print(problem.told(language), style="red", soft_wrap=True)
    for path in done.changed:
        said = phrase("would_change" if check else "formatted", language)
        out.print(f"{path.relative_to(place.parent).as_posix()}: {said}", highlight=False, soft_wrap=True)
    if not check:
        formatter.write(done)
    raise typer.Exit(1 if done.problems or (check and done.changed) else 0)


@rules.command()
def schema(
    target: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Another folder to write into.")] = None,
) -> None:
    """Write the JSON Schemas of the rule files, by which editors check and explain them while you type."""
    from standing.rules.author.schemas import SCHEMAS, write_schemas

    write_schemas(target or programme_folder() / SCHEMAS)


@rules.command()
def show(
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As a Markdown page, such as docs/rules.md.")] = False,
    language: Lang = "en",
    folder: Rules = None,
    file: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write into a file instead.")] = None,
) -> None:
    """Show the rules as tables that read without knowing YAML: features, ratings, care, and what all rules share."""
    from standing.present.renderers.terminal import print_document
    from standing.present.rules.pages import in_plain_text, markdown, rules_document
    from standing.rules.author.compiler import compile_folder

    compiled = compile_folder(folder or programme_folder() / "rules")
    if file:
        file.write_text(markdown(compiled, language) if as_markdown else in_plain_text(compiled, language), "utf-8")
    elif as_markdown:
        print_whole(markdown(compiled, language))
    else:
        print_document(rules_document(compiled, language), out)


rules.command()(impact)
rules.command()(snapshot)
rules.command()(comment)
