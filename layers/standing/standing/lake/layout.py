"""Where things lie in the lake. docs/lake.md says the same to those who read it without our code."""

from __future__ import annotations

import hashlib
from typing import Literal, get_args

type Kind = Literal["records", "decisions", "states"]

KINDS: tuple[Kind, ...] = get_args(Kind.__value__)
BUCKETS = 256
INCOMING, STAGED, FORGOTTEN, MONTHS, STANDING = "incoming", "staged", "forgotten", "months", "standing"
BACKFILLS = "backfills"


def bucket_of(customer: str) -> int:
    """The bucket of a customer: the first byte of the SHA-256 of its id."""
    return hashlib.sha256(customer.encode()).digest()[0]


def partition(number: int) -> str:
    """A bucket as part of a key, such as `bucket=007`."""
    return f"bucket={number:03d}"


def number_in(key: str) -> int:
    """The bucket that a key is of."""
    return int(key.partition("bucket=")[2][:3])


def current_key(kind: Kind, number: int) -> str:
    """The key of all that is known of a bucket's customers, one file a kind."""
    return f"{kind}/{partition(number)}/{kind}.parquet"


def month_key(month: str, number: int) -> str:
    """The key of a bucket's standing at the end of a month such as `2026-10`; of the month that runs, so far."""
    return f"{month_prefix(month)}{partition(number)}/standing.parquet"


def month_prefix(month: str) -> str:
    """The prefix of what is kept of the end of a month."""
    return f"{MONTHS}/{month}/"


def standing_key(number: int) -> str:
    """The key of a bucket's standing as of the last night."""
    return f"{STANDING}/{partition(number)}/standing.parquet"


def staged_prefix(kind: Kind, number: int) -> str:
    """The prefix of what waits to become part of a bucket."""
    return f"{STAGED}/{kind}/{partition(number)}/"


def incoming_prefix(kind: Kind) -> str:
    """The prefix of what was written as it happened."""
    return f"{INCOMING}/{kind}/"


def tombstone_prefix(number: int | None = None) -> str:
    """The prefix of the marks of forgotten customers: of one bucket, or of all."""
    return f"{FORGOTTEN}/" + ("" if number is None else f"{partition(number)}/")


def run_key(run: str) -> str:
    """The key of what is known of a run of `standing backfill`."""
    return f"{BACKFILLS}/{run}.json"


def retracted_prefix(number: int) -> str:
    """The prefix of a bucket's marks of runs that were taken back: what compaction finds of them goes."""
    return f"{BACKFILLS}/retracted/{partition(number)}/"


def named_after(parts: list[str]) -> str:
    """A name for something made of other things: the same whenever it is made of the same."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
