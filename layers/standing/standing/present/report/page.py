"""The report of a night as a document: whole for a page, brief for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from standing.present.document import Beside, Block, Document, Item, Items, Paragraph, Section, Span, with_code
from standing.present.migration import Pair, Words, migrations
from standing.present.renderers.page import page as drawn
from standing.present.report import pictures, tables
from standing.present.report.attention import attention
from standing.present.report.spelling import month as month_said
from standing.present.report.tables import cost
from standing.present.report.trends import trend
from standing.present.report.words import phrase, titled
from standing.report.model import Counts, Report, ScoreModel
from standing.rules.ruleset import Rating, Ruleset
from standing.values.catalogue import Language

FEWEST = 2  # nights for a line


def page(report: Report, ruleset: Ruleset, language: Language) -> str:
    """A night's report (`nights/DAY.json`) as a page."""
    return drawn(report_document(report, ruleset, language))


def report_document(report: Report, ruleset: Ruleset, language: Language, *, is_brief: bool = False) -> Document:
    """A night's report. The brief one has what needs attention, who moved, the levels, and the reconciliation."""
    blocks = tuple((_brief if is_brief else _whole)(report, ruleset, language))
    title = phrase("title", language, day=report.day)
    rules = (report.rules or ruleset.version)[:12]
    headline = phrase("headline", language, customers=report.customers, day=report.day, rules=rules)
    return Document(language, blocks, title, headline, tuple(_tiles(report, language)))


def _tiles(report: Report, language: Language) -> Iterator[str]:
    yield phrase("moved", language, count=report.moved)
    yield phrase("decisions", language, count=report.decisions)
    care = report.figures.care.get("1d", {})
    yield phrase("asked", language, count=sum(counts.get("sent", 0) for counts in care.values()))
    count = report.differences
    yield phrase("disagree", language, count=count) if count else phrase("agree", language)
    yield phrase("cost", language, usd=cost(report))


def _brief(report: Report, ruleset: Ruleset, language: Language) -> Iterator[Block]:
    yield _attention(report, language)
    yield from tables.moves_in_brief(report, ruleset, language)
    yield _levels(report, ruleset, language)
    yield Section(
        "", (tables.reconciled(report, language), Paragraph(with_code(phrase("report_is", language)), "soft"))
    )


def _whole(report: Report, ruleset: Ruleset, language: Language) -> Iterator[Block]:
    yield _attention(report, language)
    yield from tables.moved_today(report, ruleset, language)
    yield _levels(report, ruleset, language)
    yield from _trend(report, ruleset, language)
    yield _migration(report, ruleset, language)
    yield _rfm(report, ruleset, language)
    yield _churn(report, language)
    yield tables.care(report, ruleset, language)
    yield tables.quality(report, ruleset, language)
    yield tables.reconciliation(report, ruleset, language)
    yield tables.after(report, ruleset, language)
    yield from tables.changes(report, ruleset, language)
    yield from tables.drift(report, ruleset, language)
    yield tables.run(report, language)


def _section(name: str, language: Language, *blocks: Block) -> Section:
    return Section(phrase(name, language), blocks)


def _soft(*texts: str) -> Iterator[Paragraph]:
    """The texts that are not empty, as paragraphs."""
    return (Paragraph(with_code(text), "soft") for text in texts if text)


def _attention(report: Report, language: Language) -> Section:
    items = tuple(Item(with_code(line)) for line in attention(report, language))
    well = Paragraph(Span(phrase("all_well", language), "good"), "soft")
    return _section("attention", language, Items(items, has_marks=True) if items else well)


def _levels(report: Report, ruleset: Ruleset, language: Language) -> Section:
    counts = report.figures.levels
    shown = [rating for name, rating in ruleset.ratings.items() if name in counts]
    drawn = (pictures.levels(f"levels-{n}", one, counts[one.name], language) for n, one in enumerate(shown))
    how = _soft(" ".join(_levels_how(report, language)), _who_has_it(shown, language))
    return _section("levels", language, *how, Beside(tuple(drawn)))


def _levels_how(report: Report, language: Language) -> Iterator[str]:
    """Who is counted, and who is not."""
    yield phrase("levels_how", language)
    if count := report.incomplete_customers:
        yield phrase("left_out", language, count=count)


def _who_has_it(shown: Sequence[Rating], language: Language) -> str:
    """The command that lists the customers of a level, for one of the levels."""
    if not shown:
        return ""
    return phrase("levels_who", language, command=f"standing list '{shown[-1].name} == {shown[-1].levels[-1]}'")


def _trend(report: Report, ruleset: Ruleset, language: Language) -> Iterator[Section]:
    """The number of customers of each level, over the known nights."""
    nights = report.trend or {}
    if len(nights) >= FEWEST:
        ratings = ruleset.ratings.items()
        shown = [rating for name, rating in ratings if any(name in levels for levels in nights.values())]
        drawn = (trend(f"trend-{n}", one, nights, titled(one.title, language)) for n, one in enumerate(shown))
        how = _soft(phrase("trend_how", language, first=min(nights), last=max(nights)))
        yield _section("trend", language, *how, Beside(tuple(drawn)))


def _migration(report: Report, ruleset: Ruleset, language: Language) -> Section:
    moves = report.figures.moves
    if not moves:
        return _section("migration", language, *_soft(phrase("no_month", language)))
    month = max(moves)
    since = month_said(month, language)
    words = Words("", phrase("then", language, month=since), phrase("now", language))
    shown = [rating for name, rating in ruleset.ratings.items() if name in moves[month]]
    matrices = [_matrix(one, moves[month][one.name]) for one in shown]
    drawn = (
        Section(titled(one.title, language), (migrations(n, one, one, matrices[n], words, language),))
        for n, one in enumerate(shown)
    )
    new = max((sum(some.get("", {}).values()) for some in moves[month].values()), default=0)
    note = phrase("newcomers", language, count=new) if new else ""
    return _section("migration", language, *_soft(phrase("migration_how", language, month=since), note), *drawn)


def _matrix(rating: Rating, moves: Mapping[str, Counts]) -> dict[Pair, int]:
    """The customers who existed before, by level then and now. Levels that the rules no longer have are left out."""
    pairs = {(was, now): count for was, some in moves.items() for now, count in some.items()}
    return {pair: count for pair, count in pairs.items() if set(pair) <= set(rating.levels)}


def _rfm(report: Report, ruleset: Ruleset, language: Language) -> Section:
    cells, segments = report.figures.rfm, report.figures.segments
    if not cells:
        return _section("rfm", language, *_soft(phrase("no_scores", language), _why(report.model, language)))
    drawn = pictures.rfm(cells, ruleset.programme, language), pictures.segments(segments, language)
    how = _soft(phrase("rfm_how", language, currency=ruleset.programme.currency))
    return _section("rfm", language, *how, Beside(drawn))


def _churn(report: Report, language: Language) -> Section:
    if not report.figures.churn:
        return _section("churn", language, *_soft(phrase("no_scores", language)))
    how = _soft(phrase("churn_how", language), *_learnt(report.model, language))
    return _section("churn", language, *how, pictures.churn(report.figures.churn))


def _learnt(model: ScoreModel, language: Language) -> Iterator[str]:
    """Which model gave the scores, and why it is an old one, if no new one could be fitted."""
    if model.hash:
        yield phrase("learnt", language, day=model.as_of, hash=model.hash[:12])
        yield _why(model, language)


def _why(model: ScoreModel, language: Language) -> str:
    return model.why.in_language(language) if model.why else ""
