"""The buckets into which a lake deals its customers out: how many there are, and who is in which.

A lake says so itself, in `buckets.json`: the stack's parameter counts only for a lake without data. While the lake is
split, some of its buckets are dealt out into more, and others not yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

import orjson

from standing.aws.lake_bucket import ABSENT, Lake
from standing.aws.rules_bucket import PreconditionFailed
from standing.lake.layout import KINDS, STAGED, STANDING, bits_of, bucket_of, number_in, numbers_of

BUCKETS = "buckets.json"


class Buckets(NamedTuple):
    """The buckets of a lake: two to the power of `bits`. While it is split, those in `split` are dealt out `into` more.

    `etag` is that of the object that says so.
    """

    bits: int
    into: int | None = None
    split: frozenset[int] = frozenset()
    etag: str = ""

    def of(self, customer: str) -> int:
        """The bucket of a customer."""
        number = bucket_of(customer, self.bits)
        return bucket_of(customer, self.into or self.bits) if number in self.split else number

    def grouped[T](self, rows: Iterable[T], customer_of: Callable[[T], str]) -> dict[int, list[T]]:
        """Rows by the bucket of their customer, in their order."""
        groups: dict[int, list[T]] = {}
        for row in rows:
            groups.setdefault(self.of(customer_of(row)), []).append(row)
        return groups

    def all(self) -> list[int]:
        """The numbers of all buckets."""
        return [number for own in numbers_of(self.bits) for number in self.below(own)]

    def below(self, number: int) -> list[int]:
        """The buckets that a bucket is split into; itself alone if it is not split."""
        if number not in self.split or self.into is None:
            return [number]
        more = self.into - self.bits
        return list(range(number << more, number + 1 << more))

    def leaves(self, number: int) -> list[int]:
        """The buckets that now have the customers of a bucket: itself, if it is not split; none if there is none."""
        bits = bits_of(number)
        if bits > self.bits:
            return [number] if number in self.below(number >> bits - self.bits) else []
        more = self.bits - bits
        return [leaf for own in range(number << more, number + 1 << more) for leaf in self.below(own)]

    def is_leaf(self, number: int) -> bool:
        """Whether a bucket has its customers itself."""
        return self.leaves(number) == [number]

    def holding(self, customer: str) -> list[int]:
        """The buckets that may have rows of a customer: its own and, while the lake is split, the one that was."""
        return sorted({bucket_of(customer, self.bits), self.of(customer)}, reverse=True)

    def body(self) -> bytes:
        """The object that says so."""
        return orjson.dumps({"bits": self.bits, "into": self.into, "split": sorted(self.split)})


def buckets_of(lake: Lake) -> Buckets:
    """A lake's buckets. One without data gets as many as the stack's parameter says."""
    stored = lake.get(BUCKETS)
    if stored is ABSENT:
        with suppress(PreconditionFailed):  # somebody else was faster
            lake.replace(BUCKETS, Buckets(lake.bits).body(), "")
        stored = lake.get(BUCKETS)
    found = orjson.loads(stored.body)
    return Buckets(found["bits"], found["into"], frozenset(found["split"]), stored.etag)


def buckets_with_data(lake: Lake) -> set[int]:
    """The buckets by which anything is stored, also those that are split, and not dealt out yet.

    Stored standings are listed, too, so that a bucket whose files are lost is not left out.
    """
    return {number for prefix in _prefixes() for number in map(number_in, lake.folders(prefix))}


def _prefixes() -> Iterator[str]:
    yield f"{STANDING}/"
    yield from (f"{part}{kind}/" for part in ("", f"{STAGED}/") for kind in KINDS)
