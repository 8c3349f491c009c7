"""States as bytes: day buckets as packed varints, memories as small JSON. Small, because DynamoDB is paid by the KB."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, pairwise
from typing import Any

import orjson

from standing.core.measures import Series
from standing.core.state import Held, Memory, State

FORMAT = 1


def pack(state: State) -> bytes:
    """A state's memories, ledger and buckets; customer, version and day are attributes of their own."""
    memories = [_memory(state.opened), _memory(state.closed), state.said, state.asked]
    if state.honoured:  # rare, and a state is paid for by its bytes
        memories.append(state.honoured)
    head = orjson.dumps(memories)
    numbers = [FORMAT, len(head)]
    tail = [number for series in state.buckets for number in _numbers(series)]
    return _varints(numbers) + head + _varints([len(state.buckets), *tail])


def unpack(packed: bytes, *, customer: str, version: int, day: int, features_hash: str) -> State:
    """The state that `pack` packed. Raises ValueError for a format this code does not know."""
    head = _Reader(packed)
    if (form := head.take()) != FORMAT:
        raise ValueError(f"state of format {form}; this code reads {FORMAT}: deploy the newer code")
    opened, closed, said, asked, *rest = orjson.loads(head.chunk(head.take()))
    honoured = rest[0] if rest else {}
    buckets = tuple(_series(head) for _ in range(head.take()))
    memories = _remember(opened), _remember(closed)
    return State(customer, version, day, features_hash, buckets, *memories, said, asked, honoured)


def _memory(memory: Memory) -> list[Any]:
    return [{name: [part for part in held if part is not None] for name, held in memory.levels.items()}, memory.due]


def _remember(parts: list[Any]) -> Memory:
    levels, due = parts
    return Memory({name: Held(*held) for name, held in levels.items()}, due)


def _numbers(series: Series) -> Iterator[int]:
    """Number of days, then what is known of `first`, whether there are sums, and each day with its values."""
    yield len(series.days)
    if not series.days or series.first is None:
        return
    summed = any(series.sums)
    yield from (series.first, int(summed), series.days[0] - series.first)
    yield from (after - before for before, after in pairwise(series.days))
    yield from series.counts
    if summed:
        yield from (total << 1 if total >= 0 else (-total << 1) - 1 for total in series.sums)


def _series(reader: _Reader) -> Series:
    length = reader.take()
    if not length:
        return Series()
    first, summed = reader.take(), reader.take()
    days = tuple(accumulate((reader.take() for _ in range(length)), initial=first))[1:]
    counts = tuple(reader.take() for _ in range(length))
    sums = tuple(_signed(reader.take()) for _ in range(length)) if summed else (0,) * length
    return Series(days, counts, sums, first)


def _signed(number: int) -> int:
    return -((number + 1) >> 1) if number & 1 else number >> 1


def _varints(numbers: list[int]) -> bytes:
    packed = bytearray()
    for number in numbers:
        while number > 0x7F:
            packed.append(number & 0x7F | 0x80)
            number >>= 7  # noqa: PLW2901 -- seven bits at a time is what a varint is
        packed.append(number)
    return bytes(packed)


class _Reader:
    """Takes varints and chunks off the front of some bytes."""

    def __init__(self, packed: bytes) -> None:
        self.packed, self.place = packed, 0

    def take(self) -> int:
        number = shift = 0
        while True:
            byte = self.packed[self.place]
            self.place += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7

    def chunk(self, length: int) -> bytes:
        start, self.place = self.place, self.place + length
        return self.packed[start : self.place]
