"""The rules as a document: for the terminal, and as Markdown for docs/rules.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from standing.present import document
from standing.present.document import Block, Column, Document, Paragraph, Said, Span, Table, in_lines, with_code
from standing.present.renderers import markdown as renderer
from standing.present.renderers.terminal import plain_text
from standing.present.rules.tables import RulesInWords, Section
from standing.present.rules.words import Words
from standing.rules.author.compiler import CompiledRules
from standing.values.catalogue import Language

WIDTH = 120
INDENT = "\u2003"  # an em space indents a line of a group: pages drop other spaces at the start
MADE = "<!-- Made by `standing rules show --markdown`; edit the rule files instead. -->"


def rules_document(compiled: CompiledRules, language: Language, *, both: bool = False) -> Document:
    """The rules as a document. With `both`, titles are in Chinese too."""
    words = Words(language)
    teller = RulesInWords(compiled.ruleset, words, both, compiled.never_together, compiled.places.accepted)
    title = words("rules_of", name=teller.title(compiled.ruleset.programme.title))
    version = with_code(words("version", version=compiled.ruleset.version), "code", "soft")
    return Document(language, tuple(_nested(list(teller.sections()))), title, version)


def in_plain_text(compiled: CompiledRules, language: Language) -> str:
    """The rules for a file: as in the terminal, without colours."""
    return plain_text(rules_document(compiled, language), WIDTH)


def markdown(compiled: CompiledRules, language: Language) -> str:
    """The rules as a Markdown page, with titles in both languages.

    The page has no rules version: that line would conflict in every merge of two edits.
    """
    whole = replace(rules_document(compiled, language, both=language == "en"), headline="")
    title, _, rest = renderer.markdown(whole, level=1).partition("\n")
    return f"{title}\n\n{MADE}\n{rest}"


def _nested(sections: list[Section]) -> Iterator[Block]:
    """The sections, nested by depth."""
    tops = [number for number, section in enumerate(sections) if section.depth == sections[0].depth]
    for begin, end in zip(tops, [*tops[1:], len(sections)], strict=True):
        first, *within = sections[begin:end]
        blocks = (*_blocks(first), *(document.Section(_said(one.title), tuple(_blocks(one))) for one in within))
        yield document.Section(_said(first.title), blocks)


def _blocks(section: Section) -> Iterator[Block]:
    if section.said:
        yield Paragraph(in_lines(map(_said, section.said)), "soft")
    if section.rows:
        columns = (Column(title, is_whole=number == section.whole) for number, title in enumerate(section.columns))
        yield Table(tuple(columns), tuple(tuple(map(_said, row)) for row in section.rows), section.grouped)


def _said(text: str) -> Said:
    """A text in which backticks mark code of the rules, and leading spaces mark a line of a group."""
    return in_lines(_line(line) for line in text.split("\n"))


def _line(line: str) -> Said:
    bare = line.lstrip(" ")
    return (Span(INDENT * (len(line) - len(bare))), *with_code(bare, "code"))
