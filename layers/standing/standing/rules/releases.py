"""Releases: which rules were put in force, from which day, when and how. Knows no clock and no bucket.

A timeline holds the rules themselves; this is its record, by their versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from standing.rules.frozen import Frozen
from standing.values.days import EPOCH

ALL_DAYS = EPOCH


class Release(Frozen):
    """Rules that are in force from a day on (`ALL_DAYS`: from the first), and when that was said."""

    since: date
    version: str
    by: Literal["release", "rollback"]
    at: datetime


type Entries = tuple[Release, ...]


class Releases(Frozen):
    """The record as it is kept: its entries, oldest first, under an id that the deployed stack names, too.

    Where the stack names another, this was never deployed, or not yet; then what holds is `before`.
    """

    id: str
    at: datetime
    entries: Entries
    before: Entries = ()

    def deployed(self, named: str) -> Entries:
        """The entries that hold, where the stack names some id."""
        return self.entries if named == self.id else self.before


def followed_by(entries: Entries, new: Release) -> Entries:
    """Entries with a new one; what was to begin on its day or later is dropped, and no rules follow themselves."""
    before = begun(entries, new.since, included=False)
    return before if before and before[-1].version == new.version else (*before, new)


def begun(entries: Entries, day: date, *, included: bool = True) -> Entries:
    """The entries that have begun on a day (or before it)."""
    return tuple(entry for entry in entries if entry.since < day or (included and entry.since == day))


def in_force(entries: Sequence[Release], day: date) -> Release:
    """What is in force on a day; the first is in force on all days before it, too."""
    return begun(tuple(entries), day)[-1] if entries[0].since <= day else entries[0]


def predecessor(entries: Sequence[Release]) -> str | None:
    """The rules before the last ones, for going back: what was taken back is not come to again."""
    stack: list[str] = []
    for entry in entries:
        if entry.by == "rollback" and entry.version in stack:
            del stack[stack.index(entry.version) + 1 :]
        else:
            stack.append(entry.version)
    return stack[-2] if len(stack) > 1 else None
