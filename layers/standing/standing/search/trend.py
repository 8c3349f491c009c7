"""`standing trend`: customers by level, night by night, as a document and as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from standing.aws.lake_bucket import Lake
from standing.nightly.summary import days_reported
from standing.nightly.trends import levels_of_nights
from standing.present.document import Column, Document, Paragraph, Said, Table
from standing.report.model import Levels
from standing.rules.author.messages import nearest
from standing.rules.ruleset import Rating, Ruleset
from standing.search.words import said
from standing.values.catalogue import Language
from standing.values.days import day_date, day_in
from standing.values.errors import UserError
from standing.values.messages import in_a_row

BARS = "▁▂▃▄▅▆▇█"
GAP = " "
COUNTS = ("first", "last", "change")
MIDDLE = 3  # index of the bar for a constant level
MOST_NAMED = 8  # days to name in a message


@dataclass(frozen=True)
class Trend:
    """The number of a rating's customers by level, over some nights.

    `missing` has the days without a report, `partial` the days with failed buckets; neither are in `counts`.
    """

    rating: Rating
    counts: Levels
    missing: tuple[str, ...]
    partial: tuple[str, ...]

    @property
    def levels(self) -> list[str]:
        """The levels, highest first if they are ordered; after them, levels of former rules."""
        known = self.rating.levels[::-1] if self.rating.ordered else self.rating.levels
        return list(dict.fromkeys([*known, *(level for levels in self.counts.values() for level in levels)]))

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        nights = [
            {"day": day, "levels": {name: levels.get(name, 0) for name in self.levels}}
            for day, levels in self.counts.items()
        ]
        return {"rating": self.rating.name, "nights": nights, "missing": self.missing, "partial": self.partial}


def trend_of(lake: Lake, ruleset: Ruleset, name: str, nights: int) -> Trend:
    """The trend of a rating over the last `nights` nights. Raises UserError if there is no such rating or no night."""
    if name not in ruleset.ratings:
        raise UserError("`{name}` is not a rating{nearest}", name=name, nearest=nearest(name, ruleset.ratings))
    days = days_reported(lake)
    if not days:
        raise UserError("no night has ended yet: `standing night` closes the last finished day")
    reported = levels_of_nights(lake, days[-1], nights)
    counts = {night.day: night.levels.get(name, {}) for night in reported if night.whole}
    first = day_in(reported[0].day)
    every = [str(day_date(day)) for day in range(first, day_in(days[-1]) + 1)]
    missing = sorted({*every} - {night.day for night in reported})
    partial = tuple(night.day for night in reported if not night.whole)
    return Trend(ruleset.ratings[name], counts, tuple(missing), partial)


def trend_document(trend: Trend, language: Language) -> Document:
    """A trend as a document: one line for each level, with a sparkline from its minimum to its maximum."""
    days, name = [*trend.counts], trend.rating.title.in_language(language)
    title = said("trend", language, rating=name, nights=len(days), first=days[0], last=days[-1]) if days else ""
    table = (_table(trend, language),) if days else ()
    notes = (Paragraph(note, "warning") for note in _notes(trend, language))
    return Document(language, (*table, *notes), title)


def _notes(trend: Trend, language: Language) -> Iterator[str]:
    for name, days in (("partial", trend.partial), ("missing", trend.missing)):
        if days:
            more = " …" if len(days) > MOST_NAMED else ""
            yield said(name, language, days=in_a_row(days[:MOST_NAMED]).in_language(language) + more)


def _table(trend: Trend, language: Language) -> Table:
    names = ("level_of", *COUNTS, "nights")
    columns = (Column(said(name, language), is_number=name in COUNTS, is_whole=name == "level_of") for name in names)
    return Table(tuple(columns), tuple(_row(trend, level) for level in trend.levels))


def _row(trend: Trend, level: str) -> tuple[Said, ...]:
    counts = [levels.get(level, 0) for levels in trend.counts.values()]
    numbers = f"{counts[0]:,}", f"{counts[-1]:,}", f"{counts[-1] - counts[0]:+,}"
    return level, *numbers, drawn(_by_day(trend, level))


def _by_day(trend: Trend, level: str) -> list[int | None]:
    """A level's number of customers on each day from the first to the last; None for days without data."""
    first, last = (day_in(day) for day in (min(trend.counts), max(trend.counts)))
    days = (str(day_date(day)) for day in range(first, last + 1))
    return [trend.counts[day].get(level, 0) if day in trend.counts else None for day in days]


def drawn(values: list[int | None]) -> str:
    """Values as a sparkline from minimum to maximum, with a gap for None."""
    known = [value for value in values if value is not None]
    least, span = min(known), max(known) - min(known)
    steps = [
        None if value is None else (value - least) * (len(BARS) - 1) // span if span else MIDDLE for value in values
    ]
    return "".join(GAP if step is None else BARS[step] for step in steps)
