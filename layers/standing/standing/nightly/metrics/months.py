"""Months, such as `2026-10`, and the months with which a night compares."""

from __future__ import annotations

from standing.values.days import Day, day_date, day_number, month_end, month_of

AFTER = 90  # days after the end of a month in which customers are watched


def month_before(day: Day) -> str:
    """The month before the month of a day."""
    return month_of(day_number(day_date(day).replace(day=1)) - 1)


def month_watched(day: Day) -> str:
    """The last month whose end is at least AFTER days before the end of this day."""
    month = month_of(day - AFTER)
    return month if month_end(month) + AFTER <= day else month_before(day - AFTER)


def compared_with(day: Day) -> tuple[str, str]:
    """The months whose ends the metrics of a day need."""
    return month_before(day), month_watched(day)
