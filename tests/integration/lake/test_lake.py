"""The lake against S3, from the table's stream to what others read, and whatever call is the last."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from standing.archive.archiver import archive
from standing.aws.lake_bucket import ABSENT, Lake
from standing.aws.rules_bucket import PreconditionFailed
from standing.aws.table import Customers
from standing.ingest.batch import Ingest
from standing.lake import compaction
from standing.lake.compaction import compact, compact_all, stage
from standing.lake.decisions import DECISIONS
from standing.lake.gaps import behind_table, missing_commits, refill
from standing.lake.layout import KINDS, month_key, number_in, standing_key
from standing.lake.parquet import parquet_bytes
from standing.lake.reader import everything_of, read_bucket
from standing.lake.records import TEXTS
from standing.lake.rows import RECORDS, STATES, Bucket
from standing.lake.tombstones import write_tombstone
from standing.rules.timeline import Timeline
from standing.values.days import day_date, month_of

from tests.integration.conftest import KEYS
from tests.integration.ingest.test_crashes import BY_REGION, STREAM, Crash, Fatal, Wire, fatals
from tests.make.frames import read_decisions
from tests.make.lakes import BITS, bucket_of, lake_rows, pour
from tests.make.support import NOW, ROOT, KeptRejections, complaint, envelope, message, purchase, taken

CUSTOMERS = ("c-1", "c-2")
NUMBERS = sorted(map(bucket_of, CUSTOMERS))
NEIGHBOUR = next(name for name in map("n-{}".format, count()) if bucket_of(name) == bucket_of("c-1"))


def made(name: str = "lake") -> Lake:
    client = boto3.client("s3")
    client.create_bucket(Bucket=name)
    return Lake(client, name, at_once=1, bits=8)


@pytest.fixture
def lake() -> Lake:
    return made()


@pytest.fixture
def streamed() -> Customers:
    """An empty table with a stream."""
    client = boto3.client("dynamodb")
    client.create_table(TableName="customers", BillingMode="PAY_PER_REQUEST", StreamSpecification=STREAM, **KEYS)
    return Customers(client, "customers")


def delivered(rules: Timeline, customers: Customers) -> None:
    """Some events of two customers, of several kinds, one of them too late to count."""
    profile = {"id": "x", "customer": "c-1", "time": NOW.isoformat(), "consent": {"email": True}}
    ingest = Ingest(rules, customers, KeptRejections(), clock=lambda: NOW, pause=lambda _: None)
    for number, one in enumerate(
        [
            *(purchase(n, days_ago=60 - n) for n in range(4)),
            purchase(1, customer="c-2", days_ago=9),
            complaint(2, customer="c-2", days_ago=3),
            envelope("profile.v1", profile),
            purchase(9, days_ago=600),
        ]
    ):
        assert ingest.batch([message(number, one)]).failed == {}


def records() -> list[Any]:
    """All that is in the table's stream, as the filter of the template lets it through."""
    streams: Any = boto3.client("dynamodbstreams", config=BY_REGION)
    (stream,) = streams.list_streams(TableName="customers")["Streams"]
    (shard,) = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return [one for one in streams.get_records(ShardIterator=iterator)["Records"] if "NewImage" in one["dynamodb"]]


def everything(lake: Lake) -> list[Bucket]:
    return [everything_of(lake, customer) for customer in CUSTOMERS]


def assert_same(one: list[Bucket], other: list[Bucket]) -> None:
    for left, right in zip(one, other, strict=True):
        assert_frame_equal(left.records, right.records)
        assert_frame_equal(left.states, right.states)
        assert_frame_equal(left.decisions, right.decisions)


def test_an_object_is_replaced_only_over_the_one_that_was_read(lake: Lake) -> None:
    assert lake.get("records/a") is ABSENT
    lake.replace("records/a", b"1", "")
    with pytest.raises(PreconditionFailed):
        lake.replace("records/a", b"2", "")
    body, etag = lake.get("records/a")
    lake.replace("records/a", b"3", etag)
    with pytest.raises(PreconditionFailed):
        lake.replace("records/a", b"4", etag)
    assert lake.get("records/a").body == b"3"
    lake.delete(["records/a"])
    with pytest.raises(PreconditionFailed):
        lake.replace("records/a", b"5", etag)
    assert body == b"1"


