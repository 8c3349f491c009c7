"""Reads rule files: YAML into models, with the line of everything for error messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, DocumentStartEvent, Event
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import ReaderError

from standing.rules.author.messages import RuleTextError, in_words
from standing.rules.author.problems import Problem, RulesError
from standing.rules.author.signs import foreign, plain
from standing.rules.author.yaml_faults import fault
from standing.values.errors import failure_of
from standing.values.messages import Readable, in_a_row, listed

type Place = tuple[str | int, ...]

LARGEST = 1_000_000
DEEPEST = 20
KEY = "[key]"
OF_SIGNS = {"value_error", "literal_error", "extra_forbidden"}
GROUPS = {("all",), ("any",), ("none",)}
UNFINISHED = re.compile(r"(all|any|none) - ")  # a group without its colon, and the lines below it
UNSPACED = re.compile(r"-([a-z].*)")  # a dash without its space
INNER = ("function-", "tagged-", KEY)  # what pydantic adds to a place that is nowhere in the file
PLAIN = {
    "missing": "missing",
    "list_type": "list",
    "dict_type": "block",
    "model_type": "block",
    "model_attributes_type": "block",
    "string_type": "text",
    "literal_error": "choice",
    "bool_type": "bool",
    "string_too_short": "empty",
    "string_pattern_mismatch": "empty",
    "string_too_long": "too_long_text",
    "too_short": "too_few",
    "too_long": "too_many",
}
LIMITS = {"min_length": "least", "max_length": "most", "expected": "expected"}


class Mark(NamedTuple):
    """Where a name or an item begins, and its value where that is one text; lines and characters count from 1."""

    line: int
    column: int
    value_line: int = 0
    value_column: int = 0


@dataclass(frozen=True)
class Source:
    """A rule file's content as plain data, and the line of each place in it."""

    file: str
    data: Any
    marks: dict[Place, Mark]

    def problem(self, place: Place, text: Readable, check: str = "", at: int | None = 0) -> Problem:
        """A problem at the nearest place that is marked: at a sign of its value, or, without one, at its name."""
        mark = self._mark(place)
        within = at is not None and place in self.marks and mark.value_line == mark.line
        column = mark.value_column + (at or 0) if within else mark.column
        return Problem.of(self.file, mark.line, text, check, column)

    def line(self, place: Place) -> int:
        """The line of the nearest place that has one."""
        return self._mark(place).line

    def _mark(self, place: Place) -> Mark:
        return next(self.marks[place[:end]] for end in range(len(place), -1, -1) if place[:end] in self.marks)


