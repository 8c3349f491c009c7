"""Normalises cells: empty cells, integers stored as floats, texts stored as bytes."""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal
from typing import Any

from standing.backfill.files.rows import Row
from standing.backfill.mapping.errors import BadRow

EXACT = 2**53  # from here on floats cannot represent all integers
NOT_A_NUMBER = {"nan", "NaN", "NAN"}
WHOLE_FLOAT = re.compile(r"([+-]?(?:0|[1-9][0-9]*))\.0+", re.ASCII)


def cell(value: object, column: str) -> Any:  # noqa: ANN401 -- whatever a file can hold
    """A cell, or None if it is empty or NaN. Raises BadRow."""
    if value is None or value == "" or (isinstance(value, float | Decimal) and math.isnan(value)):
        return None
    if isinstance(value, list | tuple | dict):
        raise BadRow(column, "one value: this column has lists", value)
    return _decoded(value, column) or None if isinstance(value, bytes) else value


def _decoded(value: bytes, column: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise BadRow(column, "a text: these bytes are no UTF-8", value) from None


def whole(value: object, column: str) -> object:
    """A float or decimal without a fraction as an integer. Raises BadRow if it has a fraction."""
    if isinstance(value, float | Decimal):
        if not math.isfinite(value) or value != int(value) or (isinstance(value, float) and abs(value) > EXACT):
            raise BadRow(column, "a whole number, or with `decimals` to how many digits it is rounded", value)
        return int(value)
    return value


def text_of(value: object, column: str) -> str:
    """A cell as a text. Raises BadRow."""
    plain = whole(value, column)
    return plain.isoformat() if isinstance(plain, date) else str(plain)


def id_of(value: object, column: str) -> str | None:
    """A cell as part of an id: without surrounding spaces, and without the `.0` that other programs add to numbers."""
    text = text_of(value, column).strip()
    if text in NOT_A_NUMBER:
        return None
    match = WHOLE_FLOAT.fullmatch(text)
    return (match[1] if match else text) or None


def id_in(row: Row, column: str) -> str | None:
    """A column's cell as part of an id, or None if it is empty. Raises BadRow."""
    value = cell(row[column], column)
    return None if value is None else id_of(value, column)
