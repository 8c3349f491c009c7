"""States as bytes: day buckets as packed varints, memories as small JSON. Small, because DynamoDB is paid by the KB.

What repeats is left out: the memory that a day closed with is kept as changes of the one it opened with, and what the
ledger said as changes of what is true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any

import orjson

from standing.core.measures import Buckets
from standing.core.series import Extremes, Latest, Seen, Series, Sums
from standing.core.state import Checkpoint, Held, Ledger, Memory, State
from standing.core.varints import Reader, Writer, steps, unzigzag, zigzag

SUMS_ONLY = 1  # the first format: no other series, and memories whole
FORMAT = 2
MEMORY = 5  # parts of a memory
type Part = dict[str, Any]


def pack(state: State) -> bytes:
    """A state's memories, ledger and buckets; customer, version and day are attributes of their own."""
    opened, closed, ledger = _parts(state.opened), _parts(state.closed), state.ledger
    said = {name: held.level for name, held in state.closed.all_shown().items()}
    told = [
        _changes(said, ledger.said),
        _changes(state.closed.due, ledger.asked),
        ledger.honoured,
        ledger.unanswered,
        ledger.refrained,
    ]
    return _image([*opened, *map(_changes, opened, closed), *told], state.buckets)


def unpack(packed: bytes, *, customer: str, version: int, day: int, features_hash: str) -> State:
    """The state that `pack` packed. Raises ValueError for a format this code does not know."""
    form, parts, buckets = _open(packed)
    if form == SUMS_ONLY:
        return State(customer, version, day, features_hash, buckets, *_first_format(parts))
    parts += [{}] * (3 * MEMORY - len(parts))
    opened, changes, told = parts[:MEMORY], parts[MEMORY : 2 * MEMORY], parts[2 * MEMORY :]
    before, after = _memory(opened), _memory(list(map(_changed, opened, changes)))
    said = {name: held.level for name, held in after.all_shown().items()}
    ledger = Ledger(_changed(said, told[0]), told[2], _changed(after.due, told[1]), told[3], told[4])
    return State(customer, version, day, features_hash, buckets, before, after, ledger)


def pack_checkpoint(checkpoint: Checkpoint) -> bytes:
    """A checkpoint's memory and buckets; its day and the hash of its features are attributes of their own."""
    return _image(_parts(checkpoint.memory), checkpoint.buckets)


def unpack_checkpoint(packed: bytes, *, day: int, features_hash: str) -> Checkpoint:
    """The checkpoint that `pack_checkpoint` packed."""
    _, parts, buckets = _open(packed)
    return Checkpoint(day, features_hash, buckets, _memory(parts + [{}] * (MEMORY - len(parts))))


def _image(parts: list[Part], buckets: Buckets) -> bytes:
    while parts and not parts[-1]:
        parts.pop()
    writer = Writer()
    writer.put(FORMAT)
    writer.chunk(orjson.dumps([part or 0 for part in parts], option=orjson.OPT_SORT_KEYS))
    writer.put(len(buckets))
    for series in buckets:
        _write(writer, series)
    return bytes(writer.packed)


def _open(packed: bytes) -> tuple[int, list[Any], Buckets]:
    reader = Reader(packed)
    if (form := reader.take()) not in {SUMS_ONLY, FORMAT}:
        raise ValueError(f"state of format {form}; this code reads up to {FORMAT}: deploy the newer code")
    parts = [part or {} for part in orjson.loads(reader.chunk())]
    return form, parts, tuple(_read(reader, form) for _ in range(reader.take()))


def _parts(memory: Memory) -> list[Part]:
    return [_plain(memory.levels), memory.due, _plain(memory.shown), memory.held_back, memory.contacts]


def _plain(levels: Mapping[str, Held]) -> Part:
    return {name: [part for part in held if part is not None] for name, held in levels.items()}


