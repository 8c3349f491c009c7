"""The report of a night as one page that needs no network. Everything in it is given by the report's figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from standing.present import migration
from standing.present.page import Picture, assemble, box, escape, paragraph, section, side_by_side, with_commands
from standing.present.report import pictures, tables
from standing.present.report.attention import attention
from standing.present.report.spelling import month as month_said
from standing.present.report.tables import cost
from standing.present.report.trends import trend
from standing.present.report.words import phrase, titled
from standing.report.model import Counts, Report, ScoreModel
from standing.rules.ruleset import Rating, Ruleset
from standing.values.catalogue import Language
from standing.values.faults import Fault

FEWEST = 2  # nights that make a line

type Part = tuple[str, dict[str, Picture]]  # a section's HTML, and the pictures in it


def page(report: Report, ruleset: Ruleset, language: Language) -> str:
    """A night's report (`nights/DAY.json`) as a page."""
    parts = list(_parts(report, ruleset, language))
    title = phrase("title", language, day=report.day)
    rules = (report.rules or ruleset.version)[:12]
    headline = phrase("headline", language, customers=report.customers, day=report.day, rules=rules)
    drawn = {name: picture for _, some in parts for name, picture in some.items()}
    return assemble(language, title, escape(headline), _tiles(report, language), (html for html, _ in parts), drawn)


def _tiles(report: Report, language: Language) -> Iterator[str]:
    yield phrase("moved", language, count=report.moved)
    yield phrase("decisions", language, count=report.decisions)
    care = report.figures.care.get("1d", {})
    yield phrase("asked", language, count=sum(counts.get("sent", 0) for counts in care.values()))
    count = report.differences
    yield phrase("disagree", language, count=count) if count else phrase("agree", language)
    yield phrase("cost", language, usd=cost(report))


def _parts(report: Report, ruleset: Ruleset, language: Language) -> Iterator[Part]:
    yield _attention(report, language), {}
    yield tables.moved_today(report, ruleset, language), {}
    yield _levels(report, ruleset, language)
    yield _trend(report, ruleset, language)
    yield _migration(report, ruleset, language)
    yield _rfm(report, ruleset, language)
    yield _churn(report, language)
    for one in (tables.care, tables.quality, tables.reconciliation, tables.after, tables.changes, tables.drift):
        yield one(report, ruleset, language), {}
    yield tables.run(report, language), {}


def _attention(report: Report, language: Language) -> str:
    lines = attention(report, language)
    content = "".join(f"<li>{with_commands(line)}</li>" for line in lines)
    said_of = f"<ul>{content}</ul>" if lines else paragraph(phrase("all_well", language))
    return section(phrase("attention", language), said_of)


def _levels(report: Report, ruleset: Ruleset, language: Language) -> Part:
    counts = report.figures.levels
    shown = [rating for name, rating in ruleset.ratings.items() if name in counts]
    drawn = {
        f"levels-{place}": pictures.levels(rating, counts[rating.name], language) for place, rating in enumerate(shown)
    }
    boxes = [box(name, titled(rating.title, language)) for name, rating in zip(drawn, shown, strict=True)]
    how = paragraph(" ".join(_levels_how(report, language))) + _who_has_it(shown, language)
    return section(phrase("levels", language), how, side_by_side(*boxes)), drawn


def _levels_how(report: Report, language: Language) -> Iterator[str]:
    """What is counted, and who is not."""
    yield phrase("levels_how", language)
    if count := report.incomplete_customers:
        yield phrase("left_out", language, count=count)


def _who_has_it(shown: Sequence[Rating], language: Language) -> str:
    """How the customers of a level are listed, for one of them."""
    if not shown:
        return ""
    command = f"standing list '{shown[-1].name} == {shown[-1].levels[-1]}'"
    return f'<p class="soft">{with_commands(phrase("levels_who", language, command=command))}</p>'


def _trend(report: Report, ruleset: Ruleset, language: Language) -> Part:
    """How many each level had, over the nights that are known."""
    nights = report.trend or {}
    if len(nights) < FEWEST:
        return "", {}
    shown = [rating for name, rating in ruleset.ratings.items() if any(name in levels for levels in nights.values())]
    drawn = {f"trend-{place}": trend(rating, nights) for place, rating in enumerate(shown)}
    boxes = [box(name, titled(rating.title, language)) for name, rating in zip(drawn, shown, strict=True)]
    how = paragraph(phrase("trend_how", language, first=min(nights), last=max(nights)))
    return section(phrase("trend", language), how, side_by_side(*boxes)), drawn


def _migration(report: Report, ruleset: Ruleset, language: Language) -> Part:
    moves = report.figures.moves
    if not moves:
        return section(phrase("migration", language), paragraph(phrase("no_month", language))), {}
    month = max(moves)
    since = month_said(month, language)
    shown = [rating for name, rating in ruleset.ratings.items() if name in moves[month]]
    drawn: dict[str, Picture] = {}
    boxes = ""
    for place, rating in enumerate(shown):
        matrix = _matrix(rating, moves[month][rating.name])
        ends = phrase("then", language, month=since), phrase("now", language)
        own = {f"matrix-{place}": migration.heat(rating, rating, matrix, language)}
        own |= {f"flow-{place}": migration.flow(rating, rating, matrix, ends, language)}
        boxes += f"<h3>{escape(titled(rating.title, language))}</h3>" + side_by_side(*(box(name) for name in own))
        drawn |= own
    new = max((sum(some.get("", {}).values()) for some in moves[month].values()), default=0)
    note = phrase("newcomers", language, count=new) if new else ""
    how = paragraph(phrase("migration_how", language, month=since)) + paragraph(note)
    return section(phrase("migration", language), how, boxes), drawn


def _matrix(rating: Rating, moves: Mapping[str, Counts]) -> dict[migration.Pair, int]:
    """Who was there before, by level then and now; levels of rules that are gone are left out."""
    pairs = {(was, now): count for was, some in moves.items() for now, count in some.items()}
    return {pair: count for pair, count in pairs.items() if set(pair) <= set(rating.levels)}


def _rfm(report: Report, ruleset: Ruleset, language: Language) -> Part:
    cells, segments = report.figures.rfm, report.figures.segments
    if not cells:
        why = _why(report.model.why, language)
        return section(phrase("rfm", language), paragraph(phrase("no_scores", language)), why), {}
    drawn = {"rfm": pictures.rfm(cells, ruleset.programme, language), "segments": pictures.segments(segments, language)}
    boxes = side_by_side(box("rfm"), box("segments", phrase("segments", language)))
    return section(
        phrase("rfm", language), paragraph(phrase("rfm_how", language, currency=ruleset.programme.currency)), boxes
    ), drawn


def _churn(report: Report, language: Language) -> Part:
    if not report.figures.churn:
        return section(phrase("churn", language), paragraph(phrase("no_scores", language))), {}
    drawn = {"churn": pictures.churn(report.figures.churn)}
    how = paragraph(phrase("churn_how", language)) + _learnt(report.model, language)
    return section(phrase("churn", language), how, box("churn")), drawn


def _learnt(model: ScoreModel, language: Language) -> str:
    """By which model, and why it is an old one where a new one could not be learnt."""
    if not model.hash:
        return ""
    told = phrase("learnt", language, day=model.as_of, hash=model.hash[:12])
    return paragraph(told) + _why(model.why, language)


def _why(fault: Fault | None, language: Language) -> str:
    return paragraph(fault.in_language(language)) if fault else ""
