"""What a plain install leaves out: a command that needs it says so, and how it is had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from standing.cli.options import told

EXTRAS = {  # what each brings: what is imported, or run; those who author rules are told of theirs
    "authoring": ("z3", "polars"),
    "batch": ("polars", "plotly", "fastexcel"),
    "local": ("sam", "ministack"),
}
AUTHORING = "standing rules"


def missing_extra(error: ModuleNotFoundError, command: str) -> str:
    """What a command lacks, and how it is installed. Raises the error itself where no extra would bring it."""
    needed = (error.name or "").partition(".")[0]
    asked = EXTRAS if command.startswith(AUTHORING) else reversed(EXTRAS)
    extra = next((name for name in asked if needed in EXTRAS[name]), None)
    if extra is None:
        raise error
    return told(
        "`{command}` needs {needed}: pip install 'standing-engine[{extra}]'",
        command=command,
        needed=needed,
        extra=extra,
    )


def command_called(group: Any, words: Sequence[str]) -> str:  # noqa: ANN401 -- typer's own command
    """The command that some words call, as it is typed without its arguments and options."""
    called = ["standing"]
    for word in words:
        if word in getattr(group, "commands", {}):
            group = group.commands[word]
            called.append(word)
    return " ".join(called)
