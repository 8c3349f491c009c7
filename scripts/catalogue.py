"""`make messages`: writes the texts of the code as a gettext catalogue: `standing.po`, and compiled `standing.mo`.

Found in the code: the tables of `Messages("subject", {…})`, the texts of `message("…")`, `told("…")` and of errors that
people read, such as `UserError("…")`, and the help of the commands and their options, as typer has it. Translations
stay; what the code no longer says goes.
"""

from __future__ import annotations

import ast
import inspect
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import typer
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from standing.cli import app
from standing.cli.help import described, with_subcommands

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "layers" / "standing" / "standing"
SOURCES = (PACKAGE, ROOT / "demo")
FILES = PACKAGE / "locale" / "zh" / "LC_MESSAGES"
TEXT_AT = {  # which argument of a call is a text
    "message": 0,
    "told": 0,
    "ReadableError": 0,
    "UserError": 0,
    "BadMapping": 0,
    "BadRow": 1,
    "BadWord": 0,
    "DamagedFileError": 0,
    "InvalidDay": 0,
    "NotAModel": 0,
    "NotAPopulation": 0,
    "RowCountMismatch": 0,
    "Unreadable": 0,
}


class Found(NamedTuple):
    """A text of the code, with its message code if it has one."""

    text: str
    code: str = ""


def main() -> int:
    """Write both files. Returns 1 if a text has no translation yet."""
    catalogue = renewed((FILES / "standing.po").read_bytes())
    (FILES / "standing.po").write_bytes(as_po(catalogue))
    (FILES / "standing.mo").write_bytes(as_mo(catalogue))
    lacking = untranslated(catalogue)
    for text in lacking:
        print(f"not translated: {text}", file=sys.stderr)
    return 1 if lacking else 0


def renewed(written: bytes) -> Catalog:
    """The catalogue with the current texts of the code, and their existing translations."""
    catalogue, code = read_po(io.BytesIO(written), locale="zh"), Catalog(locale="zh")
    for path, entry in texts():
        where = [(path.relative_to(ROOT).as_posix(), 0)]
        code.add(entry.text, context=entry.code or None, locations=where)
    code.creation_date = catalogue.creation_date  # so that the file changes only if a text does
    catalogue.update(code, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def texts() -> Iterator[tuple[Path, Found]]:
    """Every text of the code, with its file."""
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from ((path, found) for found in _texts_of(node))

    for command in with_subcommands(typer.main.get_command(app.app)):
        path = Path(inspect.getfile(inspect.unwrap(command.callback)) if command.callback else app.__file__)
        yield from ((path, Found(part.help)) for part in described(command))


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """The modules with user texts, by file."""
    for path in sorted(path for folder in SOURCES for path in folder.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def _texts_of(call: ast.Call) -> Iterator[Found]:
    match (call.func, [_constant(argument) for argument in call.args]):
        case ast.Name("Messages"), [str(subject), _]:
            for name, text in ast.literal_eval(call.args[1]).items():
                yield Found(text, f"{subject}.{name}")
        case ast.Name(name), arguments if name in TEXT_AT:
            yield from (Found(text) for text in arguments[TEXT_AT[name] :][:1] if isinstance(text, str))
        case ast.Attribute(ast.Call(ast.Name("super")), "__init__"), [str(text)] if call.keywords:
            yield Found(text)


def _constant(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def as_po(catalogue: Catalog) -> bytes:
    """The .po file for translators: sorted by file, without line numbers, so that it changes only if a text does."""
    file = io.BytesIO()
    write_po(file, catalogue, width=110, sort_by_file=True, omit_header=False, include_lineno=False)
    return file.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    """The compiled .mo file."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def untranslated(catalogue: Catalog) -> list[str]:
    """The texts without a translation, or whose translation has values that the text lacks."""
    return [str(said.id) for said in catalogue if said.id and not _is_translated(str(said.id), str(said.string or ""))]


def _is_translated(text: str, translation: str) -> bool:
    return bool(translation) and _values(translation) <= _values(text)


def _values(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", text.replace("{{", "")))


if __name__ == "__main__":
    sys.exit(main())
