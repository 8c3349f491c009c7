"""Plans a night: the day to close, and the buckets that are still due for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from standing.aws.lake_bucket import Lake
from standing.aws.logging import PlainError
from standing.lake.buckets import buckets_of, buckets_with_data
from standing.nightly.planned import Planned
from standing.nightly.summary import is_done, parts
from standing.rules.ruleset import Ruleset
from standing.values.days import Day, day_date, day_in, day_of
from standing.values.errors import ReadableError

LAG = timedelta(hours=4)  # after a day's end, so that events under way then have arrived and are not late


class InvalidDay(ReadableError, PlainError, ValueError):  # noqa: N818 -- what it is
    """A day that cannot be closed, or that is not a day."""


def plan(lake: Lake, ruleset: Ruleset, now: datetime, asked: str | None = None) -> Planned:
    """What is to be done, once what came in is dealt out.

    A second start for the same day does what failed at the first, and otherwise nothing. Raises InvalidDay where the
    day that is asked for is not over, or is no day.
    """
    day = str(day_date(day_asked_for(asked, day_to_close(now, ruleset))))
    dealt_out, done = buckets_of(lake), parts(lake, day).keys()
    known = buckets(lake)
    return Planned(day, known, [number for number in known if not is_done(number, done, dealt_out)])


def day_asked_for(asked: str | None, last: Day) -> Day:
    """The requested day, or else the last one that can be closed. Raises InvalidDay."""
    if asked is None:
        return last
    try:
        day = day_in(asked)
    except ValueError:
        raise InvalidDay("day {day}: expected a date such as {last}", day=repr(asked), last=day_date(last)) from None
    if day > last:
        raise InvalidDay(
            "day {day}: is not over, or only just; the last that can be closed is {last}",
            day=asked,
            last=day_date(last),
        )
    return day


def day_to_close(now: datetime, ruleset: Ruleset) -> Day:
    """The last day that ended at least LAG ago."""
    return day_of(now - LAG, ruleset.programme.time_zone) - 1


def buckets(lake: Lake) -> list[int]:
    """The buckets that have any data. One that is split, and not dealt out yet, stands for those below it."""
    known, dealt_out = buckets_with_data(lake), buckets_of(lake)
    split = {number for number in known if not dealt_out.is_leaf(number) and dealt_out.leaves(number)}
    leaves = {leaf for leaf in known - split if dealt_out.is_leaf(leaf)}
    return sorted(split | leaves - {leaf for number in split for leaf in dealt_out.leaves(number)})
