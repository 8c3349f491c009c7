"""Reading rule files: YAML into models, with the line of everything kept for the errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from standing.rulebook.problems import Problem, RulesError

type Place = tuple[str | int, ...]

LARGEST = 1_000_000
PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "is not a word that belongs here",
    "list_type": "should be a list, one item a line, each beginning with a dash",
    "dict_type": "should be a block of `name: value` lines",
    "model_type": "should be a block of `name: value` lines",
    "string_type": "should be a text",
}


@dataclass(frozen=True)
class Source:
    """A rule file's content as plain data, and the line of each place in it."""

    file: str
    data: Any
    lines: dict[Place, int]

    def problem(self, place: Place, message: str) -> Problem:
        """A problem at the nearest place that has a line."""
        known = next(place[:end] for end in range(len(place), -1, -1) if place[:end] in self.lines)
        return Problem(self.file, self.lines[known], message)


def read(path: Path, name: str) -> Source:
    """A YAML file as a Source called `name`. Raises RulesError where it is not YAML."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise RulesError([Problem(name, 1, "is not UTF-8 text: save the file as UTF-8")]) from None
    except FileNotFoundError:
        raise RulesError([Problem(name, 1, "is missing: every programme has this file")]) from None
    if len(text) > LARGEST:
        raise RulesError([Problem(name, 1, f"is over {LARGEST:,} characters: split it")])
    return parse(text, name)


def parse(text: str, name: str) -> Source:
    """YAML text as a Source called `name`. Raises RulesError where it is not YAML."""
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RulesError([Problem(name, line, _yaml_message(error))]) from None
    except (YAMLError, ValueError) as error:
        raise RulesError([Problem(name, 1, f"is not YAML: {error}")]) from None
    if _aliased(tree, set()):
        raise RulesError([Problem(name, 1, "uses a YAML anchor (&, *): write the lines out where they are needed")])
    return Source(name, _plain(tree), dict(_lines(tree, (), 1)))


def validate[T](source: Source, shape: TypeAdapter[T]) -> T:
    """The source as a model. Raises RulesError with every place that does not fit."""
    try:
        return shape.validate_python(source.data)
    except ValidationError as error:
        raise RulesError([_fitting_problem(source, details) for details in error.errors(include_url=False)]) from None


def _yaml_message(error: MarkedYAMLError) -> str:
    problem = str(error.problem or error.context or "is not YAML").splitlines()[0]
    if "\\t" in problem:
        return "has a tab: indent with spaces"
    if "duplicate key" in problem:
        return problem.removesuffix(" with value") + ": each name may stand once"
    return f"is not YAML: {problem}"


def _fitting_problem(source: Source, details: Any) -> Problem:  # noqa: ANN401 -- pydantic's error details
    place = tuple(part for part in details["loc"] if not str(part).startswith(("function-", "tagged-")))
    said = PLAIN.get(details["type"]) or details["msg"].removeprefix("Value error, ")
    word = ".".join(str(part) for part in place) or "the file"
    return source.problem(place, f"`{word}` {said}" if details["type"] in PLAIN else f"`{word}`: {said}")


def _plain(tree: Any) -> Any:  # noqa: ANN401 -- any YAML
    if isinstance(tree, CommentedMap):
        return {str(key): _plain(value) for key, value in tree.items()}
    if isinstance(tree, CommentedSeq):
        return [_plain(value) for value in tree]
    return str(tree) if isinstance(tree, str) else tree


def _lines(tree: Any, place: Place, line: int) -> Iterator[tuple[Place, int]]:  # noqa: ANN401 -- any YAML
    yield place, line
    if isinstance(tree, CommentedMap):
        for key, value in tree.items():
            yield from _lines(value, (*place, str(key)), tree.lc.key(key)[0] + 1)
    elif isinstance(tree, CommentedSeq):
        for number, value in enumerate(tree):
            yield from _lines(value, (*place, number), tree.lc.item(number)[0] + 1)


def _aliased(tree: Any, seen: set[int]) -> bool:  # noqa: ANN401 -- any YAML
    if not isinstance(tree, CommentedMap | CommentedSeq):
        return False
    if id(tree) in seen:
        return True
    seen.add(id(tree))
    return any(_aliased(part, seen) for part in (tree.values() if isinstance(tree, CommentedMap) else tree))
