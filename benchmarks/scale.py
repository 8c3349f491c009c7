"""docs/scale.md: the time and cost of a night with more customers, from the measured figures and the page's prices.

People write the prices and assumptions on the page; `make bench` writes the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import NamedTuple

from standing.aws.lake_bucket import BITS

from benchmarks.cost import BEGIN, END, MILLION, Measured, prices

MILLIONS = (1, 10, 100, 1000)
BUCKETS = 1 << BITS
TENTH = 100_000  # customers of the measured bucket
DAYS = 30  # nights a month


class Night(NamedTuple):
    """A night of a number of customers: its buckets, the time and memory of one, and the totals."""

    customers: float
    buckets: int
    a_bucket: float
    seconds: float
    hours_at_once: float
    needed: int
    peak_mb: float
    usd: float


def filled(page: str, measured: Measured) -> str:
    """The page with its table filled in, from these figures and the page's prices."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n".join([*_table(page, measured), END + rest.partition(END)[2]])


def nights(page: str, measured: Measured) -> list[Night]:
    """The nights of 1, 10, 100 and 1,000 million customers."""
    rates = prices(page)
    return [_night(millions * MILLION, measured, rates) for millions in MILLIONS]


def _night(customers: float, measured: Measured, rates: Measured) -> Night:
    buckets = BUCKETS
    while customers / buckets > rates["bucket-customers"]:
        buckets *= 2
    a_customer = measured["rescore.seconds.whole_bucket_100k"] / TENTH * rates["cores-measured"] / rates["cores"]
    own = a_customer * customers / buckets
    seconds = own + rates["bucket-seconds"] + customers / buckets * rates["stirred"] * rates["commit-ms"] / 1000
    at_once = ceil(buckets / rates["map-concurrency"]) * seconds / 3600
    needed = ceil(buckets * seconds / 3600 / rates["hours"])
    peak = measured["rescore.bucket_100k_peak_mb"]  # a bucket is done in parts, so its peak does not grow with it
    return Night(
        customers,
        buckets,
        customers / buckets,
        seconds,
        at_once,
        needed,
        peak,
        _usd(buckets, seconds, customers, rates),
    )


def _usd(buckets: int, seconds: float, customers: float, rates: Measured) -> float:
    """The cost of functions, the map's children, S3, and the table's writes for customers that the night commits."""
    functions = buckets * (seconds * rates["memory-gb"] * rates["gb-seconds"] + rates["calls"]) / MILLION
    children = buckets * rates["transitions-a-child"] * rates["transitions"] / MILLION
    objects = buckets * (rates["gets-a-bucket"] * rates["gets"] + rates["puts-a-bucket"] * rates["puts"]) / MILLION
    written = customers * rates["stirred"] * rates["units-a-commit"] * rates["write-units"] / MILLION
    return functions + children + objects + written


def _table(page: str, measured: Measured) -> Iterator[str]:
    columns = "| customers (millions) | buckets | customers a bucket | seconds a bucket | hours, as the map is set "
    yield columns + "| at once, to be done in time | memory a bucket, MB (at most) | USD a night | USD a month |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for night in nights(page, measured):
        money = f"{night.usd:,.2f} | {night.usd * DAYS:,.0f}"
        yield (
            f"| {night.customers / MILLION:,.0f} | {night.buckets:,} | {night.a_bucket:,.0f} | {night.seconds:.1f} "
            f"| {night.hours_at_once:.2f} | {night.needed:,} | {night.peak_mb:,.0f} | {money} |"
        )
