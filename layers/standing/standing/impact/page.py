"""What an edit of the rules does to customers, as one page that needs no network: a heat map and a flow a rating."""

from __future__ import annotations

from collections.abc import Iterator

from standing.impact.impact import CareImpact, Move
from standing.impact.report import Report
from standing.impact.words import (
    amounts,
    because,
    costs,
    headline,
    phrase,
    pressure,
    step,
    summary,
)
from standing.present.language import in_language
from standing.present.migration import direction, flow, heat
from standing.present.page import Picture, assemble, box, escape, section, side_by_side, table
from standing.values.catalogue import Language


def page(report: Report, language: Language) -> str:
    """The report as a page."""
    tiles = [one for one in (*summary(report, language), costs(report, language)) if one]
    pictures = dict(_figures(report, language))
    said = phrase("title", language), escape(headline(report, language))
    return assemble(language, *said, tiles, _sections(report, language), pictures)


def _figures(report: Report, language: Language) -> Iterator[tuple[str, Picture]]:
    for number, name in enumerate(report.ratings):
        before, after, matrix = report.before.ratings[name], report.after.ratings[name], report.impact.matrices[name]
        yield f"matrix-{number}", heat(before, after, matrix, language)
        ends = phrase("before", language), phrase("after", language)
        yield f"flow-{number}", flow(before, after, matrix, ends, language)


def _sections(report: Report, language: Language) -> Iterator[str]:
    for number, name in enumerate(report.ratings):
        title = in_language(report.after.ratings[name].title, language)
        pictures = [(f"matrix-{number}", "migration"), (f"flow-{number}", "flow")]
        yield section(title, side_by_side(*(box(one, phrase(said, language)) for one, said in pictures)))
    if report.movers:
        columns = ("rating", "move", "#customers", "customer", "because")
        rows = [row for move in report.impact.moves for row in _move(report, move, language)]
        yield section(phrase("movers", language), table([_head(name, language) for name in columns], rows))
    yield _care(report, language)


def _move(report: Report, move: Move, language: Language) -> Iterator[list[str]]:
    """A row a customer that is named; what they share stands in the first."""
    after = report.after.ratings[move.rating]
    kind = direction(after, (move.was, move.becomes))
    moved = f'<span class="{kind}">{escape(step(report, move, language))}</span>'
    shared = [escape(in_language(after.title, language)), moved, f"{move.customers:,}"]
    for number, one in enumerate(one for one in report.movers if one.move is move):
        lines = "<br>".join(f"<code>{escape(because(line, language))}</code>" for line in one.because)
        yield [*(["", "", ""] if number else shared), escape(one.customer), lines]


def _care(report: Report, language: Language) -> str:
    said = "".join(f"<p>{escape(one)}</p>" for one in (costs(report, language), pressure(report, language)) if one)
    if not report.care:
        return f"<section><p>{escape(phrase('same_care', language))}</p>{said}</section>"
    columns = ("care_rule", "#holds", "#a_day", "#cost_a_day")
    heads = [_head(name, language, currency=report.after.programme.currency) for name in columns]
    return section(phrase("care", language), table(heads, [_care_row(report, one) for one in report.care]), said)


def _care_row(report: Report, one: CareImpact) -> list[str]:
    return [escape(cell) for cell in (one.care, *amounts(report, one))]


def _head(name: str, language: Language, **parts: str) -> str:
    """A column's title; numbers are marked with #."""
    mark = "#" if name.startswith("#") else ""
    return mark + phrase(name.removeprefix("#"), language, **parts)
