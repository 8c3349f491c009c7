"""Renders a document as Markdown for GitHub."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, groupby, pairwise
from textwrap import indent
from typing import Any, Literal

from standing.present.document import (
    Bars,
    Beside,
    Block,
    Code,
    Column,
    Details,
    Document,
    Figure,
    Item,
    Items,
    Look,
    Paragraph,
    Said,
    Section,
    Span,
    Table,
    lines,
)
from standing.present.markdown import block as fenced
from standing.present.markdown import code, in_html, part, row
from standing.values.visible import on_one_line

type Kind = Literal["text", "strong", "code"]
type Piece = tuple[Kind, str]

KINDS: Mapping[Look, Kind] = {
    **{"plain": "text", "soft": "text", "whole": "text", "good": "text", "break": "text"},
    **{"strong": "strong", "bad": "strong", "warning": "strong", "rise": "strong", "fall": "strong", "move": "strong"},
    **{"code": "code", "quoted": "code", "place": "code"},
}
BELOW = "  "  # the indent of blocks below an item


def markdown(document: Document, level: int = 2) -> str:
    """A document as Markdown. `level` is the heading level of its title."""
    parts = [*_head(document, level), *_drawn(document.blocks, level + 1)]
    return "\n\n".join(parts) + "\n"


def shortened(document: Document, most: int) -> Document:
    """The document cut to about `most` characters: the list at its beginning loses its first items.

    The blocks after the list stay, except for those that are too long even without it.
    """
    (first, *rest), level = document.blocks, 1
    while len(_joined(rest, level)) > most:
        rest.pop()
    items = first.items if isinstance(first, Items) else ()
    lengths = accumulate(len(_item(item, level)) + 1 for item in reversed(items))
    kept = sum(length <= most - len(_joined(rest, level)) for length in lengths)
    cut = (Paragraph("…"),) if kept < len(items) else ()
    return replace(document, blocks=(*cut, Items(items[len(items) - kept :]), *rest))


def _head(document: Document, level: int) -> Iterator[str]:
    if document.title:
        yield f"{'#' * level} {_line([Span(document.title)])}"
    if document.headline:
        yield _lines(document.headline)
    if document.tiles:
        yield " · ".join(filter(None, (_line([Span(one, "strong")]) for one in document.tiles)))


def _drawn(blocks: Iterable[Block], level: int) -> Iterator[str]:
    return filter(None, (WRITERS[type(block)](block, level) for block in blocks))


def _joined(blocks: Iterable[Block], level: int) -> str:
    return "\n\n".join(_drawn(blocks, level))


def _lines(said: Said, end: str = "\\\n") -> str:
    return end.join(filter(None, map(_line, lines(said))))


def _line(line: Sequence[Span]) -> str:
    """A line of Markdown that reads back as its texts. Adjacent pieces of code become one piece."""
    pieces = _merged(_emphasised(_merged((KINDS[span.look], on_one_line(span.text)) for span in line)))
    drawn = [_piece(pieces, number) for number in range(len(pieces))]
    if any(one.endswith("`") and other.startswith("`") for one, other in pairwise(drawn)):
        return code("".join(text for _, text in pieces))
    return "".join(drawn)


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces, with neighbours of one kind merged."""
    grouped = groupby((piece for piece in pieces if piece[1]), lambda piece: piece[0])
    return [(kind, "".join(text for _, text in some)) for kind, some in grouped]


def _emphasised(pieces: list[Piece]) -> Iterator[Piece]:
    """The pieces, strong only if they are between spaces: Markdown may not recognise other ones as strong."""
    padded = [" ", *(text for _, text in pieces), " "]
    for before, (kind, text), after in zip(padded, pieces, padded[2:], strict=False):
        fits = before.endswith(" ") and after.startswith(" ") and text == text.strip()
        yield ("text" if kind == "strong" and not fits else kind), text


def _piece(pieces: list[Piece], number: int) -> str:
    kind, text = pieces[number]
    if kind == "text":
        return part(text, opens=not number, ends=number == len(pieces) - 1)
    return code(text) if kind == "code" else f"**{part(text)}**"


def _paragraph(block: Paragraph, _level: int) -> str:
    return _lines(block.said)


def _section(block: Section, level: int) -> str:
    title = [f"{'#' * level} {_lines(block.title, ' ')}"] if block.title else []
    return "\n\n".join([*title, *_drawn(block.blocks, level + 1)])


def _items(block: Items, level: int) -> str:
    return "\n".join(_item(item, level) for item in block.items)


def _item(item: Item, level: int) -> str:
    """An item. Indented lines belong to it."""
    whole = "\n\n".join([_lines(item.said), *_drawn(item.below, level)])
    return f"- {indent(whole, BELOW).removeprefix(BELOW)}" + ("\n" if item.below else "")


def _table(block: Table, _level: int) -> str:
    heads = row(*(_cell(column.title) for column in block.columns))
    return "\n".join([heads, row(*map(_mark, block.columns)), *(row(*map(_cell, cells)) for cells in block.rows)])


def _mark(column: Column) -> str:
    return "---:" if column.is_number else "---"


def _cell(said: Said) -> str:
    return _lines(said, "<br>")


def _bars(block: Bars, level: int) -> str:
    rows = tuple((bar.label, f"{bar.count:,}") for bar in block.bars)
    return _table(Table((Column(), Column(is_number=True)), rows), level)


def _code(block: Code, _level: int) -> str:
    return fenced(block.text, block.kind)


def _figure(block: Figure, level: int) -> str:
    title = [Paragraph(Span(block.title, "strong"))] if block.title else []
    return _joined([*title, block.diagram or block.plain], level)


def _beside(block: Beside, level: int) -> str:
    return _joined(block.figures, level)


def _details(block: Details, level: int) -> str:
    opened = f"<details{' open' if block.is_open else ''}><summary><b>{in_html(block.title)}</b></summary>"
    return "\n\n".join([opened, *_drawn(block.blocks, level), "</details>"])


WRITERS: Mapping[type, Callable[[Any, int], str]] = {
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
