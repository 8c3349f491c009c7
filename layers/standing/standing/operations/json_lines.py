"""Files of JSON, one value a line, of any size, compressed or not: events to be sent, or a history of them."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from standing.values.messages import Message, message


class Line(NamedTuple):
    """A line that is not empty, counted from 1: its value, or why there is none."""

    number: int
    value: Any
    why: Message | None = None


def opened(path: Path) -> IO[bytes]:
    """A file's bytes, those of a compressed one as they were. Raises OSError."""
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def json_lines(path: Path) -> Iterator[Line]:
    """Each line of a file. Raises OSError."""
    try:
        with opened(path) as file:
            for number, raw in enumerate(file, 1):
                if raw.strip():
                    yield _line(number, raw)
    except (EOFError, zlib.error) as error:
        raise OSError(0, f"the compressed file is damaged: {error}") from None


def _line(number: int, raw: bytes) -> Line:
    try:
        value = json.loads(raw, object_pairs_hook=_each_once, parse_constant=_no_number)
    except _Twice as error:
        return Line(number, None, message("says {name} twice: once is right, and nobody can tell which", name=error))
    except (ValueError, RecursionError):
        return Line(number, None, message("is not JSON: one event a line, as a JSON object"))
    return Line(number, value) if isinstance(value, dict) else Line(number, None, message("is not a JSON object"))


class _Twice(ValueError):  # noqa: N818 -- it says what is wrong
    """A name that an object has twice."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of a name that it has twice, a reader would keep the last without a word."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Twice(f"`{name}`")
        found[name] = value
    return found


def _no_number(text: str) -> Any:  # noqa: ANN401 -- it never returns
    """NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(text)
