"""`standing report`: the report of a night in the terminal, or as a page."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from standing.present.report.attention import attention
from standing.present.report.groups import move_of, moved, named
from standing.present.report.tables import cost
from standing.present.report.words import phrase, titled
from standing.present.terminal import Text
from standing.report.model import Counts, Levels, Report
from standing.rules.ruleset import Rating, Ruleset
from standing.values.catalogue import Language

WIDTH = 40  # characters of the longest bar


def print_report(found: Report, ruleset: Ruleset, language: Language, out: Console) -> None:
    """The report for a terminal: what needs attention, levels with bars, and how the night went."""
    out.print(phrase("title", language, day=found.day), style="bold")
    rules = (found.rules or ruleset.version)[:12]
    out.print(phrase("headline", language, customers=found.customers, day=found.day, rules=rules))
    out.print()
    lines = attention(found, language)
    out.print(phrase("attention", language), style="bold")
    for line in lines or [phrase("all_well", language)]:
        out.print(f"  {line}", style="red" if lines else "green")
    _print_moved(found, ruleset, language, out)
    if count := found.incomplete_customers:
        out.print(phrase("left_out", language, count=count), style="red")
    _print_levels(found.figures.levels, ruleset, language, out)
    told = {"count": found.reconciled, "differences": found.differences}
    out.print(phrase("reconciled", language, **told))
    moved_now, decided = (
        phrase("moved", language, count=found.moved),
        phrase("decisions", language, count=found.decisions),
    )
    out.print(f"{moved_now} · {decided} · {phrase('cost', language, usd=cost(found))}")
    out.print(phrase("report_is", language), style="dim")


def _print_moved(found: Report, ruleset: Ruleset, language: Language, out: Console) -> None:
    """Who moved on the day, a line a group, with the command that lists all."""
    if groups := moved(found.groups or {}):
        out.print()
        out.print(phrase("moved_today", language), style="bold")
    for one in groups:
        ids = named(one.first, one.customers, language)
        out.print(f"  {move_of(one, ruleset, language)}  {one.customers:,}  {ids}")
        out.print(f"    {one.command(found.day)}", style="dim")


def _print_levels(levels: Levels, ruleset: Ruleset, language: Language, out: Console) -> None:
    for name, rating in ruleset.ratings.items():
        if counts := levels.get(name):
            out.print(_bars(rating, counts, language))
    out.print()


def _bars(rating: Rating, counts: Counts, language: Language) -> Table:
    title = titled(rating.title, language)
    table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False)
    most = max([1, *counts.values()])
    for level in rating.levels[::-1] if rating.ordered else rating.levels:
        count = counts.get(level, 0)
        table.add_row(
            Text(f"  {titled(rating.title_of(level), language)}"),
            Text(f"{count:,}", justify="right"),
            Text("█" * round(WIDTH * count / most)),
        )
    return table
