"""Files of JSON, one value a line, of any size: events to be sent, or a history of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple


class Line(NamedTuple):
    """A line that is not empty, counted from 1: its value, or why there is none."""

    number: int
    value: Any
    why: str = ""


def json_lines(path: Path) -> Iterator[Line]:
    """Each line of a file. Raises OSError."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            if raw.strip():
                yield _line(number, raw)


def _line(number: int, raw: bytes) -> Line:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return Line(number, None, "is not JSON: one event a line, as a JSON object")
    return Line(number, value) if isinstance(value, dict) else Line(number, None, "is not a JSON object")
