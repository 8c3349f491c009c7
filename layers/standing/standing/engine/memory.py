"""What is remembered of a customer, said once: of it the codec, the lake's rows and the batch's columns are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from standing.engine.state import LevelState, Memory


class Value(NamedTuple):
    """What is kept of an entry: its name, how its column ends, and whether it is a text; others are days."""

    name: str
    column: str = ""
    is_text: bool = False


class Part(NamedTuple):
    """A field of `Memory`: entries by `keys`, one within the other; `many`: each has several days.

    `column` is how its columns begin.
    """

    name: str
    column: str
    keys: tuple[str, ...]
    values: tuple[Value, ...]
    many: bool = False


LEVEL = (Value("level", "level", is_text=True), Value("since", "since"), Value("grace_until", "grace"))  # LevelState
DAY = (Value("day"),)
PARTS = (
    Part("levels", "levels", ("rating",), LEVEL),
    Part("shown", "shown", ("rating",), LEVEL),
    Part("due", "due", ("care",), DAY),
    Part("held_back", "held", ("care", "gate"), DAY),
    Part("contacts", "contacts", ("channel",), DAY, many=True),
)
BY_NAME = {part.name: part for part in PARTS}
FIELDS = tuple(BY_NAME[field.name] for field in fields(Memory))  # in the order in which a memory is packed


class Entry(NamedTuple):
    """An entry of a part: its keys, and its values; of a part with many, one a day."""

    keys: tuple[str, ...]
    values: tuple[Any, ...]


def entries(memory: Memory, part: Part) -> Iterator[Entry]:
    """What a memory has of a part."""
    return (Entry(keys, _values(leaf)) for keys, leaf in _leaves(getattr(memory, part.name), len(part.keys)))


def plain(memory: Memory) -> list[dict[str, Any]]:
    """A memory's fields, in their order, of lists, texts and days: of a level, what is none is left out."""
    return [_plain(part, getattr(memory, part.name)) for part in FIELDS]


def memory_of(entries: Iterable[dict[str, Any]]) -> Memory:
    """The memory from the parts of `plain`."""
    return Memory(*map(_restored, FIELDS, entries))


def _plain(part: Part, entries: dict[str, Any]) -> dict[str, Any]:
    if part.values is not LEVEL:
        return entries
    return {name: held[:2] if held.grace_until is None else tuple(held) for name, held in entries.items()}


def _restored(part: Part, entries: dict[str, Any]) -> dict[str, Any]:
    if part.values is LEVEL:
        return {name: LevelState(*held) for name, held in entries.items()}
    return {name: tuple(days) for name, days in entries.items()} if part.many else entries


def _leaves(tree: Mapping[str, Any], depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in tree.items():
        if depth == 1:
            yield (name,), value
        else:
            yield from (((name, *keys), leaf) for keys, leaf in _leaves(value, depth - 1))


def _values(leaf: Any) -> tuple[Any, ...]:  # noqa: ANN401 -- a level, a day, or days
    return tuple(leaf) if isinstance(leaf, tuple) else (leaf,)
