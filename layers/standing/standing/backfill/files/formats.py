"""Selects the reader of a file by its name, and counts its rows by another reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from standing.backfill.files import delimited as text
from standing.backfill.files.delimited import Dialect
from standing.backfill.files.excel import excel, excel_columns, sheet_of
from standing.backfill.files.parquet import parquet, parquet_columns, parquet_rows
from standing.backfill.files.rows import FileRow, Unreadable
from standing.backfill.files.text import count_of_lines
from standing.operations.json_lines import json_lines, opened
from standing.values.errors import failure_of
from standing.values.messages import in_a_row

LINES = (".jsonl", ".ndjson")
TEXTS = (".csv", ".tsv", ".txt")
OTHERS = (".parquet", ".xlsx")
KINDS = (*LINES, *TEXTS, *OTHERS)
UNSEEN = ("_", ".")  # prefixes of other programs' files in a folder of parts


@dataclass(frozen=True)
class Format:
    """The format of files, as far as their names do not tell: see the mapping (docs/backfill.md)."""

    separator: str | None = None
    encoding: str = "utf-8"
    quotes: bool = True
    sheet: str | None = None

    def dialect(self, path: Path) -> Dialect:
        """The dialect of a text table."""
        return Dialect(self.separator or ("\t" if kind_of(path) == ".tsv" else ","), self.encoding, self.quotes)


def kind_of(path: Path) -> str:
    """The kind of a file by its name. Raises Unreadable for an unknown kind."""
    suffixes = [one.lower() for one in path.suffixes]
    kind = suffixes[-2] if len(suffixes) > 1 and suffixes[-1] == ".gz" else suffixes[-1] if suffixes else ""
    if kind not in KINDS or (suffixes[-1] == ".gz" and kind in OTHERS):
        expected = in_a_row(sorted(KINDS))
        raise Unreadable(
            "{path}: expected a name that ends with {expected}; a text may end with .gz as well",
            path=path,
            expected=expected,
        )
    return kind


def is_table(path: Path) -> bool:
    """Whether a file needs a mapping. Raises Unreadable."""
    return kind_of(path) not in LINES


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The given files, and the files in given folders, sorted by name. Raises Unreadable."""
    return [file for path in paths for file in (_parts(path) if path.is_dir() else [path])]


def _parts(folder: Path) -> list[Path]:
    inside = sorted(path for path in folder.rglob("*") if path.is_file() and not _is_unseen(path.relative_to(folder)))
    if not inside:
        raise Unreadable("{folder}: expected a folder with files in it", folder=folder)
    return inside


def _is_unseen(path: Path) -> bool:
    return any(part.startswith(UNSEEN) for part in path.parts)


def columns_of(path: Path, form: Format) -> list[str]:
    """The names of a table's columns. Raises Unreadable."""
    match kind_of(path):
        case ".parquet":
            return parquet_columns(path)
        case ".xlsx":
            return excel_columns(path, form.sheet)
        case _:
            return text.header(path, form.dialect(path))


def rows_of(path: Path, form: Format, columns: set[str]) -> Iterator[FileRow]:
    """Every row of a table, with at least the requested columns. Raises Unreadable."""
    if not is_table(path):
        raise Unreadable("{path}: expected a table, such as .csv or .parquet, and no file of events", path=path)
    there = columns_of(path, form)
    if missing := sorted(columns - set(there)):
        raise _without(path, missing[0], there)
    if twice := sorted(name for name in columns if there.count(name) > 1):
        raise Unreadable("{path}: has two columns `{column}`: rename one of them", path=path, column=twice[0])
    match kind_of(path):
        case ".parquet":
            return parquet(path, columns)
        case ".xlsx":
            return excel(path, form.sheet)
        case _:
            return text.delimited(path, form.dialect(path))


def _without(path: Path, column: str, there: list[str]) -> Unreadable:
    if len(there) > 1:
        names = in_a_row(there)
        return Unreadable("{path}: has no column `{column}`; it has {names}", path=path, column=column, names=names)
    return Unreadable(
        "{path}: has no column `{column}`; it has {name}; is its `separator` another one?",
        path=path,
        column=column,
        name="".join(there),
    )


def events_of(path: Path) -> Iterator[FileRow]:
    """Every line of a file of events, as an envelope. Raises Unreadable."""
    try:
        yield from (FileRow(number, value, why) for number, value, why in json_lines(path))
    except OSError as error:
        raise Unreadable("{path}: {why}", path=path, why=failure_of(error)) from None


def lines_counted(path: Path, form: Format) -> int:
    """The number of rows (in a text file: non-blank lines without the header) by another reader. Raises Unreadable."""
    match kind_of(path):
        case ".parquet":
            return parquet_rows(path)
        case ".xlsx":
            return sheet_of(path, form.sheet).rows
        case kind if kind in LINES:
            return _count_of_events(path)
        case _:
            dialect = form.dialect(path)
            return count_of_lines(path, dialect.encoding) - text.lines_of_header(path, dialect)


def _count_of_events(path: Path) -> int:
    with opened(path) as file:
        return sum(1 for line in file if line.strip())
