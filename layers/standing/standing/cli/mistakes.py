"""What was typed wrong, in words of ours: typer says it in English alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from standing.values.catalogue import Language
from standing.values.messages import Joined, Message, Messages, listed
from standing.values.visible import visible

TYPED = Messages(
    "typed",
    {
        "no_option": "no such option: `{name}`",
        "no_command": "no such command: `{name}`",
        "alike": "{said}; did you mean {names}?",
        "no_value": "the option `{name}` needs a value",
        "value_too_much": "the option `{name}` takes no value",
        "argument_missing": "the argument `{name}` is missing",
        "option_missing": "the option `{name}` is missing",
        "choose": "{said}: write {names}",
        "command_missing": "a command is missing",
        "too_much": "more than is expected: `{words}`",
        "at": "`{name}`: {said}",
        "at_or_variable": "`{name}`, or the variable {variable}: {said}",
        "whole": "`{value}` is not a whole number",
        "least": "`{value}` is below {ge}",
        "most": "`{value}` is above {le}",
        "truth": "`{value}` is neither 1 nor 0",
        "day": "`{value}` is not a date such as 2026-03-01",
        "choice": "`{value}` is none of {names}",
        "other": "not understood: “{said}”",
    },
)
COMMAND = re.compile(r"No such command (?P<quote>['\"])(?P<name>.*?)(?P=quote)\.", re.DOTALL)
TOO_MUCH = re.compile(r"Got unexpected extra argument\(s\) \((?P<words>.*)\)", re.DOTALL)
OF_VALUES = {  # by pydantic's codes
    "int_parsing": "whole",
    "int_from_float": "whole",
    "bool_parsing": "truth",
    "greater_than_equal": "least",
    "less_than_equal": "most",
}


def reword(error: Any, language: Language) -> None:  # noqa: ANN401 -- typer hides click's types
    """Let a mistake say itself in a language, where it is shown."""
    if words := OF_KINDS.get(type(error).__name__):
        said = visible(words(error).in_language(language))
        error.message, error.format_message = said, lambda: said


def _no_option(error: Any) -> Message:  # noqa: ANN401
    return _alike(TYPED("no_option", name=error.option_name), sorted(error.possibilities or ()))


def _alike(said: Message, names: list[str]) -> Message:
    return TYPED("alike", said=said, names=_quoted(names)) if names else said


def _quoted(names: list[str]) -> Joined:
    return listed("or", [f"`{name}`" for name in names])


def _option_misused(error: Any) -> Message:  # noqa: ANN401
    needs = "requires" in error.message.removeprefix(f"Option {error.option_name!r}")
    return TYPED("no_value" if needs else "value_too_much", name=error.option_name)


def _missing(error: Any) -> Message:  # noqa: ANN401
    said, kind = TYPED(f"{error.param.param_type_name}_missing", name=_name(error.param)), error.param.type_descriptor
    return TYPED("choose", said=said, names=_quoted(list(kind.choices))) if kind.is_choice else said


def _name(param: Any) -> str:  # noqa: ANN401
    return "/".join(param.opts) if param.param_type_name == "option" else str(param.metavar or param.name)


def _bad_value(error: Any) -> Message:  # noqa: ANN401
    variable, said = getattr(error.param, "envvar", None), _of_value(error)
    if variable:
        return TYPED("at_or_variable", name=_name(error.param), variable=variable, said=said)
    return TYPED("at", name=_name(error.param), said=said)


def _of_value(error: Any) -> Message:  # noqa: ANN401
    if not hasattr(error.__cause__, "errors"):  # what pydantic refused
        return TYPED("other", said=error.message)
    wrong, kind = error.__cause__.errors(include_url=False)[0], error.param.type_descriptor
    value = wrong["input"]
    if kind.is_choice:
        return TYPED("choice", value=value, names=_quoted(list(kind.choices)))
    if kind.is_datetime:
        return TYPED("day", value=value)
    code = OF_VALUES.get(wrong["type"], "other")
    return TYPED(code, value=value, said=error.message, **wrong.get("ctx", {}))


def _other(error: Any) -> Message:  # noqa: ANN401
    if found := COMMAND.match(error.message):
        return _alike(TYPED("no_command", name=found["name"]), _commands_like(found["name"], error.ctx))
    if found := TOO_MUCH.match(error.message):
        return TYPED("too_much", words=found["words"])
    return TYPED("command_missing") if error.message == "Missing command." else TYPED("other", said=error.message)


def _commands_like(name: str, context: Any) -> list[str]:  # noqa: ANN401
    return get_close_matches(name, context.command.commands)


OF_KINDS: dict[str, Callable[[Any], Message]] = {  # by the names of typer's classes, which it does not export
    "NoSuchOption": _no_option,
    "BadOptionUsage": _option_misused,
    "MissingParameter": _missing,
    "BadParameter": _bad_value,
    "UsageError": _other,
}
