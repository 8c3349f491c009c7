"""Explains text that is not valid YAML: what was probably meant, and at which character."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from ruamel.yaml.error import MarkedYAMLError, StringMark

from standing.rules.author import signs
from standing.rules.author.messages import in_words
from standing.rules.author.problems import Problem
from standing.values.messages import Readable, in_a_row

ENDS = {"[": "]", "{": "}"}
NO_COLON = re.compile(r" *(?:- +)?(?P<name>[A-Za-z][\w-]*)(?P<rest> +\S.*)?")
NO_SPACE = re.compile(r" *(?:- +)?(?P<name>[A-Za-z][\w-]*):(?P<rest>[^\s:].*)")
NO_DASH = re.compile(r" *-(?P<rest>[^\s-].*)")
SECOND_COLON = re.compile(r" *(?:- +)?(?P<name>[A-Za-z][\w-]*): +[^\"'\[{].*: ?.*")
WITHIN = re.compile(r"[{,] *[\w-]+: *(?P<text>[^\"',{}]*: [^,{}]*)")
CLOSED = re.compile(r"found '([\]}])'")
SIGNS = re.compile(r"found character '(.)' that cannot start")


class YamlFault(NamedTuple):
    """What is said of a text, and where; lines and characters count from 1."""

    line: int
    column: int
    said: Readable


@dataclass(frozen=True)
class Text:
    """A text that is no YAML: its lines, what the parser says of it, and what it was reading from where."""

    lines: list[str]
    problem: str
    context: str
    begin: StringMark | None
    line: int
    column: int

    def here(self, name: str, /, **parts: object) -> YamlFault:
        """A message at the place that the parser names."""
        return YamlFault(self.line, self.column, in_words(name, **parts))

    def written(self, line: int) -> str:
        """A line of it; nothing behind its end."""
        return self.lines[line - 1] if 0 < line <= len(self.lines) else ""


def fault(text: str, name: str, error: MarkedYAMLError) -> list[Problem]:
    """The problems that a text has, where it is not YAML; signs that only look like YAML's are all found at once."""
    mark, lines = error.problem_mark or error.context_mark, text.splitlines()
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 0)
    slips = [(number, slip) for number, slip in signs.of_structure(text) if number <= line]
    if slips:
        return [Problem.of(name, number, slip.said, column=slip.at + 1) for number, slip in slips]
    broken = Text(lines, str(error.problem or ""), str(error.context or ""), error.context_mark, line, column)
    first = next(filter(None, (find(broken) for find in FINDERS)), broken.here("not_yaml"))
    return [Problem.of(name, first.line, first.said, column=first.column)]


def _tab(text: Text) -> YamlFault | None:
    return text.here("tab") if "\\t" in text.problem else None


def _quote(text: Text) -> YamlFault | None:
    if text.begin is None or "quoted scalar" not in text.context:
        return None
    line, column = text.begin.line + 1, text.begin.column + 1
    return YamlFault(line, column, in_words("open_quote", mark=text.written(line)[column - 1 : column]))


def _sign(text: Text) -> YamlFault | None:
    """A sign with which no value begins, or a bracket that closes nothing."""
    if match := SIGNS.search(text.problem):
        return text.here("quoted_sign", mark=match[1])
    match = CLOSED.search(text.problem)
    return text.here("extra_bracket", mark=match[1]) if match else None


def _bracket(text: Text) -> YamlFault | None:
    """A bracket that is not closed, or a colon in a text between braces."""
    if text.begin is None or "flow" not in text.context:
        return None
    line, column = text.begin.line + 1, text.begin.column + 1
    written = text.written(line)
    if text.line == line and (match := WITHIN.search(written)):
        return YamlFault(line, match.start("text") + 1, in_words("colon_within", text=match["text"].strip()))
    if written[column - 1 : column] not in ENDS:
        line, column = _last_open(text.lines) or (line, column)
    mark = text.written(line)[column - 1 : column]
    return YamlFault(line, column, in_words("open_bracket", mark=mark, end=ENDS[mark])) if mark in ENDS else None


def _last_open(lines: list[str]) -> tuple[int, int] | None:
    """Where the last bracket is opened that is not closed."""
    brackets: list[tuple[int, int, str]] = []
    for line, written in enumerate(lines, 1):
        for column, mark in enumerate(written, 1):
            if mark in ENDS:
                brackets.append((line, column, mark))
            elif brackets and mark == ENDS[brackets[-1][2]]:
                brackets.pop()
    return brackets[-1][:2] if brackets else None


def _name(text: Text) -> YamlFault | None:
    """A line that YAML took for a name, and that has no colon."""
    return _unfinished(text, text.begin.line + 1) if text.begin and "simple key" in text.context else None


def _colon(text: Text) -> YamlFault | None:
    """A colon where none can be: a second one, or the line above has none."""
    if "mapping values" not in text.problem:
        return None
    if match := SECOND_COLON.fullmatch(text.written(text.line)):
        return text.here("colons", name=match["name"])
    above = next((number for number in range(text.line - 1, 0, -1) if _says(text.written(number))), 0)
    return _unfinished(text, above)


def _unfinished(text: Text, line: int) -> YamlFault | None:
    written = text.written(line)
    column = _spaces(written) + 1
    if match := NO_SPACE.fullmatch(written):
        return YamlFault(line, match.start("rest") + 1, in_words("no_space", name=match["name"], rest=match["rest"]))
    if match := NO_DASH.fullmatch(written):
        return YamlFault(line, column, in_words("no_dash", rest=match["rest"]))
    if match := NO_COLON.fullmatch(written):
        return YamlFault(line, column, in_words("no_colon", text=written.strip(), name=match["name"]))
    return None


def _indented(text: Text) -> YamlFault | None:
    """A line that begins under none of the lines that it can belong to."""
    written = text.written(text.line)
    spaces, levels = _spaces(written), _levels(text.lines[: text.line - 1])
    if not written.strip() or not levels or spaces in levels:
        return None
    named = in_a_row(str(level) for level in sorted(levels))
    return YamlFault(text.line, spaces + 1, in_words("indented", spaces=spaces, levels=named))


FINDERS = (_tab, _quote, _bracket, _sign, _name, _colon, _indented)


def _levels(above: list[str]) -> set[int]:
    """By how many spaces the blocks are indented that are open where some lines end."""
    levels: list[int] = []
    for written in filter(_says, above):
        spaces = _spaces(written)
        levels = [*(level for level in levels if level < spaces), spaces]
    return set(levels)


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.strip().startswith("#")


def _spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
