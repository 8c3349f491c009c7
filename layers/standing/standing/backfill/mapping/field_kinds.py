"""What kind of value each field of an event wants, as the events' models say it."""

from __future__ import annotations

from enum import Enum, auto


class Use(Enum):
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


def use_of(field: str) -> Use:
    """What a field's value is for, by the field's name; `amounts.deposits` is an entry of `amounts`."""
    holder = field.partition(".")[0]
    if holder in IDS:
        return Use.ID
    if holder in MONEY:
        return Use.MONEY
    if holder in WHOLE:
        return Use.WHOLE
    if holder == "consent":
        return Use.FLAG
    return Use.MOMENT if holder == "time" else Use.OTHER
