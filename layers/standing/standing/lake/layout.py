"""The layout of the lake: its keys and prefixes. docs/lake.md describes it for readers without our code."""

from __future__ import annotations

import hashlib
from typing import Literal, get_args

type Kind = Literal["records", "decisions", "states"]

KINDS: tuple[Kind, ...] = get_args(Kind.__value__)
MOST_BITS = 16
INCOMING, STAGED, FORGOTTEN, MONTHS, STANDING = "incoming", "staged", "forgotten", "months", "standing"
BACKFILLS = "backfills"


def bucket_of(customer: str, bits: int) -> int:
    """The bucket of a customer: a one, followed by the first bits of the SHA-256 of its id.

    So buckets of different bits have different numbers: those that a bucket is split into begin with its own bits.
    """
    return 1 << bits | int.from_bytes(hashlib.sha256(customer.encode()).digest()[:2]) >> MOST_BITS - bits


def numbers_of(bits: int) -> range:
    """The numbers of all buckets of so many bits."""
    return range(1 << bits, 2 << bits)


def bits_of(number: int) -> int:
    """By how many bits a bucket's customers are dealt out."""
    return number.bit_length() - 1


def partition(number: int) -> str:
    """A bucket as part of a key, such as `bucket=000263`."""
    return f"bucket={number:06d}"


def number_in(key: str) -> int:
    """The bucket number in a key."""
    return int(key.partition("bucket=")[2][:6])


def kind_prefix(kind: Kind, number: int) -> str:
    """The prefix of a bucket's compacted files of a kind, one a month."""
    return f"{kind}/{partition(number)}/"


def current_key(kind: Kind, number: int, month: str) -> str:
    """The key of a bucket's compacted file of a kind and a month such as `2026-10`."""
    return f"{kind_prefix(kind, number)}month={month}/{kind}.parquet"


def month_in(key: str) -> str:
    """The month in the key of a compacted file."""
    return key.partition("month=")[2][:7]


def month_key(month: str, number: int) -> str:
    """The key of a bucket's standing at the end of a month such as `2026-10`, or so far in the current month."""
    return f"{month_prefix(month)}{partition(number)}/standing.parquet"


def month_prefix(month: str) -> str:
    """The prefix of all standings at the end of a month."""
    return f"{MONTHS}/{month}/"


def standing_key(number: int) -> str:
    """The key of a bucket's standing as of the last night."""
    return f"{STANDING}/{partition(number)}/standing.parquet"


def staged_prefix(kind: Kind, number: int) -> str:
    """The prefix of objects staged for a bucket."""
    return f"{STAGED}/{kind}/{partition(number)}/"


def incoming_prefix(kind: Kind) -> str:
    """The prefix of incoming objects, which are not sorted by bucket yet."""
    return f"{INCOMING}/{kind}/"


def tombstone_prefix(number: int | None = None) -> str:
    """The prefix of tombstones: of one bucket, or of all if `number` is None."""
    return f"{FORGOTTEN}/" + ("" if number is None else f"{partition(number)}/")


def run_key(run: str) -> str:
    """The key of the record of a run of `standing backfill`."""
    return f"{BACKFILLS}/{run}.json"


def retracted_prefix(number: int) -> str:
    """The prefix of a bucket's marks of retracted runs, whose rows compaction drops."""
    return f"{BACKFILLS}/retracted/{partition(number)}/"


def applied_key(number: int) -> str:
    """The key of a bucket's list of erasures that were applied to all its months."""
    return f"erased/{partition(number)}.json"


def named_after(parts: list[str]) -> str:
    """A deterministic name made of parts: 32 hex digits of a SHA-256."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
