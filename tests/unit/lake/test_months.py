"""The months of a bucket: one is written where something new happened in it; what is wrong with one is named."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import polars as pl
import pytest
from standing.aws.lake_bucket import StoredObject
from standing.lake.compaction import compact, compact_all, stage
from standing.lake.layout import KINDS, Kind, applied_key, kind_prefix, month_in
from standing.lake.parquet import CorruptFile
from standing.lake.reader import read_bucket
from standing.lake.rows import Bucket
from standing.lake.tombstones import write_tombstone
from standing.rules.timeline import Timeline
from standing.values.days import month_of

from tests.make.lakes import Meanwhile, MemoryLake, bucket_of, lake_rows, months_of, neighbours, pour
from tests.make.support import purchase, real_rules, taken

RULES = real_rules()
WHO = "c-1"
OTHER = neighbours(WHO, 2)[1]
NUMBER = bucket_of(WHO)


def rows(customer: str, days_ago: Sequence[int], rules: Timeline = RULES) -> Bucket:
    return lake_rows(rules, customer, taken(rules.latest, *(purchase(n, days_ago=n) for n in days_ago)))


class Watched(MemoryLake):
    """A lake that remembers what was read."""

    def __init__(self) -> None:
        super().__init__()
        object.__setattr__(self, "read", [])

    read: list[str]

    def get(self, key: str) -> StoredObject:
        self.read.append(key)
        return super().get(key)


@pytest.fixture
def lake() -> MemoryLake:
    """A bucket of two customers with some months."""
    lake = MemoryLake()
    for who in (WHO, OTHER):
        pour(lake, rows(who, (3, 40, 75, 110)), who)
    compact_all(lake, [NUMBER])
    return lake


def files(lake: MemoryLake) -> dict[str, bytes]:
    return {key: body for key, body in lake.objects.items() if key.startswith(KINDS)}


def test_each_file_has_the_rows_of_its_month_and_all_of_them_are_there(lake: MemoryLake) -> None:
    for kind in KINDS:
        parts = [pl.read_parquet(lake.objects[key]) for key in months_of(lake, kind, NUMBER)]
        assert len(parts) >= 1 + 3 * (kind != "decisions")
        assert [{month_of(day) for day in part["day"]} for part in parts] == [
            {month_in(key)} for key in months_of(lake, kind, NUMBER)
        ]
    assert read_bucket(lake, NUMBER).records.height == 8


@pytest.mark.parametrize(("days_ago", "months"), [((2,), 1), ((74,), 1), ((2, 74), 2)])
def test_only_months_with_new_rows_are_written_again(lake: MemoryLake, days_ago: tuple[int, ...], months: int) -> None:
    before = files(lake)
    pour(lake, rows(WHO, (3, 40, 75, 110)), "again")
    assert compact_all(lake, [NUMBER]).rows == dict.fromkeys(KINDS, 0)
    assert files(lake) == before
    new = rows(WHO, days_ago).records.with_columns(id=pl.format("new-{}", "id"))
    pour(lake, rows(WHO, ()), "more", records=new)
    watched = Watched()
    watched.objects.update(lake.objects)
    assert compact_all(watched, [NUMBER]).rows["records"] == len(days_ago)
    lake.objects.update(watched.objects)
    assert len({key for key in watched.read if key.startswith(kind_prefix("records", NUMBER))}) == months
    assert len([key for key, body in files(lake).items() if body != before[key]]) == months


def test_what_is_forgotten_goes_from_all_months_once_and_they_are_not_read_again(lake: MemoryLake) -> None:
    write_tombstone(lake, "salt", OTHER)
    compact_all(lake, [NUMBER])
    assert not [key for key, body in files(lake).items() if OTHER.encode() in body]
    assert lake.keys(applied_key(NUMBER))
    watched = Watched()
    watched.objects.update(lake.objects)
    compact_all(watched, [NUMBER])
    assert not [key for key in watched.read if key.startswith(KINDS)]


@pytest.mark.parametrize(("days", "ends_after"), [((200,), None), ((1, 200), None), ((200,), 1), ((200,), 3)])
def test_who_is_forgotten_while_a_bucket_is_compacted_does_not_come_back(
    lake: MemoryLake, days: tuple[int, ...], ends_after: int | None
) -> None:
    """Another process forgets and compacts at any moment of the first, which goes on, or ends some calls later.

    Its rows were dealt out before; one is of a month that there is not yet.
    """
    for day in days:
        pour(lake, replace_records(rows(OTHER, (day,)).records.with_columns(id=pl.lit(f"new-{day}"))), f"new-{day}")
    stage(lake)
    snapshot = dict(lake.objects)

    def forget() -> None:
        write_tombstone(lake, "salt", OTHER)
        compact(lake, NUMBER, lambda _: None)

    for number in range(1, 200):
        lake.objects.clear()
        lake.objects.update(snapshot)
        calls = list[str]()
        first: Any = Meanwhile(lake, calls, number, forget)
        if ends_after:
            first = Meanwhile(first, list[str](), number + ends_after, stop)
        with suppress(StopIteration):
            compact(first, NUMBER, lambda _: None)
        if not lake.keys("forgotten/"):
            break
        if ends_after:  # otherwise the first has looked again itself
            compact(lake, NUMBER)
        named = [key for key, body in files(lake).items() if OTHER.encode() in body]
        assert not named, (number, calls[number - 1])
    assert number > 15


def stop() -> None:
    raise StopIteration


@pytest.mark.parametrize("kind", ["records", "states"])
def test_a_month_that_was_written_under_another_name_is_refused(lake: MemoryLake, kind: Kind) -> None:
    first, *_, last = months_of(lake, kind, NUMBER)
    lake.put(first, lake.objects[last])
    with pytest.raises(CorruptFile, match=rf"{first}: has rows of another month, such as 20"):
        read_bucket(lake, NUMBER)


def test_an_object_beside_the_months_is_named_and_not_read(lake: MemoryLake) -> None:
    key = months_of(lake, "records", NUMBER)[-1]
    copies = [key.replace(".parquet", " (1).parquet"), f"{kind_prefix('records', NUMBER)}records.parquet"]
    for copy in copies:
        lake.put(copy, lake.objects[key])
    wrong = compact(lake, NUMBER).wrong
    assert {key: why.code for key, why in wrong.items()} == dict.fromkeys(copies, "not-ours")
    assert read_bucket(lake, NUMBER).records.height == 8


def test_what_belongs_to_a_damaged_month_waits_and_the_others_go_on(lake: MemoryLake) -> None:
    key = months_of(lake, "records", NUMBER)[0]
    sound = lake.objects[key]
    lake.put(key, sound[:-30])
    old, new = rows(WHO, (111,)).records, rows(WHO, (2,)).records
    both = pl.concat([old, new]).with_columns(id=pl.format("new-{}", "id"))
    pour(lake, replace_records(both), "both")
    assert list(compact_all(lake, [NUMBER]).wrong) == [key]
    assert lake.keys("staged/records/")
    lake.put(key, sound)
    assert compact(lake, NUMBER).wrong == {}
    assert read_bucket(lake, NUMBER).records.height == 10
    assert not lake.keys("staged/")


def replace_records(records: pl.DataFrame) -> Bucket:
    return rows(WHO, ())._replace(records=records)
