"""Where commands print: the two streams, and data for machines."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

from rich.console import Console

from standing.present.terminal import PlainConsole, json_text

out = PlainConsole()
err = PlainConsole(stderr=True, highlight=False)


def print_json(data: object) -> None:
    """One JSON document, not wrapped."""
    print_whole(f"{json_text(data)}\n")


def print_whole(text: str) -> None:
    """A text for a file or another program, as it is: not wrapped, in no colours."""
    out.print(text, highlight=False, soft_wrap=True, end="")


def printed(say: Callable[[Console], None], width: int) -> str:
    """What something prints to a console of some width, as plain text, whatever the terminal is."""
    file = StringIO()
    say(PlainConsole(file=file, width=width, force_terminal=False, color_system=None))
    return file.getvalue()