def _memory(parts: list[Part]) -> Memory:
    levels, due, shown, held_back, contacts = parts
    days = {channel: tuple(days) for channel, days in contacts.items()}
    return Memory(_helds(levels), due, _helds(shown), held_back, days)


def _helds(levels: Part) -> dict[str, Held]:
    return {name: Held(*held) for name, held in levels.items()}


def _changes(base: Part, other: Part) -> Part:
    """What makes `other` of `base`; null where something is gone."""
    return {name: other.get(name) for name in {**base, **other} if base.get(name) != other.get(name)}


def _changed(base: Part, changes: Part) -> Part:
    return {name: value for name, value in (base | changes).items() if value is not None}


def _first_format(parts: list[Any]) -> tuple[Memory, Memory, Ledger]:
    opened, closed, said, asked, *rest = parts
    memories = [Memory(_helds(levels), due) for levels, due in (opened, closed)]
    return memories[0], memories[1], Ledger(said, rest[0] if rest else {}, asked)


def _write(writer: Writer, series: Series) -> None:
    """The number of days (or values seen) with the kind of series, and then each with what belongs to it."""
    kind = KINDS.index(type(series))
    writer.put(len(series.days) * len(KINDS) + kind)
    if series.days:
        WRITERS[kind](writer, series)


def _write_sums(writer: Writer, series: Any) -> None:  # noqa: ANN401 -- the kind that its tag says
    """What is known of `first`, whether there are sums, and each day with its values."""
    summed = any(series.sums)
    writer.put(series.first, int(summed), series.days[0] - series.first)
    writer.put(*steps(series.days), *series.counts)
    if summed:
        writer.put(*map(zigzag, series.sums))


def _write_extremes(writer: Writer, series: Any) -> None:  # noqa: ANN401
    writer.put(series.days[0], *steps(series.days), *map(zigzag, series.lows))
    writer.put(*(high - low for low, high in zip(series.lows, series.highs, strict=True)))


def _write_latest(writer: Writer, series: Any) -> None:  # noqa: ANN401
    writer.put(series.days[0], *steps(series.days), *series.moments)
    for value in series.values:
        writer.fact(value)


def _write_seen(writer: Writer, series: Any) -> None:  # noqa: ANN401
    for value, days in series.days.items():
        writer.fact(value)
        writer.put(len(days), days[0], *steps(days))


def _read(reader: Reader, form: int) -> Series:
    length, kind = divmod(reader.take(), 1 if form == SUMS_ONLY else len(KINDS))
    return READERS[kind](reader, length) if length else KINDS[kind]()


def _read_sums(reader: Reader, length: int) -> Sums:
    first, summed = reader.take(), reader.take()
    days = tuple(accumulate(reader.several(length), initial=first))[1:]
    counts = reader.several(length)
    sums = tuple(map(unzigzag, reader.several(length))) if summed else (0,) * length
    return Sums(days, counts, sums, first)


def _read_extremes(reader: Reader, length: int) -> Extremes:
    days = tuple(accumulate(reader.several(length)))
    lows = tuple(map(unzigzag, reader.several(length)))
    return Extremes(days, lows, tuple(map(sum, zip(lows, reader.several(length), strict=True))))


def _read_latest(reader: Reader, length: int) -> Latest:
    days = tuple(accumulate(reader.several(length)))
    return Latest(days, reader.several(length), tuple(reader.fact() for _ in range(length)))


def _read_seen(reader: Reader, length: int) -> Seen:
    return Seen({reader.fact(): tuple(accumulate(reader.several(reader.take()))) for _ in range(length)})


KINDS: tuple[type[Sums | Extremes | Latest | Seen], ...] = (Sums, Extremes, Latest, Seen)
WRITERS = (_write_sums, _write_extremes, _write_latest, _write_seen)
READERS: tuple[Callable[[Reader, int], Series], ...] = (_read_sums, _read_extremes, _read_latest, _read_seen)
