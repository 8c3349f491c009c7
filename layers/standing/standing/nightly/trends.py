"""Trends: the number of customers by level, night by night, from the reports."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from standing.aws.lake_bucket import Lake
from standing.nightly.summary import report_key
from standing.report.model import Levels, Report
from standing.report.upgrade import read_report
from standing.values.days import day_date, day_in

NIGHTS = 30  # in a report's trend


class NightLevels(NamedTuple):
    """The levels in a night's report. `whole` tells whether every bucket was done."""

    day: str
    levels: Levels
    whole: bool


def levels_of_nights(lake: Lake, last: str, nights: int = NIGHTS) -> list[NightLevels]:
    """The levels of the last `nights` days up to `last`, in ascending order. Days without a report are left out."""
    end = day_in(last)
    days = [str(day_date(day)) for day in range(end - nights + 1, end + 1)]
    stored = lake.get_all(report_key(day) for day in days)  # without a list of all that there is of nights
    return [told for _, one in stored if (told := _read(one.body))]


def _read(body: bytes) -> NightLevels | None:
    """What a report says; none where it is none: that is told where it is asked for itself."""
    with suppress(ValueError):
        return levels_told_by(read_report(body))
    return None


def levels_told_by(report: Report) -> NightLevels:
    """What one report says."""
    return NightLevels(report.day, report.figures.levels, not report.failed_buckets)


def with_trend(report: Report, lake: Lake) -> Report:
    """A report with the levels of the nights up to its own, by day, as `trend`: whole nights alone."""
    before = levels_of_nights(lake, str(day_date(day_in(report.day) - 1)), NIGHTS - 1)
    whole = [one for one in [*before, levels_told_by(report)] if one.whole]
    return replace(report, trend={one.day: one.levels for one in whole})
