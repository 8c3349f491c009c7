"""Whole numbers and short texts as few bytes: seven bits of a number in each, the eighth says that more follow."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from standing.rules.conditions import Fact

MORE = 0x80
TEXT = 1  # the lowest bit of a fact: a text follows, and the rest of the number is its length


class Writer:
    """Puts numbers and texts one behind another."""

    def __init__(self) -> None:
        self.packed = bytearray()

    def put(self, *numbers: int) -> None:
        """Numbers that are not negative."""
        for number in numbers:
            while number >= MORE:
                self.packed.append(number & 0x7F | MORE)
                number >>= 7  # noqa: PLW2901 -- seven bits at a time is what a varint is
            self.packed.append(number)

    def chunk(self, content: bytes) -> None:
        """Bytes behind their length."""
        self.put(len(content))
        self.packed += content

    def fact(self, value: Fact) -> None:
        """A number of either sign, or a text."""
        if isinstance(value, int):
            self.put(zigzag(value) << 1)
        else:
            content = value.encode()
            self.put(len(content) << 1 | TEXT)
            self.packed += content


class Reader:
    """Takes what a Writer put, in the same order."""

    def __init__(self, packed: bytes) -> None:
        self.packed, self.place = packed, 0

    def take(self) -> int:
        """The next number."""
        number = self.packed[self.place]
        self.place += 1
        return number if number < MORE else self._more(number & 0x7F)

    def several(self, count: int) -> tuple[int, ...]:
        """The next numbers."""
        chunk = self.packed[self.place : self.place + count]
        if not chunk.isascii():  # some number takes more than one byte
            return tuple([self.take() for _ in range(count)])
        self.place += count
        return tuple(chunk)

    def chunk(self) -> bytes:
        """The next bytes, which stand behind their length."""
        return self.bytes(self.take())

    def fact(self) -> Fact:
        """The next number of either sign, or text."""
        number = self.take()
        return self.bytes(number >> 1).decode() if number & TEXT else unzigzag(number >> 1)

    def bytes(self, length: int) -> bytes:
        """The next bytes."""
        start, self.place = self.place, self.place + length
        return self.packed[start : self.place]

    def _more(self, number: int) -> int:
        shift = 7
        while (byte := self.packed[self.place]) >= MORE:
            number |= (byte & 0x7F) << shift
            self.place += 1
            shift += 7
        self.place += 1
        return number | byte << shift


def zigzag(number: int) -> int:
    """A number of either sign as one that is not negative and small where it was near zero."""
    return number << 1 if number >= 0 else (-number << 1) - 1


def unzigzag(number: int) -> int:
    """The number that `zigzag` was given."""
    return -((number + 1) >> 1) if number & 1 else number >> 1


def steps(days: Iterable[int]) -> list[int]:
    """From each of some rising numbers to the next."""
    return [after - before for before, after in pairwise(days)]
