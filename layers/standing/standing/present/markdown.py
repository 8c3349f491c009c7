"""Escapes text for Markdown, both for CommonMark and for GitHub's further processing."""

from __future__ import annotations

import re

from standing.values.visible import on_one_line, visible

SPECIAL = re.compile(r"[\\`*_\[\]<>#~&]")
HTML = re.compile("[&<>]")
OPENING = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|(?=[-+=:]))")  # opens a list, a heading or a rule
BACKTICKS = re.compile(r"`+")
# GitHub turns these into links, pings, pictures or formulas in any text that is not code: @names, #1 and GH-1,
# addresses, :emoji:, $formulas$ and hashes of commits. A backslash does not prevent that.
REFERENCE = re.compile(r"[@#$]|://|www\.|GH-\d|:[\w+-]+:|\b[0-9a-f]{7,40}\b", re.IGNORECASE)


def part(text: str, *, opens: bool = False, ends: bool = False) -> str:
    """A part of a line, or a cell of a table, as Markdown that reads back as exactly this text.

    At the start of a line it opens no list, and spaces at the ends of a line stay. Hidden characters and newlines are
    made visible first; what GitHub would turn into a reference becomes code.
    """
    line = on_one_line(text)
    if REFERENCE.search(line):
        return code(line)
    begin = len(line) - len(line.lstrip()) if opens else 0
    end = max(begin, len(line.rstrip())) if ends else len(line)
    middle = SPECIAL.sub(r"\\\g<0>", line[begin:end]).replace("|", _as_numbers("|"))
    return _as_numbers(line[:begin]) + (OPENING.sub(r"\1\\", middle) if opens else middle) + _as_numbers(line[end:])


def in_html(text: str) -> str:
    """Any text within an HTML element, where GitHub reads no Markdown but still finds references."""
    line = on_one_line(text)
    safe = HTML.sub(lambda found: _as_numbers(found[0]), line)
    return f"<code>{safe}</code>" if REFERENCE.search(line) else safe


def code(text: str) -> str:
    """Any text as inline code. Bars are left out of the code, since table parsers read them differently."""
    return _as_numbers("|").join(map(_span, on_one_line(text).split("|")))


def block(text: str, kind: str = "text") -> str:
    """Lines of text as a code block, which no line within can end."""
    shown = visible(text)
    fence = "`" * max(3, _longest(shown) + 1)
    return f"{fence}{kind}\n{shown}\n{fence}"


def row(*cells: str) -> str:
    """A row of a table. The cells are Markdown already."""
    return f"| {' | '.join(cells)} |"


def _span(piece: str) -> str:
    """Inline code, in more backticks than the text has in a row."""
    if not piece.strip():
        return _as_numbers(piece)
    fence = "`" * (_longest(piece) + 1)
    space = " " if piece[0] in "` " or piece[-1] in "` " else ""
    return f"{fence}{space}{piece}{space}{fence}"


def _longest(text: str) -> int:
    return max((len(found) for found in BACKTICKS.findall(text)), default=0)


def _as_numbers(text: str) -> str:
    """Characters as numeric references, which have no meaning in Markdown."""
    return "".join(f"&#{ord(char)};" for char in text)
