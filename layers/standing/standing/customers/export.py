"""Export of everything that is stored about a customer, in the table and the lake, in readable form."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import orjson

from standing.aws.lake_bucket import Lake
from standing.aws.table import STATE, Customers, checkpoint_in, state_in
from standing.lake.layout import KINDS
from standing.lake.reader import everything_of
from standing.lake.standings import standings_of
from standing.values.days import day_date
from standing.values.visible import in_json

type Json = dict[str, Any]

IMAGES: dict[str, Callable[[Json], Any]] = {STATE: state_in, "CHECKPOINT": checkpoint_in}
# Names of values that are days since 1970-01-01, and of objects whose values are such days.
DAYS = {"day", "since", "grace_until", "first", "days"}
BY_NAME = {"due", "honoured", "asked", "unanswered", "refrained", "held_back", "contacts", "days", "day"}


def export(customers: Customers, lake: Lake, customer: str) -> Json:
    """A customer's table rows by sort key, and lake rows by kind, with days as dates. Empty if there are none.

    `standings` has the customer's rows in stored standings.
    """
    table = {row["sk"]["S"]: _table_row(row) for row in customers.rows(customer)}
    stored = everything_of(lake, customer)
    lake_rows = {kind: [_readable(row) for row in getattr(stored, kind).rows(named=True)] for kind in KINDS}
    standings = [
        {name: _readable(value, "day" if _is_day(name) else name) for name, value in row.items()}
        for row in standings_of(lake, customer)
    ]
    return {"customer": customer, "table": table, "lake": {**lake_rows, "standings": standings}}


def _is_day(column: str) -> bool:
    """Whether a column of a standing has days."""
    return column.startswith(("due/", "held/", "contacts/")) or column.endswith(("/since", "/grace"))


def rows_in(exported: Json) -> tuple[int, int]:
    """The number of rows of an export from the table, and from the lake."""
    return len(exported["table"]), sum(map(len, exported["lake"].values()))


def as_json(exported: Json) -> str:
    """An export as JSON, indented."""
    return in_json(orjson.dumps(exported, option=orjson.OPT_INDENT_2).decode()) + "\n"


def _table_row(row: Json) -> Json:
    """A table row without DynamoDB's types, with its image unpacked."""
    values = {name: _value(name, value) for name, value in row.items() if name not in {"pk", "sk", "image"}}
    if unpack := IMAGES.get(row["sk"]["S"].partition("#")[0]):
        values |= {name: value for name, value in _fields(unpack(row)).items() if name not in {"customer", "version"}}
    return {name: _readable(value, name) for name, value in values.items()}


def _fields(value: Any) -> Json:  # noqa: ANN401 -- of any dataclass
    """A dataclass's fields, without what it only remembers to be quicker."""
    return {one.name: getattr(value, one.name) for one in fields(value) if not one.name.startswith("_")}


def _value(name: str, typed: Json) -> Any:  # noqa: ANN401 -- any JSON
    ((kind, value),) = typed.items()
    if kind == "N":
        return int(value)
    return orjson.loads(value) if name == "detail" else value


def _readable(value: Any, name: str = "") -> Any:  # noqa: ANN401 -- any JSON
    """A value in readable form; its name tells whether it is a day."""
    if hasattr(value, "_asdict"):
        return _readable(value._asdict())
    if is_dataclass(value):
        return _readable(_fields(value), name)
    if isinstance(value, dict):
        parts = {str(key): part for key, part in value.items() if key != "packed"}
        return {key: _readable(part, "day" if name in BY_NAME else key) for key, part in parts.items()}
    if isinstance(value, list | tuple):
        return [_readable(part, name) for part in value]
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return str(day_date(value)) if name in DAYS and isinstance(value, int) else value
