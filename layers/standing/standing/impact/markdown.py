"""What an edit of the rules does to customers, as Markdown for a pull request, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from standing.engine.reasons import Reason
from standing.impact.impact import CareImpact, Pair
from standing.impact.report import Mover, Report
from standing.impact.words import phrase, pressure, step
from standing.present.language import in_language
from standing.present.language import word_for as common
from standing.present.markdown import block, code, escaped, inline, row
from standing.rules.ruleset import Rating
from standing.values.catalogue import Language
from standing.values.days import day_date
from standing.values.visible import on_one_line

PLAIN = re.compile(r"[\w ()-]+")  # a name that needs no quotes in a diagram


def markdown(report: Report, language: Language = "en") -> str:
    """The report as Markdown: what moves, by which comparison, and what it means for care."""
    told = (_head, _policy, _matrices, _movers, _care)
    return "\n\n".join(part for tell in told for part in tell(report, language)) + "\n"


def _head(report: Report, language: Language) -> Iterator[str]:
    found, day = report.impact, str(day_date(report.population.day))
    versions = {"before": code(report.before.version), "after": code(report.after.version)}
    parts = [phrase("compared", language, **versions, customers=found.customers, day=day)]
    if not found.moves:
        parts.append(f"**{phrase('nobody', language)}**")
    else:
        parts.append(f"**{phrase('moved', language, moved=found.moved)}{_stop(language)}**")
    if found.falls:
        parts.append(f"**{phrase('falls', language, falls=f'{found.falls:,}')}{_stop(language)}**")
    yield f"## {phrase('impact', language)}\n\n{' '.join(parts)}"


def _policy(report: Report, language: Language) -> Iterator[str]:
    """From which day the edit counts, and for whom the older rules go on."""
    effective = report.after.programme.effective
    if effective is not None and effective != report.before.programme.effective:
        yield phrase("effective", language, day=day_date(effective))
    for name, kept in report.impact.by_terms.items():
        rating = inline(in_language(report.after.ratings[name].title, language))
        said = phrase("by_terms", language, rating=rating, kept=kept)
        yield f"`existing: keep` · **{said}{_stop(language)}**"


def _stop(language: Language) -> str:
    return "。" if language == "zh" else "."


def _matrices(report: Report, language: Language) -> Iterator[str]:
    """A table and a picture for each rating that moves."""
    for name in report.ratings:
        before, after = report.before.ratings[name], report.after.ratings[name]
        matrix = report.impact.matrices[name]
        yield f"### {escaped(f'{after.title.en} · {after.title.zh}')}"
        yield _matrix(before, after, matrix, language)
        yield _picture(before, after, matrix, language)


def _matrix(before: Rating, after: Rating, matrix: dict[Pair, int], language: Language) -> str:
    head = row(
        escaped(phrase("from_to", language)),
        *(escaped(in_language(after.title_of(one), language)) for one in after.levels),
    )
    olds = {was: inline(in_language(before.title_of(was), language)) for was in before.levels}
    rows = [row(f"**{olds[was]}**", *(_cell(matrix, was, to) for to in after.levels)) for was in before.levels]
    return "\n".join([head, row("---", *["---:"] * len(after.levels)), *rows])


def _cell(matrix: dict[Pair, int], was: str, becomes: str) -> str:
    count = matrix.get((was, becomes), 0)
    shown = f"{count:,}" if count else "·"
    return shown if was == becomes or not count else f"**{shown}**"


def _picture(before: Rating, after: Rating, matrix: dict[Pair, int], language: Language) -> str:
    """The flow as a Sankey diagram, which GitHub draws."""
    olds, news = (
        {level: f"{one.name} {in_language(one.title_of(level), language)}" for level in one.levels}
        for one in (before, after)
    )
    flows = [
        f"{_flowing(olds[was])},{_flowing(f'{news[becomes]} (new)')},{count}"
        for (was, becomes), count in matrix.items()
    ]
    return block("\n".join(["sankey-beta", *flows]), "mermaid")


def _flowing(name: str) -> str:
    """A name in a diagram; in quotes, unless it is as names in rules are."""
    return name if PLAIN.fullmatch(name) else '"{}"'.format(on_one_line(name).replace('"', '""'))


def _movers(report: Report, language: Language) -> Iterator[str]:
    if report.movers:
        names = ("rating", "move", "customers", "customer", "because")
        columns = [f"{'#' * (name == 'customers')}{phrase(name, language)}" for name in names]
        rows = [_mover(report, one, language) for one in report.movers]
        yield f"### {phrase('movers', language)}\n\n" + "\n".join([*_table(*columns), *rows])


def _table(*columns: str) -> tuple[str, str]:
    """The head of a table; numbers, marked with #, stand to the right."""
    marks = ("---:" if column.startswith("#") else "---" for column in columns)
    return row(*(escaped(column.removeprefix("#")) for column in columns)), row(*marks)


def _mover(report: Report, one: Mover, language: Language) -> str:
    move, lines = one.move, "<br>".join(_line(line, language) for line in one.because)
    told = map(escaped, (move.rating, step(report, move, language), f"{move.customers:,}", one.customer))
    return row(*told, lines)


def _line(line: Reason, language: Language) -> str:
    met = phrase("met", language, actual=line["actual"] or common("unknown", language))
    return f"{'✓' if line['holds'] else '✗'} {code(line['line'])} ({inline(met)})"


def _care(report: Report, language: Language) -> Iterator[str]:
    if report.care:
        rows = [_care_line(report, one) for one in report.care]
        table = [*_table(*_columns(report, language)), *rows, *_all_care(report, language)]
        yield f"### {phrase('care', language)}\n\n" + "\n".join(table)
    if said := pressure(report, language):
        yield said


def _columns(report: Report, language: Language) -> Iterator[str]:
    yield phrase("care_rule", language)
    for name in ("holds", "a_day", "cost_a_day"):
        title = phrase(name, language, currency=report.after.programme.currency)
        yield f"#{title}{'，' if language == 'zh' else ', '}{phrase('before', language)}"
        yield f"#{phrase('after', language)}"


def _care_line(report: Report, one: CareImpact) -> str:
    rates = (f"{float(rate):.2f}" for rate in (one.a_day_before, one.a_day_after))
    costs = (report.money(cost) or "" for cost in (one.cost_before, one.cost_after))
    return row(escaped(one.care), f"{one.before:,}", f"{one.after:,}", *rates, *costs)


def _all_care(report: Report, language: Language) -> Iterator[str]:
    """What all care costs, that which does not change with it."""
    found = report.impact
    costs = [report.money(cost) for cost in (found.cost_before, found.cost_after)]
    if any(costs):
        bold = (f"**{cost}**" if cost else "" for cost in costs)
        yield row(f"**{phrase('all_care', language)}**", "", "", "", "", *bold)
