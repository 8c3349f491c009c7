"""The timeline of rules in force, as a table and as JSON."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from standing.release.store import StackRules
from standing.release.words import phrase
from standing.rules.releases import ALL_DAYS, Entries, Releases, in_force
from standing.values.catalogue import Language
from standing.values.days import day_date, day_of


def today_of(kept: StackRules) -> date:
    """Today, in the programme's time zone."""
    programme = kept.bucket.ruleset(kept.entries[-1].version).programme
    return day_date(day_of(datetime.now(UTC), programme.time_zone))


def as_dict(kept: StackRules, today: date) -> dict[str, Any]:
    """The timeline for `--json`."""
    entries = [_entry(kept.entries, number, today) for number in range(len(kept.entries))]
    return {"today": str(today), "timeline": entries, "unfinished": bool(kept.unfinished)}


def print_timeline(entries: Entries, today: date, language: Language, out: Console) -> None:
    """The timeline as a table, oldest first."""
    columns = ("from_day", "rules_version", "state", "by", "at")
    table = Table(*(phrase(column, language) for column in columns), box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, entry in enumerate(entries):
        since = phrase("all_days", language) if entry.since == ALL_DAYS else str(entry.since)
        state = _state(entries, place, today)
        style = "bold" if state == "in-force" else "dim" if state == "over" else ""
        when = f"{entry.at:%Y-%m-%d %H:%M} UTC"
        table.add_row(since, entry.version, phrase(state, language), phrase(entry.by, language), when, style=style)
    out.print(table)


def unfinished(record: Releases, language: Language) -> str:
    """The message that a release has begun and not ended."""
    begun = f"{record.at:%Y-%m-%d %H:%M} UTC"
    return phrase("unfinished", language, version=record.entries[-1].version, begun=begun)


def _entry(entries: Entries, place: int, today: date) -> dict[str, object]:
    entry = entries[place]
    return {
        "version": entry.version,
        "from": None if entry.since == ALL_DAYS else str(entry.since),
        "state": _state(entries, place, today),
        "by": entry.by,
        "at": entry.at.isoformat(timespec="seconds"),
    }


def _state(entries: Entries, place: int, today: date) -> str:
    current = entries.index(in_force(entries, today))
    return "in-force" if place == current else "over" if place < current else "to-come"
