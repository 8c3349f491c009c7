"""Prints a document in the terminal. It wraps lines, except those of lists, so that these can be searched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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
from standing.values.visible import on_one_line

STYLES: Mapping[Look, str] = {
    **{"plain": "", "strong": "bold", "soft": "dim", "whole": "", "code": "cyan", "quoted": "", "place": "cyan"},
    **{"good": "green", "bad": "red", "warning": "yellow", "break": ""},
    **{"rise": "bold green", "fall": "bold red", "move": "bold cyan"},
}
BELOW = 4  # columns: the indent of blocks below an item
BAR = 30  # columns
EIGHTHS = " ▏▎▍▌▋▊▉"
WHOLE = 136  # terminal columns, divided by the table's number of columns: the most that an `is_whole` column may take
GAP = 2  # columns of the terminal between two of a table


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
        """Print some blocks. A table with heads stands apart from its neighbours, as a section does."""
        before: Block | None = None
        for block in blocks:
            if before and not isinstance(block, Section) and (_stands_apart(before) or _stands_apart(block)):
                self.console.print()
            PRINTERS[type(block)](block, self)
            before = block


def print_document(document: Document, console: Console) -> None:
    """Print a document to a console."""
    Place(console).blocks((*_head(document), *document.blocks))


def _head(document: Document) -> Iterator[Paragraph]:
    if document.title:
        yield Paragraph(document.title, "strong")
    if document.headline:
        yield Paragraph(document.headline)
    if document.tiles:
        yield Paragraph(" · ".join(document.tiles), "strong")


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
    """A text on one line: a second one could pass for ours."""
    if span.look == "break":
        return span.text
    line = on_one_line(span.text)
    return f"`{line}`" if span.look == "quoted" else line


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
    table, whole = _headed_table() if _has_heads(block) else _bare_table(), _whole_columns(block, place)
    for number, column in enumerate(block.columns):
        table.add_column(_text(column.title), justify=_side(column), no_wrap=number in whole, overflow="fold")
    for number, row in enumerate(block.rows):
        if block.is_grouped and number and row[0]:
            table.add_row()
        table.add_row(*map(_text, row))
    place.print(table)


def _has_heads(block: Block) -> bool:
    return isinstance(block, Table) and any(column.title for column in block.columns)


def _stands_apart(block: Block) -> bool:
    """Whether it is a table with heads, or such a table is its last."""
    match block:
        case Figure():
            return _stands_apart(block.plain)
        case Section() | Details():
            return bool(block.blocks) and _stands_apart(block.blocks[-1])
        case Beside():
            return any(map(_stands_apart, block.figures))
    return _has_heads(block)


def _headed_table() -> RichTable:
    return RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True, header_style="dim")


def _bare_table() -> RichTable:
    return RichTable(box=None, show_header=False, pad_edge=False, padding=(0, GAP, 0, 0))


def _side(column: Column) -> Any:  # noqa: ANN401 -- rich's own literal
    return "right" if column.is_number else "left"


def _whole_columns(block: Table, place: Place) -> set[int]:
    """The columns that are not broken into lines; none where they do not fit: they would be cut off."""
    widths = {number: _width(block, number) for number in range(len(block.columns)) if _is_whole(block, number)}
    others = len(block.columns) - len(widths)
    needed = sum(widths.values()) + others + GAP * (len(block.columns) - 1)
    return set(widths) if needed <= place.console.width - place.indent else set()


def _is_whole(block: Table, number: int) -> bool:
    """Whether a column is best not broken into lines: a number always, another one if it is short enough."""
    column = block.columns[number]
    most = WHOLE // len(block.columns)
    return column.is_number or (column.is_whole and all(_text(row[number]).cell_len <= most for row in block.rows))


def _width(block: Table, number: int) -> int:
    return max(_text(said).cell_len for said in (block.columns[number].title, *(row[number] for row in block.rows)))


def _bars(block: Bars, place: Place) -> None:
    table, most = RichTable.grid(padding=(0, 1)), max((bar.count for bar in block.bars), default=0)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, width=BAR)
    table.add_column(justify="right")
    for bar in block.bars:
        count = Text(f"{bar.count:,}", style=STYLES[bar.look])
        table.add_row(_text(bar.label), Text(_bar(bar, most), style=STYLES[bar.look]), count)
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
        place.print(_text(block.title, "soft"))
    place.blocks([block.plain])


def _beside(block: Beside, place: Place) -> None:
    place.blocks(block.figures)


def _details(block: Details, place: Place) -> None:
    place.print(_text(block.title, "strong"))
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
