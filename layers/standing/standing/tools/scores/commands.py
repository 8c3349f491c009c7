"""`standing scores`: learn a model from an event file, show it, and write the `score` events that are due."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.table import Table

from standing.batch.records import SCHEMA, rows_of
from standing.batch.rescoring.refunds import counted_on
from standing.batch.scores import model as models
from standing.batch.scores.fitting.fitted import Terms, fitted
from standing.batch.scores.rfm import summary
from standing.batch.scores.scoring import changed, events, last_said
from standing.batch.scores.scoring import scores as scores_of
from standing.batch.scores.spending import Spend, spending
from standing.core.days import Day, day_in, end_of_day, zone
from standing.core.events import MODELS
from standing.core.intake import Event, Rejected, understand
from standing.core.producers import NIGHT_SOURCE
from standing.core.ruleset import Ruleset
from standing.rulebook.compiling import compile_rules
from standing.tools.events.files import Line, read_lines
from standing.tools.language import Language
from standing.tools.options import EventFile, Json, Lang, Rules, out, print_json, print_whole
from standing.tools.printing import json_text
from standing.tools.project import UserError, project_root
from standing.tools.scores.words import WORDS

PURCHASE, REFUND, SCORE = "purchase.v1", "refund.v1", "score.v1"

scores = typer.Typer(no_args_is_help=True, help="Scores that a model gives: churn, expected purchases, lifetime value.")

NET: Spend = "net"
GROSS: Spend = "gross"
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
    ruleset, day = compile_rules(rules or project_root() / "rules"), _day(as_of)
    programme, spend = ruleset.programme, GROSS if gross else NET
    rows = spending(counted_on(_rows(file, ruleset, PURCHASE, REFUND).lazy(), ruleset), day, spend)
    try:
        found = fitted(rows, day, Terms(programme.currency, programme.minor_digits, spend=spend))
    except ValueError as error:
        raise UserError(f"no model: {error}") from None
    out_file.write_text(models.text(found), encoding="utf-8")
    out.print(_table(found, lang))


@scores.command()
def show(model: Model, lang: Lang = "en", *, as_json: Json = False) -> None:
    """Show a model: its parameters, what it was learnt from, and the bands of its scores."""
    found = _read(model)
    if as_json:
        print_json(json.loads(models.text(found)))
    else:
        out.print(_table(found, lang))


@scores.command()
def due(model: Model, file: EventFile, as_of: AsOf, rules: Rules = None) -> None:
    """Print the score events that the night would send as of a day, one a line: where a band has changed.

    FILE holds the purchases and refunds, and the score events that were sent before.
    """
    ruleset, day, found = compile_rules(rules or project_root() / "rules"), _day(as_of), _read(model)
    rows = _rows(file, ruleset, PURCHASE, REFUND, SCORE).filter(pl.col("day") <= day)
    customers = summary(spending(counted_on(rows.lazy(), ruleset), day, found.spend), day).collect()
    at = end_of_day(day, ruleset.programme.time_zone).astimezone(zone(ruleset.programme.time_zone))
    for detail in events(found, changed(found, scores_of(found, customers), last_said(rows.lazy())), at - A_MINUTE):
        line = {"source": NIGHT_SOURCE, "detail-type": SCORE, "detail": detail}
        print_whole(f"{json_text(line, indent=None)}\n")


A_MINUTE = timedelta(minutes=1)


def _day(text: str) -> Day:
    try:
        return day_in(text)
    except ValueError:
        raise UserError(f"--as-of {text}: a date such as 2026-03-01") from None


def _read(path: Path) -> models.Model:
    try:
        return models.read(path)
    except ValueError as error:
        raise UserError(str(error)) from None


def _rows(file: Path, ruleset: Ruleset, *types: str) -> pl.DataFrame:
    """The events of some types in a file, as rows; each once. Raises UserError at a line that is no event."""
    found = {(one.source, one.detail.customer, one.detail.id): one for one in _events(file, ruleset, types)}
    return rows_of(found.values(), ruleset.programme.minor_digits) if found else pl.DataFrame(schema=SCHEMA)


def _events(file: Path, ruleset: Ruleset, types: tuple[str, ...]) -> Any:  # noqa: ANN401 -- an iterator of events
    for line in read_lines(file):
        if not isinstance(line, Line):
            raise UserError(f"{file}:{line.number}: {line.why}")
        if line.detail_type in types:
            yield _event(file, line, ruleset)


def _event(file: Path, line: Line, ruleset: Ruleset) -> Event:
    """The event in a line, whoever it comes from: what is learnt from a file changes no customer."""
    envelope = {"source": line.source, "detail-type": line.detail_type, "detail": line.detail}
    try:
        moment = MODELS[line.detail_type].model_validate(line.detail).time
        return understand(envelope, ruleset, moment)
    except (Rejected, ValueError) as error:
        raise UserError(f"{file}:{line.number}: is not a {line.detail_type} that could be taken in: {error}") from None


def _table(model: models.Model, language: Language) -> Table:
    say = {name: words[language == "zh"] for name, words in WORDS.items()}
    table = Table(title=f"{say['model']} {model.hash}", show_header=False)
    rows = {
        "as_of": model.as_of,
        "spend": say[model.spend],
        "customers": f"{model.purchases.customers:,} / {model.amounts.customers:,}",
        "bgnbd": _parameters(model.purchases.model_dump(), "r", "alpha", "a", "b"),
        "gammagamma": _parameters(model.amounts.model_dump(), "p", "q", "v"),
        "likelihood": f"{model.purchases.log_likelihood} / {model.amounts.log_likelihood}",
        "horizon": f"{model.horizon} / {model.months} × 30 / {model.discount}",
    }
    for name, value in rows.items():
        table.add_row(say[name], value)
    for name, bands in model.bands.items():
        table.add_row(name, ", ".join(f"{band} ≥ {least / 10_000:g}" for least, band in bands))
    return table


def _parameters(values: dict[str, Any], *names: str) -> str:
    return ", ".join(f"{name} {values[name]}" for name in names)
