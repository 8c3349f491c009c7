"""The timeline: which ruleset is in force from which day. A finished day stays as the rules of its time decided it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, NamedTuple, Self

from pydantic import AfterValidator, Field

from standing.rules.frozen import Frozen
from standing.rules.ruleset import Ruleset
from standing.values.days import Day


class Entry(Frozen):
    """A ruleset and the first day on which it is in force."""

    since: Day
    ruleset: Ruleset


class Span(NamedTuple):
    """Days, first and last included, on which one ruleset is in force."""

    ruleset: Ruleset
    first: Day
    last: Day


def _rising(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    days = [entry.since for entry in entries]
    if days != sorted(set(days)):
        raise ValueError("the days of a timeline rise")
    return entries


class Timeline(Frozen):
    """Rulesets by the day from which they are in force; the first is in force on all days before, too."""

    entries: Annotated[tuple[Entry, ...], Field(min_length=1), AfterValidator(_rising)]

    @classmethod
    def of(cls, ruleset: Ruleset) -> Self:
        """One ruleset for all days."""
        return cls(entries=(Entry(since=0, ruleset=ruleset),))

    def followed_by(self, ruleset: Ruleset, since: Day) -> Self:
        """This timeline with another ruleset from a day on; what was to begin then or later is dropped."""
        before = tuple(entry for entry in self.entries if entry.since < since)
        return type(self)(entries=(*before, Entry(since=since, ruleset=ruleset)))

    def on(self, day: Day) -> Ruleset:
        """The ruleset in force on a day."""
        return self.entries[max(bisect_right(self._days, day) - 1, 0)].ruleset

    def spans(self, first: Day, last: Day) -> Iterator[Span]:
        """The days from `first` to `last`, by the ruleset in force."""
        ends = [day - 1 for day in self._days if first < day <= last]
        for end in [*ends, last]:
            if first <= end:
                yield Span(self.on(first), first, end)
                first = end + 1

    @property
    def latest(self) -> Ruleset:
        """The ruleset that was added last."""
        return self.entries[-1].ruleset

    @cached_property
    def _days(self) -> list[Day]:
        return [entry.since for entry in self.entries]
