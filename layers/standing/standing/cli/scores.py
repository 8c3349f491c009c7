"""`standing scores`: fits a model on an event file, shows it, and prints the `score` events that are due."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from standing.cli.options import EventFile, Json, Lang, Rules
from standing.local.project import programme_folder
from standing.present.output import out, print_json, print_whole
from standing.present.renderers.terminal import print_document
from standing.present.terminal import json_text

scores = typer.Typer(no_args_is_help=True, help="Scores that a model gives: churn, expected purchases, lifetime value.")
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A model, as `standing scores fit` wrote it.")]
Gross = Annotated[bool, typer.Option("--gross", help="Take no refunds off, neither here nor where it scores.")]
AsOf = Annotated[str, typer.Option("--as-of", metavar="DATE", help="The last day that counts, such as 2026-03-01.")]


@scores.command()
def fit(
    file: EventFile,
    as_of: AsOf,
    out_file: Annotated[Path, typer.Option("--out", metavar="MODEL", help="Where the model is written.")],
    rules: Rules = None,
    lang: Lang = "en",
    *,
    gross: Gross = False,
) -> None:
    """Learn a model from the purchases of an event file, less refunds.

    One that does not converge is refused, with the reason.
    """
    from standing.rules.author.compiler import compile_rules
    from standing.scores.fitting.files import fit_file, model_document
    from standing.scores.model import text

    model = fit_file(file, compile_rules(rules or programme_folder() / "rules"), as_of, "gross" if gross else "net")
    out_file.write_text(text(model), encoding="utf-8")
    print_document(model_document(model, lang), out)


@scores.command()
def show(model: Model, lang: Lang = "en", *, as_json: Json = False) -> None:
    """Show a model: its parameters, what it was learnt from, and the bands of its scores."""
    from standing.scores.fitting.files import model_document, read
    from standing.scores.model import text

    fitted = read(model)
    if as_json:
        print_json(json.loads(text(fitted)))
    else:
        print_document(model_document(fitted, lang), out)


@scores.command()
def due(model: Model, file: EventFile, as_of: AsOf, rules: Rules = None) -> None:
    """Print the score events that the night would send as of a day, one a line: where a band has changed.

    FILE holds the purchases and refunds, and the score events that were sent before.
    """
    from standing.rules.author.compiler import compile_rules
    from standing.scores.fitting.files import events_due, read

    ruleset, fitted = compile_rules(rules or programme_folder() / "rules"), read(model)
    for line in events_due(fitted, file, ruleset, as_of):
        print_whole(f"{json_text(line, indent=None)}\n")
