"""A lake that is split ends as one that was dealt out so from the beginning, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from typing import Any

import orjson
import polars as pl
import pytest
from standing.lake.buckets import BUCKETS, Buckets, buckets_of
from standing.lake.compaction import compact, compact_all, stage
from standing.lake.layout import (
    KINDS,
    current_key,
    kind_prefix,
    month_key,
    number_in,
    numbers_of,
    retracted_prefix,
    standing_key,
    tombstone_prefix,
)
from standing.lake.parquet import parquet_bytes
from standing.lake.reader import everything_of
from standing.lake.rows import Bucket
from standing.lake.split import deal_out, split
from standing.lake.standings import standings_of
from standing.lake.tombstones import write_tombstone
from standing.nightly.plan import buckets as planned
from standing.values.errors import UserError

from tests.make.lakes import Meanwhile, MemoryLake, lake_rows, pour
from tests.make.support import purchase, real_rules, taken

RULES = real_rules()
FEW, MANY = 0, 1
WRITES = {"put", "replace", "delete", "quarantine"}
EVERY = pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.long)])  # call, or only some
CUSTOMERS = ["c-1", "c-2", "c-4"]  # of two buckets
GONE = "c-4"
MONTH = "2026-01"
COMPACTIONS = [pytest.param(partial(compact, number=one), id=f"compact{one}") for one in numbers_of(FEW)]


class Stopped(Exception):  # noqa: N818 -- what happened
    """The process ended."""


@cache
def rows(customer: str, *days_ago: int) -> Bucket:
    return lake_rows(RULES, customer, taken(RULES.latest, *(purchase(n, days_ago=n) for n in days_ago)))


def lake_of(bits: int) -> MemoryLake:
    """A lake of some customers and months. One is forgotten; some rows are staged, and some came in just now."""
    lake = MemoryLake(bits)
    lake.objects.update(objects(bits))
    return lake


@cache
def objects(bits: int) -> dict[str, bytes]:
    """Its objects."""
    lake = MemoryLake(bits)
    for customer in CUSTOMERS:
        pour(lake, rows(customer, 40, 6) if customer == "c-1" else rows(customer, 6), customer)
    compact_all(lake)
    write_tombstone(lake, "salt", GONE)
    pour(lake, rows("c-1", 40, 6, 3), "staged")
    stage(lake)
    pour(lake, rows("c-2", 6, 3), "later")
    return lake.objects


def with_standings(lake: MemoryLake) -> MemoryLake:
    """With the standings of a night and of a month's end."""
    for number, names in grouped(lake).items():
        body = parquet_bytes(pl.DataFrame({"customer": names, "day": [1] * len(names)}))
        lake.put(standing_key(number), body)
        lake.put(month_key(MONTH, number), body)
    return lake


def grouped(lake: MemoryLake) -> dict[int, list[str]]:
    groups: dict[int, list[str]] = {}
    for customer in CUSTOMERS:
        groups.setdefault(buckets_of(lake).of(customer), []).append(customer)
    return groups


def done(lake: Any) -> None:
    """What the next night does: it deals out what came in and what is still in a bucket that is split, and compacts."""
    stage(lake)
    for number in planned(lake):
        deal_out(lake, number)
        for leaf in buckets_of(lake).leaves(number):
            compact(lake, leaf)


def files(lake: MemoryLake) -> dict[str, bytes]:
    """All files but marks, and months of which nothing is left."""
    there = {key: body for key, body in lake.objects.items() if not key.startswith(("erased/", "forgotten/"))}
    return {key: body for key, body in there.items() if not key.startswith(KINDS) or pl.read_parquet(body).height}


def ignore(_done: int, _all: int) -> None:
    """Nothing."""


def into_many(lake: Any) -> None:
    split(lake, MANY, ignore)


@pytest.fixture(scope="module")
def expected() -> dict[str, bytes]:
    """A lake that had so many buckets from the beginning."""
    done(lake := lake_of(MANY))
    return files(lake)


def test_a_lake_that_is_split_ends_as_one_that_was_dealt_out_so(expected: dict[str, bytes]) -> None:
    into_many(lake := lake_of(FEW))
    assert buckets_of(lake)[:2] == (MANY, None)
    assert {number_in(key) for kind in KINDS for key in lake.keys(f"{kind}/")} <= {*numbers_of(MANY)}
    done(lake)
    assert files(lake) == expected
    into_many(lake)
    assert files(lake) == expected


def test_standings_go_with_their_customers() -> None:
    lake, whole = with_standings(lake_of(FEW)), with_standings(lake_of(MANY))
    into_many(lake)
    for number in grouped(whole):
        for key in (standing_key(number), month_key(MONTH, number)):
            there, wanted = (pl.read_parquet(one.objects[key]) for one in (lake, whole))
            assert there.equals(wanted.filter(pl.col("customer") != GONE))


def test_a_standing_that_is_there_keeps_what_it_says_of_its_customers() -> None:
    lake = with_standings(lake_of(FEW))
    lake.put(BUCKETS, Buckets(FEW, MANY, frozenset(numbers_of(FEW))).body())
    own = grouped(lake)[buckets_of(lake).of("c-1")]
    other = parquet_bytes(pl.DataFrame({"customer": ["c-1"], "day": [9]}))
    lake.put(month_key(MONTH, buckets_of(lake).of("c-1")), other)
    into_many(lake)
    (found,) = (one for one in standings_of(lake, "c-1") if one["of"].startswith("months"))
    assert found["day"] == 9
    assert all(len(standings_of(lake, customer)) == 2 for customer in own if customer != GONE)


