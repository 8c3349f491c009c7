"""What a reader of a file gives: its rows, numbered, or what is wrong with one; or that the file is no such file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

type Row = Mapping[str, Any]


class Unreadable(ValueError):  # noqa: N818 -- it says what is with the file
    """A file that cannot be read at all: which, and what was expected."""


class FileRow(NamedTuple):
    """A row of a file, counted from 1, by the names of its columns; or why it cannot be read.

    `lines` is on how many lines of a text file it stands, blank ones left out; `guess` is what a row that cannot be
    read seems to say, so that others which belong to it can be found.
    """

    number: int
    row: Row | None
    why: str = ""
    lines: int = 1
    guess: Row | None = None


def unreadable(path: Path, error: Exception, after: str = "") -> Unreadable:
    """What a library says of a file that it cannot read, in its first line; `after` is how far it came."""
    said = (str(error).splitlines() or [type(error).__name__])[0]
    return Unreadable(f"{path}: cannot be read{after}: {said}")
