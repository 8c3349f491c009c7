"""Help and mistakes in the reader's language: what typer shows goes through the catalogue first.

English is what stands in the code, so nothing is done to the help where no other language is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import typer
from typer.core import TyperGroup

from standing.values.catalogue import LANGUAGES, Language, translated
from standing.values.messages import Messages

TYPER = Messages(  # what typer itself says, by the names of its constants
    "typer",
    {
        "ARGUMENTS_PANEL_TITLE": "Arguments",
        "OPTIONS_PANEL_TITLE": "Options",
        "COMMANDS_PANEL_TITLE": "Commands",
        "ERRORS_PANEL_TITLE": "Error",
        "DEFAULT_STRING": "[default: {}]",
        "ENVVAR_STRING": "[env var: {}]",
        "REQUIRED_LONG_STRING": "[required]",
        "RICH_HELP": "Try [blue]'{command_path} {help_option}'[/] for help.",
    },
)
USAGE = Messages("usage", {"prefix": "Usage: "})


class Commands(TyperGroup):
    """All the commands, with help and mistakes in the language that is asked for."""

    language: Language = "en"

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **more: Any) -> Any:  # noqa: ANN401 -- typer hides click's types
        """What was typed, taken apart; help is shown while that goes on."""
        self.language, others = asked_language(args)
        if self.language != "en":
            translate_help(self, self.language)
        with self._mistakes():
            return super().make_context(info_name, others if "--help" in args else args, parent, **more)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 -- typer hides click's types
        """Call the command that was typed, behind the options that stand before it."""
        with self._mistakes():
            return super().invoke(ctx)

    @contextmanager
    def _mistakes(self) -> Iterator[None]:
        """Have a mistake worded by us before it is shown, here or in `main`."""
        try:
            yield
        except typer.TyperException as error:
            from standing.cli.mistakes import reword

            reword(error, self.language)
            if self.language != "en":
                _speak_typer(self.language)
            raise


def asked_language(words: Sequence[str]) -> tuple[Language, list[str]]:
    """The language of a command line that nobody took apart yet, wherever it stands there, and the other words."""
    asked, others, rest = os.environ.get("STANDING_LANG", ""), list[str](), iter(words)
    for word in rest:
        name, sign, value = word.partition("=")
        if name == "--lang":
            asked = value if sign else next(rest, "")
        else:
            others.append(word)
    return next((language for language in LANGUAGES if language == asked), "en"), others


def translate_help(command: Any, language: Language) -> None:  # noqa: ANN401 -- typer hides click's types
    """Put the help of a command, and of all that are in it, into a language."""
    for each in with_subcommands(command):
        each.context_class = partial(SpokenContext, language)
        for part in described(each):
            part.help = translated(part.help, language)


def with_subcommands(command: Any) -> Iterator[Any]:  # noqa: ANN401 -- typer hides click's types
    """A command, and all that are in it."""
    yield command
    for each in getattr(command, "commands", {}).values():
        yield from with_subcommands(each)


def described(command: Any) -> list[Any]:  # noqa: ANN401 -- typer hides click's types
    """What has a help: a command, its arguments and its options."""
    return [part for part in (command, *command.get_params(command.context_class(command))) if part.help]


class SpokenContext(typer.Context):
    """A command that was called, with typer's own words in a language."""

    def __init__(self, language: Language, /, *called: Any, **more: Any) -> None:  # noqa: ANN401 -- click's own
        super().__init__(*called, **more)
        self.language = language

    def make_formatter(self) -> Any:  # noqa: ANN401 -- typer hides click's types
        """What writes help, and the usage beside a mistake."""
        formatter, prefix = super().make_formatter(), USAGE.say("prefix", self.language)
        formatter.write_usage = partial(formatter.write_usage, prefix=prefix)  # type: ignore[method-assign]  # no constant
        _speak_typer(self.language)
        return formatter


def _speak_typer(language: Language) -> None:
    """Have typer's words in a language, and fold its lines where they end: Chinese has no spaces to break them at."""
    from typer import rich_utils

    class Folded(rich_utils.OptionHighlighter):
        def __call__(self, text: Any) -> Any:  # noqa: ANN401 -- a text of rich
            highlighted = super().__call__(text)
            highlighted.overflow = "fold"
            return highlighted

    rich_utils.highlighter = Folded()
    for word in TYPER.every():
        setattr(rich_utils, word.code.removeprefix("typer."), translated(word.text, language, word.code))
