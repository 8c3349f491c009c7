"""States as bytes: MessagePack, deflated where that saves money, because DynamoDB charges by each KB begun.

Repetition is left out: the memory at a day's end is stored as changes of the memory at its beginning, and announced
levels as changes of the shown levels. Days are stored as differences, and small numbers as bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import accumulate
from operator import sub
from typing import Any

import ormsgpack

from standing.engine.measures import StoredBuckets
from standing.engine.memory import FIELDS, memory_of, plain
from standing.engine.series import Amended, Extremes, Latest, Seen, Series, Sums
from standing.engine.state import Checkpoint, Contact, Ledger, State
from standing.rules.conditions import Fact
from standing.values.days import Day

PLAIN, DEFLATED = 2, 3  # formats: the first byte of an image
ROOM = 860  # bytes: with so many, and a customer's id of up to 64, a row of the table is within its first KB
MEMORY = len(FIELDS)  # parts of a memory
TOLD = 7  # parts of a ledger
RAW = -zlib.MAX_WBITS  # deflate without a header
WORDS = range(-(2**63), 2**64)  # integers that MessagePack supports; others are stored as bytes
type Part = dict[str, Any]
type Row = Sequence[Any]
type Column = bytes | Row
WIDTHS = {1: "B", 2: "h", 4: "i"}  # as `struct` names integers of so many bytes


def pack(state: State) -> bytes:
    """A state's memories, ledger and buckets; customer, version and day are attributes of their own."""
    opened, ledger = plain(state.opened), state.ledger
    changes = map(_changes, opened, plain(state.closed)) if state.closed is not state.opened else [{}] * MEMORY
    shown = {name: held.level for name, held in state.closed.all_shown().items()}
    ledger_parts = [
        _changes(shown, ledger.said),
        _changes(state.closed.due, ledger.asked),
        ledger.honoured,
        ledger.unanswered,
        ledger.refrained,
        _contacts(ledger.contacts),
        ledger.waiting,
    ]
    return _image([*opened, *changes, *ledger_parts], state.buckets)


def unpack(packed: bytes, *, customer: str, version: int, day: int, features_hash: str) -> State:
    """The state from the bytes of `pack`. Raises ValueError for an unknown format."""
    parts, buckets = _open(packed, 2 * MEMORY + TOLD)
    opened, changes, ledger_parts = parts[:MEMORY], parts[MEMORY : 2 * MEMORY], parts[2 * MEMORY :]
    before = memory_of(opened)
    after = memory_of(list(map(_changed, opened, changes))) if any(changes) else before
    shown = {name: held.level for name, held in after.all_shown().items()}
    announced, asked, honoured, unanswered, refrained, contacts, waiting = ledger_parts
    known = _changed(shown, announced), honoured, _changed(after.due, asked), unanswered, refrained
    ledger = Ledger(*known, tuple(_made(contacts)), waiting)
    return State(customer, version, day, features_hash, buckets, before, after, ledger)


def pack_checkpoint(checkpoint: Checkpoint) -> bytes:
    """A checkpoint's memory and buckets; its day and the hash of its features are attributes of their own."""
    return _image(plain(checkpoint.memory), checkpoint.buckets)


def unpack_checkpoint(packed: bytes, *, day: int, features_hash: str) -> Checkpoint:
    """The checkpoint from the bytes of `pack_checkpoint`. Raises ValueError for an unknown format."""
    parts, buckets = _open(packed, MEMORY)
    return Checkpoint(day, features_hash, buckets, memory_of(parts))


def _image(parts: list[Part], buckets: StoredBuckets) -> bytes:
    while parts and not parts[-1]:
        parts.pop()
    rows = [series.row or _row(series) for series in buckets]
    content = ormsgpack.packb([parts, rows], option=ormsgpack.OPT_SORT_KEYS)
    if len(content) <= ROOM:
        return bytes([PLAIN]) + content
    deflated = zlib.compressobj(wbits=RAW)
    return bytes([DEFLATED]) + deflated.compress(content) + deflated.flush()


def _open(packed: bytes, expected: int) -> tuple[list[Part], StoredBuckets]:
    form, content = packed[0], packed[1:]
    if form not in {PLAIN, DEFLATED}:
        raise ValueError(
            f"state of format {form}; this code reads formats {PLAIN} and {DEFLATED}: deploy the newer code"
        )
    parts, rows = ormsgpack.unpackb(content if form == PLAIN else zlib.decompress(content, RAW))
    return parts + [{}] * (expected - len(parts)), tuple([_series(row) if row[1:] else EMPTY[row[0]] for row in rows])


# Series --------------------------------------------------------------------------------------------------------------


def _row(series: Series) -> Row:
    if isinstance(series, Amended) and series.pending:  # a stored series is pruned as of the last day
        raise ValueError("a series is stored as of a day by which all of it is known")
    kind = KINDS.index(type(series))
    return (kind, *WRITERS[kind](series)) if series.days else (kind,)


