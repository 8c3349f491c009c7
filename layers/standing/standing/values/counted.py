"""A number and what it counts, in English: `1 event`, `2 events`. Chinese tells one from many by the number alone."""

from __future__ import annotations


class Counted(int):
    """A whole number that a text may tell with what it counts: `{count:event|events}`, or bare, with separators."""

    def __format__(self, spec: str) -> str:
        one, found, many = spec.partition("|")
        if found:
            return f"{int(self):,} {one if self == 1 else many}"
        return format(int(self), spec or ",")


def counted(number: int, one: str, many: str = "") -> str:
    """A number and what it counts; many of it are called as one with an s, if nothing else is said."""
    return format(Counted(number), f"{one}|{many or f'{one}s'}")