def test_many_objects_are_read_in_order_and_deleted_in_parts(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("standing.aws.lake_bucket.MOST_DELETED", 7)
    for number in range(20):
        lake.put(f"incoming/{number:04d}", str(number).encode())
    keys = lake.keys("incoming/")
    found = list(Lake(lake.client, lake.name, at_once=8).get_all([*keys, "incoming/gone"]))
    assert [(key, stored.body) for key, stored in found] == [(key, str(int(key[9:])).encode()) for key in keys]
    assert lake.quarantine(keys[0]) == lake.quarantine(keys[0]) == "aside/incoming/0000"
    assert lake.get("aside/incoming/0000").body == b"0"
    lake.delete(keys)
    assert lake.keys("incoming/") == []


def test_what_the_stream_carries_is_what_the_table_has(rules: Timeline, streamed: Customers, lake: Lake) -> None:
    delivered(rules, streamed)
    found = records()
    for some in (found, found[:3], found[3:]):  # at least once, and cut otherwise
        assert archive(some, rules, lake).aside == {}
    done = compact_all(lake, NUMBERS)
    assert (done.rows, done.wrong) == ({"records": 8, "decisions": 15, "states": 7}, {})
    for customer in CUSTOMERS:
        bucket = read_bucket(lake, bucket_of(customer))
        state = streamed.load(customer)
        assert state is not None
        assert missing_commits(bucket).is_empty()
        assert behind_table(bucket, [(customer, state.version)]).is_empty()
        history = {(one.event.key, one.event.day, not one.counts) for one in streamed.history(customer)}
        rows = bucket.records.select("source", "id", "day", "late").rows()
        assert {((source, name), day, late) for source, name, day, late in rows} == history
        assert bucket.states["version"].to_list() == list(range(1, state.version + 1))
        decisions = read_decisions(lake, bucket_of(customer)).sort("version", "id").rows(named=True)
        assert [(one["version"], one["id"], one["level"]) for one in decisions] == [
            (one["sequence"], one["id"], one.get("to")) for one in streamed.decisions(customer)
        ]
    assert behind_table(read_bucket(lake, NUMBERS[0]), streamed.versions()).height == 1


def test_gaps_are_refilled_from_the_table(rules: Timeline, streamed: Customers, lake: Lake) -> None:
    delivered(rules, streamed)
    found = records()
    archive(found[:2] + found[5:-4], rules, lake)
    compact_all(lake, NUMBERS)
    versions = list(streamed.versions())
    incomplete = {name for n in NUMBERS for name in missing_commits(read_bucket(lake, n))["customer"]}
    lag = {name for n in NUMBERS for name in behind_table(read_bucket(lake, n), versions)["customer"]}
    assert incomplete | lag >= {"c-1"}
    assert refill(lake, streamed, rules, sorted(incomplete | lag | {"nobody"})) == len(incomplete | lag)
    compact_all(lake, NUMBERS)
    for number, customer in zip(map(bucket_of, CUSTOMERS), CUSTOMERS, strict=True):
        bucket = read_bucket(lake, number)
        assert missing_commits(bucket).is_empty()
        assert behind_table(bucket, [one for one in versions if one[0] == customer]).is_empty()
    full = made("full")
    archive(found, rules, full)
    for one, other in zip(everything(lake), everything(full), strict=True):
        assert_frame_equal(one.records, other.records)
        assert_frame_equal(one.decisions, other.decisions)
    archive(found, rules, lake)  # what was missing comes after all, from the stream
    compact_all(lake, NUMBERS)
    assert all(missing_commits(read_bucket(lake, number)).is_empty() for number in NUMBERS)


@pytest.fixture
def snapshot(rules: Timeline) -> dict[str, bytes]:
    """A lake with a bucket that was compacted once, and more that came in since; one object of it is damaged."""
    lake = made("first")
    events = taken(rules.latest, *(purchase(number, days_ago=60 - number) for number in range(6)))
    of_one_month = [event for event in events if month_of(event.day) == month_of(events[-1].day)]
    parts = {"c-1": lake_rows(rules, "c-1", events), NEIGHBOUR: lake_rows(rules, NEIGHBOUR, of_one_month)}
    assert 3 <= len(of_one_month) < len(events)
    for who, part in parts.items():
        pour(lake, part, f"{who}-early", records=part.records[:3], states=part.states[:3])
    work(lake)
    for who, part in parts.items():
        pour(lake, part, f"{who}-late", records=part.records[2:], states=part.states[2:])
    lake.put("incoming/records/broken.parquet", b"PAR1")
    write_tombstone(lake, "salt", NEIGHBOUR)
    for key in (standing_key(bucket_of("c-1")), month_key("2026-02", bucket_of("c-1"))):
        lake.put(key, parquet_bytes(pl.DataFrame({"customer": ["c-1", NEIGHBOUR]})))
    return contents(lake)


class Worlds:
    """Lakes that begin alike."""

    def __init__(self, snapshot: dict[str, bytes]) -> None:
        self.snapshot, self.client, self.tapped, self.made = snapshot, boto3.client("s3"), boto3.client("s3"), 0

    def new(self) -> Lake:
        """Another lake."""
        self.made += 1
        lake = Lake(self.client, f"world-{self.made}", at_once=1, bits=BITS)
        self.client.create_bucket(Bucket=lake.name)
        for key, body in self.snapshot.items():
            lake.put(key, body)
        return lake

    def through(self, lake: Lake, wire: Any) -> Lake:
        """The same lake by a client whose every call goes through a wire."""
        return Lake(Wire.tap(wire, self.tapped), lake.name, at_once=1, bits=BITS)


def work(lake: Lake) -> None:
    compact_all(lake, [bucket_of("c-1")])


def contents(lake: Lake) -> dict[str, bytes]:
    return {key: lake.get(key).body for key in lake.keys("")}


def test_whatever_call_is_the_last_the_lake_ends_the_same(snapshot: dict[str, bytes]) -> None:
    worlds, wire = Worlds(snapshot), Wire(Fatal(-1, carried_out=False, end=Crash))
    work(worlds.through(whole := worlds.new(), wire))
    expected = contents(whole)
    assert {key.split("/")[0] for key in expected} == {
        *KINDS,
        "buckets.json",
        "standing",
        "months",
        "aside",
        "forgotten",
        "erased",
    }
    assert not [key for key, body in expected.items() if NEIGHBOUR.encode() in body and not key.startswith("aside/")]
    assert {"GetObject", "PutObject", "ListObjectsV2", "DeleteObjects", "CopyObject"} == set(wire.calls)
    otherwise = {}
    for fatal in fatals(len(wire.calls), Crash):
        lake = worlds.new()
        with suppress(Crash):
            work(worlds.through(lake, Wire(fatal)))
        # What is left can be read at any time: never half of it, and never less than there was.
        assert {row["id"] for row in everything_of(lake, "c-1").records.to_dicts()} == {f"p-{n}" for n in range(6)}
        assert read_bucket(lake, bucket_of("c-1")).records.height >= 3
        work(lake)
        if contents(lake) != expected:
            otherwise[f"{fatal.number} {wire.calls[fatal.number]}"] = sorted(contents(lake).keys() ^ expected.keys())
    assert otherwise == {}


class Between(Wire):
    """A wire that lets somebody else work just before one of its calls."""

    def __init__(self, number: int, other: Callable[[], Any]) -> None:
        super().__init__(Fatal(-1, carried_out=False, end=Crash))
        self.number, self.other = number, other

    def call(self, name: str, carry_out: Callable[[], Any]) -> Any:
        """Make a call."""
        if len(self.calls) == self.number:
            self.other()
        return super().call(name, carry_out)


def test_two_compactions_at_once_lose_and_double_nothing(snapshot: dict[str, bytes]) -> None:
    worlds = Worlds(snapshot)
    work(alone := worlds.new())
    expected = contents(alone)
    for number in range(100):
        lake = worlds.new()
        between = Between(number, partial(work, lake))
        work(worlds.through(lake, between))
        work(lake)
        assert contents(lake) == expected, number
        if len(between.calls) < number:
            return
    raise AssertionError("more calls than were tried")


def test_who_is_overtaken_deletes_nothing_and_says_so(
    snapshot: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Worlds(snapshot).new()
    stage(lake)
    waiting, pauses = lake.keys("staged/"), list[float]()

    def overtaken(*_: object) -> None:
        raise PreconditionFailed

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "replace", overtaken)
        assert compact(lake, bucket_of("c-1"), pauses.append).overtaken
    assert lake.keys("staged/") == waiting
    assert len(pauses) == compaction.TRIES - 1 > 0


def test_who_is_overtaken_once_does_it_again(snapshot: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Worlds(snapshot).new()
    stage(lake)
    number, replace, calls = bucket_of("c-1"), Lake.replace, []

    def overtaken_once(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 1:
            raise PreconditionFailed
        replace(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "replace", overtaken_once)
        assert not compact(lake, number, lambda _: None).overtaken
    assert not [key for key in lake.keys("staged/") if number_in(key) == number]


def test_duckdb_reads_the_layout_without_our_code(rules: Timeline, lake: Lake, tmp_path: Path) -> None:
    events = taken(rules.latest, *(purchase(number, amount="400.00", days_ago=60 - number) for number in range(6)))
    names = [f"c-{number}" for number in range(1, 9)]
    for who in names:
        pour(lake, lake_rows(rules, who, events), who)
    compact_all(lake, sorted(set(map(bucket_of, names))))
    on_disk(lake, tmp_path)
    sql = duckdb.connect()
    for kind in KINDS:
        sql.execute(
            f"create view {kind} as from read_parquet('{tmp_path}/{kind}/*/*/*.parquet', hive_partitioning=true)"
        )
    assert sql.sql("select count(*), count(distinct customer), sum(amount) from records").fetchall() == [
        (48, 8, 1_920_000)
    ]
    assert (
        sql.sql(
            "select distinct customer from records where bucket <> 256 + ('0x' || substr(sha256(customer), 1, 2))::int"
        ).fetchall()
        == []
    )
    (state,) = sql.sql(
        "select last(version order by version), last(level.level order by version) "
        "from states, unnest(closed.levels) as one(level) where customer = 'c-3' and level.rating = 'tier'"
    ).fetchall()
    assert state == (6, "gold")
    (spent,) = sql.sql(
        "select f.number from (select unnest(features) as f from states where customer = 'c-3' and version = 6) "
        "where f.name = 'spend_365d'"
    ).fetchall()
    assert spent == (240_000,)
    changes = "select before, count(*) from decisions where rating = 'tier' and level = 'gold' group by all"
    assert sql.sql(changes).fetchall() == [("silver", 8)]
    assert sql.sql("select date '1970-01-01' + max(day) from records").fetchall()[0][0].isoformat() == "2026-02-04"
    check_sorted(sql)


def check_sorted(sql: duckdb.DuckDBPyConnection) -> None:
    """Within each file, customers follow one another."""
    found = sql.sql(
        "select bucket, list(customer order by file_row_number) from "
        "(select *, row_number() over () as file_row_number from records) group by bucket"
    ).fetchall()
    assert len(found) > 1
    assert all(names == sorted(names) for _, names in found)


def test_what_the_docs_ask_of_duckdb_works(rules: Timeline, lake: Lake, tmp_path: Path) -> None:
    lake = replace(lake, bits=4)  # as the template says by default
    events = taken(rules.latest, *(purchase(number, amount="400.00", days_ago=60 - number) for number in range(6)))
    back = {"id": "r-1", "customer": "c-2", "time": NOW.isoformat(), "amount": "150.00", "currency": "USD"}
    refund = taken(rules.latest, envelope("refund.v1", back | {"purchase": "p-0"}, "synthetic"))
    for who, own in {"c-1001": events, "c-2": [*events, *refund]}.items():
        pour(lake, lake_rows(rules, who, own), who)
    compact_all(lake)
    on_disk(lake, tmp_path)
    page = (ROOT / "docs" / "lake.md").read_text("utf-8")
    (block, *_) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    sql = duckdb.connect()
    *views, spent, tiers, months, care = (
        one for one in block.replace("s3://BUCKET", str(tmp_path)).split(";") if one.strip()
    )
    for view in views:
        sql.execute(view)
    assert [amount for _, _, amount in sql.sql(spent).fetchall()] == [400.0] * 6
    assert sql.sql(tiers).fetchall() == [("gold", 2)]
    net = Counter[str]()
    for number, one in enumerate(events):
        net[f"{day_date(one.day):%Y-%m}"] += 800 - 150 * (number == 0)
    assert {f"{month:%Y-%m}": amount for month, amount in sql.sql(months).fetchall()} == net
    assert all(len(row) == 4 for row in sql.sql(care).fetchall())
    named = {name for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert ({*STATES, *RECORDS} - {*TEXTS}) | {*DECISIONS} <= named


def on_disk(lake: Lake, folder: Path) -> None:
    for key in lake.keys(""):
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(lake.get(key).body)
