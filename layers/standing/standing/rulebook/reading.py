"""Reading rule files: YAML into models, with the line of everything kept for the errors."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, DocumentStartEvent, Event
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import ReaderError

from standing.rulebook.problems import Problem, RulesError

type Place = tuple[str | int, ...]

LARGEST = 1_000_000
DEEPEST = 20
PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "is not a word that belongs here",
    "list_type": "should be a list, one item a line, each beginning with a dash",
    "dict_type": "should be a block of `name: value` lines",
    "model_type": "should be a block of `name: value` lines",
    "string_type": "should be a text",
    "literal_error": "should be {expected}",
    "bool_type": "should be true or false",
    "too_short": "has too few: at least {min_length}",
    "too_long": "has too many: at most {max_length}",
}


@dataclass(frozen=True)
class Source:
    """A rule file's content as plain data, and the line of each place in it."""

    file: str
    data: Any
    lines: dict[Place, int]

    def problem(self, place: Place, message: str, check: str = "") -> Problem:
        """A problem at the nearest place that has a line."""
        return Problem(self.file, self.line(place), message, check)

    def line(self, place: Place) -> int:
        """The line of the nearest place that has one."""
        return next(self.lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in self.lines)


def read(path: Path, name: str) -> Source:
    """A YAML file as a Source called `name`. Raises RulesError where it is not YAML."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise RulesError([Problem(name, 1, "is not UTF-8 text: save the file as UTF-8")]) from None
    except FileNotFoundError:
        raise RulesError([Problem(name, 1, "is missing: every programme has this file")]) from None
    except OSError as error:
        raise RulesError([Problem(name, 1, f"cannot be read: {error.strerror}")]) from None
    if len(text) > LARGEST:
        raise RulesError([Problem(name, 1, f"is over {LARGEST:,} characters: split it")])
    return parse(text, name)


class PlainParser(Parser):
    """Refuses what rules have no use for: anchors, aliases, tags, several documents, and nesting without end."""

    def __init__(self, name: str, loader: YAML) -> None:
        super().__init__(loader)
        self.name, self.depth, self.documents = name, 0, 0

    def get_event(self) -> Event:
        """The next event of the file. Raises RulesError at what is refused."""
        event: Event = super().get_event()
        if getattr(event, "anchor", None):
            self._refuse(event, "has a YAML anchor (& or *): write the lines out where needed")
        if getattr(event, "tag", None):
            self._refuse(event, "has a YAML tag (!): write the plain value")
        self.documents += isinstance(event, DocumentStartEvent)
        self.depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if self.depth > DEEPEST:
            self._refuse(event, "is nested too deep")
        if self.documents > 1:
            self._refuse(event, "begins a second document (---): one a file")
        return event

    def _refuse(self, event: Event, said: str) -> NoReturn:
        raise RulesError([Problem(self.name, event.start_mark.line + 1, said)])


def parse(text: str, name: str) -> Source:
    """YAML text as a Source called `name`. Raises RulesError where it is not YAML, or more of YAML than rules use."""
    try:
        yaml = YAML(typ="safe", pure=True)
        yaml.Parser = partial(PlainParser, name)
        root = yaml.compose(text)
    except ReaderError as error:
        line = text[: int(error.position)].count("\n") + 1
        raise RulesError([Problem(name, line, "has a control character: remove it")]) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise RulesError([Problem(name, mark.line + 1 if mark else 1, _yaml_message(error))]) from None
    if root is None:
        raise RulesError([Problem(name, 1, "is empty")])
    lines: dict[Place, int] = {(): 1}
    return Source(name, _read_node(root, (), lines, name), lines)


def validate[T](source: Source, shape: TypeAdapter[T]) -> T:
    """The source as a model. Raises RulesError with every place that does not fit."""
    try:
        return shape.validate_python(source.data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise RulesError([_fitting_problem(source, details, shape) for details in found]) from None


def _yaml_message(error: MarkedYAMLError) -> str:
    problem = str(error.problem or error.context or "is not YAML").splitlines()[0]
    if "\\t" in problem:
        return "has a tab: indent with spaces"
    return f"is not YAML: {problem}"


def _fitting_problem(source: Source, details: Any, shape: TypeAdapter[Any]) -> Problem:  # noqa: ANN401 -- pydantic's
    place = tuple(part for part in details["loc"] if not str(part).startswith(("function-", "tagged-")))
    word = ".".join(str(part) for part in place) or "the file"
    plain = PLAIN.get(details["type"])
    if plain:
        meant = _meant(str(place[-1]), shape) if details["type"] == "extra_forbidden" else ""
        return source.problem(place, f"`{word}` {plain.format(**details.get('ctx', {}))}{meant}")
    return source.problem(place, f"`{word}`: {details['msg'].removeprefix('Value error, ')}")


def _meant(word: str, shape: TypeAdapter[Any]) -> str:
    """The word of such a file that was probably meant by one that is not."""
    schema = shape.json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    close = get_close_matches(word, sorted({name for part in parts for name in part.get("properties", {})}), n=1)
    return f": did you mean `{close[0]}`?" if close else ""


def _read_node(node: Node, place: Place, lines: dict[Place, int], name: str) -> Any:  # noqa: ANN401 -- any YAML
    """A node as plain data: blocks, lists, texts, and true or false. Numbers and dates stay as they were written."""
    if isinstance(node, MappingNode):
        return _read_block(node, place, lines, name)
    if isinstance(node, SequenceNode):
        for number, item in enumerate(node.value):
            lines[(*place, number)] = item.start_mark.line + 1
        return [_read_node(item, (*place, number), lines, name) for number, item in enumerate(node.value)]
    plain = {"bool": node.value.lower() == "true", "null": None}
    return plain.get(str(node.tag).rpartition(":")[2], text_of(node))


def text_of(node: Node) -> str:
    """The text of a value, without the marks that ruamel leaves where a folded one (`>`) was folded."""
    return str(node.value).replace("\a", "") if getattr(node, "style", None) == ">" else str(node.value)


def _read_block(node: MappingNode, place: Place, lines: dict[Place, int], name: str) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode):
            raise RulesError([Problem(name, line, "has a block where a name belongs")])
        if key.value in block:
            first = lines[(*place, key.value)]
            raise RulesError([Problem(name, line, f"`{key.value}` is there already, on line {first}")])
        lines[(*place, key.value)] = line
        block[key.value] = _read_node(value, (*place, key.value), lines, name)
    return block
