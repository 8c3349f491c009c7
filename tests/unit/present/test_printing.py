"""Nobody prints around the console that shows text as text, and it does."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as RichText
from standing.present.progress import progress_bar
from standing.present.terminal import PlainConsole, Text, json_text, working
from standing.values.visible import visible

from tests.unit.project.test_architecture import PACKAGE
from tests.unit.values.test_visible import anything, hides

# Whoever needs one of these takes what stands in the one module instead.
ONLY_IN = {
    "rich.text": "present/terminal.py",
    "rich.table": "present/renderers/terminal.py",
    "rich.panel": "",
    "rich.markup": "",
    "rich.print": "",
    "html": "present/page.py",
    "csv": "",
    "getpass": "",
}
ONLY_CALLED_IN = {
    "Console": "",
    "PlainConsole": "present",
    "echo": "",
    "secho": "",
    "print_exception": "",
    "from_markup": "",
}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
SHEETS = {"write_csv": "present/sheets.py", "sink_csv": "", "write_excel": ""}


def around(source: str, place: str) -> Iterator[str]:
    """What a module prints, draws or writes by another way than the one there is."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if not _may(ONLY_IN, alias.name, place))
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [node.module or ""]
            yield from (name for name in names if not _may(ONLY_IN, name, place))
        elif isinstance(node, ast.Attribute) and node.attr in STREAMS and getattr(node.value, "id", "") == "sys":
            yield f"sys.{node.attr}"
        elif isinstance(node, ast.Call):
            yield from _called(node, place)


def _called(call: ast.Call, place: str) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if isinstance(call.func, ast.Name) and name == "print":
        yield "print"
    if not _may(ONLY_CALLED_IN | SHEETS, name, place):
        yield name
    for keyword in call.keywords:
        if keyword.arg in {"markup", "emoji"} and getattr(keyword.value, "value", None) is not False:
            yield f"{keyword.arg}="


def _may(allowed: dict[str, str], name: str, place: str) -> bool:
    return name not in allowed or (bool(allowed[name]) and place.startswith(allowed[name]))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nobody_prints_draws_or_writes_sheets_around_it(path: Path) -> None:
    """Also of spreadsheets: the one that writes them turns formulas into text."""
    assert list(around(path.read_text(encoding="utf-8"), path.relative_to(PACKAGE).as_posix())) == []


@pytest.mark.parametrize(
    "source",
    [
        "print(1)",
        "import sys\nsys.stdout.write('x')",
        "import sys\nprint('x', file=sys.stderr)",
        "import typer\ntyper.echo('x')",
        "from rich.console import Console\nout = Console()",
        "from rich.text import Text",
        "import rich.text",
        "from rich import print",
        "from rich.markup import escape",
        "from rich.table import Table",
        "from rich.panel import Panel",
        "out.print('[b]x[/b]', markup=True)",
        "out.print(':x:', emoji=named)",
        "Text.from_markup('[b]x')",
        "from html import escape",
        "import csv",
        "frame.write_csv('x')",
    ],
)
def test_each_way_around_is_noticed(source: str) -> None:
    assert list(around(source, "cli/new.py"))


def printed(what: object, *, terminal: bool = False, width: int = 40) -> str:
    console = PlainConsole(file=io.StringIO(), width=width, force_terminal=terminal, legacy_windows=False)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def drawn(text: str) -> Iterator[object]:
    """A text in every place in which something draws it."""
    table = Table(text, text, title=text, caption=RichText(text))
    table.add_row(text, Text(text))
    table.add_row(RichText(text), Text.assemble((text, "red"), "x", RichText(text)))
    yield from (text, Text(text, style="bold"), RichText(text), table, Group(text, Text(text).append(text)))
    yield Panel(text, title=Text(text), subtitle=RichText(text))


@given(anything)
def test_nothing_hides_in_what_is_drawn(text: str) -> None:
    for what in drawn(text):
        assert hides(printed(what).replace("\n", "")) == [], what


@given(st.text(alphabet="[]/bold:bomb \\\x1b\u202e", max_size=30))
def test_a_text_is_printed_as_it_is_and_never_as_markup(text: str) -> None:
    wide = "\n".join(line.rstrip() for line in printed(text, width=400).split("\n"))
    assert wide == "\n".join(line.rstrip() for line in f"{visible(text)}\n".split("\n"))


def test_widths_are_those_of_what_is_shown() -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("\x1b\x07", Text("\r\u202e"), "|")
    table.add_row("1234", Text("5"), "|")
    assert printed(table).splitlines() == ["\\x1b\\x07  \\r\\u202e  |", "1234      5         |"]


def test_colours_are_ours_alone() -> None:
    said = printed(Text("[red]\x1b[31mx", style="bold"), terminal=True)
    assert said == "\x1b[1m[red]\\x1b[31mx\x1b[0m\n"


def test_what_is_being_done_is_said_as_it_is() -> None:
    console = PlainConsole(file=io.StringIO(), force_terminal=True, width=60)
    with working(console, "[/b] \u202eone") as tell:
        tell("[/b] \u202etwo")
    with progress_bar(console) as progress:
        progress.add_task("[/b] \u202e3", total=1)
    assert isinstance(console, Console)
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    assert "[/b] \\u202etwo" in said
    assert said.count("[/b]") >= 2
    assert "\u202e" not in said


def test_json_is_what_it_was_with_nothing_hidden() -> None:
    assert json_text({"客": ["\u202e\x1b\x7f", 1]}, indent=None) == '{"客":["\\u202e\\u001b\\u007f",1]}'


@pytest.mark.parametrize("text", [":smile:", "[red]x[/red]", "[/b]"])
def test_a_string_is_neither_markup_nor_the_name_of_an_emoji(text: str) -> None:
    out = io.StringIO()
    PlainConsole(file=out, width=80).print(text)
    assert out.getvalue() == f"{text}\n"
