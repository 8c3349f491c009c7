"""Markdown in which a text is nothing but that text, for CommonMark and for what GitHub makes of it afterwards."""

from __future__ import annotations

import re

from standing.values.visible import on_one_line, visible

SPECIAL = re.compile(r"[\\`*_\[\]<>#~&]")
HTML = re.compile("[&<>]")
OPENING = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|(?=[-+=:]))")  # a list, a heading or a rule, if a line began so
BACKTICKS = re.compile(r"`+")
# What GitHub makes links, pings, pictures or formulas of, in any text that is not code: @names, #1 and GH-1, addresses,
# :emoji:, $formulas$ and hashes of commits. A backslash does not keep it from that.
REFERENCE = re.compile(r"[@#$]|://|www\.|GH-\d|:[\w+-]+:|\b[0-9a-f]{7,40}\b", re.IGNORECASE)


def part(text: str, *, opens: bool = False, ends: bool = False) -> str:
    """A part of a line, or a cell of a table, as Markdown: read back, it is that text and nothing else.

    One that opens a line begins no list; at the ends of a line no space is lost. What is hidden in it, ends of lines
    too, is spelled out first; what GitHub would make a reference of is code.
    """
    line = on_one_line(text)
    if REFERENCE.search(line):
        return code(line)
    begin = len(line) - len(line.lstrip()) if opens else 0
    end = max(begin, len(line.rstrip())) if ends else len(line)
    middle = SPECIAL.sub(r"\\\g<0>", line[begin:end]).replace("|", _as_numbers("|"))
    return _as_numbers(line[:begin]) + (OPENING.sub(r"\1\\", middle) if opens else middle) + _as_numbers(line[end:])


def in_html(text: str) -> str:
    """Any text within an element of HTML, where GitHub reads no Markdown, and finds its references all the same."""
    line = on_one_line(text)
    safe = HTML.sub(lambda found: _as_numbers(found[0]), line)
    return f"<code>{safe}</code>" if REFERENCE.search(line) else safe


def code(text: str) -> str:
    """Any text as code within a line. Bars stand between the pieces: readers of tables differ in how they read them."""
    return _as_numbers("|").join(map(_span, on_one_line(text).split("|")))


def block(text: str, kind: str = "text") -> str:
    """Lines of text as a block of code, which nothing within them can end."""
    shown = visible(text)
    fence = "`" * max(3, _longest(shown) + 1)
    return f"{fence}{kind}\n{shown}\n{fence}"


def row(*cells: str) -> str:
    """A row of a table; the cells are Markdown."""
    return f"| {' | '.join(cells)} |"


def _span(piece: str) -> str:
    """A piece of code in backticks, more of them than are in it."""
    if not piece.strip():
        return _as_numbers(piece)
    fence = "`" * (_longest(piece) + 1)
    space = " " if piece[0] in "` " or piece[-1] in "` " else ""
    return f"{fence}{space}{piece}{space}{fence}"


def _longest(text: str) -> int:
    return max((len(found) for found in BACKTICKS.findall(text)), default=0)


def _as_numbers(text: str) -> str:
    """Characters as references to their numbers, which mean themselves and nothing more."""
    return "".join(f"&#{ord(char)};" for char in text)
