"""Models and event files: fits a model on a file, and finds the score events that are due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from standing.events.intake import Event, Rejected, read_event
from standing.events.producers import NIGHT_SOURCE
from standing.lake.records import SCHEMA, rows_of
from standing.operations.event_files import Line, read_lines
from standing.present.document import Document, pairs
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


def events_due(model: Model, file: Path, ruleset: Ruleset, as_of: str) -> Iterator[dict[str, Any]]:
    """The score events that the night would send for a day, as lines of an event file."""
    day = _day(as_of)
    rows = _rows(file, ruleset, PURCHASE, REFUND, SCORE).filter(pl.col("day") <= day)
    customers = summary(spending(with_counting_day(rows.lazy(), ruleset), day, model.spend), day).collect()
    at = end_of_day(day, ruleset.programme.time_zone).astimezone(zone(ruleset.programme.time_zone))
    for detail in events(model, changed(model, scores_of(model, customers), last_said(rows.lazy())), at - A_MINUTE):
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
    unique = {(event.source, event.detail.customer, event.detail.id): event for event in _events(file, ruleset, types)}
    return rows_of(unique.values(), ruleset.programme.minor_digits) if unique else pl.DataFrame(schema=SCHEMA)


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


def model_document(model: Model, language: Language) -> Document:
    """A model's parameters and bands, as a document."""
    rows = ((WORDS.say(name, language), value) for name, value in _learnt(model, language).items())
    bands = ((name, _thresholds(bands)) for name, bands in model.bands.items())
    return Document(language, (pairs([*rows, *bands]),), f"{WORDS.say('model', language)} {model.hash}")


def _learnt(model: Model, language: Language) -> dict[str, str]:
    """What a model was learnt from, and its result, by the name of each text."""
    return {
        "as_of": model.as_of,
        "spend": WORDS.say(model.spend, language),
        "customers": f"{model.purchases.customers:,} / {model.amounts.customers:,}",
        "bgnbd": _parameters(model.purchases.model_dump(), "r", "alpha", "a", "b"),
        "gammagamma": _parameters(model.amounts.model_dump(), "p", "q", "v"),
        "likelihood": f"{model.purchases.log_likelihood} / {model.amounts.log_likelihood}",
        "horizon": f"{model.horizon} / {model.months} × 30 / {model.discount}",
    }


def _thresholds(bands: Iterable[tuple[int, str]]) -> str:
    """The least score of each band."""
    return ", ".join(f"{band} ≥ {least / 10_000:g}" for least, band in bands)


def _parameters(values: dict[str, Any], *names: str) -> str:
    return ", ".join(f"{name} {values[name]}" for name in names)
