"""Many whole numbers as few bytes, packed and read at the speed of C: no loop of ours goes over single numbers' bits.

A column is cut into planes: the lowest byte of every number, then the next byte of every number, as far as one of them
has one. Each plane is packed as tightly as its highest value allows: in no bits at all, in 1, 2, 4 or 8. A few numbers
are varints, which are no larger then, and sooner read.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, compress

from standing.engine.codec.varints import Reader, Writer, steps, unzigzag, zigzag

FEW = 8  # numbers
WIDTHS = (0, 1, 2, 4, 4, 8, 8, 8, 8)  # bits of each value in a plane, by those of its highest
DIGITS = bytes.maketrans(bytes(range(16)), b"0123456789abcdef")
WORD = 8  # bytes; numbers that need more are rare, and stand as varints
CELLS = {2: "H", 3: "I", 4: "I", 5: "Q", 6: "Q", 7: "Q", 8: "Q"}
SPARSE = 4  # days to one that is put; with more, distances are read sooner than a flag for each day, and hardly larger


def put_column(writer: Writer, numbers: Sequence[int]) -> None:
    """At least one number, of either sign. The first stands by itself: it may be all that was before the others."""
    if len(numbers) <= FEW:
        writer.put(*map(zigzag, numbers))
        return
    first, *rest = numbers
    lowest = min(rest)
    writer.put(zigzag(first), zigzag(lowest))
    _put_planes(writer, [number - lowest for number in rest] if lowest else rest)


def take_column(reader: Reader, count: int) -> tuple[int, ...]:
    """As many numbers as were put."""
    if count <= FEW:
        return tuple(map(unzigzag, reader.several(count)))
    first, lowest = unzigzag(reader.take()), unzigzag(reader.take())
    rest = _take_planes(reader, count - 1)
    return (first, *[number + lowest for number in rest]) if lowest else (first, *rest)


def put_days(writer: Writer, days: Sequence[int]) -> None:
    """At least one day, rising: a flag for each day between the first and the last, or, if they are few, distances."""
    first, span = days[0], days[-1] - days[0]
    if len(days) <= FEW:
        writer.put(first, *steps(days))
    elif span > SPARSE * len(days):
        writer.put(first, 0)
        _put_planes(writer, steps(days))
    else:
        writer.put(first, span)
        flags = bytearray(span + 1)
        for day in days:
            flags[day - first] = 1
        writer.packed += _squeezed(flags, 1)


def take_days(reader: Reader, count: int) -> tuple[int, ...]:
    """As many days as were put."""
    first = reader.take()
    if count <= FEW:
        return tuple(accumulate(reader.several(count - 1), initial=first))
    if not (span := reader.take()):
        return tuple(accumulate(_take_planes(reader, count - 1), initial=first))
    return tuple(compress(range(first, first + span + 1), _spread(reader, 1, span + 1)))


def _put_planes(writer: Writer, numbers: Sequence[int]) -> None:
    size = (max(numbers).bit_length() + 7) // 8
    writer.put(size)
    if size > WORD:
        writer.put(*numbers)
    elif size == 1:
        _put_plane(writer, bytes(numbers))
    elif size:
        words = struct.pack(f"<{len(numbers)}Q", *numbers)
        for place in range(size):
            _put_plane(writer, words[place::WORD])


def _take_planes(reader: Reader, count: int) -> Sequence[int]:
    size = reader.take()
    if size > WORD:
        return reader.several(count)
    planes = [_spread(reader, reader.take(), count) for _ in range(size)]
    if size <= 1:
        return planes[0] if planes else bytes(count)
    code = CELLS[size]
    cell = struct.calcsize(f"<{code}")
    words = bytearray(cell * count)
    for place, plane in enumerate(planes):
        words[place::cell] = plane
    return struct.unpack(f"<{count}{code}", words)


def _put_plane(writer: Writer, plane: bytes) -> None:
    width = WIDTHS[max(plane).bit_length()]
    writer.put(width)
    writer.packed += _squeezed(plane, width)


def _squeezed(plane: bytes | bytearray, width: int) -> bytes | bytearray:
    """Values of so many bits each, the first in the highest bits of the first byte; the last byte is filled up."""
    if width in {0, 8}:
        return plane if width else b""
    size = _size(len(plane), width)
    digits = plane.translate(DIGITS).ljust(size * 8 // width, b"0")
    return int(digits, 1 << width).to_bytes(size)


def _spread(reader: Reader, width: int, count: int) -> bytes:
    """So many values of a plane, a byte each."""
    packed = reader.bytes(_size(count, width))
    if width in {0, 8}:
        return packed if width else bytes(count)
    return b"".join(map(_values(width).__getitem__, packed))[:count]


def _size(count: int, width: int) -> int:
    return (count * width + 7) // 8


@cache
def _values(width: int) -> list[bytes]:
    """For every byte, the values that are packed in it."""
    shifts, mask = range(8 - width, -1, -width), (1 << width) - 1
    return [bytes(byte >> shift & mask for shift in shifts) for byte in range(256)]
