"""Rows of joined files, by key, on disk, since they may not fit into memory."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from standing.backfill.files.formats import rows_of
from standing.backfill.files.rows import FileRow, Row
from standing.backfill.mapping.errors import BadRow
from standing.backfill.mapping.joins import Join
from standing.values.messages import Message, in_a_row, message


@dataclass(frozen=True)
class UnmatchedRow:
    """A row of a joined file that cannot be used, and why."""

    path: Path
    number: int
    why: Message


class Lookups:
    """The files that a mapping joins, for lookups by key."""

    def __init__(self, joins: tuple[Join, ...], beside: Path, folder: Path) -> None:
        self.joins, self.beside, self.path = joins, beside, folder / "joined.sqlite"
        self.path.unlink(missing_ok=True)
        self.store = sqlite3.connect(self.path, isolation_level=None)
        self.store.execute("pragma journal_mode = off")
        self.store.execute("pragma synchronous = off")
        self.store.execute("create table joined (file integer, key text, row blob)")

    def read(self) -> Iterator[UnmatchedRow]:
        """Read all files. Yields rows that cannot be read or have no key. Raises Unreadable."""
        for place, join in enumerate(self.joins):
            path = self.beside / join.file
            self.store.execute("begin")
            for read in rows_of(path, join.format, join.theirs):
                if why := self._store(place, join, read):
                    yield UnmatchedRow(path, read.number, why)
            self.store.execute("commit")
        self.store.execute("create index of_key on joined (file, key)")

    def _store(self, place: int, join: Join, read: FileRow) -> Message | None:
        """Store a row, or return why it cannot be used."""
        if read.row is None:
            return read.why
        try:
            key = join.key_of(read.row, list(join.on.values()))
        except BadRow as error:
            return error.message
        if key is None:
            return message("has nothing in `{columns}`, by which it is joined", columns=in_a_row(join.on.values()))
        row = {name: read.row[name] for name in join.theirs}
        self.store.execute("insert into joined values (?, ?, ?)", (place, key, pickle.dumps(row)))
        return None

    def with_others(self, row: Row) -> Row:
        """A row with its joined columns. Raises BadRow."""
        whole = dict(row)
        for place, join in enumerate(self.joins):
            key = join.key_of(whole, join.ours)
            matches = self._matches(place, key) if key is not None else []
            for name, joined in join.columns.items():
                whole[name] = joined.value([one[joined.column] for one in matches])
        return whole

    def _matches(self, place: int, key: str) -> list[Row]:
        rows = self.store.execute("select row from joined where file = ? and key = ? order by rowid", (place, key))
        return [pickle.loads(body) for (body,) in rows]  # noqa: S301 -- written by us a moment ago

    def close(self) -> None:
        """Delete the stored rows."""
        self.store.close()
        self.path.unlink(missing_ok=True)
