"""Reads tables as text (CSV, TSV) strictly: a line that is not a complete row is refused alone, and reading continues.

A cell may be in double quotes, and may then contain separators, line ends and doubled quotes. An unclosed quote does
not swallow the rows after it: only its own line is refused.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

from standing.backfill.files.rows import FileRow, Unreadable
from standing.backfill.files.text import BAD, likely_encoding, lines_of
from standing.values.messages import Message, message

LONGEST = 1000  # lines that one cell may span
FEW = 3  # with fewer columns, any comma makes a line look like a row
FIGURES = re.compile(r"(?=.*[0-9])[\W\d_]+")


@dataclass(frozen=True)
class Dialect:
    """The dialect of a text table. Without `quotes`, a quote is an ordinary character."""

    separator: str = ","
    encoding: str = "utf-8"
    quotes: bool = True

    @cached_property
    def cell(self) -> re.Pattern[str]:
        """A cell, quoted or not, and its end."""
        mark = re.escape(self.separator)
        return re.compile(rf'(?:"([^"]*(?:""[^"]*)*)"|([^"{mark}]*))({mark}|$)')

    @cached_property
    def row(self) -> re.Pattern[str]:
        """A complete row."""
        cell, mark = self._cell_pattern, re.escape(self.separator)
        return re.compile(rf"{cell}(?:{mark}{cell})*")

    @cached_property
    def begun(self) -> re.Pattern[str]:
        """A row whose last cell's quote is not closed. The group is the part before that cell."""
        cell, mark = self._cell_pattern, re.escape(self.separator)
        return re.compile(rf'((?:{cell}{mark})*)"[^"]*(?:""[^"]*)*')

    @property
    def _cell_pattern(self) -> str:
        return rf'(?:"[^"]*(?:""[^"]*)*"|[^"{re.escape(self.separator)}]*)'

    def cells(self, text: str) -> list[str]:
        """The cells of a complete row."""
        if not self.quotes or '"' not in text:
            return text.split(self.separator)
        matches = [one.group(1, 2, 3) for one in self.cell.finditer(text)]
        last = next(place for place, (_, _, end) in enumerate(matches) if not end)
        return [plain if quoted is None else quoted.replace('""', '"') for quoted, plain, _ in matches[: last + 1]]


@dataclass
class Lines:
    """The unread lines of a file. Lines can be put back."""

    path: Path
    encoding: str
    back: deque[str] = field(default_factory=deque)

    @cached_property
    def source(self) -> Iterator[str]:
        """The unread lines."""
        return lines_of(self.path, self.encoding)

    @cached_property
    def no_text(self) -> Message:
        """The error for invalid bytes, with the encoding that the file seems to have."""
        likely, encoding = likely_encoding(self.path), self.encoding.upper()
        if likely:
            return message(
                "has a byte that is no {encoding}: the file looks like `encoding: {likely}`",
                encoding=encoding,
                likely=likely,
            )
        return message("has a byte that is no {encoding}: name the file's own `encoding`", encoding=encoding)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self.back.popleft() if self.back else next(self.source)

    def put_back(self, lines: list[str]) -> None:
        """Put lines back, to be read next."""
        self.back.extendleft(reversed(lines))


def header(path: Path, dialect: Dialect) -> list[str]:
    """The names of a table's columns. Raises Unreadable."""
    return _header(path, Lines(path, dialect.encoding), dialect)[0]


def delimited(path: Path, dialect: Dialect) -> Iterator[FileRow]:
    """Every row of a table, all its columns. Raises Unreadable."""
    lines = Lines(path, dialect.encoding)
    names, _ = _header(path, lines, dialect)
    for number, (text, why, count) in enumerate(_texts(lines, dialect, len(names)), 1):
        cells = [] if why else dialect.cells(text)
        if why is None and len(cells) != len(names):
            why = _other_width(len(cells), len(names), dialect)  # noqa: PLW2901 -- it says more now
        row = dict(zip(names, cells or text.split(dialect.separator), strict=not why))
        yield FileRow(number, None if why else row, why, count, row)


def lines_of_header(path: Path, dialect: Dialect) -> int:
    """The number of lines of the header. Raises Unreadable."""
    return _header(path, Lines(path, dialect.encoding), dialect)[1]


def _header(path: Path, lines: Lines, dialect: Dialect) -> tuple[list[str], int]:
    text, why, count = next(_texts(lines, dialect, 0), ("", NO_NAMES, 0))
    if why:
        raise Unreadable("{path}: its line of names {why}", path=path, why=why)
    return dialect.cells(text), count


def _texts(lines: Lines, dialect: Dialect, width: int) -> Iterator[tuple[str, Message | None, int]]:
    """Each row's text or error, and its number of lines. Blank lines are not rows."""
    for line in lines:
        if not line.strip():
            continue
        if BAD in line:
            yield line, lines.no_text, 1
        elif not dialect.quotes or '"' not in line:
            yield _ended(line), None, 1
        else:
            yield _quoted(line, lines, dialect, width)


def _quoted(line: str, lines: Lines, dialect: Dialect, width: int) -> tuple[str, Message | None, int]:
    """A row with quotes, which may span several lines."""
    text = _ended(line)
    if dialect.row.fullmatch(text):
        return text, None, 1
    begun = dialect.begun.fullmatch(text)
    if not begun:
        return line, STRAY, 1
    more = _up_to_the_quote(lines)
    text = _ended(line + "".join(more))
    if not dialect.row.fullmatch(text) or BAD in text:
        lines.put_back(more)
        return line, UNCLOSED, 1
    if _has_a_row(dialect.cells(begun[1])[:-1], more, dialect, width):
        lines.put_back(more)
        return line, SWALLOWS, 1
    return text, None, 1 + sum(1 for one in more if one.strip())


NO_NAMES = message("has no line of names")
STRAY = message(
    'has a `"` within a cell that is not quoted: quote the cell and double the quotes within it, '
    "or say `quotes: false` in the mapping where they are text"
)
SWALLOWS = message("has a quoted cell that takes in a line which looks like a row: is its first quote a stray one?")
UNCLOSED = message('has a quoted cell that is not closed properly: quotes within it are doubled, and `"` ends it')


def _up_to_the_quote(lines: Lines) -> list[str]:
    """The lines up to the one that closes a cell's quote, judged by the number of quotes."""
    row: list[str] = []
    for line in islice(lines, LONGEST):
        row.append(line)
        if line.count('"') % 2:
            break
    return row


def _has_a_row(before: list[str], more: list[str], dialect: Dialect, width: int) -> bool:
    """Whether a line within a quoted cell looks like a row: then the quote is probably a stray one.

    `before` has the row's cells before that cell: a row has digits in the same columns.
    """
    if width < FEW:
        return False
    figures = [_is_figure(one) for one in before]
    lines = [line for line in more[:-1] if '"' not in line] + (more[-1:] if any(figures) else [])
    split = (_ended(line).split(dialect.separator) for line in lines)
    return any(len(cells) == width and [*map(_is_figure, cells[: len(before)])] == figures for cells in split)


def _is_figure(cell: str) -> bool:
    return FIGURES.fullmatch(cell) is not None


def _ended(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")


def _other_width(cells: int, names: int, dialect: Dialect) -> Message:
    if cells < names:
        return message("has {cells} cells, and the line of names has {names}", cells=cells, names=names)
    return message(
        "has {cells} cells, and the line of names has {names}: is there {separator} in a cell that is not quoted?",
        cells=cells,
        names=names,
        separator=message("a tab") if dialect.separator == "\t" else f"`{dialect.separator}`",
    )
