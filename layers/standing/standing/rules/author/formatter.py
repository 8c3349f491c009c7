"""Formatting: rule files in their canonical form, with every comment kept and not a word of another meaning.

One condition a line, in lists of lines; titles and small blocks on one line. A file is left alone where it is wrong.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import dropwhile
from pathlib import Path
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from standing.rules.author.compiler import compile_rules
from standing.rules.author.files import Kind, rule_files
from standing.rules.author.layout import Entry, Layout, Remark
from standing.rules.author.lines import canonical
from standing.rules.author.messages import in_words
from standing.rules.author.problems import Problem, RulesError
from standing.rules.author.reader import parse, read, text_of, validate
from standing.rules.author.scenario.reader import read_scenarios

WIDTH = 120
WIDE_SPACE = "\u3000"  # in Chinese titles
GROUPS = {"all", "any", "none"}
MODELINE = re.compile(r"#\s*yaml-language-server:\s*\$schema=\S+")
PLAIN = re.compile(r"(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`]|[-?:](?=[^\s,\[\]{}]))(?:[^:#]|:(?!\s|$)|(?<!\s)#)*")
FLOW = re.compile(r"[,\[\]{}]")
# What YAML, or an older YAML in some other program, would not take for a text: true, no, 20:30, 2026-12-01.
NOT_TEXT = re.compile(
    r"~|=|<<|null|true|false|yes|no|on|off|y|n|[-+]?[0-9]+(:[0-9]+)+|[0-9]{4}-[0-9]+-.*", re.IGNORECASE
)


@dataclass
class FormatResult:
    """What formatting a folder came to: new texts of the files that change, and problems of those left alone."""

    changed: dict[Path, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def format_rules(folder: Path, schemas: Path | None = None) -> FormatResult:
    """The rule files of a folder in their canonical form; nothing is written.

    With `schemas`, the folder of the JSON Schemas, each file names its own in its first line.
    Raises RulesError where the rules as a whole would mean something else.
    """
    done = FormatResult()
    version = _version(folder, done.problems)
    wrong = {problem.file for problem in done.problems}
    for kind, path in rule_files(folder):
        if kind.as_written and not version:
            continue  # without the rules, nobody can say what is wrong in a story
        name = path.relative_to(folder.parent).as_posix()
        if name in wrong:
            continue
        try:
            text = _format_file(kind, path, name, schemas)
        except RulesError as error:
            done.problems += error.problems
            continue
        if text != _text(path):
            done.changed[path] = text
    done.problems = sorted(set(done.problems))
    if version:
        _check_version(folder, done.changed, version)
    return done


def write(done: FormatResult) -> None:
    """Write the changed files."""
    for path, text in done.changed.items():
        path.write_text(text, encoding="utf-8", newline="\n")


def format_text(text: str, kind: Kind, modeline: str | None = None) -> str:
    """The text of one rule file in its canonical form. Raises RulesError where it is not YAML as rules use it."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if kind.as_written:
        return _under(modeline, text)
    before = _content(text, modeline)
    layout = Layout(text if text.endswith("\n") else text + "\n", MODELINE if modeline else None)
    written = "\n".join([*([modeline] if modeline else []), *_body(layout, kind)]) + "\n"
    if _content(written, modeline) != before:
        raise RulesError([Problem.of(kind.name, 1, in_words("formatting"))])
    return written


def _under(modeline: str | None, text: str) -> str:
    """A text below the line that names its schema, in place of another such line."""
    if modeline is None:
        return text
    first, _, rest = text.partition("\n")
    return f"{modeline}\n{rest if MODELINE.fullmatch(first.strip()) else text}"


def _version(folder: Path, problems: list[Problem]) -> str | None:
    """The rules' version, or nothing where they are wrong; what is wrong in the stories beside them is noted, too."""
    try:
        ruleset = compile_rules(folder)
    except RulesError as error:
        problems += error.problems
        return None
    try:
        if any(kind.as_written for kind, _ in rule_files(folder)):
            read_scenarios(folder, ruleset)
    except RulesError as error:
        problems += error.problems
    return ruleset.version


def _check_version(folder: Path, changed: dict[Path, str], version: str) -> None:
    """Refuse texts that compile to other rules than the files that they are to replace."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "rules"
        rules = [path for kind, path in rule_files(folder) if not kind.as_written]
        for path in rules:
            (copy / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy / path.relative_to(folder))
        write(FormatResult({copy / path.relative_to(folder): text for path, text in changed.items() if path in rules}))
        if compile_rules(copy).version != version:
            raise RulesError([Problem.of(folder.name, 1, in_words("formatting_all"))])


def _format_file(kind: Kind, path: Path, name: str, schemas: Path | None) -> str:
    if not kind.as_written:  # a story's words are answered with the rules it speaks of
        validate(read(path, name), kind.shape)
    relative = Path(os.path.relpath(schemas / kind.schema, path.parent)).as_posix() if schemas else None
    try:
        return format_text(_text(path), kind, f"# yaml-language-server: $schema={relative}" if relative else None)
    except RulesError as error:
        raise RulesError([replace(problem, file=name) for problem in error.problems]) from None


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _content(text: str, modeline: str | None) -> tuple[str, Counter[str]]:
    """What must stay: the data as the rules read them, in their order, and the comments."""
    data = _lines_alike(parse(text, "").data)
    comments = [comment for _, comment in Layout(text).comments()]
    return json.dumps(data), Counter(one for one in comments if not (modeline and MODELINE.fullmatch(one)))


def _lines_alike(data: Any, word: str = "") -> Any:  # noqa: ANN401 -- any YAML
    """The data with every condition as it is formatted: spaces around an operator mean nothing."""
    if isinstance(data, dict):
        return {name: _lines_alike(value, name) for name, value in data.items()}
    if isinstance(data, list):
        return [_lines_alike(item, word if isinstance(item, str) else "") for item in data]
    return canonical(data) if word in GROUPS and isinstance(data, str) else data


# Blocks ------------------------------------------------------------------------------------------------------------


def _body(layout: Layout, kind: Kind) -> Iterator[str]:
    for number, entry in enumerate(layout.entries):
        if number and kind.apart:
            yield ""
        lines = _entry(entry, "")
        yield from lines if number and not kind.apart else _from_first_full(lines)


def _from_first_full(lines: Iterator[str]) -> Iterator[str]:
    return dropwhile(lambda line: not line, lines)


def _entry(entry: Entry, indent: str) -> Iterator[str]:
    """An entry's lines, its comments with it; a blank line before it where there was one."""
    yield from _remarks(_all_above(entry), indent)
    yield from [""] if entry.apart else []
    yield from _bare(entry, indent)


