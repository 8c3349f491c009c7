"""States as bytes: memories as small JSON, and day buckets. Small, because DynamoDB is paid by the KB.

What repeats is left out: the memory that a day closed with is kept as changes of the one it opened with, and what the
ledger said as changes of what is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from standing.engine.codec.series import FIRST, FORMAT, SECOND, read_series, write_series
from standing.engine.codec.varints import Reader, Writer
from standing.engine.measures import Buckets
from standing.engine.state import Checkpoint, Contact, Ledger, LevelState, Memory, State

MEMORY = 5  # parts of a memory
TOLD = 7  # parts of a ledger
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
        _contacts(ledger.contacts),
        ledger.waiting,
    ]
    return _image([*opened, *map(_changes, opened, closed), *told], state.buckets)


def unpack(packed: bytes, *, customer: str, version: int, day: int, features_hash: str) -> State:
    """The state that `pack` packed. Raises ValueError for a format this code does not know."""
    form, parts, buckets = _open(packed)
    if form == FIRST:
        return State(customer, version, day, features_hash, buckets, *_first_format(parts))
    parts += [{}] * (2 * MEMORY + TOLD - len(parts))
    opened, changes, told = parts[:MEMORY], parts[MEMORY : 2 * MEMORY], parts[2 * MEMORY :]
    before, after = _memory(opened), _memory(list(map(_changed, opened, changes)))
    said = {name: held.level for name, held in after.all_shown().items()}
    announced, asked, honoured, unanswered, refrained, contacts, waiting = told
    known = _changed(said, announced), honoured, _changed(after.due, asked), unanswered, refrained
    ledger = Ledger(*known, tuple(_made(contacts)), waiting)
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
    write_series(writer, buckets)
    return bytes(writer.packed)


def _open(packed: bytes) -> tuple[int, list[Any], Buckets]:
    reader = Reader(packed)
    if (form := reader.take()) not in {FIRST, SECOND, FORMAT}:
        raise ValueError(f"state of format {form}; this code reads up to {FORMAT}: deploy the newer code")
    parts = [part or {} for part in orjson.loads(reader.chunk())]
    return form, parts, read_series(reader, form)


def _parts(memory: Memory) -> list[Part]:
    return [_plain(memory.levels), memory.due, _plain(memory.shown), memory.held_back, memory.contacts]


def _plain(levels: Mapping[str, LevelState]) -> Part:
    return {name: [part for part in held if part is not None] for name, held in levels.items()}


def _memory(parts: list[Part]) -> Memory:
    levels, due, shown, held_back, contacts = parts
    days = {channel: tuple(days) for channel, days in contacts.items()}
    return Memory(_helds(levels), due, _helds(shown), held_back, days)


def _helds(levels: Part) -> dict[str, LevelState]:
    return {name: LevelState(*held) for name, held in levels.items()}


def _contacts(made: Iterable[Contact]) -> Part:
    """The days of contacts, by channel and care rule."""
    found: Part = {}
    for channel, care, day in made:
        found.setdefault(channel, {}).setdefault(care, []).append(day)
    return found


def _made(contacts: Part) -> list[Contact]:
    rules = ((channel, care, days) for channel, of in contacts.items() for care, days in of.items())
    made = [Contact(channel, care, day) for channel, care, days in rules for day in days]
    return sorted(made, key=lambda one: (one.day, one.care))


def _changes(base: Part, other: Part) -> Part:
    """What makes `other` of `base`; null where something is gone."""
    return {name: other.get(name) for name in {**base, **other} if base.get(name) != other.get(name)}


def _changed(base: Part, changes: Part) -> Part:
    return {name: value for name, value in (base | changes).items() if value is not None}


def _first_format(parts: list[Any]) -> tuple[Memory, Memory, Ledger]:
    opened, closed, said, asked, *rest = parts
    memories = [Memory(_helds(levels), due) for levels, due in (opened, closed)]
    return memories[0], memories[1], Ledger(said, rest[0] if rest else {}, asked)
