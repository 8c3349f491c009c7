"""`standing backfill`: imports years of history into table and lake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from standing.backfill.words import WORDS
from standing.cli.options import Json, Lang, Rules, Stack, target_of
from standing.local.project import programme_folder
from standing.present.output import err, out, print_json, print_whole
from standing.present.renderers.terminal import print_document
from standing.values.errors import UserError

if TYPE_CHECKING:
    from standing.aws.stack import Target
    from standing.backfill.run import Seen
    from standing.rules.timeline import Timeline
    from standing.values.catalogue import Language

FILES = typer.Argument(
    metavar="FILES",
    help="CSV, TSV, Parquet, Excel, or folders of them, with --mapping; or event files, one JSON object a line.",
)
MAPPING = typer.Option("--mapping", metavar="FILE", help="How a row of a table becomes an event (docs/backfill.md).")
JOBS = typer.Option("--jobs", min=1, help="Processes at once; as many as there are processors if left out.")
UNTIL = typer.Option("--until", metavar="DATE", help="The last day of the history; the last that is over if left out.")
CHECK = typer.Option("--check", help="Say what would come in and what is refused, and write nothing.")
VALUES = typer.Option(
    "--show-values", help="With --check: show what stands in rows that are refused, and personal fields."
)
STOP_AT = typer.Option("--stop-at", metavar="PERCENT", help="Take nothing in where more of the rows are refused.")
LIST = typer.Option("--list", help="Name the runs that there are, and those that did not end.")
RETRACT = typer.Option("--retract", metavar="RUN", help="Take back what a run brought in, and nothing else.")
PROPOSE = typer.Option("--propose", help="Print a first mapping, from the columns of the file.")
STOP_AT_PERCENT = "5 %"


def backfill(
    files: Annotated[list[Path] | None, FILES] = None,
    mapping: Annotated[Path | None, MAPPING] = None,
    until: Annotated[str | None, UNTIL] = None,
    jobs: Annotated[int | None, JOBS] = None,
    stop_at: Annotated[str, STOP_AT] = STOP_AT_PERCENT,
    stack: Stack = "standing",
    folder: Rules = None,
    lang: Lang = "en",
    retract: Annotated[str | None, RETRACT] = None,
    *,
    list_runs: Annotated[bool, LIST] = False,
    check: Annotated[bool, CHECK] = False,
    propose: Annotated[bool, PROPOSE] = False,
    show_values: Annotated[bool, VALUES] = False,
    as_json: Json = False,
) -> None:
    """Take years of history into the table and the lake, in bulk. Nothing of it is sent to anybody.

    Every row is taken in, skipped because the mapping says so, or refused and named in a file; the exit code is 1 where
    any is refused, or an event's id is there with other content. It may be stopped and begun again at any time, and
    live events may come in meanwhile.
    """
    from standing.backfill.run import fill_back, percent
    from standing.release.store import rules_at_hand, rules_of

    if list_runs:
        _list(target_of(stack), lang, as_json=as_json)
    elif retract:
        _retract(target_of(stack), folder, retract, lang, as_json=as_json)
    elif not files:
        raise UserError("FILES are missing: name files or folders, or say --list or --retract RUN")
    elif propose:
        print_whole(_proposed(files, folder, lang))
    elif check:
        _check(
            files, mapping, rules_at_hand(lambda: target_of(stack), folder), lang, as_json=as_json, values=show_values
        )
    else:
        target = target_of(stack)
        rules, part = rules_of(target, folder), percent(stop_at)
        with _progress(lang) as seen:
            result = fill_back(target, rules, programme_folder(), files, seen, mapping, until, jobs, part)
        _tell(result, lang, as_json=as_json)


def _list(target: Target, lang: Language, *, as_json: bool) -> None:
    from standing.backfill.run_list import list_runs
    from standing.backfill.view import runs_document

    listed = list_runs(target, programme_folder())
    if as_json:
        print_json(listed)
    else:
        print_document(runs_document(listed["runs"], listed["unfinished"], lang), out)


def _retract(target: Target, folder: Path | None, run: str, lang: Language, *, as_json: bool) -> None:
    from standing.backfill.run_list import retract
    from standing.backfill.view import retraction_document
    from standing.release.store import rules_of

    with _progress(lang) as seen:
        result = retract(target, rules_of(target, folder), programme_folder(), run, seen)
    if as_json:
        print_json(result)
    else:
        print_document(retraction_document(result, lang), out)
        for removed in result["removed"]:
            err.print(f"{WORDS.say('removed', lang)} {removed}", soft_wrap=True)
    if result["conflicts"]:
        raise typer.Exit(1)


def _proposed(files: Sequence[Path], folder: Path | None, lang: Language) -> str:
    from standing.backfill.proposal import propose_mapping
    from standing.backfill.run import faults_as_user_errors
    from standing.release.programme import rules_of_programme

    with faults_as_user_errors():
        return propose_mapping(files[0], rules_of_programme(folder).latest.programme, lang)


def _check(
    files: Sequence[Path], mapping: Path | None, rules: Timeline, lang: Language, *, as_json: bool, values: bool
) -> None:
    from standing.backfill.check import check
    from standing.backfill.columns import columns_of_tables
    from standing.backfill.run import faults_as_user_errors
    from standing.backfill.view import check_document

    with _progress(lang) as seen:
        checked = check(files, mapping, rules.latest, lambda rows: seen("rows", rows, None))
    if as_json:
        print_json(checked.as_dict(values=values))
    else:
        with faults_as_user_errors():
            columns = columns_of_tables(files, mapping)
        print_document(check_document(checked, columns, lang, values=values), out)
    if checked.tally.refused:
        raise typer.Exit(1)


@contextmanager
def _progress(lang: Language) -> Iterator[Seen]:
    from standing.present.progress import progress_bar

    with progress_bar(err) as progress:
        bar = progress.add_task("", total=None)

        def seen(what: str, done: int, of: int | None) -> None:
            progress.update(bar, description=WORDS.say(f"doing_{what}", lang), completed=done, total=of)

        yield seen


def _tell(result: dict[str, Any], language: Language, *, as_json: bool) -> None:
    from standing.backfill.view import refused_document, result_document

    if as_json:
        print_json(result)
    else:
        print_document(result_document(result, language), out)
        print_document(refused_document(result, language), err)
    if result["reasons"] or result["conflicting"]:
        raise typer.Exit(1)