def _bare(entry: Entry, indent: str) -> Iterator[str]:
    """An entry's lines without what stands above it."""
    yield from _pair(entry, indent) if entry.key else _item(entry, indent)
    yield from _remarks(entry.below, indent)


def _remarks(remarks: list[Remark], indent: str) -> Iterator[str]:
    for remark in remarks:
        yield from [""] if remark.apart else []
        yield indent + remark.text


def _all_above(entry: Entry) -> list[Remark]:
    """The comments above an entry, and those that have no place beside it or behind its dash."""
    is_item_of_lines = entry.key is None and _is_block(entry)
    moved = entry.beside if is_item_of_lines else entry.beside[:-1]
    first = _all_above(entry.entries[0]) if is_item_of_lines else []
    return [*entry.above, *(Remark(text, apart=False) for text in moved), *first]


def _pair(entry: Entry, indent: str) -> Iterator[str]:
    if not _is_block(entry):
        yield f"{indent}{_head(entry)}{_flow(entry.value)}{_beside(entry)}"
        return
    yield f"{indent}{_head(entry).rstrip()}{_beside(entry)}"
    first, *rest = entry.entries
    yield from _from_first_full(_entry(first, indent + "  "))
    for other in rest:
        yield from _entry(other, indent + "  ")


def _item(entry: Entry, indent: str) -> Iterator[str]:
    """An item of a list: its first line stands behind the dash."""
    if not _is_block(entry):
        written = _written(canonical(text_of(entry.value))) if _is_line(entry) else _flow(entry.value)
        yield f"{indent}{_head(entry)}{written}{_beside(entry)}"
        return
    first, *rest = entry.entries
    lines = _bare(first, indent + "  ")
    yield f"{indent}{_head(entry)}{next(lines).removeprefix(indent + '  ')}"
    yield from lines
    for other in rest:
        yield from _entry(other, indent + "  ")


def _is_line(entry: Entry) -> bool:
    """Whether it is a condition: a text of a list that stands below all, any or none."""
    above = entry.parent.key if entry.parent else None
    return isinstance(entry.value, ScalarNode) and above is not None and above.value in GROUPS


def _head(entry: Entry) -> str:
    return f"{_written(text_of(entry.key))}: " if entry.key else "- "


def _beside(entry: Entry) -> str:
    return f" {entry.beside[-1]}" if entry.beside else ""


def _is_block(entry: Entry) -> bool:
    """Whether its content stands on lines of its own: conditions, parts with parts, comments, or more than fits."""
    if not entry.entries:
        return False
    if not entry.depth and not entry.key:
        return True
    word = entry.key.value if entry.key else None
    if word in GROUPS or entry.is_remarked or any(not isinstance(one.value, ScalarNode) for one in entry.entries):
        return True
    return word != "title" and len("  " * entry.depth + _head(entry) + _flow(entry.value)) > WIDTH


# Values on one line ------------------------------------------------------------------------------------------------


def _flow(node: Node) -> str:
    if isinstance(node, ScalarNode):
        return _scalar(node)
    if isinstance(node, MappingNode):
        return f"{{{', '.join(f'{_name(key)}: {_within(value)}' for key, value in node.value)}}}"
    return f"[{', '.join(_within(item) for item in node.value)}]"


def _within(node: Node) -> str:
    """A value inside braces or brackets, where commas and the like need quotes."""
    text = _flow(node)
    return _quoted(text_of(node)) if isinstance(node, ScalarNode) and FLOW.search(text) and text[0] != '"' else text


def _name(key: ScalarNode) -> str:
    text = _written(text_of(key))
    return _quoted(text_of(key)) if FLOW.search(text) and text[0] != '"' else text


def _scalar(node: ScalarNode) -> str:
    """A value as it is written: plain where YAML takes that for the same value, else in quotes."""
    kind = str(node.tag).rpartition(":")[2]
    if kind in {"null", "bool"}:
        return "null" if kind == "null" else str(node.value).lower()
    return _written(text_of(node))


def _written(text: str) -> str:
    is_plain = PLAIN.fullmatch(text) and text == text.strip() and all(map(_is_printed, text))
    return text if is_plain and not NOT_TEXT.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + "".join(_escaped(letter) for letter in text) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    return letter if _is_printed(letter) else {"\n": "\\n", "\t": "\\t"}.get(letter, f"\\U{ord(letter):08x}")


def _is_printed(letter: str) -> bool:
    return letter.isprintable() or letter == WIDE_SPACE
