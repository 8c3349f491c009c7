"""Table rows as rows of the lake: event records, decisions, and states with their memories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import polars as pl

from standing.aws.table import STATE, EventRecord, recorded_in, state_in
from standing.engine.engine import engine_of
from standing.engine.measures import from_stored
from standing.engine.memory import BY_NAME, PARTS, Entry, Part, entries
from standing.engine.state import Ledger, Memory, State
from standing.lake import records
from standing.lake.decisions import DECISIONS, decision_row
from standing.lake.layout import KINDS, Kind
from standing.rules.timeline import Timeline

type Origin = Literal["stream", "table"]
type Row = dict[str, Any]


def _entries_of(part: Part) -> pl.List:
    """A part of a memory as a column: a list of its entries."""
    values: dict[str, Any] = {value.name: pl.String if value.is_text else pl.Int32 for value in part.values}
    return pl.List(pl.Struct(dict.fromkeys(part.keys, pl.String) | values))


MEMORY = pl.Struct({part.name: _entries_of(part) for part in PARTS})
DUE, HELD_BACK = (_entries_of(BY_NAME[name]) for name in ("due", "held_back"))
SAID = pl.List(pl.Struct({"rating": pl.String, "level": pl.String}))
HONOURED = pl.List(pl.Struct({"rating": pl.String, "until": pl.Int32}))
UNANSWERED = pl.List(pl.Struct({"care": pl.String, "day": pl.String, "until": pl.Int32}))
MADE = pl.List(pl.Struct({"channel": pl.String, "care": pl.String, "day": pl.Int32}))
LEDGER = pl.Struct(
    {
        "said": SAID,
        "honoured": HONOURED,
        "asked": DUE,
        "unanswered": UNANSWERED,
        "refrained": HELD_BACK,
        "contacts": MADE,
        "waiting": DUE,
    }
)
FEATURES = pl.List(pl.Struct({"name": pl.String, "number": pl.Int64, "text": pl.String}))
RECORDS: dict[str, Any] = {
    **records.SCHEMA,
    "type": pl.String,  # as stored; the other columns are of the newest version
    "version": pl.Int64,  # of the state that counted it first; 0 if it came too late to count
    "late": pl.Boolean,
    "at": pl.Int64,  # when it was taken in, in seconds since 1970
    "run": pl.String,  # the run of `standing backfill` that brought it; null if it was sent
    "too_late_at": pl.Int64,  # of an event of a run: when it was sent too late to count, in seconds since 1970
}
STATES: dict[str, Any] = {
    "customer": pl.String,
    "version": pl.Int64,
    "day": pl.Int32,
    "features_hash": pl.String,
    "rules": pl.String,
    "events": pl.Int64,  # the number of records that its commit wrote; null if unknown
    "origin": pl.String,
    "opened": MEMORY,
    "closed": MEMORY,
    "ledger": LEDGER,
    "features": FEATURES,
    "run": pl.String,  # the run of `standing backfill` that wrote it, if any
}
# Columns that older files may lack.
LATER: Mapping[Kind, frozenset[str]] = {
    "records": frozenset((*records.NUMBERS, *records.TEXTS, "run", "too_late_at")),
    "decisions": frozenset(),
    "states": frozenset({"run"}),
}
SCHEMAS: Mapping[Kind, dict[str, Any]] = {"records": RECORDS, "decisions": DECISIONS, "states": STATES}
KEYS: Mapping[Kind, list[str]] = {
    "records": [*records.KEY],
    "decisions": ["customer", "id"],
    "states": ["customer", "version"],
}
# Which of several copies is kept, by sort order (column, descending): a record that counts, the first version of a
# decision, and a state that vouches for all before it.
FIRST: Mapping[Kind, list[tuple[str, bool]]] = {
    "records": [("late", False), ("version", False), ("day", False), ("moment", False), ("at", False)],
    "decisions": [("version", False), ("decided_at", False)],
    "states": [("origin", True), ("day", False), ("events", False), ("rules", False)],
}
ORDER: Mapping[Kind, list[str]] = {
    "records": ["customer", "day", "moment", "source", "id"],
    "decisions": ["customer", "version", "id"],
    "states": ["customer", "version"],
}


def frame(kind: Kind, rows: Iterable[Row] = ()) -> pl.DataFrame:
    """Rows as a frame with this kind's schema."""
    return pl.DataFrame(list(rows), schema=SCHEMAS[kind], orient="row")


class Bucket(NamedTuple):
    """The rows of some customers: event records, states, decisions. See RECORDS, STATES and DECISIONS."""

    records: pl.DataFrame
    states: pl.DataFrame
    decisions: pl.DataFrame = frame("decisions")


