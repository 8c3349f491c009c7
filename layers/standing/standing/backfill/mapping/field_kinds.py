"""The kind of value of each event field, from the events' models."""

from __future__ import annotations

from enum import Enum, auto


class FieldKind(Enum):
    """The kind of a field's value."""

    ID = auto()
    MOMENT = auto()
    MONEY = auto()
    WHOLE = auto()
    FLAG = auto()
    OTHER = auto()


IDS = {"id", "customer", "purchase"}
MONEY = {"amount", "amounts"}
WHOLE = {"items", "score", "value"}


def field_kind_of(field: str) -> FieldKind:
    """The kind of a field by its name; `amounts.deposits` is an entry of `amounts`."""
    holder = field.partition(".")[0]
    if holder in IDS:
        return FieldKind.ID
    if holder in MONEY:
        return FieldKind.MONEY
    if holder in WHOLE:
        return FieldKind.WHOLE
    if holder == "consent":
        return FieldKind.FLAG
    return FieldKind.MOMENT if holder == "time" else FieldKind.OTHER
