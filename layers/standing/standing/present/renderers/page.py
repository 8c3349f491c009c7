"""Renders a document as a page: one file with its pictures, which needs no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

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
    figures,
    lines,
)
from standing.present.page import assemble, escape

TOP = 2  # the level of the first headings, below the page's title
ELEMENTS: Mapping[Look, tuple[str, str]] = {
    **{"plain": ("", ""), "break": ("", ""), "strong": ("b", ""), "soft": ("span", "soft"), "whole": ("span", "whole")},
    **{"code": ("code", ""), "quoted": ("code", ""), "place": ("code", "")},
    **{"good": ("span", "good"), "bad": ("span", "fall"), "warning": ("span", "move")},
    **{"rise": ("span", "rise"), "fall": ("span", "fall"), "move": ("span", "move")},
}


def page(document: Document) -> str:
    """A document as a page."""
    pictures = {one.name: one.picture for one in figures(document.blocks)}
    sections = [_drawn([block], TOP) for block in document.blocks]
    return assemble(document.language, document.title, _lines(document.headline), document.tiles, sections, pictures)


def _drawn(blocks: Iterable[Block], level: int) -> str:
    return "".join(DRAWERS[type(block)](block, level) for block in blocks)


def _lines(said: Said) -> str:
    return "<br>".join("".join(map(_span, line)) for line in lines(said))


def _span(span: Span) -> str:
    name, kind = ELEMENTS[span.look]
    text = escape(span.text)
    return f"{_opened(name, kind)}{text}</{name}>" if name else text


def _opened(name: str, kind: str = "") -> str:
    return f'<{name} class="{kind}">' if kind else f"<{name}>"


def _titled(name: str, title: Said) -> str:
    return f"<{name}>{_lines(title)}</{name}>" if title else ""


def _paragraph(block: Paragraph, _level: int) -> str:
    return f"{_opened('p', ELEMENTS[block.look][1])}{_lines(block.said)}</p>"


def _section(block: Section, level: int) -> str:
    """A card. A section within a card is only a title with its blocks."""
    whole = _titled(f"h{level}", block.title) + _drawn(block.blocks, level + 1)
    return f"<section>{whole}</section>" if level == TOP else whole


def _items(block: Items, level: int) -> str:
    return f"<ul>{''.join(_item(item, level) for item in block.items)}</ul>"


def _item(item: Item, level: int) -> str:
    return f"<li>{_lines(item.said)}{_drawn(item.below, level)}</li>"


def _table(block: Table, _level: int) -> str:
    heads = "".join(_cell("th", column, column.title) for column in block.columns)
    rows = (map(_cell, ["td"] * len(row), block.columns, row) for row in block.rows)
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    head = f"<thead><tr>{heads}</tr></thead>" if any(column.title for column in block.columns) else ""
    return f'<div class="scroll"><table>{head}<tbody>{body}</tbody></table></div>'


def _cell(name: str, column: Column, said: Said) -> str:
    return f"{_opened(name, 'number' if column.is_number else '')}{_lines(said)}</{name}>"


def _bars(block: Bars, level: int) -> str:
    rows = tuple((bar.label, Span(f"{bar.count:,}", bar.look)) for bar in block.bars)
    return _table(Table((Column(), Column(is_number=True)), rows), level)


def _code(block: Code, _level: int) -> str:
    return f"<pre><code>{escape(block.text)}</code></pre>"


def _figure(block: Figure, _level: int) -> str:
    return f'<div>{_titled("h3", block.title)}<div id="{escape(block.name)}"></div></div>'


def _beside(block: Beside, level: int) -> str:
    return f'<div class="pictures">{_drawn(block.figures, level)}</div>'


def _details(block: Details, level: int) -> str:
    opened = "<details open>" if block.is_open else "<details>"
    return f"{opened}<summary>{escape(block.title)}</summary>{_drawn(block.blocks, level)}</details>"


DRAWERS: Mapping[type, Callable[[Any, int], str]] = {
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
