"""Mappings: how a row of somebody's table becomes an event. Knows nothing of files, nor whether the event is right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

COLUMN = re.compile(r"\{([^{}]+)\}")

type Row = Mapping[str, Any]
type Envelope = dict[str, Any]


class BadRow(ValueError):  # noqa: N818 -- it says what is with the row
    """A row that makes no event: which field, and what was expected there."""


class BadMapping(ValueError):  # noqa: N818 -- it says what is with the file
    """A mapping that cannot be used: the place in it, and what was expected there."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("a time zone such as Europe/Berlin") from None
    return name


def _codes(found: Any) -> Any:  # noqa: ANN401 -- whatever YAML can say
    """Codes as texts: YAML takes 1 for a number."""
    return {str(code): value for code, value in found.items()} if isinstance(found, dict) else found


class Taken(BaseModel):
    """A field taken from a column.

    `format` and `zone` read a time (without `zone`, UTC); `values` replaces codes. Of an amount, `mark` is the decimal
    mark of a text, `shift` by how many places the point moves to the left, `unsigned` drops its sign, and `decimals`
    rounds, half to even. `as` is what the field wants where the column is a text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    format: str | None = None
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    values: Annotated[dict[str, str | bool | int], BeforeValidator(_codes)] | None = None
    mark: Literal[".", ","] | None = None
    shift: Annotated[int, Field(ge=0, le=4)] | None = None
    decimals: Annotated[int, Field(ge=0, le=4)] | None = None
    unsigned: bool = False
    kind: Literal["text", "whole", "flag"] | None = Field(None, alias="as")

    def value(self, row: Row) -> Any:  # noqa: ANN401 -- whatever JSON can say
        """The field's value; None where the row has none. Raises BadRow."""
        found = row[self.column]
        if found is None or found == "":
            return None
        if self.values is not None:
            return self._replaced(str(found))
        if self.format is not None or isinstance(found, date):
            return self._moment(found)
        is_amount = self.unsigned or any(one is not None for one in (self.mark, self.shift, self.decimals))
        return self._amount(found) if is_amount else self._plain(found)

    def _replaced(self, code: str) -> str | bool | int:
        assert self.values is not None  # noqa: S101 -- whoever calls has looked
        if code not in self.values:
            raise BadRow(f"column `{self.column}` is {code!r}: expected one of {', '.join(self.values)}")
        return self.values[code]

    def _moment(self, found: object) -> str:
        try:
            moment = found if isinstance(found, date) else datetime.strptime(str(found), str(self.format))  # noqa: DTZ007
        except ValueError:
            raise BadRow(f"column `{self.column}` is {found!r}: expected a time as {self.format}") from None
        if not isinstance(moment, datetime):
            return moment.isoformat()
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self.zone))).isoformat()

    def _amount(self, found: object) -> str:
        text = str(found)
        if self.mark is not None and isinstance(found, str):
            text = text.replace("," if self.mark == "." else ".", "").replace(self.mark, ".")
        try:
            amount = Decimal(text).scaleb(-(self.shift or 0))
            if self.decimals is not None:
                amount = amount.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_EVEN)
        except InvalidOperation:
            raise BadRow(f"column `{self.column}` is {found!r}: expected a number") from None
        return f"{abs(amount) if self.unsigned else amount:f}"

    def _plain(self, found: object) -> object:
        if isinstance(found, float | Decimal):
            raise BadRow(f"column `{self.column}` is a fraction: say with `decimals` to how many it is rounded")
        try:
            return int(str(found)) if self.kind == "whole" else _flag(found) if self.kind == "flag" else found
        except ValueError:
            raise BadRow(f"column `{self.column}` is {found!r}: expected {WANTED[str(self.kind)]}") from None


WANTED = {"whole": "a whole number", "flag": "true or false, yes or no, 1 or 0"}
FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _flag(found: object) -> bool:
    word = str(found).lower()
    if word not in FLAGS:
        raise ValueError
    return FLAGS[word]


type Said = str | bool | int | list[int]


class Rows(BaseModel):
    """A mapping: `source` and `type` of the events, and where each of their fields comes from.

    A field is a text, in which `{column}` stands for a column's value, another constant, or is taken from a column
    (`Taken`). A name with a dot is an entry of a field, such as `consent.email`. `separator` is that of a CSV.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    type: str | Taken
    fields: dict[str, Taken | Said]
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","

    @property
    def columns(self) -> set[str]:
        """The columns that it needs."""
        made = [one for one in (self.source, self.type, *self.fields.values()) if isinstance(one, str)]
        taken = {one.column for one in (self.type, *self.fields.values()) if isinstance(one, Taken)}
        return taken | {name for text in made for name in COLUMN.findall(text)}

    def envelope(self, row: Row) -> Envelope:
        """A row as an event, as it would be sent. Raises BadRow."""
        detail: dict[str, Any] = {}
        for name, field in self.fields.items():
            value = _value(field, row)
            if value is not None:
                holder, _, entry = name.partition(".")
                if entry:
                    detail.setdefault(holder, {})[entry] = value
                else:
                    detail[name] = value
        return {"source": _value(self.source, row), "detail-type": _value(self.type, row), "detail": detail}


def _value(field: Taken | Said, row: Row) -> Any:  # noqa: ANN401 -- whatever JSON can say
    if isinstance(field, Taken):
        return field.value(row)
    return _filled(field, row) if isinstance(field, str) else field


def _filled(text: str, row: Row) -> str | None:
    """The text with the columns' values; None where one of them is empty."""
    values = {name: row[name] for name in COLUMN.findall(text)}
    if any(value is None or value == "" for value in values.values()):
        return None
    return COLUMN.sub(lambda found: str(values[found[1]]), text)


def read_mapping(path: Path) -> Rows:
    """The mapping in a YAML file. Raises BadMapping."""
    try:
        return Rows.model_validate(YAML(typ="safe").load(path))
    except OSError as error:
        raise BadMapping(f"{path}: {error.strerror}") from None
    except YAMLError as error:
        raise BadMapping(f"{path}: is not YAML: {str(error).splitlines()[0]}") from None
    except ValidationError as error:
        raise BadMapping(f"{path}: {_first(error)}") from None


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"] if part not in {"Taken", "str"})
    return f"{place or 'the file'}: {first['msg'].removeprefix('Value error, expected ').removeprefix('Value error, ')}"
