"""Planning a night: which day is closed, and which buckets there still are to rescore for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from standing.aws.lake_bucket import Lake
from standing.aws.logging import PlainError
from standing.lake.compaction import stage
from standing.lake.layout import KINDS, STAGED, STANDING, number_in
from standing.nightly.model import LearnedModel, model_of, model_up_to
from standing.nightly.summary import findings_passed_on, parts
from standing.rules.ruleset import Ruleset
from standing.values.days import Day, day_date, day_in, day_of

LAG = timedelta(hours=4)  # after a day's end: what was on its way then is there, so that it does not come late


class InvalidDay(PlainError, ValueError):  # noqa: N818 -- what it is
    """A day that cannot be closed, or that is none."""


def plan(lake: Lake, ruleset: Ruleset, now: datetime, asked: str | None = None) -> dict[str, Any]:
    """What is to be done: the `day` to close, all buckets `known`, and those `due`, which are not done yet.

    So a second start for the same day does what failed at the first, and otherwise nothing. Deals out what came into
    the lake, and learns the model of scores where that is due. Raises InvalidDay where the day that is asked for is
    not over, or is no day.
    """
    day = day_asked_for(asked, day_to_close(now, ruleset))
    wrong = findings_passed_on(stage(lake).wrong)
    known, done = buckets(lake), set(parts(lake, str(day_date(day))))
    due = [number for number in known if number not in done]
    learnt = model_up_to(lake, ruleset, day, known) if due else LearnedModel(model_of(lake))
    return {"day": str(day_date(day)), "known": known, "due": due, "wrong": wrong, "model": asdict(learnt.told())}


def day_asked_for(asked: str | None, last: Day) -> Day:
    """The day that somebody names, or else the last that can be closed. Raises InvalidDay."""
    if asked is None:
        return last
    try:
        day = day_in(asked)
    except ValueError:
        raise InvalidDay(f"day {asked!r}: expected a date such as {day_date(last)}") from None
    if day > last:
        raise InvalidDay(f"day {asked}: is not over, or only just; the last that can be closed is {day_date(last)}")
    return day


def day_to_close(now: datetime, ruleset: Ruleset) -> Day:
    """The last day that is over, and has been for a while."""
    return day_of(now - LAG, ruleset.programme.time_zone) - 1


def buckets(lake: Lake) -> list[int]:
    """The buckets of which anything is known."""
    return sorted(set(_known(lake)))


def _known(lake: Lake) -> Iterator[int]:
    """By one listing a kind, however many objects there are: what waits is a few objects a bucket.

    And by the standings of nights: a bucket whose files are gone is not to be passed over.
    """
    yield from (number_in(key) for key in lake.keys(f"{STANDING}/"))
    for kind in KINDS:
        for prefix in (f"{kind}/", f"{STAGED}/{kind}/"):
            yield from (number_in(key) for key in lake.keys(prefix))
