"""The stored reports of nights."""

from __future__ import annotations

from standing.aws.lake_bucket import Lake
from standing.nightly.summary import days_reported, report_key
from standing.report.model import Report
from standing.report.upgrade import read_report
from standing.values.errors import UserError
from standing.values.messages import in_a_row


def kept_report(lake: Lake, day: str | None) -> Report:
    """The report of a day's night, or of the last. Raises UserError where there is none, naming those there are."""
    days = days_reported(lake)
    if not days:
        raise UserError("no night has ended yet: `standing night` closes the last finished day")
    if day and day not in days:
        raise UserError(
            "no report of {day}: there are those of {days}; `standing night --day {day}`",
            day=day,
            days=in_a_row(days[-7:]),
        )
    wanted = day or days[-1]
    try:
        return read_report(lake.get(report_key(wanted)).body)
    except ValueError:
        raise UserError(
            "{file} is no report: `standing night --day {day}` writes it anew", file=report_key(wanted), day=wanted
        ) from None
