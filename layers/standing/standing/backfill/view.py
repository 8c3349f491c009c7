"""Tables for the terminal of a backfill and its check: counts, reasons, events and columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from standing.backfill.check import CheckResult
from standing.backfill.columns import Column, inspect_columns
from standing.backfill.files.formats import Format, files_in, is_table
from standing.backfill.mapping.reader import read_mapping
from standing.backfill.run import faults_as_user_errors
from standing.backfill.words import KINDS, WORDS
from standing.events import personal_fields
from standing.events.intake import Event
from standing.present.terminal import json_text
from standing.values.catalogue import Language
from standing.values.messages import read_message

BACK = ("customers", "events", "too_late_again", "gone", "announced", "forgotten")
TOLD = ("rows", "taken", "skipped", "refused", "customers", "events", "known", "conflicting", "forgotten")
CHECKED = ("rows", "taken", "skipped", "refused", "customers", "mapped")
MOST_REASONS = 10
MOST_VALUES = 5
HIDDEN = "•••"


def _bare() -> Table:
    return Table(show_header=False, box=None, pad_edge=False)


def counts_table(told: dict[str, Any], language: Language, names: Sequence[str] = TOLD) -> Table:
    """The counts, one on each line."""
    table = _bare()
    for name in names:
        table.add_row(WORDS.say(name, language), f"{told[name]:,}")
    return table


def retracted_tables(told: dict[str, Any], language: Language) -> Iterator[Table]:
    """The result of a retraction, and what could not be retracted completely."""
    table = _bare()
    for name in BACK:
        table.add_row(WORDS.say(f"back_{name}", language), f"{told[name]:,}")
    yield table
    if told["conflicts"]:
        names = ("customer", "id", "conflict")
        found = Table(*(WORDS.say(name, language) for name in names), pad_edge=False)
        for one in told["conflicts"]:
            found.add_row(one["customer"], one["event"], WORDS.say(f"conflict_{one['kind']}", language))
        yield found


def runs_table(runs: list[dict[str, Any]], language: Language) -> Table:
    """The runs, one on each line."""
    names = ("list_run", "began", "files", "state", "list_events", "customers")
    table = Table(*(WORDS.say(name, language) for name in names), pad_edge=False)
    table.columns[0].no_wrap = True  # for copying
    for one in runs:
        counts = [f"{one['counts'][name]:,}" if name in one["counts"] else "" for name in ("events", "customers")]
        state = WORDS.say(one["state"], language)
        table.add_row(one["run"], one["began"][:16].replace("T", " "), "\n".join(one["files"]), state, *counts)
    return table


def how_to_go_on(one: dict[str, Any], language: Language) -> Iterator[str]:
    """What to do with a working folder that is here."""
    yield ""
    if not one["dealt"]:
        yield WORDS.say("begins_anew", language, folder=one["folder"])
        yield f"  {one['command']}"
        return
    yield WORDS.say("goes_on", language, folder=one["folder"])
    yield f"  {one['command']}"
    yield WORDS.say("or_back", language)
    yield f"  standing backfill --retract {one['run']}"


def reasons_table(reasons: list[dict[str, Any]], language: Language, *, values: bool = False) -> Table:
    """The reasons why rows are refused, most frequent first, with examples."""
    names = ("refused_rows", "field", "expected", "examples")
    table = Table(*(WORDS.say(name, language) for name in names), pad_edge=False)
    for one in reasons[:MOST_REASONS]:
        shown = [f"{Path(example['file']).name}:{example['row']}" for example in one["examples"]]
        if values:
            shown = [f"{place} {value}" for place, value in zip(shown, one["values"], strict=True)]
        expected = read_message(one["said"]).in_language(language)
        table.add_row(f"{one['rows']:,}", one["field"], expected, "\n".join(shown))
    if more := reasons[MOST_REASONS:]:
        table.add_row(f"{sum(one['rows'] for one in more):,}", "…", "", "")
    return table


def tables(checked: CheckResult, language: Language, *, values: bool) -> Iterator[Table]:
    """The result of a check: counts, reasons, and the first events."""
    told = checked.as_dict(values=values)
    yield counts_table(told | {"mapped": told["events"]}, language, CHECKED)
    if told["reasons"]:
        yield reasons_table(told["reasons"], language, values=values)
    if checked.events:
        yield _events(checked.events, language, values=values)


def _events(events: list[Event], language: Language, *, values: bool) -> Table:
    names = ("type", "id", "customer", "time", "says")
    table = Table(*(WORDS.say(name, language) for name in names), pad_edge=False)
    for event in events:
        said = event.detail.model_dump(mode="json", exclude_none=True)
        base = [str(said.pop(name)) for name in ("id", "customer", "time")]
        hidden = set() if values else personal_fields(type(event.detail))
        shown = {name: HIDDEN if name in hidden else value for name, value in said.items()}
        table.add_row(event.detail.detail_type, *base, json_text(shown, indent=None))
    return table


def column_tables(files: Sequence[Path], mapping: Path | None, language: Language, *, values: bool) -> Iterator[Table]:
    """A description of the tables' columns."""
    with faults_as_user_errors():
        form = read_mapping(mapping).format if mapping else Format()
        for path in files_in(files)[:MOST_VALUES]:
            if is_table(path):
                yield _columns(path, inspect_columns(path, form), language, values=values)


def _columns(path: Path, columns: Sequence[Column], language: Language, *, values: bool) -> Table:
    names = ("column", "kind", "filled", "shape", "different", *(["values"] if values else []))
    table = Table(*(WORDS.say(name, language) for name in names), title=path.name, title_justify="left", pad_edge=False)
    for one in columns:
        different = f"{len(one.values):,}" + ("+" if len(one.values) < one.filled and len(one.values) >= 1000 else "")
        shown = [", ".join(value for value, _ in one.values.most_common(MOST_VALUES))] if values else []
        kind = KINDS.say(one.kind, language) + ("" if one.is_all else " *")
        table.add_row(one.name, kind, f"{one.filled / max(one.rows, 1):.0%}", one.shape, different, *shown)
    return table
