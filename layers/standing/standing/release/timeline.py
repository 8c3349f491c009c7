"""The timeline of rules in force, as a document and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from standing.present.document import Column, Document, Look, Said, Span, Table
from standing.release.store import StackRules
from standing.release.words import phrase
from standing.rules.releases import ALL_DAYS, Entries, Releases, in_force
from standing.values.catalogue import Language
from standing.values.days import day_date, day_of

COLUMNS = ("from_day", "rules_version", "state", "by", "at")
LOOKS: Mapping[str, Look] = {"in-force": "strong", "over": "soft"}


def today_of(stored: StackRules) -> date:
    """Today, in the programme's time zone."""
    programme = stored.bucket.ruleset(stored.entries[-1].version).programme
    return day_date(day_of(datetime.now(UTC), programme.time_zone))


def as_dict(stored: StackRules, today: date) -> dict[str, Any]:
    """The timeline for `--json`."""
    entries = [_entry(stored.entries, number, today) for number in range(len(stored.entries))]
    return {"today": str(today), "timeline": entries, "unfinished": bool(stored.unfinished)}


def timeline_document(entries: Entries, today: date, language: Language) -> Document:
    """The timeline as a document, oldest first."""
    columns = (Column(phrase(name, language), is_whole=True) for name in COLUMNS)
    rows = (_row(entries, number, today, language) for number in range(len(entries)))
    return Document(language, (Table(tuple(columns), tuple(rows)),))


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


def _row(entries: Entries, place: int, today: date, language: Language) -> tuple[Said, ...]:
    entry, state = entries[place], _state(entries, place, today)
    since = phrase("all_days", language) if entry.since == ALL_DAYS else str(entry.since)
    by, at = phrase(entry.by, language), f"{entry.at:%Y-%m-%d %H:%M} UTC"
    look = LOOKS.get(state, "plain")
    return tuple(Span(cell, look) for cell in (since, entry.version, phrase(state, language), by, at))


def _state(entries: Entries, place: int, today: date) -> str:
    current = entries.index(in_force(entries, today))
    return "in-force" if place == current else "over" if place < current else "to-come"
