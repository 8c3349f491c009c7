"""Joins: other files whose rows belong to a row by a key, such as the payments or the customer of an order."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from standing.backfill.files.formats import Format
from standing.backfill.files.rows import Row
from standing.backfill.mapping.aggregation import Together, aggregate_lines
from standing.backfill.mapping.amounts import Mark, spelled
from standing.backfill.mapping.cells import cell, id_in
from standing.backfill.mapping.errors import BadWord


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise BadWord("the name of an encoding, such as utf-8, gb18030, utf-16 or latin-1") from None
    return name


def _separator(text: str) -> str:
    if len(text) != 1 or text in '"\r\n':
        raise BadWord('one character that sets cells apart, such as ";" or "\\t"')
    return text


Encoding = Annotated[str, AfterValidator(_encoding)]
Separator = Annotated[str, AfterValidator(_separator)]


class FileFormat(BaseModel):
    """The format of files, as far as their names do not tell."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    separator: Separator | None = None
    encoding: Encoding = "utf-8"
    quotes: bool = True
    sheet: str | None = None

    @property
    def format(self) -> Format:
        """The same, for the file readers."""
        return Format(self.separator, self.encoding, self.quotes, self.sheet)


class JoinedColumn(BaseModel):
    """A column of another file. `lines` says how several rows are aggregated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    lines: Together = "only"
    mark: Mark | None = None

    def value(self, cells: list[Any]) -> Any:  # noqa: ANN401 -- whatever a file can hold
        """The aggregated value of joined rows, or None if none has one. Raises BadRow."""
        there = [value for one in cells if (value := cell(one, self.column)) is not None]
        made = aggregate_lines(self.lines, there, self.column, self.mark)
        return spelled(made) if self.lines == "sum" and made is not None else made


def _keys(written: Any) -> Any:  # noqa: ANN401 -- whatever YAML can say
    """`on: order_id` is the same column in both."""
    return {written: written} if isinstance(written, str) else written


def _columns(written: Any) -> Any:  # noqa: ANN401 -- as above
    if not isinstance(written, dict):
        return written
    return {name: {"column": one} if isinstance(one, str) else one for name, one in written.items()}


class Join(FileFormat):
    """Another file, in the mapping's folder: the columns to join on, and its columns to use.

    A row without a match has nothing in these columns.
    """

    file: str
    on: Annotated[dict[str, str], BeforeValidator(_keys), Field(min_length=1)]
    columns: Annotated[dict[str, JoinedColumn], BeforeValidator(_columns), Field(min_length=1)]

    @property
    def ours(self) -> list[str]:
        """The key columns of our rows."""
        return list(self.on)

    @property
    def theirs(self) -> set[str]:
        """The columns needed from the other file."""
        return {*self.on.values(), *(one.column for one in self.columns.values())}

    def key_of(self, row: Row, names: list[str]) -> str | None:
        """The key of a row as one text, or None if part of it is empty. Raises BadRow."""
        parts = [id_in(row, name) for name in names]
        return None if None in parts else "\x1f".join(str(part) for part in parts)
