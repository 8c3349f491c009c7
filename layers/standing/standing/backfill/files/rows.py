"""The results of file readers: numbered rows, errors of rows, and unreadable files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from standing.values.errors import ReadableError, failure_of
from standing.values.messages import Message

type Row = Mapping[str, Any]


class Unreadable(ReadableError):  # noqa: N818 -- it says what is with the file
    """A file cannot be read at all. The message names it and what was expected."""


class FileRow(NamedTuple):
    """A row of a file: its number from 1, and its values by column, or why it cannot be read.

    `lines` is its number of non-blank lines in a text file. `guess` has the values that an unreadable row seems to
    have, so that related rows can be found.
    """

    number: int
    row: Row | None
    why: Message | None = None
    lines: int = 1
    guess: Row | None = None


def unreadable(path: Path, error: Exception, after: int | None = None) -> Unreadable:
    """The error for a file that a library cannot read, and why. `after` tells how far it came."""
    why = failure_of(error)
    if after is None:
        return Unreadable("{path}: cannot be read: {why}", path=path, why=why)
    return Unreadable("{path}: cannot be read after row {row}: {why}", path=path, row=after, why=why)
