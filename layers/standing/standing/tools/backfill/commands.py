"""`standing backfill`: years of history into table and lake."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from standing.tools.backfill.words import WORDS
from standing.tools.options import Json, Lang, Rules, Stack, err, out, print_json, target_of
from standing.tools.project import project_root

if TYPE_CHECKING:
    from standing.core.timeline import Timeline
    from standing.tools.language import Language
    from standing.tools.target import Target

FILES = typer.Argument(metavar="FILES", help="Parquet or CSV, with --mapping; or event files, one JSON object a line.")
MAPPING = typer.Option("--mapping", metavar="FILE", help="How a row of a table becomes an event (docs/backfill.md).")
JOBS = typer.Option("--jobs", min=1, help="Processes at once; as many as there are processors if left out.")
UNTIL = typer.Option("--until", metavar="DATE", help="The last day of the history; the last that is over if left out.")
TOLD = ("rows", "refused", "customers", "events", "known", "conflicting", "forgotten")


def backfill(
    files: Annotated[list[Path], FILES],
    mapping: Annotated[Path | None, MAPPING] = None,
    until: Annotated[str | None, UNTIL] = None,
    jobs: Annotated[int | None, JOBS] = None,
    stack: Stack = "standing",
    folder: Rules = None,
    lang: Lang = "en",
    *,
    as_json: Json = False,
) -> None:
    """Take years of history into the table and the lake, in bulk. Nothing of it is sent to anybody.

    It may be stopped and begun again at any time, and live events may come in meanwhile. Rows that are no events are
    left out and named in a file. The exit code is 1 where there were any.
    """
    from standing.tools.live.kept import rules_of

    target = target_of(stack)
    done = filled(target, rules_of(target, folder), files, mapping, until, jobs, lang)
    if as_json:
        print_json(done)
    else:
        _print(done, lang)
    if done["refused"]:
        raise typer.Exit(1)


def filled(
    target: Target,
    rules: Timeline,
    files: list[Path],
    mapping: Path | None = None,
    until: str | None = None,
    jobs: int | None = None,
    lang: Language = "en",
) -> dict[str, Any]:
    """Fill back, with a progress bar; what became of the rows. Raises UserError."""
    from standing.tools.backfill.working import Backfill, folder_of, last_day, processors
    from standing.tools.events.sending import progress_bar

    day, began = last_day(rules, until), time.monotonic()
    work = folder_of(project_root(), target, files, mapping, day)
    with progress_bar(err) as progress:
        bar = progress.add_task("", total=None)

        def seen(what: str, done: int, of: int | None) -> None:
            progress.update(bar, description=WORDS[f"doing_{what}"][lang == "zh"], completed=done, total=of)

        done = Backfill(target, rules, files, mapping, work, jobs or processors(), day).run(seen)
    return done | {"seconds": round(time.monotonic() - began, 1)}


def _print(done: dict[str, Any], language: Language) -> None:
    chinese = language == "zh"
    table = Table(show_header=False, box=None, pad_edge=False)
    for name in TOLD:
        value = sum(done[name].values()) if name == "refused" else done[name]
        table.add_row(WORDS[name][chinese], f"{value:,}")
    out.print(table)
    for reason, count in sorted(done["refused"].items()):
        err.print(f"{reason}: {count:,}", style="red")
    for key in done["aside"]:
        err.print(f"{WORDS['aside'][chinese]} {key}", style="red", soft_wrap=True)
    if done["refused"]:
        err.print(f"{WORDS['named_in'][chinese]} {done['refused_rows']}", style="red", soft_wrap=True)
