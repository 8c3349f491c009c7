"""The rules as a page: in the terminal, and as Markdown for docs/rules.md."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.table import Table

from standing.present.markdown import CODE, marked, row
from standing.present.rules.tables import Row, RulesInWords, Section
from standing.present.rules.words import Words
from standing.present.terminal import Text
from standing.rules.author.compiler import CompiledRules
from standing.values.catalogue import Language

WIDTH = 120
# Up to this width the column of rule lines is not broken, by how many columns there are: for terminals of 80 columns.
WHOLE = {2: 60, 3: 40, 4: 34, 5: 26}
MADE = "<!-- Made by `standing rules show --markdown`; edit the rule files instead. -->"


def print_rules(compiled: CompiledRules, language: Language, console: Console) -> None:
    """The rules in the terminal."""
    words, ruleset, teller = Words(language), compiled.ruleset, _teller(compiled, language)
    console.print(_text(words("rules_of", name=teller.title(ruleset.programme.title)), "bold"), justify="center")
    console.print(_text(words("version", version=ruleset.version), "dim"), justify="center")
    for section in teller.sections():
        console.print()
        console.print(_text(section.title, "bold underline" if section.depth == 2 else "bold"))
        for said in section.said:
            console.print(_text(said, "italic"))
        if section.rows:
            console.print(_table(section))


def markdown(compiled: CompiledRules, language: Language) -> str:
    """The rules as a Markdown page; in English, with the Chinese titles beside."""
    words, teller = Words(language), _teller(compiled, language, both=language == "en")
    title = words("rules_of", name=teller.title(compiled.ruleset.programme.title))
    parts = [f"# {marked(title)}\n\n{MADE}"]
    parts += ["\n\n".join(_markdown_of(section)) for section in teller.sections()]
    return "\n\n".join(parts) + "\n"


def _teller(compiled: CompiledRules, language: Language, *, both: bool = False) -> RulesInWords:
    return RulesInWords(compiled.ruleset, Words(language), both, compiled.never_together, compiled.places.accepted)


def _markdown_of(section: Section) -> Iterator[str]:
    yield f"{'#' * section.depth} {marked(section.title)}"
    if section.said:
        yield marked(" ".join(section.said))
    if section.rows:
        yield "\n".join([_row(section.columns), row(*["---"] * len(section.columns)), *map(_row, section.rows)])


def _row(cells: Row) -> str:
    return row(*map(_cell, cells))


def _cell(cell: str) -> str:
    bare = cell.lstrip(" ")
    indent = "&emsp;" * (len(cell) - len(bare))
    return indent + "<br>".join(map(marked, bare.split("\n")))


def _table(section: Section) -> Table:
    table = Table(*section.columns, box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    longest = max(_text(row[section.whole]).cell_len for row in section.rows)
    table.columns[section.whole].no_wrap = longest <= WHOLE.get(len(section.columns), 0)
    for number, cells in enumerate(section.rows):
        if section.grouped and number and cells[0]:
            table.add_row()
        table.add_row(*map(_text, cells))
    return table


def _text(said: str, style: str = "") -> Text:
    """A text for the terminal, with what stands in the rules in a colour of its own."""
    text = Text(style=style, overflow="fold")
    for number, part in enumerate(CODE.split(said)):
        text.append(part, "cyan" if number % 2 else "")
    return text
