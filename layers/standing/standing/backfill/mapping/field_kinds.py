"""What kind of value each field of an event wants, as the events' models say it."""

from __future__ import annotations

from enum import Enum, auto


class FieldKind(Enum):
    """What a field's value is for."""

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
    """What a field's value is for, by the field's name; `amounts.deposits` is an entry of `amounts`."""
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