def deduplicate(kind: Kind, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows sorted and without duplicates. The result does not depend on their order."""
    names, falling = zip(*FIRST[kind], strict=True)
    rows = _brought(rows) if kind == "records" else rows
    return rows.sort(names, descending=falling).unique(KEYS[kind], keep="first").sort(ORDER[kind])


def _brought(rows: pl.DataFrame) -> pl.DataFrame:
    """Merge the runs of a record's copies: if a copy that counts was sent, the record belongs to no run any more."""
    if rows["run"].null_count() == rows.height:
        return rows
    sent = (pl.col("run").is_null() & ~pl.col("late")).any().over(KEYS["records"])
    late = pl.col("too_late_at").min().over(KEYS["records"])
    return rows.with_columns(
        pl.when(~sent).then(pl.col("run")).alias("run"),
        pl.when(~sent & ~pl.col("late")).then(late).alias("too_late_at"),
    )


def record_row(row: Row, minor_digits: int) -> Row:
    """An event's row of the table as a row of the lake."""
    return recorded_row(recorded_in(row), minor_digits) | {"type": row["type"]["S"]}


def recorded_row(recorded: EventRecord, minor_digits: int) -> Row:
    """The record of an event as a row of the lake."""
    return {
        **records.row_of(recorded.event, minor_digits),
        "type": recorded.event.detail.detail_type,
        "version": recorded.version,
        "late": not recorded.counts,
        "at": int(recorded.at.timestamp()),
        "run": recorded.brought.run or None,
        "too_late_at": recorded.brought.too_late_at,
    }


def rows_in(rows: Iterable[Row], rules: Timeline, origin: Origin) -> dict[Kind, list[Row]]:
    """Table rows as rows of the lake, by kind. Rows of other kinds are left out."""
    converted: dict[Kind, list[Row]] = {kind: [] for kind in KINDS}
    for row in rows:
        sort = row["sk"]["S"]
        if sort.startswith("EVENT#"):
            converted["records"].append(record_row(row, rules.latest.programme.minor_digits))
        elif sort.startswith(("DECISION#", "CARE#")):
            converted["decisions"].append(decision_row(row))
        elif sort == STATE:
            converted["states"].append(state_row(row, rules, origin))
    return converted


def state_row(row: Row, rules: Timeline, origin: Origin) -> Row:
    """A state's table row as a row of the lake."""
    state = state_in(row)
    return {
        "customer": state.customer,
        "version": state.version,
        "day": state.day,
        "features_hash": state.features_hash,
        "rules": row["rules"]["S"],
        "events": int(row["events"]["N"]) if "events" in row else None,
        "origin": origin,
        "opened": memory_row(state.opened),
        "closed": memory_row(state.closed),
        "ledger": _ledger(state.ledger),
        "features": _features(state, rules),
        "run": row["run"]["S"] if "run" in row else None,
    }


def _features(state: State, rules: Timeline) -> list[Row] | None:
    """The features on the state's day, or None if the rules of that day define other features."""
    ruleset = rules.on(state.day)
    if ruleset.features_hash != state.features_hash:
        return None
    known = engine_of(ruleset).facts(from_stored(state.buckets, ruleset), state.day)
    return [
        {"name": name, "number": None, "text": value}
        if isinstance(value, str)
        else {"name": name, "number": int(value), "text": None}
        for name, value in known.items()
    ]


def memory_row(memory: Memory) -> Row:
    """A memory as the lake has it: the entries of each part."""
    return {part.name: [row for entry in entries(memory, part) for row in _rows(part, entry)] for part in PARTS}


def _rows(part: Part, entry: Entry) -> Iterator[Row]:
    """An entry as one row; where it has many days, as one a day."""
    names = (*part.keys, *(value.name for value in part.values))
    rows = [(day,) for day in entry.values] if part.many else [entry.values]
    return (dict(zip(names, (*entry.keys, *values), strict=True)) for values in rows)


def _ledger(ledger: Ledger) -> Row:
    unanswered = ((name.partition("#"), day) for name, day in ledger.unanswered.items())
    refrained = ((name.partition("#"), day) for name, day in ledger.refrained.items())
    return {
        "said": [{"rating": rating, "level": level} for rating, level in ledger.said.items()],
        "honoured": [{"rating": rating, "until": day} for rating, day in ledger.honoured.items()],
        "asked": [{"care": care, "day": day} for care, day in ledger.asked.items()],
        "unanswered": [{"care": care, "day": day, "until": until} for (care, _, day), until in unanswered],
        "refrained": [{"care": care, "gate": gate, "day": day} for (care, _, gate), day in refrained],
        "contacts": [contact._asdict() for contact in ledger.contacts],
        "waiting": [{"care": care, "day": day} for care, day in ledger.waiting.items()],
    }
