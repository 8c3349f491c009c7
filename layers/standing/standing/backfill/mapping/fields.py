"""How an event field is computed from the columns of a row, or of a basket's lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from standing.backfill.files.rows import Row
from standing.backfill.mapping.aggregation import Together, aggregate_lines
from standing.backfill.mapping.amounts import Mark, number, product, rounded, shifted, spelled
from standing.backfill.mapping.cells import cell, id_of, text_of, whole
from standing.backfill.mapping.errors import BadRow, BadWord
from standing.backfill.mapping.field_kinds import FieldKind
from standing.backfill.mapping.moments import moment
from standing.values.messages import in_a_row

COLUMN = re.compile(r"\{([^{}]+)\}")
CODE = re.compile(r"\s*0[0-9]+\s*")
FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def zone_of(name: str) -> str:
    """A valid name of a time zone. Raises ValueError."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadWord("a time zone such as Europe/Berlin") from None
    return name


def _codes(written: Any) -> Any:  # noqa: ANN401 -- whatever YAML can say
    """Codes as texts, since YAML reads 1 as a number."""
    return {str(code): value for code, value in written.items()} if isinstance(written, dict) else written


Zone = Annotated[str, AfterValidator(zone_of)]
Places = Annotated[int, Field(ge=0, le=4)]


class FieldSource(BaseModel):
    """A field taken from a `column`, from a `text` in which `{column}` stands for values, or the `product` of columns.

    `format` and `zone` read a time; `values` replaces codes. Of an amount, `mark` is the decimal mark of a text,
    `shift` by how many places the point moves to the left, `unsigned` drops its sign, `decimals` rounds, half to even,
    and `from` is the column of its currency, from which it is converted. `as` is what the field wants where the column
    is a text; `trim` takes spaces away around it. Of a basket, `lines` says what its lines make together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str | None = None
    text: str | None = None
    product: Annotated[tuple[str, ...], Field(min_length=2)] | None = None
    format: str | None = None
    zone: Zone | None = None
    values: Annotated[dict[str, str | bool | int], BeforeValidator(_codes)] | None = None
    mark: Mark | None = None
    shift: Places | None = None
    decimals: Places | None = None
    unsigned: bool = False
    kind: Literal["text", "whole", "flag"] | None = Field(None, alias="as")
    trim: bool | None = None
    currency: str | None = Field(None, alias="from")
    lines: Together = "only"

    @model_validator(mode="after")
    def _says_where_from(self) -> Self:
        if sum(one is not None for one in (self.column, self.text, self.product)) != 1:
            raise BadWord("either `column`, `text` or `product`: where its value comes from")
        return self

    @property
    def columns(self) -> set[str]:
        """The columns that it needs."""
        named = {self.column, self.currency, *(self.product or ())} - {None}
        return {str(name) for name in named} | set(COLUMN.findall(self.text or ""))

    @property
    def name(self) -> str:
        """The column's name in errors."""
        return self.column or self.text or " × ".join(self.product or ())

    @property
    def is_amount(self) -> bool:
        """Whether it has an option that only amounts have."""
        some = (self.mark, self.shift, self.decimals, self.product, self.currency)
        return self.unsigned or any(one is not None for one in some)

    def value(self, row: Row, use: FieldKind = FieldKind.OTHER, zone: str | None = None) -> Any:  # noqa: ANN401 -- any JSON
        """The field's value, or None if the row has none. Raises BadRow."""
        raw = self.raw(row, use)
        return None if raw is None else self.meant(raw, use, zone)

    def raw(self, row: Row, use: FieldKind = FieldKind.OTHER) -> Any:  # noqa: ANN401 -- whatever a file can hold
        """The row's value before it is converted to the field's kind; an amount as a number. Raises BadRow."""
        if self.product:
            factors = [number_in(row, name, self.mark) for name in self.product]
            return None if None in factors else product([one for one in factors if one is not None])
        value = filled(self.text, row, use) if self.text is not None else cell(row[str(self.column)], self.name)
        if isinstance(value, str) and self._is_trimmed(use):
            value = value.strip() or None
        return number(value, self.mark, self.name) if self.is_amount and self._is_number(value, use) else value

    def _is_number(self, value: object, use: FieldKind) -> bool:
        """Whether a value is read as a number. A code such as 00123 is not, nor is the text of an id."""
        if isinstance(value, str) and use is not FieldKind.MONEY:
            return use is not FieldKind.ID and not CODE.fullmatch(value)
        return value is not None and self.values is None

    def _is_trimmed(self, use: FieldKind) -> bool:
        return use is FieldKind.ID if self.trim is None else self.trim

    def meant(self, value: Any, use: FieldKind, zone: str | None) -> Any:  # noqa: ANN401 -- whatever a file can hold
        """A non-empty value, converted to the field's kind. Raises BadRow."""
        if self.values is not None:
            return self._replaced(text_of(value, self.name))
        if use is FieldKind.MOMENT:
            return moment(value, self.format, self.zone or zone or ("UTC" if self.format else None), self.name)
        if self.format is not None:
            return moment(value, self.format, "UTC", self.name)[: len("2026-03-01")]
        if not self.is_amount or not isinstance(value, Decimal):
            return self._plain(value, use)
        amount = self._amount(value)
        return _whole(amount, self.name) if self.kind == "whole" or use is FieldKind.WHOLE else amount

    def _replaced(self, code: str) -> str | bool | int:
        assert self.values is not None  # noqa: S101 -- whoever calls has looked
        if code not in self.values:
            raise BadRow(self.name, "one of {names}", code, names=in_a_row(self.values))
        return self.values[code]

    def _amount(self, value: Decimal) -> str:
        places = None if self.currency else self.decimals  # rounded once, after it is converted
        amount = rounded(shifted(value, self.shift or 0), places, self.name)
        return spelled(abs(amount) if self.unsigned else amount)

    def _plain(self, value: Any, use: FieldKind) -> object:  # noqa: ANN401 -- whatever a file can hold
        if self.kind == "text":
            return text_of(value, self.name)
        if self.kind == "flag" or (use is FieldKind.FLAG and not isinstance(value, bool)):
            return _flag(value, self.name)
        if self.kind == "whole" or use is FieldKind.WHOLE:
            count = _whole(value, self.name)
            return str(count) if use is FieldKind.ID and count is not None else count
        if use is FieldKind.ID:
            return id_of(value, self.name)
        if use is FieldKind.MONEY:
            return _money(value, self.name)
        return value.isoformat() if isinstance(value, date) else whole(value, self.name)

    def aggregate_lines(self, rows: Sequence[Row], use: FieldKind, zone: str | None) -> Any:  # noqa: ANN401 -- any JSON
        """The field's value for a basket. Raises BadRow."""
        values = [value for row in rows if (value := self.raw(row, use)) is not None]
        made = aggregate_lines(self.lines, values, self.name, self.mark)
        if self.lines == "sum" and made is not None and not self.is_amount:
            made = spelled(made)
        return None if made is None else self.meant(made, use, zone)


