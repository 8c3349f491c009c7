"""The types of an event's fields. Every error says what was expected."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StringConstraints, WithJsonSchema

from standing.events.expectations import Unexpected

PERSONAL = {"x-personal": True}  # personal data: never logged, published or stored
KEPT = {"x-personal": True, "x-kept": True}  # personal data that rules need: stored, never logged or published
AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,4})?", re.ASCII)
NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
MONTH_DAY = re.compile(r"([0-9]{4}-)?([0-9]{2}-[0-9]{2})", re.ASCII)
LEAP_SECOND = re.compile(r"([T ][0-9]{2}:[0-9]{2}):60(?:\.[0-9]+)?", re.ASCII)
DATE = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
FIRST_MOMENT = datetime(1970, 1, 2, tzinfo=UTC)
LEAP_YEAR = "2000-"
MOST_ENTRIES = 40
LONGEST_CODE = 64


def _printable(text: str) -> str:
    if not text.isprintable():
        raise Unexpected("printable")
    return text


def _amount(value: object) -> object:
    if not isinstance(value, str) or not AMOUNT.fullmatch(value):
        raise Unexpected("amount")
    return value


def _currency(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value):
        raise Unexpected("currency_code")
    return value


def _moment(value: object) -> object:
    if isinstance(value, datetime):
        return value
    try:
        moment = iso_moment(value)  # type: ignore[arg-type]  # a wrong type is answered just below
    except (TypeError, AttributeError, ValueError):
        moment = None
    offset = moment.utcoffset() if moment else None
    if offset is None or offset.total_seconds() % 60:  # an offset with seconds would not survive being stored
        raise Unexpected("moment")
    return moment


def iso_moment(text: str) -> datetime:
    """The time in an ISO 8601 or RFC 3339 text. A leap second becomes its minute's last moment. Raises ValueError."""
    text = text.upper()
    return datetime.fromisoformat(LEAP_SECOND.sub(r"\1:59.999999", text) if ":60" in text else text)


def _since_1970(moment: datetime) -> datetime:
    if moment.year < 1970 or moment < FIRST_MOMENT:  # the year first: year 1 with an offset cannot be converted to UTC
        raise Unexpected("since_1970")
    return moment


def _rising(scale: tuple[int, int]) -> tuple[int, int]:
    if scale[0] >= scale[1]:
        raise Unexpected("rising_scale")
    return scale


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise Unexpected("name")
    return text


def _date(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not DATE.fullmatch(value) or not _exists(value):
        raise Unexpected("date")
    return value


def _month_day(value: object) -> object:
    match = MONTH_DAY.fullmatch(value) if isinstance(value, str) else None
    if not match or not _exists((match[1] or LEAP_YEAR) + match[2]):
        raise Unexpected("month_day")
    return match[2]


def _exists(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _fact(value: object) -> object:
    is_code = isinstance(value, str) and 0 < len(value) <= LONGEST_CODE and value.isprintable()
    if not isinstance(value, bool) and not is_code:
        raise Unexpected("fact")
    return value


def _few[T](entries: dict[str, T]) -> dict[str, T]:
    if len(entries) > MOST_ENTRIES:
        raise Unexpected("few", most=MOST_ENTRIES)
    return entries


Name = Annotated[str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{NAME.pattern}$"})]
Few = Field(json_schema_extra={"maxProperties": MOST_ENTRIES})
Code = Annotated[str, Field(min_length=1, max_length=LONGEST_CODE), AfterValidator(_printable)]
EventId = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
CustomerId = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_printable)]
Amount = Annotated[str, BeforeValidator(_amount, Annotated[str, Field(pattern=f"^{AMOUNT.pattern}$")])]
Currency = Annotated[str, BeforeValidator(_currency, Annotated[str, Field(pattern="^[A-Z]{3}$")])]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment, str),
    AfterValidator(_since_1970),
    Field(json_schema_extra={"format": "date-time"}),
]
Bound = Annotated[int, Field(strict=True, ge=-1000, le=1000)]
Scale = Annotated[tuple[Bound, Bound], AfterValidator(_rising)]
Date = Annotated[date, BeforeValidator(_date, Annotated[str, StringConstraints(pattern=f"^{DATE.pattern}$")])]
MonthDay = Annotated[
    str, BeforeValidator(_month_day, Annotated[str, StringConstraints(pattern=f"^{MONTH_DAY.pattern}$")])
]
Dates = Annotated[dict[Name, Date], AfterValidator(_few), Few]
Flags = Annotated[dict[Name, StrictBool], AfterValidator(_few), Few]
Fact = Annotated[StrictBool | Code, BeforeValidator(_fact)]
Facts = Annotated[dict[Name, Fact], AfterValidator(_few), Few]
Amounts = Annotated[dict[Name, Amount], AfterValidator(_few), Few]
