"""Other files whose rows belong to a row by a key: the payments of an order, the customer behind it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from standing.backfill.files.formats import Format
from standing.backfill.files.rows import Row
from standing.backfill.mapping.aggregation import Together, aggregate_lines
from standing.backfill.mapping.amounts import Mark, spelled
from standing.backfill.mapping.cells import cell, id_in


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise ValueError("the name of an encoding, such as utf-8, gb18030, utf-16 or latin-1") from None
    return name


def _separator(text: str) -> str:
    if len(text) != 1 or text in '"\r\n':
        raise ValueError('one character that sets cells apart, such as ";" or "\\t"')
    return text


Encoding = Annotated[str, AfterValidator(_encoding)]
Separator = Annotated[str, AfterValidator(_separator)]


class FileFormat(BaseModel):
    """How files are written, where their names do not say it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    separator: Separator | None = None
    encoding: Encoding = "utf-8"
    quotes: bool = True
    sheet: str | None = None

    @property
    def format(self) -> Format:
        """The same, as the readers of files want it."""
        return Format(self.separator, self.encoding, self.quotes, self.sheet)


class JoinedColumn(BaseModel):
    """A column of another file; of several rows, `lines` says what they make together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    lines: Together = "only"
    mark: Mark | None = None

    def value(self, found: list[Any]) -> Any:  # noqa: ANN401 -- whatever a file can hold
        """The value of the rows that belong together; None where none has one. Raises BadRow."""
        there = [value for one in found if (value := cell(one, self.column)) is not None]
        made = aggregate_lines(self.lines, there, self.column, self.mark)
        return spelled(made) if self.lines == "sum" and made is not None else made


def _keys(found: Any) -> Any:  # noqa: ANN401 -- whatever YAML can say
    """`on: order_id` is the same column in both."""
    return {found: found} if isinstance(found, str) else found


def _columns(found: Any) -> Any:  # noqa: ANN401 -- as above
    if not isinstance(found, dict):
        return found
    return {name: {"column": one} if isinstance(one, str) else one for name, one in found.items()}


class Join(FileFormat):
    """Another file, beside the mapping: on which columns its rows belong to ours, and which of its columns are taken.

    A row of ours to which none belongs has nothing in these columns.
    """

    file: str
    on: Annotated[dict[str, str], BeforeValidator(_keys), Field(min_length=1)]
    columns: Annotated[dict[str, JoinedColumn], BeforeValidator(_columns), Field(min_length=1)]

    @property
    def ours(self) -> list[str]:
        """The columns of a row of ours that make the key."""
        return list(self.on)

    @property
    def theirs(self) -> set[str]:
        """The columns that are needed of the other file."""
        return {*self.on.values(), *(one.column for one in self.columns.values())}

    def key_of(self, row: Row, names: list[str]) -> str | None:
        """The key of a row, as one text; None where part of it is empty. Raises BadRow."""
        parts = [id_in(row, name) for name in names]
        return None if None in parts else "\x1f".join(str(part) for part in parts)
