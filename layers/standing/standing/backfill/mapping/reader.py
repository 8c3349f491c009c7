"""Mapping files, read from YAML; what cannot be used is named with its place and what was expected there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from standing.backfill.mapping.errors import BadMapping
from standing.backfill.mapping.mapping import Mapping

ASKED = {
    "missing": "a value: it is required",
    "extra_forbidden": "nothing: a mapping has no such word",
    "model_type": "a mapping: `source`, `type` and `fields` (docs/backfill.md)",
}
OURS = ("Value error, ", "Input should be ", "String should have ")


def read_mapping(path: Path) -> Mapping:
    """The mapping in a YAML file, with its rates. Raises BadMapping, and Unreadable for a table of rates."""
    found = _yaml(path)
    try:
        mapping = Mapping.model_validate(found)
    except ValidationError as error:
        raise BadMapping(f"{path}: {_first(error, found)}") from None
    if mapping.rates:
        mapping.rates.read(path.parent)
    return mapping


def _yaml(path: Path) -> Any:  # noqa: ANN401 -- whatever YAML can say
    try:
        return YAML(typ="safe").load(path)
    except OSError as error:
        raise BadMapping(f"{path}: {error.strerror}") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise BadMapping(f"{path}: is not YAML: {str(error).splitlines()[0]}") from None


def _first(error: ValidationError, found: Any) -> str:  # noqa: ANN401 -- as above
    """What is wrong first; of a field that may be several things, what it seems to be meant as."""
    every = error.errors(include_url=False, include_input=False)
    first = next((one for one in every if any("FieldSource" in str(part) for part in one["loc"])), every[0])
    parts = [str(part) for part in first["loc"] if "FieldSource" not in str(part) and part != "str"]
    is_of_one_kind = isinstance(found, dict) and "events" not in found
    place = ".".join(parts[2:] if is_of_one_kind and parts[:1] == ["events"] else parts)
    said = ASKED.get(first["type"]) or first["msg"]
    for prefix in OURS:
        said = said.removeprefix(prefix)
    return f"{place or 'the file'}: expected {said}"
