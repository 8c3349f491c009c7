"""Reads a plain CloudFormation template: its resources and what a value points to. Knows no check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

type Template = dict[str, Any]
type Properties = dict[str, Any]

QUEUE = "AWS::SQS::Queue"
BUCKET = "AWS::S3::Bucket"
FUNCTION = "AWS::Lambda::Function"
ROLE = "AWS::IAM::Role"
LOG_GROUP = "AWS::Logs::LogGroup"
NO_VALUE = {"Ref": "AWS::NoValue"}


def of_type(template: Template, *types: str) -> dict[str, Properties]:
    """Logical id to properties, for each resource of these types."""
    resources = template["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in resources if resource["Type"] in types}


def at(value: Any, *path: str) -> Any:
    """What is at the end of the path; None where a part of it is missing or is no mapping."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def as_given(template: Template, **conditions: bool) -> Template:
    """The template as it is deployed: numbers by their parameters' defaults, and what hangs on these conditions."""
    found: Template = _given(template, _numbers(template), conditions)
    return found


def _numbers(template: Template) -> dict[str, Any]:
    parameters = template.get("Parameters", {}).items()
    return {name: one["Default"] for name, one in parameters if one["Type"] == "Number" and "Default" in one}


def _given(value: Any, numbers: dict[str, Any], conditions: dict[str, bool]) -> Any:
    match value:
        case {"Ref": str(name)} if name in numbers:
            return numbers[name]
        case {"Fn::If": [str(name), yes, no]} if name in conditions:
            return _given(yes if conditions[name] else no, numbers, conditions)
        case dict():
            parts = ((key, _given(part, numbers, conditions)) for key, part in value.items())
            return {key: part for key, part in parts if part != NO_VALUE}
        case list():
            return [one for part in value if (one := _given(part, numbers, conditions)) != NO_VALUE]
    return value


def listed(value: Any) -> list[Any]:
    """A list, also of what may be written without one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """The string a value makes, with every reference written as `Fn::Sub` writes it: `${Queue.Arn}`."""
    match value:
        case str(plain) | int(plain) | {"Fn::Sub": str(plain)}:
            return str(plain)
        case {"Ref": str(name)} | {"Fn::GetAtt": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Sub": [str(pattern), dict(names)]}:
            return re.sub(r"\$\{(\w+)\}", lambda m: text(names[m[1]]) if m[1] in names else m[0], pattern)
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(text(part) for part in parts)
    return "${?}"


def pointed_at(value: Any, attribute: str = "") -> str:
    """The logical id in `${Name}` or `${Name.Attribute}`; empty for anything else."""
    suffix = re.escape(f".{attribute}") if attribute else ""
    found = re.fullmatch(rf"\$\{{(\w+){suffix}\}}", text(value))
    return found[1] if found else ""


def arn_of(template: Template, value: Any, *types: str, attribute: str = "Arn") -> str:
    """The logical id whose ARN this is; empty where it is not one of these types in this template."""
    name = pointed_at(value, attribute)
    return name if name in of_type(template, *types) else ""


def function_of(template: Template, value: Any) -> str:
    """The logical id of the function that a name, an ARN, an alias or a version leads to; empty if none does."""
    name = pointed_at(value) or pointed_at(value, "Arn")
    if name in of_type(template, FUNCTION):
        return name
    behind = of_type(template, "AWS::Lambda::Alias", "AWS::Lambda::Version").get(name)
    return function_of(template, behind.get("FunctionName")) if behind else ""


def number(value: Any) -> int | None:
    """A whole number, also one written as a string; None for anything that is not known here."""
    return int(value) if re.fullmatch(r"-?\d+", str(value)) else None


def at_least(value: Any, least: int) -> bool:
    """Whether this is a number, and no less."""
    found = number(value)
    return found is not None and found >= least


def true(value: Any) -> bool:
    """Whether CloudFormation takes this for true."""
    return value in (True, "true")


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping inside a value, itself included."""
    if isinstance(value, dict):
        yield value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        yield from walk(part)
