"""Days, the unit of time: whole numbers counted from 1970-01-01 in the programme's time zone."""

from __future__ import annotations

from bisect import bisect_left
from calendar import isleap
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = date(1970, 1, 1)
EPOCH_ORDINAL = EPOCH.toordinal()
LEAP_DAY = (2, 29)

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
    return day.toordinal() - EPOCH_ORDINAL


def day_in(text: str) -> Day:
    """The day number of a date such as `2026-11-25`. Raises ValueError."""
    return day_number(date.fromisoformat(text))


def day_date(day: Day) -> date:
    """The calendar date of a day number."""
    return date.fromordinal(EPOCH_ORDINAL + day)


def end_of_day(day: Day, time_zone: str) -> datetime:
    """The first moment after `day` in the programme's time zone, in UTC."""
    following = day_date(day + 1)
    return datetime(following.year, following.month, following.day, tzinfo=zone(time_zone)).astimezone(UTC)


def moments_of(day: date, minute: int, time_zone: str) -> list[datetime]:
    """The UTC moments at which local clocks show a minute of a day, in order.

    There are two if clocks are set back. If clocks skip the minute, it is the moment at which they are set forward.
    """
    local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone(time_zone))
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if second < first:  # clocks skip this minute
        return [_set_forward(second, first, zone(time_zone))]
    return sorted({first, second})


def _set_forward(before: datetime, after: datetime, time_zone: ZoneInfo) -> datetime:
    """The moment, to the second, between `before` and `after` at which clocks are set forward."""
    offset = before.astimezone(time_zone).utcoffset()
    seconds = range(int((after - before).total_seconds()) + 1)
    moved = bisect_left(seconds, 1, key=lambda elapsed: int(_offset_after(before, elapsed, time_zone) != offset))
    return before + timedelta(seconds=moved)


def _offset_after(moment: datetime, seconds: int, time_zone: ZoneInfo) -> timedelta | None:
    return (moment + timedelta(seconds=seconds)).astimezone(time_zone).utcoffset()


def month_of(day: Day) -> str:
    """The month of a day, such as `2026-10`."""
    return str(day_date(day))[:7]


def month_end(month: str) -> Day:
    """The last day of a month."""
    year, number = map(int, month.split("-"))
    return day_number(date(year + number // 12, number % 12 + 1, 1)) - 1


def month_ends(first: Day, last: Day) -> Iterator[Day]:
    """The last day of each month from `first` to `last`, in ascending order."""
    start = day_date(first)
    for month in range(start.year * 12 + start.month, 9999 * 12):
        end = day_number(date(month // 12, month % 12 + 1, 1)) - 1
        if end > last:
            return
        yield end


def next_anniversary(month_day: str, day: Day) -> Day:
    """The first day on or after `day` that falls on a month and day such as `05-17`.

    In common years, 02-29 falls on 02-28.
    """
    year = day_date(day).year
    this_year = _falls_on(year, month_day)
    return this_year if this_year >= day else _falls_on(year + 1, month_day)


def last_anniversary(of: date, day: Day) -> Day:
    """The last anniversary of a date on or before `day`."""
    month_day, year = f"{of.month:02}-{of.day:02}", day_date(day).year
    this_year = _falls_on(year, month_day)
    return this_year if this_year <= day else _falls_on(year - 1, month_day)


@lru_cache(maxsize=4096)
def _falls_on(year: int, month_day: str) -> Day:
    month, day = int(month_day[:2]), int(month_day[3:])
    if (month, day) == LEAP_DAY and not isleap(year):
        day -= 1
    return day_number(date(year, month, day))
