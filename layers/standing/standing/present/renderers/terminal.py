"""Prints a document in the terminal. It wraps lines, except those of lists, so that these can be searched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable

from standing.present.document import (
    Bar,
    Bars,
    Beside,
    Block,
    Code,
    Column,
    Details,
    Document,
    Figure,
    Items,
    Look,
    Paragraph,
    Said,
    Section,
    Span,
    Table,
    lines,
    spans,
)
from standing.present.terminal import PlainConsole, Text

STYLES: Mapping[Look, str] = {
    **{"plain": "", "strong": "bold", "soft": "dim", "whole": "", "code": "cyan", "quoted": "", "place": "cyan"},
    **{"good": "green", "bad": "red", "warning": "yellow", "break": ""},
    **{"rise": "bold green", "fall": "bold red", "move": "bold cyan"},
}
BELOW = 4  # columns: the indent of blocks below an item
BAR = 30  # columns
EIGHTHS = " ▏▎▍▌▋▊▉"
WHOLE = 136  # terminal columns, divided by the table's number of columns: the most that an `is_whole` column may take


@dataclass(frozen=True)
class Place:
    """Where blocks are printed: the console, the indent, and the depth of sections."""

    console: Console
    indent: int = 0
    depth: int = 0

    def print(self, what: RenderableType) -> None:
        """Print something, wrapped."""
        self.console.print(Padding(what, (0, 0, 0, self.indent), expand=False) if self.indent else what)

    def print_line(self, line: Text, indent: int = 0) -> None:
        """Print a line, not wrapped."""
        self.console.print(Text(" " * (self.indent + indent)).append(line), soft_wrap=True)

    def blocks(self, blocks: Iterable[Block]) -> None:
        """Print blocks."""
        for block in blocks:
            PRINTERS[type(block)](block, self)


def print_document(document: Document, console: Console) -> None:
    """Print a document to a console."""
    place = Place(console)
    if document.title:
        place.print(Text(document.title, style="bold"))
    if document.headline:
        place.print(_text(document.headline))
    if document.tiles:
        place.print(Text(" · ".join(document.tiles), style="bold"))
    place.blocks(document.blocks)


def plain_text(document: Document, width: int) -> str:
    """A document as a terminal of this width shows it, without colours."""
    file = StringIO()
    print_document(document, PlainConsole(file=file, width=width))
    return file.getvalue()


def _text(said: Said, look: Look = "plain") -> Text:
    text = Text(style=STYLES[look], overflow="fold")
    for span in spans(said):
        text.append(_shown(span), STYLES[span.look])
    return text


def _shown(span: Span) -> str:
    return f"`{span.text}`" if span.look == "quoted" else span.text


def _paragraph(block: Paragraph, place: Place) -> None:
    place.print(_text(block.said, block.look))


def _section(block: Section, place: Place) -> None:
    place.console.print()
    if block.title:
        place.print(Text(style="bold" if place.depth else "bold underline").append(_text(block.title)))
    replace(place, depth=place.depth + 1).blocks(block.blocks)


def _items(block: Items, place: Place) -> None:
    for item in block.items:
        for number, line in enumerate(lines(item.said)):
            mark = "• " if block.has_marks and not number else ""
            place.print_line(Text(mark).append(_text(line)), BELOW if number else 0)
        replace(place, indent=place.indent + BELOW).blocks(item.below)


def _table(block: Table, place: Place) -> None:
    table = _bare_table() if not any(column.title for column in block.columns) else _headed_table()
    for number, column in enumerate(block.columns):
        whole = column.is_number or (column.is_whole and _is_short(block, number))
        table.add_column(Text(column.title), justify=_side(column), no_wrap=whole, overflow="fold")
    for number, row in enumerate(block.rows):
        if block.is_grouped and number and row[0]:
            table.add_row()
        table.add_row(*map(_text, row))
    place.print(table)


def _headed_table() -> RichTable:
    return RichTable(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")


def _bare_table() -> RichTable:
    return RichTable(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))


def _side(column: Column) -> Any:  # noqa: ANN401 -- rich's own literal
    return "right" if column.is_number else "left"


def _is_short(block: Table, number: int) -> bool:
    return all(_text(row[number]).cell_len <= WHOLE // len(block.columns) for row in block.rows)


def _bars(block: Bars, place: Place) -> None:
    table, most = RichTable.grid(padding=(0, 1)), max((bar.count for bar in block.bars), default=0)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, width=BAR)
    table.add_column(justify="right")
    for bar in block.bars:
        count = Text(f"{bar.count:,}", style=STYLES[bar.look])
        table.add_row(Text(bar.label), Text(_bar(bar, most), style=STYLES[bar.look]), count)
    place.print(table)


def _bar(bar: Bar, most: int) -> str:
    """A bar in eighths of a column. A number above 0 has at least one eighth."""
    whole, part = divmod(max(1, round(bar.count / most * BAR * 8)) if bar.count else 0, 8)
    return "█" * whole + (EIGHTHS[part] if part else "")


def _code(block: Code, place: Place) -> None:
    for line in block.text.split("\n"):
        place.print_line(Text(line))


def _figure(block: Figure, place: Place) -> None:
    if block.title:
        place.print(Text(block.title, style="dim"))
    place.blocks([block.plain])


def _beside(block: Beside, place: Place) -> None:
    place.blocks(block.figures)


def _details(block: Details, place: Place) -> None:
    place.print(Text(block.title, style="bold"))
    replace(place, indent=place.indent + BELOW).blocks(block.blocks)


PRINTERS: Mapping[type, Callable[[Any, Place], None]] = {
    Paragraph: _paragraph,
    Section: _section,
    Items: _items,
    Table: _table,
    Bars: _bars,
    Code: _code,
    Figure: _figure,
    Beside: _beside,
    Details: _details,
}
