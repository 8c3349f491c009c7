"""A document: the content of a view, as blocks of plain text with their looks, independent of any medium.

Text from outside is not escaped here. Each renderer (`renderers/`) draws every kind of block, and escapes for its own
medium.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from standing.values.catalogue import Language

CODE = re.compile(r"`([^`]*)`")

# `code`: as written in the rules. `quoted`: code within a sentence. `place`: a file with its line. `whole`: better not
# wrapped. `rise`, `fall` and `move`: changes of level.
type Look = Literal[
    "plain",
    "strong",
    "soft",
    "whole",
    "code",
    "quoted",
    "place",
    "good",
    "bad",
    "warning",
    "rise",
    "fall",
    "move",
    "break",
]
type Picture = dict[str, Any]


@dataclass(frozen=True)
class Span:
    """Plain text in one look."""

    text: str
    look: Look = "plain"


BREAK = Span("\n", "break")  # a line break of the document, other than a newline in a text
type Said = str | Span | tuple[str | Span, ...]


@dataclass(frozen=True)
class Paragraph:
    """Lines that belong together."""

    said: Said
    look: Look = "plain"


@dataclass(frozen=True)
class Section:
    """Blocks under a title. Without a title, the blocks still form a group."""

    title: Said
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Item:
    """An item of a list: its first line, further lines, and blocks below."""

    said: Said
    below: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Items:
    """A list. With `has_marks`, each item has a bullet in a terminal, too."""

    items: tuple[Item, ...]
    has_marks: bool = False


@dataclass(frozen=True)
class Column:
    """A column. Numbers are aligned to the right. With `is_whole`, its text is wrapped only if it must be."""

    title: str = ""
    is_number: bool = False
    is_whole: bool = False


@dataclass(frozen=True)
class Table:
    """Rows with a cell for each column. `is_grouped`: a row with an empty first cell belongs to the row above."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Said, ...], ...]
    is_grouped: bool = False


@dataclass(frozen=True)
class Bar:
    """A number with its label."""

    label: str
    count: int
    look: Look = "plain"


@dataclass(frozen=True)
class Bars:
    """Numbers as bars, in proportion to the largest."""

    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Code:
    """Preformatted lines, in some language."""

    text: str
    kind: str = "text"


@dataclass(frozen=True)
class Figure:
    """A plotly picture with a unique name, and the blocks that replace it in media without pictures.

    `diagram`: the code that replaces it in Markdown, if any.
    """

    name: str
    picture: Picture
    plain: Block
    title: str = ""
    diagram: Code | None = None


@dataclass(frozen=True)
class Beside:
    """Figures side by side, if there is room."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Details:
    """Blocks that are collapsed under their title, unless they are open."""

    title: str
    blocks: tuple[Block, ...]
    is_open: bool = False


type Block = Paragraph | Section | Items | Table | Bars | Code | Figure | Beside | Details


@dataclass(frozen=True)
class Document:
    """A whole view: its title, the main figures in a few words each (`tiles`), and the blocks."""

    language: Language
    blocks: tuple[Block, ...]
    title: str = ""
    headline: Said = ""
    tiles: tuple[str, ...] = ()


def spans(said: Said) -> tuple[Span, ...]:
    """The text as spans."""
    parts = said if isinstance(said, tuple) else (said,)
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)


def lines(said: Said) -> list[tuple[Span, ...]]:
    """The text, line by line."""
    return [tuple(line) for is_end, line in groupby(spans(said), lambda one: one == BREAK) if not is_end]


def in_lines(parts: Iterable[Said]) -> Said:
    """The parts, each on its own line."""
    ended = [(*spans(part), BREAK) for part in parts]
    return tuple(span for line in ended for span in line)[:-1]


def with_code(text: str, code: Look = "quoted", rest: Look = "plain") -> tuple[Span, ...]:
    """A text whose parts in backticks become code."""
    parts = enumerate(CODE.split(text))
    return tuple(Span(part, code if number % 2 else rest) for number, part in parts if part)


def pairs(rows: Iterable[tuple[Said, Said]], *, are_numbers: bool = False) -> Table:
    """Names and their values, as a table without heads."""
    return Table((Column(is_whole=True), Column(is_number=are_numbers)), tuple(rows))


def figures(blocks: Iterable[Block]) -> Iterator[Figure]:
    """Every figure in the blocks, nested ones included."""
    for block in blocks:
        match block:
            case Figure():
                yield block
            case Beside():
                yield from block.figures
            case Section() | Details():
                yield from figures(block.blocks)
            case Items():
                yield from (figure for item in block.items for figure in figures(item.below))
