"""Values derived from a report's figures: drift, and days on which a source was silent. Independent of any page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from math import log
from typing import NamedTuple

from standing.report.model import Spread

UNIT = 10_000
SMOOTHED = 0.5  # the least number of customers of a level, so that an empty level does not make the PSI infinite
USUAL = 0.8  # of the days since its first: a source that sends on fewer days is not missed on a silent one
LOOKED_BACK = 7  # days

type Counts = Mapping[str, int]


class Drift(NamedTuple):
    """How far the distribution of a rating or a feature has moved since a month: the PSI, in ten-thousandths."""

    month: str
    kind: str
    name: str
    psi: int


def psi(now: Counts, then: Counts) -> int:
    """The population stability index of two distributions, in ten-thousandths. 0 if one of them is empty."""
    if not sum(now.values()) or not sum(then.values()):
        return 0
    bins = sorted({*now, *then})
    shares = [(_share(now, one, len(bins)), _share(then, one, len(bins))) for one in bins]
    return round(UNIT * sum((new - old) * log(new / old) for new, old in shares))


def _share(counts: Counts, name: str, bins: int) -> float:
    return (counts.get(name, 0) + SMOOTHED) / (sum(counts.values()) + SMOOTHED * bins)


def drifts(drift: Mapping[str, Spread]) -> list[Drift]:
    """The drift of every rating and feature since each month of the report, the largest first."""
    now = drift.get("now", {})
    found = [
        Drift(month, kind, name, psi(counts, then))
        for month, kinds in drift.items()
        if month != "now"
        for kind, names in now.items()
        for name, counts in names.items()
        if (then := kinds.get(kind, {}).get(name))
    ]
    return sorted(found, key=lambda one: (-one.psi, one))


def silent_days(quality: Mapping[str, Mapping[str, Counts]], last: str) -> list[tuple[str, str]]:
    """(source, day) for the last days, up to `last`, on which a source that usually sends events sent none."""
    end = date.fromisoformat(last)
    found = []
    for source, days in sorted(quality.items()):
        sent = {date.fromisoformat(day) for day, counts in days.items() if counts.get("events", 0)}
        sent = {day for day in sent if day <= end}
        if sent and len(sent) >= USUAL * ((end - min(sent)).days + 1) and len(sent) > 1:
            found += [(source, str(day)) for day in _recent(end) if day > min(sent) and day not in sent]
    return found


def _recent(end: date) -> Iterator[date]:
    return (end - timedelta(days=back) for back in reversed(range(LOOKED_BACK)))
