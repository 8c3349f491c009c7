"""Where commands print: the two streams, and data for machines."""

from __future__ import annotations

from standing.present.terminal import PlainConsole, json_text

out = PlainConsole()
err = PlainConsole(stderr=True, highlight=False)


def print_json(data: object) -> None:
    """One JSON document, not wrapped."""
    print_whole(f"{json_text(data)}\n")


def print_whole(text: str) -> None:
    """A text for a file or another program, as it is: not wrapped, in no colours."""
    out.print(text, highlight=False, soft_wrap=True, end="")
