"""JSON Schemas of rule files, made from the models, so that an editor checks and explains them while people type."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from standing.events import EventDetail
from standing.rules.author.features import measurable
from standing.rules.author.files import KINDS, Kind
from standing.rules.author.scenario.sources import FAMILIES
from standing.rules.kinds import MEASURING, KindName

SCHEMAS = Path("docs") / "schemas" / "rules"  # in a programme's folder
TITLE = {"en": "In English.", "zh": "In Chinese."}


class Generator(GenerateJsonSchema):
    """As YAML is read here: a text may look like a number, and a word that is left out is not written as null."""

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """A text, also one that an editor takes for a number."""
        return super().str_schema(schema) | {"type": ["string", "number"]}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """What it is where it is there."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Without the default, which is in our units and not as people write it."""
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 -- as pydantic has it
        """The name itself says it."""
        return False


def rule_schemas() -> dict[str, str]:
    """The schema of each kind of rule file, as text, by its file's name."""
    return {kind.schema: json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n" for kind in KINDS}


def schema_of(kind: Kind) -> dict[str, Any]:
    """The schema of a kind of rule file."""
    made = kind.shape.json_schema(schema_generator=Generator)
    for name, part in (made.get("$defs", {}) | {"": made}).items():
        part["title"] = name.removesuffix("Source") or kind.title
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_completed(made)}


def write_schemas(folder: Path) -> None:
    """Write every schema into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in rule_schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


def _completed(made: dict[str, Any]) -> dict[str, Any]:
    """With what the models leave to others: the words that features may measure, and the two languages."""
    parts = made.get("$defs", {})
    for name, about in TITLE.items():
        parts["Title"]["properties"][name]["description"] = about
    for kind in MEASURING if "FeatureSource" in parts else ():
        field = parts["FeatureSource"]["properties"][kind]
        parts["FeatureSource"]["properties"][kind] = {"description": field["description"], **_choices(kind)}
    for family, model in FAMILIES.items() if "StepSource" in parts else ():
        field = parts["StepSource"]["properties"][family]
        parts["StepSource"]["properties"][family] = field | _fields(model, family)
    return made


def _fields(model: type[EventDetail], family: str) -> dict[str, Any]:
    """An event's fields as a story may name them; of `care`, which may also be a list, where it is a block."""
    properties = model.model_json_schema()["properties"]
    fields = {name: _field(about) for name, about in properties.items() if name != "customer"}
    types = {} if family == "care" else {"type": "object"}
    return {**types, "properties": fields, "additionalProperties": False}


def _field(about: dict[str, Any]) -> dict[str, Any]:
    words = next((one["enum"] for one in (about, *about.get("anyOf", ())) if "enum" in one), None)
    schema = {"description": about["description"]} if "description" in about else {}
    return schema | ({"enum": words} if words else {})


def _choices(kind: KindName) -> dict[str, Any]:
    words = measurable(kind)
    exact = {"enum": [word for word in words if "*" not in word]}
    patterns = [{"pattern": f"^{re.escape(word[:-1])}.+$", "type": "string"} for word in words if word.endswith("*")]
    return {"anyOf": [*([exact] if exact["enum"] else []), *patterns]} if patterns else exact
