"""A backfill, its check and its runs, as documents."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from standing.backfill.check import CheckResult
from standing.backfill.columns import Column as FileColumn
from standing.backfill.words import KINDS, WORDS
from standing.events import personal_fields
from standing.events.intake import Event
from standing.present.document import (
    Block,
    Column,
    Document,
    Item,
    Items,
    Paragraph,
    Said,
    Section,
    Span,
    Table,
    in_lines,
    pairs,
    with_code,
)
from standing.present.terminal import json_text
from standing.values.catalogue import Language
from standing.values.messages import in_a_row, read_message

RETRACTED = ("customers", "events", "too_late_again", "gone", "announced", "forgotten")
COUNTED = ("rows", "taken", "skipped", "refused", "customers", "events", "known", "conflicting", "forgotten")
CHECKED = ("rows", "taken", "skipped", "refused", "customers", "mapped")
NUMBERS = {"refused_rows", "list_events", "customers", "filled", "different"}  # columns
WHOLE = {"list_run", "began", "time"}  # columns that are best not broken into lines: a run's name is to be copied
MOST_REASONS = 10
MOST_VALUES = 5
HIDDEN = "•••"


def result_document(result: Mapping[str, Any], language: Language) -> Document:
    """The counts of a backfill, and the name of its run."""
    run = Items((Item(f"{WORDS.say('run', language)}: {result['run']}"),))
    return Document(language, (_counts(result, COUNTED, language), run))


def refused_document(result: Mapping[str, Any], language: Language) -> Document:
    """Why rows were refused and where each is named; and which files of the lake could not be read."""
    reasons = (_reasons(result["reasons"], language),) if result["reasons"] else ()
    lines = [f"{WORDS.say('aside', language)} {key}" for key in result["aside"]]
    if result["reasons"]:
        lines.append(f"{WORDS.say('named_in', language)} {result['refused_rows']}")
    return Document(language, (*reasons, Items(tuple(Item(Span(line, "bad")) for line in lines))))


def retraction_document(result: Mapping[str, Any], language: Language) -> Document:
    """The result of a retraction, and what could not be retracted completely."""
    counts = ((WORDS.say(f"back_{name}", language), f"{result[name]:,}") for name in RETRACTED)
    rows = (
        (conflict["customer"], conflict["event"], WORDS.say(f"conflict_{conflict['kind']}", language))
        for conflict in result["conflicts"]
    )
    conflicts = (_table(("customer", "id", "conflict"), rows, language),) if result["conflicts"] else ()
    return Document(language, (pairs(counts, are_numbers=True), *conflicts))


def runs_document(
    runs: Sequence[Mapping[str, Any]], unfinished: Iterable[Mapping[str, Any]], language: Language
) -> Document:
    """The runs, one on each line, and what to do with the working folders that are here."""
    names = ("list_run", "began", "files", "state", "list_events", "customers")
    listed = _table(names, (_run(run, language) for run in runs), language)
    none = Paragraph(WORDS.say("no_runs", language))
    folders = (Section("", (_how_to_go_on(folder, language),)) for folder in unfinished)
    return Document(language, (listed if runs else none, *folders))


def _run(run: Mapping[str, Any], language: Language) -> tuple[Said, ...]:
    counts = (f"{run['counts'][name]:,}" if name in run["counts"] else "" for name in ("events", "customers"))
    began = run["began"][:16].replace("T", " ")
    return run["run"], began, in_lines(run["files"]), WORDS.say(run["state"], language), *counts


def _how_to_go_on(folder: Mapping[str, Any], language: Language) -> Items:
    """What to do with a working folder: each way with its command."""
    retract = f"standing backfill --retract {folder['run']}"
    begin, go_on = ("begins_anew", folder["command"]), ("goes_on", folder["command"])
    ways = (go_on, ("or_back", retract)) if folder["dealt"] else (begin,)
    return Items(
        tuple(
            Item(in_lines((WORDS.say(name, language, folder=folder["folder"]), Span(command, "code"))))
            for name, command in ways
        )
    )


def check_document(
    checked: CheckResult, columns: Mapping[Path, Sequence[FileColumn]], language: Language, *, values: bool
) -> Document:
    """The columns of the files, the counts, why rows would be refused, and the first events."""
    result = checked.as_dict(values=values)
    files = (Section(path.name, (_columns(described, language, values=values),)) for path, described in columns.items())
    counts = Section("", (_counts(result | {"mapped": result["events"]}, CHECKED, language),))
    return Document(language, (*files, counts, *_details(checked, result["reasons"], language, values=values)))


def _details(
    checked: CheckResult, reasons: Sequence[Mapping[str, Any]], language: Language, *, values: bool
) -> Iterator[Block]:
    if reasons:
        yield _reasons(reasons, language, values=values)
    if checked.events:
        rows = (_event(event, values=values) for event in checked.events)
        yield _table(("type", "id", "customer", "time", "says"), rows, language)


def _table(names: Collection[str], rows: Iterable[tuple[Said, ...]], language: Language) -> Table:
    columns = (Column(WORDS.say(name, language), name in NUMBERS, name in WHOLE) for name in names)
    return Table(tuple(columns), tuple(rows))


def _counts(result: Mapping[str, Any], names: Iterable[str], language: Language) -> Table:
    return pairs(((WORDS.say(name, language), f"{result[name]:,}") for name in names), are_numbers=True)


def _reasons(reasons: Sequence[Mapping[str, Any]], language: Language, *, values: bool = False) -> Table:
    """The reasons why rows are refused, most frequent first, with examples."""
    rows = [_reason(reason, language, values=values) for reason in reasons[:MOST_REASONS]]
    if others := reasons[MOST_REASONS:]:
        rows.append((f"{sum(reason['rows'] for reason in others):,}", "…", "", ""))
    return _table(("refused_rows", "field", "expected", "examples"), rows, language)


def _reason(reason: Mapping[str, Any], language: Language, *, values: bool) -> tuple[Said, ...]:
    examples = [f"{Path(example['file']).name}:{example['row']}" for example in reason["examples"]]
    if values:
        examples = [f"{place} {value}" for place, value in zip(examples, reason["values"], strict=True)]
    expected = read_message(reason["said"]).in_language(language)
    return f"{reason['rows']:,}", reason["field"], with_code(expected), in_lines(examples)


def _event(event: Event, *, values: bool) -> tuple[Said, ...]:
    fields = event.detail.model_dump(mode="json", exclude_none=True)
    base = [str(fields.pop(name)) for name in ("id", "customer", "time")]
    hidden = set() if values else personal_fields(type(event.detail))
    shown = {name: HIDDEN if name in hidden else value for name, value in fields.items()}
    return event.detail.detail_type, *base, json_text(shown, indent=None)


def _columns(columns: Iterable[FileColumn], language: Language, *, values: bool) -> Table:
    names = ("column", "kind", "filled", "shape", "different", *(["values"] if values else []))
    return _table(names, (_column(column, language, values=values) for column in columns), language)


def _column(column: FileColumn, language: Language, *, values: bool) -> tuple[Said, ...]:
    different = f"{len(column.values):,}" + ("+" if column.has_more_values else "")
    often = (
        [in_a_row(value for value, _ in column.values.most_common(MOST_VALUES)).in_language(language)] if values else []
    )
    kind = KINDS.say(column.kind, language) + ("" if column.is_all else " *")
    return column.name, kind, f"{column.filled / max(column.rows, 1):.0%}", column.shape, different, *often
