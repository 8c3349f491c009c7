"""Models and event files: fits a model on a file, and finds the score events that are due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from rich.table import Table

from standing.events.intake import Event, Rejected, read_event
from standing.events.producers import NIGHT_SOURCE
from standing.lake.records import SCHEMA, rows_of
from standing.operations.event_files import Line, read_lines
from standing.rescoring.refunds import with_counting_day
from standing.rules.ruleset import Ruleset
from standing.scores import model as models
from standing.scores.fitting.model import FitSettings, fit_model
from standing.scores.model import Model
from standing.scores.rfm import summary
from standing.scores.scores import changed, events, last_said
from standing.scores.scores import scores as scores_of
from standing.scores.spending import Spend, spending
from standing.scores.words import WORDS
from standing.values.catalogue import Language
from standing.values.days import Day, day_in, end_of_day, zone
from standing.values.errors import UserError, failure_of

PURCHASE, REFUND, SCORE = "purchase.v1", "refund.v1", "score.v1"
A_MINUTE = timedelta(minutes=1)
ANY_TIME = datetime(9998, 12, 31, tzinfo=UTC)  # a day before the last could be one of the year 10000


def fit_file(file: Path, ruleset: Ruleset, as_of: str, spend: Spend) -> Model:
    """Fit a model on a file's purchases up to a day. Raises UserError with the reason if the fit does not converge."""
    day, programme = _day(as_of), ruleset.programme
    rows = spending(with_counting_day(_rows(file, ruleset, PURCHASE, REFUND).lazy(), ruleset), day, spend)
    try:
        return fit_model(rows, day, FitSettings(programme.currency, programme.minor_digits, spend=spend))
    except ValueError as error:
        raise UserError("no model: {error}", error=failure_of(error)) from None


def events_due(found: Model, file: Path, ruleset: Ruleset, as_of: str) -> Iterator[dict[str, Any]]:
    """The score events that the night would send for a day, as lines of an event file."""
    day = _day(as_of)
    rows = _rows(file, ruleset, PURCHASE, REFUND, SCORE).filter(pl.col("day") <= day)
    customers = summary(spending(with_counting_day(rows.lazy(), ruleset), day, found.spend), day).collect()
    at = end_of_day(day, ruleset.programme.time_zone).astimezone(zone(ruleset.programme.time_zone))
    for detail in events(found, changed(found, scores_of(found, customers), last_said(rows.lazy())), at - A_MINUTE):
        yield {"source": NIGHT_SOURCE, "detail-type": SCORE, "detail": detail}


def _day(text: str) -> Day:
    try:
        return day_in(text)
    except ValueError:
        raise UserError("--as-of {text}: a date such as 2026-03-01", text=text) from None


def read(path: Path) -> Model:
    """Read a model from a file. Raises UserError."""
    try:
        return models.read(path)
    except models.NotAModel as error:
        raise UserError(error) from None


def _rows(file: Path, ruleset: Ruleset, *types: str) -> pl.DataFrame:
    """The events of some types in a file as rows, without duplicates. Raises UserError at a line that is no event."""
    found = {(one.source, one.detail.customer, one.detail.id): one for one in _events(file, ruleset, types)}
    return rows_of(found.values(), ruleset.programme.minor_digits) if found else pl.DataFrame(schema=SCHEMA)


def _events(file: Path, ruleset: Ruleset, types: tuple[str, ...]) -> Any:  # noqa: ANN401 -- an iterator of events
    for line in read_lines(file):
        if not isinstance(line, Line):
            raise UserError("{file}:{number}: {why}", file=file, number=str(line.number), why=line.said)
        if line.detail_type in types:
            yield _event(file, line, ruleset)


def _event(file: Path, line: Line, ruleset: Ruleset) -> Event:
    """The event in a line. Its source is not checked, since fitting changes no customer; nor whether it is to come."""
    envelope = {"source": line.source, "detail-type": line.detail_type, "detail": line.detail}
    try:
        return read_event(envelope, ruleset, ANY_TIME)
    except Rejected as error:
        raise UserError(
            "{file}:{number}: is not a {detail_type} that could be taken in: {error}",
            file=file,
            number=str(line.number),
            detail_type=line.detail_type,
            error=error,
        ) from None


def table(model: Model, language: Language) -> Table:
    """A model's parameters as a table for the terminal."""
    say = {name: WORDS.say(name, language) for name in WORDS.texts}
    shown = Table(title=f"{say['model']} {model.hash}", show_header=False)
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
        shown.add_row(say[name], value)
    for name, bands in model.bands.items():
        shown.add_row(name, ", ".join(f"{band} ≥ {least / 10_000:g}" for least, band in bands))
    return shown


def _parameters(values: dict[str, Any], *names: str) -> str:
    return ", ".join(f"{name} {values[name]}" for name in names)
