"""A candidate beside the live rules, as a document."""

from __future__ import annotations

from collections.abc import Iterator

from standing.present.document import Block, Column, Document, Paragraph, Said, Section, Span, Table
from standing.present.language import phrase as shared_phrase
from standing.present.migration import direction, matrix_table
from standing.present.reasons import reason_lines
from standing.release.comparison import NAMED, Comparison
from standing.release.words import phrase
from standing.values.catalogue import Language
from standing.values.days import day_date

type Step = tuple[str, str, str]  # a rating, the live level, and the shadow's


def comparison_document(comparison: Comparison, waiting: int, language: Language) -> Document:
    """Customers with other levels, why, and the care requested. `waiting` events are still to be decided."""
    ratings = dict.fromkeys(name for name, _, _ in sorted(comparison.moves))
    blocks = (
        *_counts(comparison, waiting, language),
        *(_rating(comparison, name, language) for name in ratings),
        *_care(comparison, language),
    )
    versions = {"live": comparison.live.version, "candidate": comparison.candidate.version}
    days = {"since": day_date(comparison.since), "day": day_date(comparison.day)}
    return Document(language, blocks, phrase("compared", language, **versions, **days))


def _counts(comparison: Comparison, waiting: int, language: Language) -> Iterator[Block]:
    names = ("both", "only_live", "only_shadow")
    yield Paragraph(phrase("counted", language, **{name: getattr(comparison, name) for name in names}))
    if waiting:
        yield Paragraph(phrase("waiting", language, left=waiting), "warning")
    if not comparison.moves:
        yield Paragraph(phrase("no_moves", language))


def _rating(comparison: Comparison, name: str, language: Language) -> Section:
    """A rating's matrix, from the live level to the shadow's, and who moves."""
    live, candidate = comparison.live.ratings[name], comparison.candidate.ratings[name]
    matrix = matrix_table(live, candidate, comparison.matrices[name], phrase("live_shadow", language), language)
    return Section(candidate.title.in_language(language), (matrix, _movers(comparison, name, language)))


def _movers(comparison: Comparison, rating: str, language: Language) -> Table:
    names = ("move", "customers", "example", "difference")
    columns = tuple(Column(phrase(name, language), is_number=name == "customers") for name in names)
    moves = (step for step in sorted(comparison.moves) if step[0] == rating)
    return Table(columns, tuple(row for step in moves for row in _move(comparison, step, language)))


def _move(comparison: Comparison, step: Step, language: Language) -> Iterator[tuple[Said, ...]]:
    """A row for each example customer; the first row also has what they share."""
    move = comparison.moves[step]
    shared = (_levels(comparison, step, language), f"{len(move.customers):,}")
    for number, (customer, because) in enumerate(move.because.items()):
        yield (*(("", "") if number else shared), customer, reason_lines(because, language, "is"))
    if len(move.customers) > NAMED:
        yield "", "", phrase("others", language, count=len(move.customers) - NAMED), ""


def _levels(comparison: Comparison, step: Step, language: Language) -> Span:
    rating, was, becomes = step
    live, candidate = comparison.live.ratings[rating], comparison.candidate.ratings[rating]
    titles = (live.title_of(was).in_language(language), candidate.title_of(becomes).in_language(language))
    return Span(" → ".join(titles), direction(candidate, (was, becomes)))


def _care(comparison: Comparison, language: Language) -> Iterator[Section]:
    if comparison.care:
        columns = (Column(phrase(name, language)) for name in ("care_rule", "became"))
        sides = (Column(phrase(name, language), is_number=True) for name in ("live_side", "shadow_side"))
        rows = (row for name in comparison.care for row in _care_rule(comparison, name, language))
        title = phrase("care_since", language, since=day_date(comparison.since))
        yield Section(title, (Table((*columns, *sides), tuple(rows)),))


def _care_rule(comparison: Comparison, name: str, language: Language) -> Iterator[tuple[Said, ...]]:
    """A row for each status of a care rule's actions; strong where both sides differ."""
    live, candidate = comparison.care[name]
    care = comparison.candidate.care.get(name) or comparison.live.care.get(name)
    title = care.title.in_language(language) if care else name
    for number, status in enumerate(sorted(live | candidate)):
        cells = (
            "" if number else title,
            shared_phrase(status, language),
            f"{live[status]:,}",
            f"{candidate[status]:,}",
        )
        yield tuple(Span(cell, "strong" if live[status] != candidate[status] else "plain") for cell in cells)
