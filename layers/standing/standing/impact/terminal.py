"""What an edit of the rules does to customers, for people at a terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

from standing.impact.impact import Move, Pair
from standing.impact.report import Mover, Report
from standing.impact.words import amounts, because, costs, headline, phrase, pressure, step, summary
from standing.present.language import in_language
from standing.present.terminal import Text
from standing.rules.ruleset import Rating
from standing.values.catalogue import Language

BAR = 30  # columns
SHOWN = 2  # customers of each move
EIGHTHS = " ▏▎▍▌▋▊▉"
FALL, RISE, MOVE = "bold red", "bold green", "bold cyan"


def print_impact(report: Report, language: Language, console: Console) -> None:
    """The report in the terminal: what moves, how many, who and why, and what care comes to."""
    console.print(Text(headline(report, language)))
    console.print(Text(" · ".join(summary(report, language)), style="bold"))
    for name in report.ratings:
        _print_rating(report, name, language, console)
    if report.movers:
        _print_movers(report, language, console)
    _print_care(report, language, console)


def _print_rating(report: Report, name: str, language: Language, console: Console) -> None:
    before, after, matrix = report.before.ratings[name], report.after.ratings[name], report.impact.matrices[name]
    _print_head(in_language(after.title, language), console)
    console.print(_matrix(before, after, matrix, language))
    moves = [move for move in report.impact.moves if move.rating == name]
    console.print(_flows(report, moves, language))


def _print_head(title: str, console: Console) -> None:
    console.print()
    console.print(Text(title, style="bold underline"))


def _matrix(before: Rating, after: Rating, matrix: dict[Pair, int], language: Language) -> Table:
    news = (f"#{in_language(after.title_of(level), language)}" for level in after.levels)
    table = _table(phrase("from_to", language), *news)
    table.columns[0].no_wrap = True
    for was in before.levels:
        table.add_row(
            in_language(before.title_of(was), language), *(_cell(after, matrix, (was, level)) for level in after.levels)
        )
    return table


def _cell(after: Rating, matrix: dict[Pair, int], pair: Pair) -> Text:
    count = matrix.get(pair, 0)
    if not count:
        return Text("·", style="dim")
    return Text(f"{count:,}", style="" if pair[0] == pair[1] else _style(after, *pair))


def _style(after: Rating, was: str, becomes: str) -> str:
    if not after.ordered:
        return MOVE
    return FALL if after.worsens(was, becomes) else RISE


def _flows(report: Report, moves: list[Move], language: Language) -> Table:
    """A bar a move, as long as the most is to it."""
    table, most = Table.grid(padding=(0, 1)), max(move.customers for move in moves)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, width=BAR)
    table.add_column(justify="right")
    for move in moves:
        style = _style(report.after.ratings[move.rating], move.was, move.becomes)
        bar = Text(_bar(move.customers / most), style=style)
        table.add_row(step(report, move, language), bar, Text(f"{move.customers:,}", style=style))
    return table


def _bar(share: float) -> str:
    whole, part = divmod(max(1, round(share * BAR * 8)), 8)
    return "█" * whole + (EIGHTHS[part] if part else "")


def _print_movers(report: Report, language: Language, console: Console) -> None:
    _print_head(phrase("movers", language), console)
    table = _table(*(phrase(name, language) for name in ("rating", "move", "customer", "because")))
    for move in report.impact.moves:
        shown = [one for one in report.movers if one.move is move][:SHOWN]
        for number, one in enumerate(shown):
            table.add_row(*_mover(report, one, language, is_first=number == 0))
    console.print(table)


def _mover(report: Report, one: Mover, language: Language, *, is_first: bool) -> list[Text]:
    after = report.after.ratings[one.move.rating]
    move = Text(step(report, one.move, language), style=_style(after, one.move.was, one.move.becomes))
    lines = Text("\n".join(because(line, language) for line in one.because))
    first = [Text(in_language(after.title, language)), move] if is_first else [Text(), Text()]
    return [*first, Text(one.customer, overflow="fold"), lines]


def _print_care(report: Report, language: Language, console: Console) -> None:
    if report.care:
        _print_head(phrase("care", language), console)
        console.print(_care(report, language))
    elif report.impact.care:
        console.print(Text(phrase("same_care", language)))
    for said in (costs(report, language), pressure(report, language)):
        if said:
            console.print(Text(said))


def _care(report: Report, language: Language) -> Table:
    currency = report.after.programme.currency
    names = ("holds", "a_day", "cost_a_day")
    columns = (f"#{phrase(name, language, currency=currency)}" for name in names)
    table = _table(phrase("care_rule", language), *columns)
    for one in report.care:
        table.add_row(one.care, *amounts(report, one))
    return table


def _table(*columns: str) -> Table:
    """A table; numbers, marked with #, stand to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for column in columns:
        is_number = column.startswith("#")
        table.add_column(column.removeprefix("#"), justify="right" if is_number else "left", no_wrap=is_number)
    return table
