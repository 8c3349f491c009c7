"""Converts rows into events: each row is converted, skipped on purpose or refused with a reason, and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from standing.backfill.baskets import Baskets, Line
from standing.backfill.files.formats import Format, events_of, is_table, lines_counted, rows_of
from standing.backfill.files.rows import FileRow, Row, Unreadable
from standing.backfill.lookups import Lookups
from standing.backfill.mapping.errors import BadRow
from standing.backfill.mapping.mapping import Envelope, Mapping
from standing.events.intake import Event, Rejected, take_in
from standing.rules.ruleset import Ruleset
from standing.values.errors import ReadableError
from standing.values.messages import Message, message

UNSENDABLE = message("JSON whose texts are Unicode and whose numbers have at most 64 bits")


class Refusal(NamedTuple):
    """A refused row: its place, the reason, the field, what was expected there, and its value."""

    path: Path
    number: int
    reason: str
    field: str
    expected: Message
    found: object = None


class Converted(NamedTuple):
    """The result of `rows` rows: events, refusals (one for each row), or neither if they were skipped."""

    rows: int
    events: Sequence[Event] = ()
    refused: Sequence[Refusal] = ()


class RowCountMismatch(ReadableError):  # noqa: N818 -- it says what is with the file
    """Another reader finds another number of rows in the file."""


@dataclass
class Conversion:
    """Converts the rows of files by a mapping and rules. `folder` is for data that does not fit into memory."""

    mapping: Mapping | None
    beside: Path
    ruleset: Ruleset
    now: datetime
    folder: Path

    def files(self, paths: Sequence[Path]) -> Iterator[Converted]:
        """Convert every row of the files. Raises Unreadable, and RowCountMismatch if rows are missing."""
        lines = [path for path in paths if not is_table(path)]
        tables = [path for path in paths if is_table(path)]
        if tables and self.mapping is None:
            raise Unreadable(
                "{path}: a table needs a mapping: name it with --mapping (docs/backfill.md), "
                "or have one proposed with --propose",
                path=tables[0],
            )
        for path in lines:
            yield from self._counted(path, events_of(path), self._line, Format())
        if self.mapping is not None:
            yield from self._tables(tables, self.mapping)

    def _counted(
        self, path: Path, rows: Iterator[FileRow], taken: Callable[[Path, FileRow], Converted | None], form: Format
    ) -> Iterator[Converted]:
        """Convert the rows of a file, then check that another reader finds the same number of rows."""
        rows_read = 0
        for read in rows:
            rows_read += read.lines
            if (became := taken(path, read)) is not None:
                yield became
        if (counted := lines_counted(path, form)) != rows_read:
            raise RowCountMismatch(
                "{path}: {found} rows were read, and another reader counts {counted}: nothing was taken in",
                path=path,
                found=rows_read,
                counted=counted,
            )

    def _line(self, path: Path, read: FileRow) -> Converted:
        """A line of a file of events."""
        if read.row is None:
            return Converted(1, refused=[_unread(path, read)])
        try:
            orjson.dumps(read.row)
            return Converted(1, [self._event(dict(read.row))])
        except orjson.JSONEncodeError:
            return Converted(1, refused=[_no_event(path, read.number, UNSENDABLE)])
        except Rejected as rejected:
            return Converted(1, refused=[_rejected(path, read.number, rejected)])

    def _event(self, envelope: Envelope) -> Event:
        return take_in(envelope, self.ruleset, self.now)

    def _tables(self, tables: Sequence[Path], mapping: Mapping) -> Iterator[Converted]:
        others, baskets = Lookups(mapping.join, self.beside, self.folder), Baskets(self.folder)
        with closing(others):
            for refusal in others.read():
                yield Converted(0, refused=[_no_event(refusal.path, refusal.number, refusal.why)])
            reading = Table(mapping, others, baskets, self._event)
            for path in tables:
                yield from self._counted(
                    path, rows_of(path, mapping.format, mapping.columns), reading.row, mapping.format
                )
            for lines in baskets.all():
                yield reading.basket(lines)


@dataclass(frozen=True)
class Table:
    """Converts rows of tables to events, one by one or by basket."""

    mapping: Mapping
    others: Lookups
    baskets: Baskets
    event: Callable[[Envelope], Event]

    def row(self, path: Path, read: FileRow) -> Converted | None:
        """Convert a row. Returns None if it waits in a basket."""
        if read.row is None:
            return self._unread(path, read)
        try:
            row = self.others.with_others(read.row) if self.mapping.join else read.row
            if self.mapping.group_by:
                return self._put(path, read.number, row)
            if not self.mapping.is_meant(row):
                return Converted(1)
            return self._events(1, path, read.number, [row])
        except BadRow as bad:
            return Converted(1, refused=[_bad(path, read.number, bad)])

    def _unread(self, path: Path, read: FileRow) -> Converted | None:
        """Refuse a row that cannot be read. If it seems to belong to a basket, that basket is incomplete."""
        if self.mapping.group_by and read.guess and set(self.mapping.group_by) <= set(read.guess):
            try:
                self.baskets.add(self.mapping.group_of(read.guess), Line(path, read.number, {}, read.why))
            except BadRow:
                pass
            else:
                return None
        return Converted(1, refused=[_unread(path, read)])

    def _put(self, path: Path, number: int, row: Row) -> Converted | None:
        """Add a row to its basket, unless it is skipped. Raises BadRow if it has none."""
        group, why = self.mapping.group_of(row), None
        try:
            if not self.mapping.is_meant(row):
                return Converted(1)
        except BadRow as bad:
            why = bad.message
        self.baskets.add(group, Line(path, number, row, why))
        return None

    def basket(self, lines: list[Line]) -> Converted:
        """Convert the lines of a basket: to events, or all of them are refused."""
        if wrong := [line for line in lines if line.why]:
            beside = message(
                "not to be in the same basket as row {row} of {file}, which is refused",
                row=wrong[0].number,
                file=wrong[0].path.name,
            )
            return Converted(len(lines), refused=[_no_event(one.path, one.number, one.why or beside) for one in lines])
        first = lines[0]
        try:
            became = self._events(len(lines), first.path, first.number, [line.row for line in lines])
        except BadRow as bad:
            became = Converted(len(lines), refused=[_bad(first.path, first.number, bad)])
        if not became.refused:
            return became
        return became._replace(refused=[became.refused[0]._replace(path=one.path, number=one.number) for one in lines])

    def _events(self, rows: int, path: Path, number: int, lines: list[Row]) -> Converted:
        """All events of a row, or none of them if one is refused. Raises BadRow."""
        try:
            return Converted(rows, [self.event(envelope) for envelope in self.mapping.envelopes(lines)])
        except Rejected as rejected:
            return Converted(rows, refused=[_rejected(path, number, rejected)])


def _unread(path: Path, read: FileRow) -> Refusal:
    assert read.why is not None  # noqa: S101 -- where there is no row
    return _no_event(path, read.number, read.why)


def _bad(path: Path, number: int, bad: BadRow) -> Refusal:
    return _no_event(path, number, bad.message, bad.found)


def _no_event(path: Path, number: int, why: Message, value: object = None) -> Refusal:
    return Refusal(path, number, "no-event", "row", why, value)


def _rejected(path: Path, number: int, rejected: Rejected) -> Refusal:
    return Refusal(path, number, rejected.reason, rejected.field, rejected.message)