def _series(row: Row) -> Series:
    kind, *columns = row
    series = READERS[kind](*columns) if columns else KINDS[kind]()
    series.row = row
    return series


def _write_sums(series: Any) -> Row:  # noqa: ANN401 -- of its kind
    """Days, counts and sums, as far as needed, and the distance from `first` to the first day."""
    days = series.days
    counts = () if series.counts.count(1) == len(days) else _column(series.counts)
    sums = _column(series.sums) if any(series.sums) else ()
    return days[0], _bytes(tuple(map(sub, days[1:], days))), counts, sums, days[0] - series.first


def _read_sums(begin: Day, steps: Column, counts: Column, sums: Column, since: int) -> Sums:
    days = tuple(accumulate(steps, initial=begin))
    number = len(days)
    counted = _numbers(counts, number) if counts else (1,) * number
    return Sums(days, counted, _numbers(sums, number) if sums else (0,) * number, begin - since)


def _write_extremes(series: Any) -> Row:  # noqa: ANN401
    return _steps(series.days), _integers(series.lows), _integers(series.highs)


def _read_extremes(steps: Row, lows: Row, highs: Row) -> Extremes:
    return Extremes(_days(steps), _read_facts(lows), _read_facts(highs))


def _write_latest(series: Any) -> Row:  # noqa: ANN401
    return _steps(series.days), series.moments, _facts(series.values)


def _read_latest(steps: Row, moments: Row, values: Row) -> Latest:
    return Latest(_days(steps), tuple(moments), _read_facts(values))


def _write_seen(series: Any) -> Row:  # noqa: ANN401
    return _facts(series.days), [_steps(days) for days in series.days.values()]


def _read_seen(values: Row, days: Row) -> Seen:
    return Seen(dict(zip(_read_facts(values), map(_days, days), strict=True)))


def _steps(days: Sequence[Day]) -> Row:
    """The first day, and the difference of each day to the one before."""
    return (days[0], *map(sub, days[1:], days))


def _days(steps: Row) -> tuple[Day, ...]:
    return tuple(accumulate(steps))


def _integers(values: Sequence[int]) -> Row:
    """Integers, at least one. MessagePack nearly always supports all of them."""
    return values if min(values) in WORDS and max(values) in WORDS else _facts(values)


def _bytes(values: Sequence[int]) -> Column:
    """Integers of one byte each if all of them fit, which takes less time and room than MessagePack's own."""
    try:
        return bytes(values) if values else ()
    except ValueError:  # quicker than to look for the least and the most first
        return _integers(values)


def _column(values: Sequence[int]) -> Column:
    """Integers of one, two or four bytes each, if all of them fit."""
    column = _bytes(values)
    for width in "hi" if not isinstance(column, bytes) else ():
        with suppress(struct.error):
            return struct.pack(f"<{len(values)}{width}", *values)
    return column


def _numbers(column: Column, number: int) -> tuple[int, ...]:
    """The reverse of `_column`, which had so many integers."""
    if not isinstance(column, bytes):
        return _read_facts(column)
    return struct.unpack(f"<{number}{WIDTHS[len(column) // number]}", column)


def _facts(values: Iterable[Fact]) -> Row:
    """Integers and strings. Integers that MessagePack does not support become bytes."""
    return [value if isinstance(value, str) or value in WORDS else _as_bytes(value) for value in values]


def _as_bytes(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, signed=True)


def _read_facts(values: Row) -> tuple[Any, ...]:
    """The reverse of `_integers` and `_facts`."""
    return tuple([int.from_bytes(value, signed=True) if isinstance(value, bytes) else value for value in values])


KINDS: tuple[type[Sums | Extremes | Latest | Seen], ...] = (Sums, Extremes, Latest, Seen)
WRITERS: tuple[Callable[[Any], Row], ...] = (_write_sums, _write_extremes, _write_latest, _write_seen)
READERS: tuple[Callable[..., Series], ...] = (_read_sums, _read_extremes, _read_latest, _read_seen)
EMPTY = tuple(_series((kind,)) for kind in range(len(KINDS)))


# Memories and the ledger ---------------------------------------------------------------------------------------------


def _contacts(made: Iterable[Contact]) -> Part:
    """The days of contacts, by channel and care rule."""
    by_channel: Part = {}
    for channel, care, day in made:
        by_channel.setdefault(channel, {}).setdefault(care, []).append(day)
    return by_channel


def _made(contacts: Part) -> list[Contact]:
    rules = ((channel, care, days) for channel, of in contacts.items() for care, days in of.items())
    made = [Contact(channel, care, day) for channel, care, days in rules for day in days]
    return sorted(made, key=lambda one: (one.day, one.care))


def _changes(base: Part, other: Part) -> Part:
    """The changes from `base` to `other`. None marks a removed entry."""
    return {name: other.get(name) for name in {**base, **other} if base.get(name) != other.get(name)}


def _changed(base: Part, changes: Part) -> Part:
    return {name: value for name, value in (base | changes).items() if value is not None}
