"""Months as a report names them, such as `2026-10`, and which of them a night compares with."""

from __future__ import annotations

from datetime import date

from standing.values.days import Day, day_date, day_number

AFTER = 90  # days for which customers are watched after the end of a month


def month_of(day: Day) -> str:
    """The month in which a day falls."""
    return f"{day_date(day):%Y-%m}"


def month_end(month: str) -> Day:
    """The last day of a month."""
    year, number = map(int, month.split("-"))
    return day_number(date(year + number // 12, number % 12 + 1, 1)) - 1


def month_before(day: Day) -> str:
    """The last month that was over before the month of a day began."""
    return month_of(day_number(day_date(day).replace(day=1)) - 1)


def month_watched(day: Day) -> str:
    """The last month after whose end so many days have passed, up to the end of this day."""
    month = month_of(day - AFTER)
    return month if month_end(month) + AFTER <= day else month_before(day - AFTER)


def compared_with(day: Day) -> tuple[str, str]:
    """The months whose ends the figures of a day need."""
    return month_before(day), month_watched(day)
