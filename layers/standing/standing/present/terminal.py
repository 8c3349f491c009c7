"""How the commands print: plain text, in which nothing from outside steers the terminal. Nobody prints around it."""

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
    """Text in a style, made visible before it is measured and laid out."""

    def __init__(self, text: str = "", style: str | Style = "", **more: Any) -> None:  # noqa: ANN401 -- rich's own
        super().__init__(visible(text), style, **more)

    def append(self, text: RichText | str, style: str | Style | None = None) -> Self:
        """Add some more of it."""
        super().append(visible(text) if isinstance(text, str) else text, style)
        return self


class PlainConsole(Console):
    """A console for which a text is a text: no markup, no emoji by name; whatever is drawn has been made visible."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 -- rich's own
        super().__init__(markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> RichText:  # noqa: ANN401 -- rich's own
        """A plain text, before it is measured."""
        return super().render_str(visible(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What is drawn. Control codes are rich's own alone, of progress bars."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


def json_text(data: object, indent: int | None = 2) -> str:
    """A JSON document of which nothing is lost and nothing hides; without an indent, on one line."""
    separators = (",", ":") if indent is None else None
    return in_json(json.dumps(data, ensure_ascii=False, indent=indent, separators=separators))


@contextmanager
def working(console: Console, what: str) -> Iterator[Callable[[str], None]]:
    """A spinner that says what is being done; it is told when that is something else."""
    with console.status(Text(what)) as status:
        yield lambda now: status.update(Text(now))
