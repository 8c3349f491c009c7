"""Describes the columns of a table without showing their values: kind, shape, and how many cells are filled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from standing.backfill.files.formats import Format, columns_of, files_in, is_table, rows_of
from standing.backfill.mapping.cells import NOT_A_NUMBER, cell
from standing.backfill.mapping.errors import BadRow
from standing.backfill.mapping.reader import read_mapping

LOOKED_AT = 10_000  # rows
MOST = 1_000  # distinct values to keep
MOST_FILES = 5  # whose columns are described
WHOLE = re.compile(r"[+-]?[0-9]+(\.0)?", re.ASCII)
NUMBER = re.compile(r"[+-]?[0-9][0-9.,' ]*", re.ASCII)
SHAPES = (
    (re.compile(r"[0-9]"), "9"),
    (re.compile(r"[^\W\d_]"), "a"),
    (re.compile(r"a{3,}"), "a…"),
    (re.compile("9{5,}"), "9…"),
)
DATED = re.compile(r"9{1,4}[-/.年]9{1,2}[-/.月]9{1,4}日?([ aT].*)?")


@dataclass
class Column:
    """A column of the rows looked at: how many are filled, the shapes of its values, and the values themselves."""

    name: str
    rows: int = 0
    filled: int = 0
    shapes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)

    def add(self, content: Any) -> None:  # noqa: ANN401 -- whatever a file can hold
        """Add one more cell."""
        self.rows += 1
        value = cell(content, self.name)
        if value is None or (isinstance(value, str) and (not value.strip() or value.strip() in NOT_A_NUMBER)):
            return
        text = str(value).strip()
        self.filled += 1
        self.shapes[shape(text)] += 1
        self.kinds[_kind(value, text)] += 1
        if len(self.values) < MOST or text in self.values:
            self.values[text] += 1

    @property
    def kind(self) -> str:
        """The kind of most of its values: whole, number, time, flag, text; or empty."""
        return self.kinds.most_common(1)[0][0] if self.kinds else "empty"

    @property
    def shape(self) -> str:
        """The shape of most of its values: 9 stands for a digit, a for a letter."""
        return self.shapes.most_common(1)[0][0] if self.shapes else ""

    @property
    def has_more_values(self) -> bool:
        """Whether there may be more distinct values than were kept."""
        return MOST <= len(self.values) < self.filled

    @property
    def is_all(self) -> bool:
        """Whether all values are of its kind."""
        return len(self.kinds) < 2


def shape(text: str) -> str:
    """A text with 9 for each digit and a for letters."""
    for pattern, sign in SHAPES:
        text = pattern.sub(sign, text)
    return text[:24]


def _kind(value: object, text: str) -> str:
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, date | datetime) or DATED.fullmatch(shape(text)):
        return "time"
    if WHOLE.fullmatch(text):
        return "whole"
    return "number" if isinstance(value, float | Decimal) or NUMBER.fullmatch(text) else "text"


def inspect_columns(path: Path, form: Format, rows: int = LOOKED_AT) -> list[Column]:
    """The columns of a table, from its first rows. Rows that cannot be read are skipped. Raises Unreadable."""
    names = columns_of(path, form)
    columns = {name: Column(name) for name in names}
    reads = rows_of(path, form, set(names)) if len(columns) == len(names) else iter(())
    for read in islice(reads, rows):
        for name, value in (read.row or {}).items():
            _look(columns[name], value)
    return list(columns.values())


def columns_of_tables(files: Sequence[Path], mapping: Path | None) -> dict[Path, list[Column]]:
    """The columns of the first tables among some files. Raises BadMapping and Unreadable."""
    form = read_mapping(mapping).format if mapping else Format()
    return {path: inspect_columns(path, form) for path in files_in(files)[:MOST_FILES] if is_table(path)}


def _look(column: Column, value: object) -> None:
    try:
        column.add(value)
    except BadRow:
        column.rows += 1
        column.kinds["bytes"] += 1


def columns_named_like(columns: Iterable[Column], *words: str) -> list[Column]:
    """The columns whose names contain one of some words, in order of the words."""
    there = list(columns)
    return [column for word in words for column in there if re.search(word, column.name, re.IGNORECASE)]
