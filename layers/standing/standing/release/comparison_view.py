"""A candidate beside the live rules, in the terminal."""

from __future__ import annotations

from collections import Counter

from rich.console import Console, RenderableType
from rich.table import Table

from standing.present.language import in_language, reason_line, word_for
from standing.present.terminal import Text
from standing.release.comparison import NAMED, Comparison, Move
from standing.release.words import phrase
from standing.values.catalogue import Language
from standing.values.days import day_date


def print_comparison(found: Comparison, left: int, language: Language, out: Console) -> None:
    """Print customers with other levels, why, and the care requested. `left` events are still to be decided."""
    days = {"since": day_date(found.since), "day": day_date(found.day)}
    out.print(phrase("compared", language, live=found.live.version, candidate=found.candidate.version, **days))
    counts = {"both": found.both, "only_live": found.only_live, "only_shadow": found.only_shadow}
    out.print(phrase("counted", language, **counts))
    if left:
        out.print(phrase("waiting", language, left=left), style="yellow")
    for rating in dict.fromkeys(name for name, _, _ in sorted(found.moves)):
        out.print(Text(f"\n{in_language(found.candidate.ratings[rating].title, language)}", style="bold"))
        out.print(_matrix(found, rating, language), "", _movers(found, rating, language), sep="\n")
    if not found.moves:
        out.print(phrase("no_moves", language))
    if found.care:
        out.print(Text(f"\n{phrase('care_since', language, **days)}", style="bold"), _care(found, language))


def _matrix(found: Comparison, rating: str, language: Language) -> Table:
    """Rows: the live level; columns: the level in the shadow."""
    counts, before, after = found.matrices[rating], found.live.ratings[rating], found.candidate.ratings[rating]
    table = _table(
        phrase("live_shadow", language), *(in_language(after.title_of(level), language) for level in after.levels)
    )
    for was in before.levels:
        cells = (_cell(counts, was, becomes) for becomes in after.levels)
        table.add_row(Text(in_language(before.title_of(was), language), style="bold"), *cells)
    return table


def _cell(counts: Counter[tuple[str, str]], was: str, becomes: str) -> RenderableType:
    count = counts[was, becomes]
    return Text(f"{count:,}" if count else "·", style="bold" if count and was != becomes else "", justify="right")


def _movers(found: Comparison, rating: str, language: Language) -> Table:
    table = _table(*(phrase(name, language) for name in ("move", "customers", "example", "difference")))
    for (name, was, becomes), move in sorted(found.moves.items()):
        if name == rating:
            for number, (customer, because) in enumerate(move.because.items()):
                step = _step(found, name, was, becomes, language)
                about = (step, f"{len(move.customers):,}") if number == 0 else ("", "")
                lines = "\n".join(reason_line(line, language, "is") for line in because)
                table.add_row(*map(Text, (*about, customer, lines)))
            _rest(table, move, language)
    return table


def _step(found: Comparison, rating: str, was: str, becomes: str, language: Language) -> str:
    live, candidate = (one.ratings[rating] for one in (found.live, found.candidate))
    return f"{in_language(live.title_of(was), language)} → {in_language(candidate.title_of(becomes), language)}"


def _rest(table: Table, move: Move, language: Language) -> None:
    if len(move.customers) > NAMED:
        table.add_row("", "", phrase("others", language, count=len(move.customers) - NAMED))


def _care(found: Comparison, language: Language) -> Table:
    table = _table(*(phrase(name, language) for name in ("care_rule", "became", "live_side", "shadow_side")))
    table.columns[2].justify = table.columns[3].justify = "right"
    for name, (live, candidate) in found.care.items():
        care = found.candidate.care.get(name) or found.live.care.get(name)
        for number, status in enumerate(sorted(live | candidate)):
            title = in_language(care.title, language) if care and number == 0 else ("" if number else name)
            differs = live[status] != candidate[status]
            cells = (title, word_for(status, language), f"{live[status]:,}", f"{candidate[status]:,}")
            table.add_row(*map(Text, cells), style="bold" if differs else "")
    return table


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0))
