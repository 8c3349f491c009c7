"""Parses times as people write them, with their offset. A local time that clocks skipped is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from standing.backfill.mapping.amounts import number
from standing.backfill.mapping.errors import BadRow
from standing.events.fields import iso_moment
from standing.values.messages import message

EXCEL_FIRST = datetime(1899, 12, 30)  # noqa: DTZ001 -- its days are those of a wall
EXCEL_KNOWN = 61  # before that day, Excel counts a 29 February 1900
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FARTHEST = 10**14  # microseconds, milliseconds or seconds: larger numbers are no plausible time
ISO = message("a time as ISO 8601, such as 2026-03-01T09:30:00Z")
NAMED_UTC = re.compile(r"(?<![A-Za-z])(UTC|GMT|Z)(?![A-Za-z])")


def moment(value: object, form: str | None, zone: str | None, column: str) -> str:
    """A time as ISO 8601. A time without an offset is in the zone. Raises BadRow."""
    if isinstance(value, str):
        value = value.strip()
    read = COUNTED.get(form or "")
    try:
        when = value if isinstance(value, date) else read(value, column) if read else _written(str(value), form)
        if not isinstance(when, datetime):
            when = datetime.combine(when, time())
        return _in_zone(when, value, zone, column).isoformat()
    except (ValueError, OverflowError):
        raise BadRow(column, message("a time as {form}", form=form) if form else ISO, value) from None


def _written(text: str, form: str | None) -> datetime:
    if form is None:
        return iso_moment(text)
    when = datetime.strptime(text, form)  # noqa: DTZ007 -- the zone is looked at next
    if "%Z" in form and when.tzinfo is None:  # Python reads the zone's name, and drops it
        if not NAMED_UTC.search(text):
            raise ValueError(text)
        return when.replace(tzinfo=UTC)
    return when


def _in_zone(when: datetime, value: object, zone: str | None, column: str) -> datetime:
    if when.tzinfo is not None:
        return when
    if zone is None:
        raise BadRow(column, "a time with its offset, or in the mapping its `zone`, such as Europe/Berlin", value)
    here = when.replace(tzinfo=ZoneInfo(zone))
    if here.astimezone(UTC).astimezone(here.tzinfo).replace(tzinfo=None) != when:
        raise BadRow(column, "a time that clocks showed in {zone}: they were set forward over it", value, zone=zone)
    return here


def _excel(value: object, column: str) -> datetime:
    days = _counted(value, column)
    if not EXCEL_KNOWN <= days < 10**7:
        raise ValueError(value)
    return EXCEL_FIRST + timedelta(milliseconds=int((days * 86_400_000).to_integral_value()))


def _seconds(value: object, column: str) -> datetime:
    return EPOCH + timedelta(microseconds=int(_counted(value, column) * 1_000_000))


def _milliseconds(value: object, column: str) -> datetime:
    return EPOCH + timedelta(microseconds=int(_counted(value, column) * 1_000))


def _counted(value: object, column: str) -> Decimal:
    count = number(value, None, column)
    if count is None or abs(count) > FARTHEST:
        raise ValueError(value)
    return count


COUNTED: dict[str, Callable[[object, str], datetime]] = {
    "excel-days": _excel,
    "epoch-seconds": _seconds,
    "epoch-milliseconds": _milliseconds,
}
