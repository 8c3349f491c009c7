"""The stored reports of nights."""

from __future__ import annotations

from standing.aws.lake_bucket import Lake
from standing.nightly.summary import days_reported, report_key
from standing.report.model import Report
from standing.report.upgrade import read_report
from standing.values.errors import UserError


def kept_report(lake: Lake, day: str | None) -> Report:
    """The report of a day's night, or of the last. Raises UserError where there is none, naming those there are."""
    days = days_reported(lake)
    if not days:
        raise UserError("no night has ended yet: `standing night` closes the last finished day")
    if day and day not in days:
        raise UserError(f"no report of {day}: there are those of {', '.join(days[-7:])}; `standing night --day {day}`")
    wanted = day or days[-1]
    try:
        return read_report(lake.get(report_key(wanted)).body)
    except ValueError:
        again = f"`standing night --day {wanted}` writes it anew"
        raise UserError(f"{report_key(wanted)} is no report: {again}") from None