def read(path: Path, name: str) -> Source:
    """Read a YAML file as a Source called `name`. Raises RulesError if it is not YAML."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise _whole(name, in_words("not_utf8")) from None
    except FileNotFoundError:
        raise _whole(name, in_words("no_file")) from None
    except OSError as error:
        raise _whole(name, in_words("unreadable", why=failure_of(error))) from None
    if len(text) > LARGEST:
        raise _whole(name, in_words("too_long", most=f"{LARGEST:,}"))
    return parse(text, name)


def _whole(name: str, text: Readable) -> RulesError:
    return RulesError([Problem.of(name, 1, text)])


class PlainParser(Parser):
    """Refuses what rules have no use for: anchors, aliases, tags, several documents, and nesting without end."""

    def __init__(self, name: str, loader: YAML) -> None:
        super().__init__(loader)
        self.name, self.depth, self.documents = name, 0, 0

    def get_event(self) -> Event:
        """The next YAML event of the file. Raises RulesError for a refused one."""
        event: Event = super().get_event()
        if getattr(event, "anchor", None):
            self._refuse(event, "anchor")
        if getattr(event, "tag", None):
            self._refuse(event, "tag")
        self.documents += isinstance(event, DocumentStartEvent)
        self.depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if self.depth > DEEPEST:
            self._refuse(event, "too_deep")
        if self.documents > 1:
            self._refuse(event, "documents")
        return event

    def _refuse(self, event: Event, code: str) -> NoReturn:
        mark = event.start_mark
        raise RulesError([Problem.of(self.name, mark.line + 1, in_words(code), column=mark.column + 1)])


def parse(text: str, name: str) -> Source:
    """YAML text as a Source called `name`. Raises RulesError where it is not YAML, or more of YAML than rules use."""
    text = text.removeprefix("\ufeff")
    try:
        yaml = YAML(typ="safe", pure=True)
        yaml.Parser = partial(PlainParser, name)
        root = yaml.compose(text)
    except ReaderError as error:
        before = text[: int(error.position)]
        column = len(before) - before.rfind("\n")
        raise RulesError([Problem.of(name, before.count("\n") + 1, in_words("control"), column=column)]) from None
    except MarkedYAMLError as error:
        raise RulesError(fault(text, name, error)) from None
    if root is None:
        raise _whole(name, in_words("empty_file"))
    marks: dict[Place, Mark] = {(): Mark(1, 1)}
    return Source(name, _read_node(root, (), marks, name), marks)


def validate[T](source: Source, shape: TypeAdapter[T]) -> T:
    """Validate the source as a model. Raises RulesError with every place that does not fit."""
    try:
        return shape.validate_python(source.data)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        own = [one for one in errors if not _follows(one, errors)]
        raise RulesError(list(dict.fromkeys(_fitting_problem(source, one, shape) for one in own))) from None


def _follows(details: Any, errors: list[Any]) -> bool:  # noqa: ANN401 -- pydantic's
    """Whether a fault is caused by another one, which has a better message."""
    place = _place_of(details)
    beside = [one for one in errors if _place_of(one)[:-1] == place[:-1] and one is not details]
    if details["type"] == "missing":
        return any(_stands_for(str(_place_of(one)[-1]), str(place[-1])) for one in beside if _is_extra(one))
    return place[-1:] in GROUPS and any(_is_empty_block(one) for one in beside)


def _stands_for(word: str, missing: str) -> bool:
    """Whether a word that does not belong there was probably meant to be the one that is missing."""
    return plain(word).partition(":")[0].strip() == missing or bool(get_close_matches(word, [missing], n=1))


def _is_extra(details: Any) -> bool:  # noqa: ANN401 -- as above
    return bool(details["type"] == "extra_forbidden")


def _place_of(details: Any) -> Place:  # noqa: ANN401 -- pydantic's
    return tuple(part for part in details["loc"] if not str(part).startswith(INNER))


def _is_empty_block(details: Any) -> bool:  # noqa: ANN401 -- as above
    """Whether nothing stands below a name that needs a block: what follows was perhaps meant for it."""
    return PLAIN.get(details["type"]) == "block" and details["input"] is None


def _fitting_problem(source: Source, details: Any, shape: TypeAdapter[Any]) -> Problem:  # noqa: ANN401 -- pydantic's
    place = _place_of(details)
    is_name = details["loc"][-1:] == (KEY,) or details["type"] == "extra_forbidden"
    value = str(place[-1]) if is_name else _value_at(source.data, place)
    slip = foreign(value) if isinstance(value, str) and details["type"] in OF_SIGNS else None
    if slip:  # that it has a sign which only looks like one of ours says it all
        return source.problem(place, slip.said, at=None if is_name else slip.at)
    text, at = _unfitting(place, details, shape)
    return source.problem(place, text, at=None if is_name else at)


def _unfitting(place: Place, details: Any, shape: TypeAdapter[Any]) -> tuple[Readable, int]:  # noqa: ANN401 -- as above
    """What is said of a value that does not fit, and at which of its signs."""
    word = ".".join(str(part) for part in place) or in_words("whole_file")
    context = details.get("ctx", {})
    if isinstance(error := context.get("error"), RuleTextError):
        return in_words("said_of", word=word, said=error.said), error.at
    if details["type"] == "extra_forbidden":
        return in_words("no_word", word=word, meant=_meant(place, shape)), 0
    name = PLAIN.get(details["type"], "does_not_fit")
    if name == "block" and place[-1:] == ("title",):
        name = "title_block"
    elif _is_empty_block(details) and place:
        return in_words("nothing_below", word=word, name=place[-1]), 0
    elif slip := _slip(str(details["input"])) if name in {"block", "list"} else None:
        return slip, 0
    limits = {LIMITS[limit]: _in_both(value) for limit, value in context.items() if limit in LIMITS}
    return in_words(name, word=word, **limits), 0


def _slip(written: str) -> Readable | None:
    """What a text lacks that stands where a block or a list belongs."""
    if match := UNFINISHED.match(written):
        return in_words("no_colon", text=match[1], name=match[1])
    match = UNSPACED.match(written)
    return in_words("no_dash", rest=match[1]) if match else None


def _in_both(value: object) -> object:
    """What pydantic says of a choice: its words are joined in English."""
    return listed("or", re.split(", | or ", value)) if isinstance(value, str) else value


def _value_at(data: Any, place: Place) -> Any:  # noqa: ANN401 -- any YAML
    for step in place:
        if isinstance(data, dict):
            data = data.get(step)
        else:
            data = data[step] if isinstance(data, list) and isinstance(step, int) else None
    return data


def _meant(place: Place, shape: TypeAdapter[Any]) -> Readable:
    """The word of a block that was probably meant by one that does not belong there, or all that do."""
    words = sorted(_words(shape.json_schema(), place[:-1]))
    close = get_close_matches(str(place[-1]), words, n=1)
    if close or not words:
        return in_words("meant", close=close[0]) if close else in_words("there_are_words", names=in_words("nothing"))
    return in_words("there_are_words", names=in_a_row(words))


def _words(schema: Any, place: Place) -> set[str]:  # noqa: ANN401 -- any JSON Schema
    """The words allowed in a block of a file."""
    parts = schema.get("$defs", {})
    schemas = [schema]
    for step in place:
        schemas = [_below(one, step) for part in schemas for one in _resolved(part, parts)]
    return {name for part in schemas for one in _resolved(part, parts) for name in one.get("properties", {})}


def _below(schema: Any, step: str | int) -> Any:  # noqa: ANN401 -- as above
    if isinstance(step, int):
        return schema.get("items", {})
    named = schema.get("properties", {}).get(step)
    others = schema.get("additionalProperties")
    return named or (others if isinstance(others, dict) else {})


def _resolved(schema: Any, parts: Any) -> list[Any]:  # noqa: ANN401 -- as above
    if "$ref" in schema:
        return _resolved(parts[schema["$ref"].rpartition("/")[2]], parts)
    choices = [*schema.get("anyOf", ()), *(one for one in schema.get("oneOf", ()) if one.keys() != {"required"})]
    return [one for choice in choices for one in _resolved(choice, parts)] or [schema]


def _read_node(node: Node, place: Place, marks: dict[Place, Mark], name: str) -> Any:  # noqa: ANN401 -- any YAML
    """A node as plain data: blocks, lists, texts, and true or false. Numbers and dates stay as they were written."""
    if isinstance(node, MappingNode):
        return _read_block(node, place, marks, name)
    if isinstance(node, SequenceNode):
        for number, item in enumerate(node.value):
            marks[(*place, number)] = _mark(item, item)
        return [_read_node(item, (*place, number), marks, name) for number, item in enumerate(node.value)]
    words = {"bool": node.value.lower() == "true", "null": None}
    return words.get(str(node.tag).rpartition(":")[2], text_of(node))


def _mark(name: Node, value: Node) -> Mark:
    """Where a name is written, and its value; of a value in quotes the first sign within them."""
    begin, own = name.start_mark, value.start_mark
    quoted = isinstance(value, ScalarNode) and value.style in {"'", '"'}
    return Mark(begin.line + 1, begin.column + 1, own.line + 1, own.column + 1 + quoted)


def text_of(node: Node) -> str:
    """The text of a value, without the marks that ruamel leaves where a folded one (`>`) was folded."""
    return str(node.value).replace("\a", "") if getattr(node, "style", None) == ">" else str(node.value)


def _read_block(node: MappingNode, place: Place, marks: dict[Place, Mark], name: str) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for key, value in node.value:
        mark = _mark(key, value)
        if not isinstance(key, ScalarNode):
            raise RulesError([Problem.of(name, mark.line, in_words("block_for_name"), column=mark.column)])
        if key.value in block:
            text = in_words("twice", name=key.value, first=str(marks[(*place, key.value)].line))
            raise RulesError([Problem.of(name, mark.line, text, column=mark.column)])
        marks[(*place, key.value)] = mark
        block[key.value] = _read_node(value, (*place, key.value), marks, name)
    return block
