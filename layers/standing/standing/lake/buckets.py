"""The buckets into which a lake deals its customers out: how many there are, and who is in which.

A lake says so itself, in `buckets.json`: the stack's parameter counts only for a lake without data.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import orjson

from standing.aws.lake_bucket import ABSENT, Lake
from standing.aws.rules_bucket import PreconditionFailed
from standing.lake.layout import bucket_of, numbers_of

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

    def all(self) -> list[int]:
        """The numbers of all buckets."""
        return [number for own in numbers_of(self.bits) for number in self.below(own)]

    def below(self, number: int) -> list[int]:
        """The buckets that a bucket is split into; itself alone if it is not split."""
        if number not in self.split or self.into is None:
            return [number]
        more = self.into - self.bits
        return list(range(number << more, number + 1 << more))

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
