"""`standing night`: closes a day for all customers now; `standing report`: shows a night's report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from standing.cli.options import Json, Lang, Rules, Stack, target_of
from standing.nightly.words import WORDS, why_ended
from standing.present.document import Document, pairs
from standing.present.output import err, out, print_json
from standing.present.renderers.terminal import print_document

if TYPE_CHECKING:
    from standing.nightly.execution import Look, Night
    from standing.values.catalogue import Language

ASKED = typer.Option("--day", metavar="DATE", help="A day that is over; the last one if left out.")
COUNTED = (
    "customers",
    "moved",
    "decisions",
    "conflicts",
    "busy",
    "reconciled",
    "differences",
    "failed_buckets",
    "damaged",
)
REPORTED = typer.Option("--day", metavar="DATE", help="The day that was closed; the last one if left out.")
OUT = typer.Option("--out", metavar="FILE", help="Write the page, HTML that needs no network, to this file.")


def night(
    day: Annotated[str | None, ASKED] = None, stack: Stack = "standing", lang: Lang = "en", *, as_json: Json = False
) -> None:
    """Let time pass for everybody up to the end of a day, as the schedule does at 04:30.

    Started again for the same day, it does the buckets that failed or are new, and otherwise nothing. The exit code is
    1 where a bucket failed.
    """
    from standing.nightly.execution import close

    target = target_of(stack)
    with _progress(lang) as seen:
        ended = close(target, day, seen)
    if as_json:
        print_json({"status": ended.status, "cause": ended.cause, **ended.output})
    else:
        _print(ended, lang)
    if ended.status != "SUCCEEDED":
        raise typer.Exit(1)


def report(
    day: Annotated[str | None, REPORTED] = None,
    out_file: Annotated[Path | None, OUT] = None,
    stack: Stack = "standing",
    folder: Rules = None,
    lang: Lang = "en",
    *,
    as_json: Json = False,
) -> None:
    """Show the report of a night: what needs attention, where customers stand, and how the night went."""
    from standing.nightly.reports import kept_report
    from standing.present.report.page import page, report_document
    from standing.release.store import rules_of
    from standing.report.model import report_json

    target = target_of(stack)
    read = kept_report(target.lake, day)
    ruleset = rules_of(target, folder).latest
    if out_file:
        out_file.write_text(page(read, ruleset, lang), encoding="utf-8")
        err.print(str(out_file))
    if as_json:
        print_json(json.loads(report_json(read)))
    elif not out_file:
        print_document(report_document(read, ruleset, lang, is_brief=True), out)


@contextmanager
def _progress(lang: Language) -> Iterator[Callable[[Look], None]]:
    from standing.nightly.execution import STEPS
    from standing.present.progress import progress_bar

    with progress_bar(err) as progress:
        bar = progress.add_task(WORDS.say(STEPS["Deal"], lang), total=None)

        def seen(look: Look) -> None:
            progress.update(bar, description=WORDS.say(look.step, lang), completed=look.done, total=look.of or None)

        yield seen


def _print(ended: Night, language: Language) -> None:
    if why := why_ended(ended.status, ended.cause):
        err.print(why.in_language(language), style="red", soft_wrap=True)
    if ended.output:
        print_document(_document(ended.output, language), out)


def _document(output: Mapping[str, Any], language: Language) -> Document:
    counts = ((WORDS.say(name, language), f"{output[name]:,}") for name in COUNTED)
    return Document(language, (pairs(counts, are_numbers=True),), f"{WORDS.say('night', language)} {output['day']}")
