"""Days, the atom of time: whole numbers counted from 1970-01-01 in the programme's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = date(1970, 1, 1)

type Day = int


@lru_cache(maxsize=8)
def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name such as `Asia/Shanghai`."""
    return ZoneInfo(name)


def day_of(moment: datetime, time_zone: str) -> Day:
    """The programme's day in which a moment (with an offset) falls."""
    return day_number(moment.astimezone(zone(time_zone)).date())


def day_number(day: date) -> Day:
    """Days from 1970-01-01 to `day`."""
    return (day - EPOCH).days


def day_date(day: Day) -> date:
    """The calendar date of a day number."""
    return EPOCH + timedelta(days=day)


def end_of_day(day: Day, time_zone: str) -> datetime:
    """The first moment after `day` in the programme's time zone, in UTC."""
    following = day_date(day + 1)
    return datetime(following.year, following.month, following.day, tzinfo=zone(time_zone)).astimezone(UTC)