def test_whatever_call_is_the_last_it_goes_on_where_it_ended(expected: dict[str, bytes]) -> None:
    calls = ended_before(10**6)[1]
    for number in (number for number, name in enumerate(calls, 1) if name in WRITES):
        lake, _ = ended_before(number)
        everybody_is_there(lake)
        into_many(lake)
        done(lake)
        assert files(lake) == expected, number


def ended_before(number: int) -> tuple[MemoryLake, list[str]]:
    """A lake whose split ended before a call, and the calls."""
    lake, calls = lake_of(FEW), list[str]()

    def stop() -> None:
        raise Stopped

    with suppress(Stopped):
        into_many(Meanwhile(lake, calls, number, stop))
    return lake, calls


def everybody_is_there(lake: MemoryLake) -> None:
    for customer in {*CUSTOMERS} - {GONE}:
        known, whole = (everything_of(one, customer) for one in (lake, lake_of(FEW)))
        assert all(left.equals(right) for left, right in zip(known, whole, strict=True)), customer


@EVERY
@pytest.mark.parametrize("other", [done, stage, into_many, *COMPACTIONS])
def test_whatever_others_do_meanwhile_it_ends_the_same(
    expected: dict[str, bytes], other: Callable[[Any], object], step: int
) -> None:
    both(into_many, other, expected, step)


@EVERY
@pytest.mark.parametrize("work", [stage, done, *COMPACTIONS])
def test_a_split_in_the_middle_of_other_work_loses_nothing(
    expected: dict[str, bytes], work: Callable[[Any], object], step: int
) -> None:
    both(work, into_many, expected, step)


def both(work: Callable[[Any], object], other: Callable[[Any], object], expected: dict[str, bytes], step: int) -> None:
    """Do work, and other work before some of its calls in turn; and then what is left to do."""
    for number in range(1, 10_000, step):
        lake, calls = lake_of(FEW), list[str]()
        work(Meanwhile(lake, calls, number, partial(other, lake)))
        into_many(lake)
        done(lake)
        assert files(lake) == expected, number
        if len(calls) < number:
            return
    raise AssertionError("more calls than were tried")


def test_who_is_forgotten_while_it_is_split_is_gone() -> None:
    lake = lake_of(FEW)
    lake.put(BUCKETS, Buckets(FEW, MANY, frozenset(numbers_of(FEW))).body())
    write_tombstone(lake, "salt", "c-2")
    into_many(lake)
    done(lake)
    for name in ("c-2", GONE):
        assert everything_of(lake, name).records.is_empty()
        assert len(lake.keys(tombstone_prefix(buckets_of(lake).of(name)))) >= 1


def test_a_forgotten_customers_standing_does_not_come_back_with_a_split() -> None:
    for number in range(1, 10_000, 11):
        lake, calls = with_standings(lake_of(FEW)), list[str]()
        into_many(Meanwhile(lake, calls, number, partial(done, lake)))
        into_many(lake)
        done(lake)
        assert standings_of(lake, GONE) == [], number
        if len(calls) < number:
            return
    raise AssertionError("more calls than were tried")


def test_who_is_forgotten_between_dealing_out_and_compaction_has_no_standing() -> None:
    lake = with_standings(lake_of(FEW))
    lake.put(BUCKETS, Buckets(FEW, MANY, frozenset(numbers_of(FEW))).body())
    for number in numbers_of(FEW):
        deal_out(lake, number)
    assert len(standings_of(lake, "c-2")) == 2
    write_tombstone(lake, "salt", "c-2")
    done(lake)
    assert standings_of(lake, "c-2") == []


def test_a_mark_of_a_retracted_run_names_a_customer_in_its_own_bucket_alone() -> None:
    lake = lake_of(FEW)
    for number, names in grouped(lake).items():
        mark = {"counts": {}, "conflicts": [{"customer": name, "kind": "refund"} for name in names]}
        lake.put(f"{retracted_prefix(number)}run.json", orjson.dumps(mark))
    into_many(lake)
    for number in numbers_of(MANY):
        (key,) = lake.keys(retracted_prefix(number))
        named = {one["customer"] for one in orjson.loads(lake.objects[key])["conflicts"]}
        assert named == {customer for customer in CUSTOMERS if buckets_of(lake).of(customer) == number}


def test_a_damaged_month_is_named_and_waits_and_the_rest_goes_on() -> None:
    lake = lake_of(FEW)
    number = buckets_of(lake).of("c-1")
    key = lake.keys(kind_prefix("records", number))[0]
    whole = lake.objects[key]
    lake.put(key, whole[:-9])
    assert split(lake, MANY, ignore).keys() == {key}
    assert buckets_of(lake).into == MANY
    assert lake.keys("records/bucket=") != [key]
    assert lake.objects[key] == whole[:-9]
    lake.put(key, whole)
    into_many(lake)
    assert buckets_of(lake)[:2] == (MANY, None)
    assert everything_of(lake, "c-1").records.height == 3


def test_it_is_split_into_more_alone_and_one_way_at_a_time() -> None:
    lake = MemoryLake(3)
    with pytest.raises(UserError, match=r"--bits 2: the lake is dealt out by 3 bits, and can only be split by more"):
        split(lake, 2, ignore)
    lake.put(BUCKETS, Buckets(3, 5).body())
    with pytest.raises(UserError, match=r"being split by 5 bits: `standing lake split --bits 5` goes on with it"):
        split(lake, 4, ignore)


def test_every_bucket_is_counted_and_those_without_data_need_nothing() -> None:
    seen = list[tuple[int, int]]()
    lake = MemoryLake(4)
    pour(lake, rows("c-1", 3), "one")
    compact_all(lake)
    split(lake, 6, lambda number, of: seen.append((number, of)))
    assert seen == [(1, 1)]
    assert current_key("records", buckets_of(lake).of("c-1"), "2026-02")[:8] == "records/"
    assert planned(lake) == [buckets_of(lake).of("c-1")]
