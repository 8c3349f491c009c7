"""The lake: what comes in, in whatever order and however often, becomes one tidy file a bucket."""

from __future__ import annotations

import base64
import hashlib
import io
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from standing.archive.archiver import archive
from standing.aws.decisions import decision_rows
from standing.aws.table import event_put, state_put
from standing.engine.decide import Decision, decide
from standing.engine.engine import engine_of
from standing.engine.ledger.announcements import LevelHonoured, RatingChanged
from standing.engine.ledger.care import CareAccepted, CareClosed, CareDecided
from standing.engine.measures import from_stored
from standing.events.intake import Event
from standing.lake import layout
from standing.lake.chunks import chunks
from standing.lake.compaction import CompactionResult, compact, stage
from standing.lake.gaps import behind_table, missing_commits
from standing.lake.layout import KINDS, current_key, incoming_prefix, month_key, numbers_of, staged_prefix, standing_key
from standing.lake.parquet import CorruptFile, parquet_bytes
from standing.lake.reader import everything_of, open_bucket, read_bucket
from standing.lake.rows import ORDER, Bucket, deduplicate, frame
from standing.lake.standings import standings_of
from standing.lake.tombstones import write_tombstone
from standing.rescoring import bucket, memory
from standing.rescoring.memories import latest, memories_of, states_of
from standing.rules.timeline import Timeline

from tests.make import programmes
from tests.make import strategies as made
from tests.make.frames import read_decisions
from tests.make.lakes import (
    AT,
    MemoryLake,
    bucket_of,
    decided,
    lake_rows,
    last_file,
    months_of,
    neighbours,
    owned,
    pour,
)
from tests.make.support import NOW, purchase, real_rules, taken

CUSTOMERS = ("c-1", "c-2", "c-3")


@pytest.fixture(scope="module")
def rules() -> Timeline:
    return real_rules()


@pytest.fixture(scope="module")
def whole(rules: Timeline) -> Bucket:
    """Some purchases of three customers."""
    parts = [lake_rows(rules, who, bought(rules, 4 + number)) for number, who in enumerate(CUSTOMERS)]
    return together(parts)


def bought(rules: Timeline, times: int) -> list[Event]:
    return taken(rules.latest, *(purchase(number, days_ago=60 - 9 * number) for number in range(times)))


def together(parts: list[Bucket]) -> Bucket:
    return Bucket(
        deduplicate("records", pl.concat([part.records for part in parts])),
        deduplicate("states", pl.concat([part.states for part in parts])),
        deduplicate("decisions", pl.concat([part.decisions for part in parts])),
    )


def settled(lake: MemoryLake) -> dict[int, CompactionResult]:
    stage(lake)
    return {number: compact(lake, number) for number in sorted({bucket_of(who) for who in CUSTOMERS})}


def all_of(lake: MemoryLake) -> Bucket:
    numbers = sorted({bucket_of(who) for who in CUSTOMERS})
    return together([read_bucket(lake, number)._replace(decisions=read_decisions(lake, number)) for number in numbers])


def same(one: Bucket, other: Bucket) -> None:
    assert_frame_equal(one.records, other.records)
    assert_frame_equal(one.states, other.states)
    assert_frame_equal(one.decisions, other.decisions)


def test_a_bucket_is_a_one_and_the_first_bits_of_the_sha_256_of_the_id() -> None:
    for who in (*CUSTOMERS, "客户", "x" * 128):
        bits = f"{int(hashlib.sha256(who.encode()).hexdigest(), 16):0256b}"
        assert [layout.bucket_of(who, many) for many in range(17)] == [int("1" + bits[:many], 2) for many in range(17)]
    assert current_key("states", 263, "2026-01") == "states/bucket=000263/month=2026-01/states.parquet"


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_order_repeats_and_how_it_was_cut_make_no_difference(chance: random.Random, cuts: int) -> None:
    expected = together([lake_rows(RULES, who, bought(RULES, 5)) for who in CUSTOMERS])
    lake = MemoryLake()
    for number in range(cuts):
        part = {kind: getattr(expected, kind).sample(fraction=1, shuffle=True, seed=number) for kind in KINDS}
        rows = {kind: some[:: chance.randint(1, 3)] if number else some for kind, some in part.items()}
        pour(lake, expected, f"{number}", **rows)
        if chance.random() < 0.5:
            settled(lake)
    settled(lake)
    same(all_of(lake), expected)
    before = dict(lake.objects)
    settled(lake)
    assert lake.objects == before
    assert not lake.keys("incoming/")
    assert not lake.keys("staged/")


