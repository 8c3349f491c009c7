"""Mapping files, read from YAML; what cannot be used is named with its place and what was expected there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from standing.backfill.mapping.errors import BadMapping, BadWord
from standing.backfill.mapping.mapping import Mapping
from standing.events.expectations import EXPECTATIONS
from standing.values.errors import failure_of
from standing.values.messages import Message, Messages, Readable, message

ASKED = Messages(
    "mapping",
    {
        "missing": "a value: it is required",
        "extra_forbidden": "nothing: a mapping has no such word",
        "model_type": "a mapping: `source`, `type` and `fields` (docs/backfill.md)",
        "too_short": "a list of at least {min_length}",
        "list_type": "a list",
        "tuple_type": "a list",
        "int_parsing": "a whole number",
        "int_from_float": "a whole number",
        "bool_parsing": "true or false",
        "decimal_parsing": "a number",
        "decimal_type": "a number",
    },
)


def read_mapping(path: Path) -> Mapping:
    """The mapping in a YAML file, with its rates. Raises BadMapping, and Unreadable for a table of rates."""
    written = _yaml(path)
    try:
        mapping = Mapping.model_validate(written)
    except ValidationError as error:
        place, expected = _first(error, written)
        raise BadMapping("{path}: {place}: expected {expected}", path=path, place=place, expected=expected) from None
    if mapping.rates:
        mapping.rates.read(path.parent)
    return mapping


def _yaml(path: Path) -> Any:  # noqa: ANN401 -- whatever YAML can say
    try:
        return YAML(typ="safe").load(path)
    except OSError as error:
        raise BadMapping("{path}: {why}", path=path, why=failure_of(error)) from None
    except MarkedYAMLError as error:
        raise BadMapping("{path}: is not YAML: {why}", path=path, why=_unmarked(error)) from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise BadMapping("{path}: is not YAML: {why}", path=path, why=failure_of(error)) from None


def _unmarked(error: MarkedYAMLError) -> Message:
    """Where a text stops to be YAML, and what its parser says of it."""
    mark, said = error.problem_mark or error.context_mark, error.problem or error.context or ""
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return message("line {line}, character {column}: “{said}”", line=line, column=column, said=said)


def _first(error: ValidationError, written: Any) -> tuple[Readable | str, Readable]:  # noqa: ANN401 -- as above
    """What is wrong first: its place, and what was expected there.

    Of a field that may be several things, what it seems to be meant as.
    """
    every = error.errors(include_url=False, include_input=False)
    first = next((one for one in every if any("FieldSource" in str(part) for part in one["loc"])), every[0])
    parts = [str(part) for part in first["loc"] if "FieldSource" not in str(part) and part != "str"]
    is_of_one_kind = isinstance(written, dict) and "events" not in written
    place = ".".join(parts[2:] if is_of_one_kind and parts[:1] == ["events"] else parts)
    return place or message("the file"), _expected(first)


def _expected(error: ErrorDetails) -> Readable:
    """What was expected; of what is no matter of mappings alone, in the words that events have for it."""
    context = error.get("ctx", {})
    if isinstance(ours := context.get("error"), BadWord):
        return ours
    kind = error["type"]
    texts = ASKED if kind in ASKED else EXPECTATIONS
    return texts(kind if kind in texts else "other", said=error["msg"], **context)
