"""What an edit of the rules does to customers, as a document: for the terminal, a page, and a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from standing.impact.impact import NAMED, Move, Pair
from standing.impact.report import Report
from standing.impact.words import amounts, costs, headline, kept_by_older_terms, phrase, pressure, step, summary
from standing.present.document import (
    Bar,
    Bars,
    Beside,
    Block,
    Code,
    Column,
    Document,
    Figure,
    Paragraph,
    Said,
    Section,
    Span,
    Table,
    with_code,
)
from standing.present.language import in_language
from standing.present.migration import Direction, direction, flow, heat
from standing.present.reasons import reason_lines
from standing.rules.ruleset import Rating
from standing.values.catalogue import Language
from standing.values.days import day_date
from standing.values.visible import on_one_line

PLAIN = re.compile(r"[\w ()-]+")  # a name that needs no quotes in a diagram
MOVER = ("rating", "move", "customers", "customer", "because")


def impact_document(report: Report, language: Language, named: int = NAMED) -> Document:
    """What moves, how many, who and why, and what care comes to; of each move so many customers are `named`."""
    tiles = filter(None, (*summary(report, language), costs(report, language)))
    ratings = (_rating(report, number, language) for number in range(len(report.ratings)))
    blocks = (*_policy(report, language), *ratings, *_movers(report, language, named), _care(report, language))
    said = with_code(headline(report, language), "code")
    return Document(language, blocks, phrase("title", language), said, tuple(tiles))


def _policy(report: Report, language: Language) -> Iterator[Block]:
    """From which day the edit counts, and for whom the older rules go on."""
    effective = report.after.programme.effective
    if effective is not None and effective != report.before.programme.effective:
        yield Paragraph(phrase("effective", language, day=day_date(effective)))
    for said in kept_by_older_terms(report, language):
        yield Paragraph((Span("existing: keep", "code"), " · ", Span(said, "strong")))


def _rating(report: Report, number: int, language: Language) -> Section:
    """The migration of a rating, as a matrix and as a flow."""
    name = report.ratings[number]
    before, after, matrix = report.before.ratings[name], report.after.ratings[name], report.impact.matrices[name]
    ends = phrase("before", language), phrase("after", language)
    bars = Bars(tuple(_bar(report, move, language) for move in report.impact.moves if move.rating == name))
    flows = _diagram(before, after, matrix, language)
    drawn = heat(before, after, matrix, language), flow(before, after, matrix, ends, language)
    table = _matrix(before, after, matrix, language)
    figures = (
        Figure(f"matrix-{number}", drawn[0], table, phrase("migration", language)),
        Figure(f"flow-{number}", drawn[1], bars, phrase("flow", language), flows),
    )
    return Section(in_language(after.title, language), (Beside(figures),))


def _matrix(before: Rating, after: Rating, matrix: dict[Pair, int], language: Language) -> Table:
    news = (Column(in_language(after.title_of(level), language), is_number=True) for level in after.levels)
    columns = (Column(phrase("from_to", language), is_whole=True), *news)
    titles = {was: Span(in_language(before.title_of(was), language), "strong") for was in before.levels}
    rows = ((title, *(_cell(after, matrix, (was, to)) for to in after.levels)) for was, title in titles.items())
    return Table(columns, tuple(rows))


def _cell(after: Rating, matrix: dict[Pair, int], pair: Pair) -> Span:
    count = matrix.get(pair, 0)
    if not count:
        return Span("·", "soft")
    return Span(f"{count:,}", "plain" if pair[0] == pair[1] else direction(after, pair))


def _bar(report: Report, move: Move, language: Language) -> Bar:
    return Bar(step(report, move, language), move.customers, _look(report, move))


def _look(report: Report, move: Move) -> Direction:
    return direction(report.after.ratings[move.rating], (move.was, move.becomes))


def _diagram(before: Rating, after: Rating, matrix: dict[Pair, int], language: Language) -> Code:
    """The flow as a Sankey diagram, which GitHub draws."""
    olds, news = (
        {level: f"{one.name} {in_language(one.title_of(level), language)}" for level in one.levels}
        for one in (before, after)
    )
    flows = [
        f"{_flowing(olds[was])},{_flowing(f'{news[becomes]} (new)')},{count}"
        for (was, becomes), count in matrix.items()
    ]
    return Code("\n".join(["sankey-beta", *flows]), "mermaid")


def _flowing(name: str) -> str:
    """A name in a diagram; in quotes, unless it is as names in rules are."""
    return name if PLAIN.fullmatch(name) else '"{}"'.format(on_one_line(name).replace('"', '""'))


def _movers(report: Report, language: Language, named: int) -> Iterator[Section]:
    if report.movers:
        columns = [Column(phrase(name, language), name == "customers") for name in MOVER]
        rows = (row for move in report.impact.moves for row in _move(report, move, language, named))
        yield Section(phrase("movers", language), (Table(tuple(columns), tuple(rows)),))


def _move(report: Report, move: Move, language: Language, named: int) -> Iterator[tuple[Said, ...]]:
    """A row a customer that is named; what they share stands in the first."""
    title = in_language(report.after.ratings[move.rating].title, language)
    shared = (title, Span(step(report, move, language), _look(report, move)), f"{move.customers:,}")
    for number, one in enumerate([one for one in report.movers if one.move is move][:named]):
        yield (*(("", "", "") if number else shared), one.customer, reason_lines(one.because, language))


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