RULES = real_rules()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 9), max_size=12), st.integers(1, 10))
def test_shares_hold_everybody_once_and_no_more_rows_than_they_should(counts: list[int], most: int) -> None:
    names = [f"c-{place:02}" for place, many in enumerate(counts) for _ in range(many)]
    rows = pl.DataFrame({"customer": names}, {"customer": pl.String})
    found = chunks([rows[::2].lazy(), rows[1::2].lazy()], most)
    held = [rows.filter(share.holds)["customer"].to_list() for share in found]
    assert [name for own in held for name in own] == names
    assert all(len([name for name in own if name < own[-1]]) < most for own in held if own)
    others = pl.DataFrame({"customer": ["", "c-0", "zzz"]})
    assert sum(others.filter(share.holds).height for share in found) == 3


def test_a_bucket_that_is_compacted_by_shares_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    names = sorted(neighbours("c-1", 4))
    expected = together([lake_rows(RULES, who, bought(RULES, 5)) for who in names])
    lake, number = MemoryLake(), bucket_of("c-1")
    monkeypatch.setattr("standing.lake.chunks.ROWS", 3)
    for cut in (1, 2):
        pour(lake, expected, f"{cut}", **{kind: getattr(expected, kind)[cut - 1 :: cut] for kind in KINDS})
        settled_of(lake, number)
    found = open_bucket(lake, number)
    assert len(found.chunks()) == len(names)
    parts = [found.of(share) for share in found.chunks()]
    same(Bucket(*(pl.concat(rows) for rows in zip(*parts, strict=True))), expected)
    before = dict(lake.objects)
    assert compact(lake, number).rows == dict.fromkeys(KINDS, 0)
    assert lake.objects == before
    pour(lake, lake_rows(RULES, names[0], bought(RULES, 6)), "of the first share alone")
    settled_of(lake, number)
    assert read_bucket(lake, number).records.height == expected.records.height + 1


@pytest.mark.parametrize("is_sealed", [True, False])
def test_a_file_that_is_damaged_within_is_set_aside_before_any_of_it_is_used(whole: Bucket, *, is_sealed: bool) -> None:
    lake, number = MemoryLake(), bucket_of("c-1")
    pour(lake, whole, "all")
    stage(lake)
    (key,) = lake.keys(staged_prefix("records", number))
    body = lake.objects[key] if is_sealed else _unsealed(lake.objects[key])
    lake.put(key, body[:4] + bytes(byte ^ 255 for byte in body[4:200]) + body[200:])
    assert pl.read_parquet_schema(io.BytesIO(lake.objects[key]))  # what it holds can be told, and not be read
    done = compact(lake, number)
    assert f"set aside as aside/{key}" in str(done.wrong[key])
    assert (done.rows["records"], lake.keys(staged_prefix("records", number))) == (0, [])


def _unsealed(body: bytes) -> bytes:
    """The same rows as another engine writes them."""
    file = io.BytesIO()
    pl.read_parquet(io.BytesIO(body)).write_parquet(file)
    return file.getvalue()


def settled_of(lake: MemoryLake, number: int) -> None:
    stage(lake)
    assert not compact(lake, number).wrong


