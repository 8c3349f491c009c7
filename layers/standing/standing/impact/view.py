"""The document of an impact: for the terminal, a page, and a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from standing.impact.impact import NAMED, Move
from standing.impact.report import Report
from standing.impact.words import amounts, costs, headline, kept_by_older_terms, phrase, pressure, step, summary
from standing.present.document import (
    Block,
    Column,
    Document,
    Paragraph,
    Said,
    Section,
    Span,
    Table,
    with_code,
)
from standing.present.migration import Direction, Words, direction, migrations
from standing.present.reasons import reason_lines
from standing.values.catalogue import Language
from standing.values.days import day_date

MOVER = ("rating", "move", "customers", "customer", "because")


def impact_document(report: Report, language: Language, named: int = NAMED) -> Document:
    """The moves, with how many customers, who and why, and the change of care. `named`: the ids to show for a move."""
    tiles = filter(None, (*summary(report, language), costs(report, language)))
    ratings = (_rating(report, number, language) for number in range(len(report.ratings)))
    blocks = (*_policy(report, language), *ratings, *_movers(report, language, named), _care(report, language))
    shown = with_code(headline(report, language), "code")
    return Document(language, blocks, phrase("title", language), shown, tuple(tiles))


def _policy(report: Report, language: Language) -> Iterator[Block]:
    """The day from which the edit is in force, and the customers for whom the older rules continue."""
    effective = report.after.programme.effective
    if effective is not None and effective != report.before.programme.effective:
        yield Paragraph(phrase("effective", language, day=day_date(effective)))
    for text in kept_by_older_terms(report, language):
        yield Paragraph((Span("existing: keep", "code"), " · ", Span(text, "strong")))


def _rating(report: Report, number: int, language: Language) -> Section:
    """The migration of a rating, as a matrix and as a flow chart."""
    name = report.ratings[number]
    before, after, matrix = report.before.ratings[name], report.after.ratings[name], report.impact.matrices[name]
    words = Words(*(phrase(one, language) for one in ("from_to", "before", "after", "migration", "flow")))
    return Section(after.title.in_language(language), (migrations(number, before, after, matrix, words, language),))


def _look(report: Report, move: Move) -> Direction:
    return direction(report.after.ratings[move.rating], (move.was, move.becomes))


def _movers(report: Report, language: Language, named: int) -> Iterator[Section]:
    if report.movers:
        columns = [Column(phrase(name, language), name == "customers") for name in MOVER]
        rows = (row for move in report.impact.moves for row in _move(report, move, language, named))
        yield Section(phrase("movers", language), (Table(tuple(columns), tuple(rows)),))


def _move(report: Report, move: Move, language: Language, named: int) -> Iterator[tuple[Said, ...]]:
    """A row for each example customer; the first row also has what they share."""
    title = report.after.ratings[move.rating].title.in_language(language)
    shared = (title, Span(step(report, move, language), _look(report, move)), f"{move.customers:,}")
    for number, mover in enumerate([one for one in report.movers if one.move is move][:named]):
        yield (*(("", "", "") if number else shared), mover.customer, reason_lines(mover.because, language))


def _care(report: Report, language: Language) -> Section:
    over = pressure(report, language)
    pressed = (Paragraph(over),) if over else ()
    if not report.care:
        return Section("", (Paragraph(phrase("same_care", language)), *pressed))
    currency = report.after.programme.currency
    names = ("holds", "a_day", "cost_a_day")
    columns = (Column(phrase(name, language, currency=currency), is_number=True) for name in names)
    rows = tuple((one.care, *amounts(report, one)) for one in report.care)
    return Section(phrase("care", language), (Table((Column(phrase("care_rule", language)), *columns), rows), *pressed))
