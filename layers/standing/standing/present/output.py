"""Where commands print: stdout and stderr, and data as JSON."""

from __future__ import annotations

from standing.present.terminal import PlainConsole, json_text

out = PlainConsole()
err = PlainConsole(stderr=True, highlight=False)


def print_json(data: object) -> None:
    """Print a JSON document, not wrapped."""
    print_whole(f"{json_text(data)}\n")


def print_whole(text: str) -> None:
    """Print a text for a file or another program, unchanged: not wrapped, without colours."""
    out.print(text, highlight=False, soft_wrap=True, end="")