def test_files_are_sorted_by_customer_and_a_bucket_with_no_events_has_none(whole: Bucket) -> None:
    lake = MemoryLake()
    pour(lake, whole, "all")
    settled(lake)
    for kind in KINDS:
        for key in lake.keys(f"{kind}/"):
            rows = pl.read_parquet(lake.objects[key])
            assert rows.equals(rows.sort(ORDER[kind]))
    empty = next(number for number in numbers_of(8) if number not in {bucket_of(who) for who in CUSTOMERS})
    assert compact(lake, empty) == CompactionResult(dict.fromkeys(KINDS, 0))
    assert months_of(lake, "records", empty) == months_of(lake, "decisions", empty) == []
    assert read_bucket(lake, empty).records.is_empty()
    assert read_decisions(lake, empty).is_empty()


def test_a_record_that_counts_comes_before_one_that_came_too_late(whole: Bucket) -> None:
    late = whole.records.with_columns(late=pl.lit(value=True), version=pl.lit(0, pl.Int64))
    both = deduplicate("records", pl.concat([late, whole.records]))
    assert_frame_equal(both, whole.records)


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "truncated": (lambda body: body[: len(body) // 2], "not a whole Parquet file"),
    "empty": (lambda _: b"", "not a whole Parquet file"),
    "no parquet": (lambda _: b'{"customer": "c-1"}', "not a whole Parquet file"),
    "other schema": (lambda _: parquet_bytes(pl.DataFrame({"customer": ["c-1"]})), "of another schema: column `"),
    "a column too many": (
        lambda body: parquet_bytes(pl.read_parquet(body).with_columns(x=1)),
        "no column `x` was expected",
    ),
    "another type": (
        lambda body: parquet_bytes(pl.read_parquet(body).with_columns(pl.col("day").cast(pl.String))),
        "column `day` is String, expected Int32",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["incoming", "staged"])
def test_a_damaged_object_is_named_and_set_aside_and_the_rest_goes_on(
    whole: Bucket, name: str, kind: Any, where: str
) -> None:
    damage, why = DAMAGE[name]
    lake = MemoryLake()
    pour(lake, whole, "whole")
    key = (
        f"{incoming_prefix(kind)}bad.parquet"
        if where == "incoming"
        else f"{staged_prefix(kind, bucket_of('c-1'))}bad.parquet"
    )
    lake.put(key, damage(parquet_bytes(getattr(whole, kind))))
    said = stage(lake).wrong | {key: why for done in settled(lake).values() for key, why in done.wrong.items()}
    assert list(said) == [key]
    assert why in str(said[key])
    assert str(said[key]).endswith(f"set aside as aside/{key}")
    assert lake.keys("aside/") == [f"aside/{key}"]
    same(all_of(lake), whole)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_bucket_is_named_and_left_as_it_is_and_loses_nothing(whole: Bucket, kind: Any) -> None:
    lake = MemoryLake()
    pour(lake, whole, "whole")
    settled(lake)
    number, key = bucket_of("c-1"), last_file(lake, kind, bucket_of("c-1"))
    sound, broken = lake.objects[key], lake.objects[key][:-20]
    lake.put(key, broken)
    more = lake_rows(RULES, "c-1", bought(RULES, 6))
    pour(lake, more, "more")
    stage(lake)
    assert list(compact(lake, number).wrong) == [key]
    assert lake.objects[key] == broken
    with pytest.raises(CorruptFile, match=f"{key}: not a whole"):
        (read_decisions if kind == "decisions" else read_bucket)(lake, number)
    lake.put(key, sound)
    assert compact(lake, number).wrong == {}
    assert_frame_equal(getattr(everything_of(lake, "c-1"), kind), getattr(more, kind))


def test_a_file_of_a_time_when_events_had_fewer_fields_is_read(whole: Bucket) -> None:
    lake = MemoryLake()
    pour(lake, whole, "old", records=whole.records.drop("value", "model"))
    assert all(not done.wrong for done in settled(lake).values())
    same(all_of(lake), whole)


def test_a_customer_with_a_hundred_thousand_events_is_one_of_many() -> None:
    (row,) = lake_rows(RULES, "c-1", bought(RULES, 1)).records.rows(named=True)
    events = frame("records", [row]).join(pl.DataFrame({"n": range(100_000)}), how="cross")
    events = events.with_columns(id=pl.format("p-{}", "n"), day=(pl.col("n") % 700).cast(pl.Int32)).drop("n")
    lake = MemoryLake()
    lake.put(
        f"{incoming_prefix('records')}many.parquet", parquet_bytes(events.sample(fraction=1, shuffle=True, seed=1))
    )
    assert stage(lake).rows["records"] == 100_000
    assert compact(lake, bucket_of("c-1")).rows == dict.fromkeys(KINDS, 0) | {"records": 100_000}
    assert_frame_equal(read_bucket(lake, bucket_of("c-1")).records, deduplicate("records", events))


def test_the_forgotten_are_gone_from_every_place_and_stay_gone(whole: Bucket) -> None:
    lake = MemoryLake()
    pour(lake, whole, "first")
    settled(lake)
    pour(lake, whole, "second")
    stage(lake)
    pour(lake, whole, "third")
    write_tombstone(lake, "salt", "c-1")
    assert everything_of(lake, "c-1").records.height == 4
    settled(lake)
    pour(lake, whole, "delivered late")
    settled(lake)
    assert everything_of(lake, "c-1").records.is_empty()
    assert everything_of(lake, "c-1").states.is_empty()
    assert everything_of(lake, "c-1").decisions.is_empty()
    assert not any(b"c-1" in body for body in lake.objects.values())
    assert not any("c-1" in key for key in lake.objects)
    same(all_of(lake), Bucket(*(rows.filter(pl.col("customer") != "c-1") for rows in whole)))


def test_the_forgotten_are_gone_from_the_standings_that_nights_kept(whole: Bucket) -> None:
    lake, number = MemoryLake(), bucket_of("c-1")
    pour(lake, whole, "first")
    settled(lake)
    months = [month_key(month, number) for month in ("2026-09", "2026-10")]
    both = pl.DataFrame({"customer": ["c-1", "neighbour"], "day": [20_000] * 2})
    other = month_key("2026-10", number + 1)
    for key in (standing_key(number), *months, other):
        lake.put(key, parquet_bytes(both))
    lake.put(months[0], b"c-1, damaged")
    assert [row["of"] for row in standings_of(lake, "c-1")] == [standing_key(number), months[1]]
    settled(lake)
    assert lake.objects[months[0]] == b"c-1, damaged"
    write_tombstone(lake, "salt", "c-1")
    settled(lake)
    assert [pl.read_parquet(lake.objects[key])["customer"].to_list() for key in (standing_key(number), months[1])] == [
        ["neighbour"]
    ] * 2
    assert (lake.objects[months[0]], lake.objects[other]) == (b"", parquet_bytes(both))
    assert standings_of(lake, "c-1") == []


def test_gaps_are_told_from_the_lake_alone(whole: Bucket) -> None:
    assert missing_commits(whole).is_empty()
    first, middle, last = (pl.col("version") == number for number in (1, 3, 4))
    one = pl.col("customer") == "c-1"
    assert gap(Bucket(whole.records.filter(~(one & middle)), whole.states)) == [("c-1", 4, 1)]
    assert gap(Bucket(whole.records, whole.states.filter(~(one & middle)))) == [("c-1", 4, 1)]
    assert gap(Bucket(whole.records, whole.states.filter(~(one & last)))) == [("c-1", 4, 1)]
    assert gap(Bucket(whole.records.filter(~(one & (first | middle))), whole.states)) == [("c-1", 4, 2)]
    assert gap(Bucket(whole.records, whole.states.filter(~one))) == [("c-1", 4, 4)]
    late = whole.records.with_columns(late=one & first | pl.col("late"))
    assert gap(Bucket(late, whole.states)) == [("c-1", 4, 1)]


def test_a_state_from_the_table_vouches_for_all_before_it(whole: Bucket) -> None:
    vouched = whole.states.filter(pl.col("version") > 2).with_columns(
        origin=pl.when(pl.col("version") == 3).then(pl.lit("table")).otherwise("origin")
    )
    assert gap(Bucket(whole.records, vouched)) == []
    assert gap(Bucket(whole.records.filter(pl.col("version") != 4), vouched)) == [
        ("c-1", 4, 1),
        ("c-2", 5, 1),
        ("c-3", 6, 1),
    ]


def test_who_lags_behind_the_table(whole: Bucket) -> None:
    versions = [("c-1", 4), ("c-2", 7), ("c-3", 6), ("c-4", 1)]
    assert behind_table(whole, versions).rows() == [("c-2", 5, 2), ("c-4", 0, 1)]


def gap(bucket: Bucket) -> list[tuple[Any, ...]]:
    return missing_commits(bucket).rows()


@settings(max_examples=20, deadline=None)
@given(programmes.rulesets(), st.lists(programmes.histories(most=6, span=40), min_size=1, max_size=3))
def test_states_remember_what_the_fold_remembers(ruleset: Any, histories: list[list[Event]]) -> None:
    rules, wanted = Timeline.of(ruleset), memory.schema(ruleset)
    by_customer = {
        f"c-{number}": decided(rules, owned(events, f"c-{number}")) for number, events in enumerate(histories)
    }
    states = latest(pl.concat([lake_rows(rules, f"c-{n}", events).states for n, events in enumerate(histories)]))
    for side in ("opened", "closed"):
        finals = [commits[-1][0] for commits in by_customer.values()]
        expected = memory.frame_of(((one.customer, one.day, getattr(one, side)) for one in finals), wanted)
        assert_frame_equal(memories_of(states, wanted, side), expected)
    assert_frame_equal(states_of(states), bucket.states_of(finals))
    for state, row in zip(finals, states.rows(named=True), strict=True):
        known = {one["name"]: one["number"] if one["text"] is None else one["text"] for one in row["features"]}
        assert known == engine_of(ruleset).facts(from_stored(state.buckets, ruleset), state.day)


def stream_record(number: int, row: dict[str, Any], *, as_lambda: bool = True) -> dict[str, Any]:
    """A row as the stream hands it over: Lambda has bytes as Base64."""
    if as_lambda and "image" in row:
        row = row | {"image": {"B": base64.b64encode(row["image"]["B"]).decode()}}
    keys = {name: row[name] for name in ("pk", "sk")}
    return {"eventID": f"e-{number}", "dynamodb": {"SequenceNumber": f"{number:021d}", "Keys": keys, "NewImage": row}}


def stream(rules: Timeline, *decisions: Decision) -> list[dict[str, Any]]:
    (event, *_) = bought(rules, 1)
    outcome = decide(None, [event], rules, AT + timedelta(days=1))
    rows = [event_put(event, 1, rules, NOW)["Item"], state_put(None, outcome.state, rules, 1)["Item"]]
    rows += decision_rows(replace(outcome, decisions=decisions), NOW)
    return [stream_record(number, row) for number, row in enumerate(rows)]


CALL = made.care("call", made.every(made.line("since", ">=", 6)), repeat_after=9, within=5).do
DAY = 20_000


def cared(status: Any, **more: Any) -> CareDecided:
    return CareDecided("call", DAY, status, (), "r-1", CALL, NOW, NOW, **more)


TOLD: list[tuple[Decision, dict[str, Any]]] = [
    (
        RatingChanged("tier", None, "gold", DAY, (), "r-1"),
        {"type": "rating.changed.v1", "status": "changed", "rating": "tier", "before": None, "level": "gold"},
    ),
    (
        RatingChanged("tier", "gold", "bronze", DAY, (), "r-1"),
        {"type": "rating.changed.v1", "status": "changed", "rating": "tier", "before": "gold", "level": "bronze"},
    ),
    (
        LevelHonoured("tier", "gold", "bronze", DAY, DAY + 10, (), "r-1"),
        {"type": None, "status": "honoured", "rating": "tier", "level": "gold", "computed": "bronze"},
    ),
    (cared("requested"), {"type": "care.requested.v1", "status": "requested", "care": "call", "arm": "treated"}),
    (cared("missed"), {"type": None, "status": "missed", "care": "call", "gate": None}),
    (cared("held-out", arm="control"), {"type": None, "status": "held-out", "arm": "control"}),
    (cared("held-back", gate="consent"), {"type": None, "status": "held-back", "gate": "consent"}),
    (CareAccepted("call", DAY, "r-1"), {"type": None, "status": "accepted", "care": "call"}),
    (CareClosed("call", DAY, "done", "r-1"), {"type": "care.closed.v1", "status": "done", "care": "call"}),
]


@pytest.mark.parametrize(("decision", "expected"), TOLD, ids=lambda one: getattr(one, "status", ""))
def test_each_kind_of_decision_is_a_row(rules: Timeline, decision: Decision, expected: dict[str, Any]) -> None:
    lake = MemoryLake()
    assert archive(stream(rules, decision), rules, lake).decisions == 1
    (row,) = everything_of(lake, "c-1").decisions.rows(named=True)
    assert {name: row[name] for name in expected} == expected
    assert (row["version"], row["day"], row["decided_at"], row["rules"]) == (1, DAY, int(NOW.timestamp()), "r-1")


def test_a_decision_is_there_once_as_it_was_made_first(whole: Bucket) -> None:
    again = whole.decisions.with_columns(pl.col("version") + 7, pl.col("decided_at") + 99, rules=pl.lit("later"))
    assert_frame_equal(deduplicate("decisions", pl.concat([again, whole.decisions])), whole.decisions)
    assert whole.decisions.height > len(CUSTOMERS)


def test_a_lake_of_a_time_without_decisions_is_read(whole: Bucket) -> None:
    lake = MemoryLake()
    for kind in ("records", "states"):
        lake.put(f"{incoming_prefix(kind)}old.parquet", parquet_bytes(getattr(whole, kind)))
    assert all(done.wrong == {} and done.rows["decisions"] == 0 for done in settled(lake).values())
    assert_frame_equal(all_of(lake).records, whole.records)
    assert all_of(lake).decisions.is_empty()
    assert everything_of(lake, "c-1").decisions.is_empty()


def test_the_same_batch_again_is_the_same_object(rules: Timeline) -> None:
    once, twice = MemoryLake(), MemoryLake()
    records = stream(rules)
    assert archive(records, rules, once)[:2] == (1, 1)
    for _ in range(2):
        archive(records, rules, twice)
    assert once.objects == twice.objects
    assert [key.split("/")[1] for key in once.objects] == ["records", "states"]
    other = MemoryLake()
    archive(records[:1], rules, other)
    assert not set(other.objects) & set(once.objects)
    (row,) = everything_of(once, "c-1").records.rows(named=True)
    assert (row["version"], row["late"], row["type"], row["amount"]) == (1, False, "purchase.v1", 10_000)
    assert row["at"] == int(NOW.timestamp())


def test_a_row_that_cannot_be_read_is_set_aside_and_holds_nothing_back(rules: Timeline) -> None:
    lake = MemoryLake()
    (event, state) = stream(rules)
    broken = stream_record(7, event["dynamodb"]["NewImage"] | {"type": {"S": "purchase.v99"}})
    gone = {"eventID": "x", "dynamodb": {"SequenceNumber": "9", "Keys": event["dynamodb"]["Keys"]}}
    done = archive([event, broken, gone, state], rules, lake)
    assert (done.records, done.states, list(done.aside)) == (1, 1, [f"{7:021d}"])
    assert list(lake.keys("aside/")) == [f"aside/stream/{7:021d}.json"]
    assert b"purchase.v99" in lake.objects[f"aside/stream/{7:021d}.json"]
