"""A document: what a view says, before it is drawn. Blocks of plain text with their looks; knows no medium.

What came from outside stands here as it is. Each renderer (`renderers/`) draws every kind of block, and escapes for its
own medium.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from standing.values.catalogue import Language

CODE = re.compile(r"`([^`]*)`")

# `code` is as it stands in the rules, `quoted` that within a sentence, `place` a file with its line. What is `whole` is
# best not broken into lines. `rise`, `fall` and `move` are of levels.
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
    """Some plain text in one look."""

    text: str
    look: Look = "plain"


BREAK = Span("\n", "break")  # the end of a line that is ours: one in a text is the text's
type Said = str | Span | tuple[str | Span, ...]


@dataclass(frozen=True)
class Paragraph:
    """Some lines that belong together."""

    said: Said
    look: Look = "plain"


@dataclass(frozen=True)
class Section:
    """Blocks under a title; those of a section without one stand together all the same."""

    title: Said
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Item:
    """Something of a list: its first line, more lines, and blocks below."""

    said: Said
    below: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Items:
    """A list. In a terminal only those that `has_marks` have a mark of their own."""

    items: tuple[Item, ...]
    has_marks: bool = False


@dataclass(frozen=True)
class Column:
    """A column: numbers stand to the right; one that `is_whole` is broken into lines only where it must be."""

    title: str = ""
    is_number: bool = False
    is_whole: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of as many cells as there are columns. `is_grouped`: a row without a first cell belongs to the one above."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Said, ...], ...]
    is_grouped: bool = False


@dataclass(frozen=True)
class Bar:
    """A number with what it is of."""

    label: str
    count: int
    look: Look = "plain"


@dataclass(frozen=True)
class Bars:
    """Numbers as bars, as long as the largest is to them."""

    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Code:
    """Lines as they are, in some language."""

    text: str
    kind: str = "text"


@dataclass(frozen=True)
class Figure:
    """A picture as plotly draws it, under a name of its own; what stands for it where there are no pictures.

    `diagram`: what Markdown has for it instead, if it has.
    """

    name: str
    picture: Picture
    plain: Block
    title: str = ""
    diagram: Code | None = None


@dataclass(frozen=True)
class Beside:
    """Figures beside one another, where there is room."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Details:
    """Blocks that are folded away under their title, unless they are open."""

    title: str
    blocks: tuple[Block, ...]
    is_open: bool = False


type Block = Paragraph | Section | Items | Table | Bars | Code | Figure | Beside | Details


@dataclass(frozen=True)
class Document:
    """A whole view: what it is of, what matters most in a few words each (`tiles`), and all the rest."""

    language: Language
    blocks: tuple[Block, ...]
    title: str = ""
    headline: Said = ""
    tiles: tuple[str, ...] = ()


def spans(said: Said) -> tuple[Span, ...]:
    """What is said as spans."""
    parts = said if isinstance(said, tuple) else (said,)
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)


def lines(said: Said) -> list[tuple[Span, ...]]:
    """What is said line by line."""
    return [tuple(line) for is_end, line in groupby(spans(said), lambda one: one == BREAK) if not is_end]


def in_lines(parts: Iterable[Said]) -> Said:
    """Each part on a line of its own."""
    ended = [(*spans(part), BREAK) for part in parts]
    return tuple(span for line in ended for span in line)[:-1]


def with_code(text: str, code: Look = "quoted", rest: Look = "plain") -> tuple[Span, ...]:
    """A text in which what stands in backticks is code."""
    parts = enumerate(CODE.split(text))
    return tuple(Span(part, code if number % 2 else rest) for number, part in parts if part)


def pairs(rows: Iterable[tuple[Said, Said]], *, are_numbers: bool = False) -> Table:
    """Names and their values, as a table without heads."""
    return Table((Column(is_whole=True), Column(is_number=are_numbers)), tuple(rows))


def figures(blocks: Iterable[Block]) -> Iterator[Figure]:
    """Every figure among some blocks, and within them."""
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
