"""How commands print: as plain text, so that text from outside cannot control the terminal. All printing goes here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text as RichText

from standing.values.visible import in_json, visible


class Text(RichText):
    """Text in a style. Hidden characters are made visible before it is measured and laid out."""

    def __init__(self, text: str = "", style: str | Style = "", **more: Any) -> None:  # noqa: ANN401 -- rich's own
        super().__init__(visible(text), style, **more)

    def append(self, text: RichText | str, style: str | Style | None = None) -> Self:
        """Append text."""
        super().append(visible(text) if isinstance(text, str) else text, style)
        return self


class PlainConsole(Console):
    """A console without markup and named emoji. Hidden characters are made visible in all that it draws."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 -- rich's own
        super().__init__(markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> RichText:  # noqa: ANN401 -- rich's own
        """A string as plain text."""
        return super().render_str(visible(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments to draw. The only control codes are rich's, for progress bars."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


def json_text(data: object, indent: int | None = 2) -> str:
    """A JSON document with hidden characters made visible and nothing lost. Without an indent, on one line."""
    separators = (",", ":") if indent is None else None
    return in_json(json.dumps(data, ensure_ascii=False, indent=indent, separators=separators))


@contextmanager
def working(console: Console, what: str) -> Iterator[Callable[[str], None]]:
    """A spinner with a text. Yields a function that changes the text."""
    with console.status(Text(what)) as status:
        yield lambda now: status.update(Text(now))
