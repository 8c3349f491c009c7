"""Groups the lines of each basket on disk, since they may be anywhere in the files."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from typing import IO, NamedTuple

from standing.backfill.files.rows import Row
from standing.values.messages import Message

PARTS = 256


class Line(NamedTuple):
    """A line of a basket: its place in a file, its content, and why it is refused, if it is."""

    path: Path
    number: int
    row: Row
    why: Message | None = None


class Baskets:
    """Baskets, by the values that their lines have in common."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.stack = folder, ExitStack()
        self.files: dict[int, IO[bytes]] = {}

    def add(self, group: list[str], line: Line) -> None:
        """Add a line to its basket."""
        number = int.from_bytes(blake2b("\x1f".join(group).encode(), digest_size=1).digest()) % PARTS
        if number not in self.files:
            self.files[number] = self.stack.enter_context(self._path(number).open("wb"))
        pickle.dump((group, tuple(line)), self.files[number])

    def _path(self, number: int) -> Path:
        return self.folder / f"basket-{number:03d}"

    def all(self) -> Iterator[list[Line]]:
        """The lines of each basket, in their original order. Afterwards all baskets are deleted."""
        self.stack.close()
        for number in sorted(self.files):
            yield from _baskets(self._path(number)).values()
            self._path(number).unlink()


def _baskets(path: Path) -> dict[tuple[str, ...], list[Line]]:
    baskets: dict[tuple[str, ...], list[Line]] = {}
    with path.open("rb") as file:
        while True:
            try:
                group, line = pickle.load(file)  # noqa: S301 -- written by us a moment ago
            except EOFError:
                return baskets
            baskets.setdefault(tuple(group), []).append(Line(*line))
