"""JSON Lines files of any size, compressed or not: events to send, or a history of events."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from standing.values.errors import ReadableError, failure_of
from standing.values.messages import Message, message


class DamagedFileError(ReadableError, OSError):
    """A compressed file that does not open to its end."""


class Line(NamedTuple):
    """A line that is not empty: its number from 1, and its value, or why it has none."""

    number: int
    value: Any
    why: Message | None = None


def opened(path: Path) -> IO[bytes]:
    """Open a file for reading bytes. A `.gz` file is decompressed. Raises OSError."""
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def json_lines(path: Path) -> Iterator[Line]:
    """Every line of a file that is not empty. Raises OSError, also for a damaged compressed file."""
    try:
        with opened(path) as file:
            for number, raw in enumerate(file, 1):
                if raw.strip():
                    yield _line(number, raw)
    except (EOFError, zlib.error) as error:
        raise DamagedFileError(failure_of(error)) from None


def _line(number: int, raw: bytes) -> Line:
    try:
        value = json.loads(raw, object_pairs_hook=_each_once, parse_constant=_no_number)
    except _Twice as error:
        return Line(
            number, None, message("has {name} twice, and it is not known which one is right", name=error.args[0])
        )
    except (ValueError, RecursionError):
        return Line(number, None, message("is not JSON: one event a line, as a JSON object"))
    return Line(number, value) if isinstance(value, dict) else Line(number, None, message("is not a JSON object"))


class _Twice(ValueError):  # noqa: N818 -- describes the name
    """An object has a name twice."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as an object. Raises _Twice for a duplicate name, where `json` would silently keep the last."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise _Twice(f"`{name}`")
        values[name] = value
    return values


def _no_number(text: str) -> Any:  # noqa: ANN401 -- it never returns
    """Reject NaN and Infinity, which Python reads but JSON does not have."""
    raise ValueError(text)