def filled(text: str | None, row: Row, use: FieldKind) -> str | None:
    """A text filled with the columns' values, or None if one of them is empty. Raises BadRow."""
    assert text is not None  # noqa: S101 -- whoever calls has looked
    spell = id_of if use is FieldKind.ID else text_of
    values: dict[str, str | None] = {}
    for name in COLUMN.findall(text):
        content = cell(row[name], name)
        values[name] = None if content is None else spell(content, name)
    if any(value is None or value == "" for value in values.values()):
        return None
    return COLUMN.sub(lambda match: str(values[match[1]]), text)


def number_in(row: Row, column: str, mark: Mark | None) -> Decimal | None:
    """The number in a column, or None if it is empty. Raises BadRow."""
    value = cell(row[column], column)
    return None if value is None else number(value, mark, column)


def _flag(value: object, column: str) -> bool:
    word = text_of(value, column).strip().lower()
    if word not in FLAGS:
        raise BadRow(column, "true or false, yes or no, 1 or 0", value)
    return FLAGS[word]


def _whole(cell_value: object, column: str) -> int | None:
    value = number(cell_value, None, column) if not isinstance(cell_value, bool) else None
    if value is None and isinstance(cell_value, str):
        return None
    if value is None or value != value.to_integral_value():
        raise BadRow(column, "a whole number", cell_value)
    return int(value)


def _money(value: object, column: str) -> object:
    """An amount without options in the mapping: it is read exactly."""
    if isinstance(value, float | Decimal):
        raise BadRow(
            column, "a text or a whole number: of a fraction, say with `decimals` to how many it is rounded", value
        )
    amount = number(value, None, column)
    return None if amount is None else value.strip() if isinstance(value, str) else spelled(amount)
