"""A night that looks at what changed ends as one that looks at everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from standing.engine.state import State
from standing.lake.incoming import write_rows
from standing.lake.layout import KINDS, standing_key
from standing.lake.parquet import parquet_bytes
from standing.lake.rows import Bucket
from standing.nightly.before import Notes, night_before
from standing.nightly.bucket import rescore_bucket
from standing.nightly.scores import Scoring
from standing.report.model import BucketReport
from standing.rescoring.memories import states_of
from standing.scores.fitting.model import FitSettings, fit_model
from standing.values.days import Day, day_number

from tests.make import cdnow
from tests.make.crowd import FIRST, crowd
from tests.make.lakes import MemoryLake, bucket_of, lake_rows, months_of, neighbours, owned
from tests.make.support import real_rules
from tests.unit.nightly.test_night_scores import KeptBus

RULES = real_rules()
NAMES = neighbours("c-1", 5)
NUMBER = bucket_of("c-1")
DAYS = 70


class Nobody:
    """A table in which nobody is found, so that nothing is decided: what a night finds is looked at alone."""

    def load(self, _customer: str) -> State | None:
        return None


@pytest.fixture(scope="module")
def scoring() -> Scoring:
    model = fit_model(cdnow.purchases().lazy(), day_number(date(1998, 6, 30)), FitSettings("USD", 2))
    return Scoring(model, KeptBus())


def history(seed: int) -> Bucket:
    """The rows of some customers, in the order of their versions."""
    lives = zip(NAMES, crowd(len(NAMES), DAYS, seed=seed), strict=True)
    parts = [lake_rows(RULES, who, owned(events, who)) for who, (_, events) in lives]
    return Bucket(*(pl.concat([part[place] for part in parts]) for place in range(3)))


def arrivals(whole: Bucket, chance: Random, days: list[Day]) -> Iterator[tuple[Day, Bucket]]:
    """What arrives before each night: rows up to three days after it, some only by a later night, some twice."""
    waiting, came = whole, Bucket(*(rows.clear() for rows in whole))
    for day in days:
        last = day == days[-1]
        now, later = [], []
        for rows in waiting:
            drawn = pl.Series([chance.random() < 0.1 and not last for _ in range(rows.height)], dtype=pl.Boolean)
            stays = (pl.col("day") > day + 3) | drawn
            now.append(rows.filter(~stays))
            later.append(rows.filter(stays))
        again = [rows.sample(min(2, rows.height), seed=chance.randrange(99)) for rows in came]
        came = Bucket(*(pl.concat([old, new]) for old, new in zip(came, now, strict=True)))
        yield day, Bucket(*(pl.concat([new, old]) for new, old in zip(now, again, strict=True)))
        waiting = Bucket(*later)


def poured(lake: MemoryLake, bucket: Bucket) -> None:
    for kind in KINDS:
        if (rows := getattr(bucket, kind)).height:
            write_rows(lake, kind, rows.rows(named=True))


def night(lake: MemoryLake, day: Day, scoring: Scoring, proved_every: int = 2) -> BucketReport:
    from standing.lake.compaction import stage  # noqa: PLC0415 -- as the night's first step does

    stage(lake)
    nobody: Any = Nobody()
    return rescore_bucket(lake, nobody, RULES, NUMBER, day, scoring=scoring, proved_every=proved_every)


def from_scratch(lake: MemoryLake, day: Day, scoring: Scoring) -> tuple[BucketReport, pl.DataFrame]:
    """The same night without a night before it."""
    other = MemoryLake()
    other.objects.update({key: body for key, body in lake.objects.items() if key != standing_key(NUMBER)})
    return night(other, day, scoring), pl.read_parquet(other.objects[standing_key(NUMBER)])


def same(lake: MemoryLake, day: Day, scoring: Scoring, before: dict[str, bytes]) -> BucketReport:
    """Do a night, and compare it with one that begins anew with the same files."""
    begun = MemoryLake()
    begun.objects.update(before)
    report = night(lake, day, scoring)
    anew, standing = from_scratch(begun, day, scoring)
    ours = pl.read_parquet(lake.objects[standing_key(NUMBER)])
    columns = sorted({*ours.columns} & {*standing.columns} - {"stirred"})
    assert {*standing.columns} <= {*ours.columns} | {"day"}
    whole = pl.col("incomplete").not_()
    assert_frame_equal(
        ours.filter(whole).select(columns), standing.filter(whole).select(columns), check_row_order=False
    )
    for one in (ours, standing):
        assert sorted(one.filter(~whole)["customer"]) == sorted(report.incomplete)
    mine, yours = (replace(one, reconciled=0, stirred=0, gone=0, proved=0) for one in (report, anew))
    assert mine == yours
    assert report.differences == 0
    return report


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_night_after_night_it_is_as_if_everything_were_looked_at(scoring: Scoring, seed: int) -> None:
    chance, lake = Random(seed), MemoryLake()
    first, second = chance.randrange(FIRST + 5, FIRST + 30), chance.randrange(FIRST + 40, FIRST + DAYS)
    days = [first, first + 1, first + 2, second]
    for day, new in arrivals(history(seed), chance, days):
        poured(lake, new)
        same(lake, day, scoring, dict(lake.objects))
    assert same(lake, days[-1] + 3, scoring, dict(lake.objects)).incomplete == []


def test_on_a_quiet_night_only_who_needed_a_decision_is_looked_at_again(
    scoring: Scoring, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, day = MemoryLake(), FIRST + DAYS + 2
    poured(lake, history(3))
    before, unpacked = night(lake, day, scoring), list[int]()

    def watched(own: pl.DataFrame) -> pl.DataFrame:
        unpacked.append(own.height)
        return states_of(own)

    monkeypatch.setattr("standing.nightly.begin.states_of", watched)
    told = night(lake, day + 1, scoring)
    assert (told.customers, told.reconciled, told.incomplete) == (len(NAMES), 0, [])
    assert sum(unpacked) == before.stirred < len(NAMES)


@pytest.mark.parametrize("shrunk", [False, True], ids=["gone", "shrunk"])
def test_where_a_file_is_gone_or_lost_rows_everybody_is_looked_at_again(scoring: Scoring, *, shrunk: bool) -> None:
    lake, day = MemoryLake(), FIRST + DAYS + 2
    poured(lake, history(3))
    night(lake, day, scoring)
    key = months_of(lake, "records", NUMBER)[1]
    rows = pl.read_parquet(lake.objects[key])
    who = rows["customer"][0]
    others = rows.filter(pl.col("customer") != who)
    lake.delete([key])
    if shrunk and others.height:
        lake.put(key, parquet_bytes(others))
    told = night(lake, day + 1, scoring)
    assert who in told.incomplete
    poured(lake, Bucket(rows, history(3).states.clear()))
    assert night(lake, day + 2, scoring).incomplete == []


def test_every_so_many_days_everybody_is_looked_at(scoring: Scoring) -> None:
    lake, day = MemoryLake(), FIRST + DAYS + 2
    poured(lake, history(3))
    nights = [night(lake, day + later, scoring, proved_every=3) for later in range(7)]
    assert [told.proved for told in nights] == [5, 0, 0, 5, 0, 0, 5]
    assert [told.differences for told in nights] == [0] * 7


def test_a_full_count_names_whom_the_shorter_way_missed(scoring: Scoring) -> None:
    whole, lake, day = history(3), MemoryLake(), FIRST + DAYS + 2
    poured(lake, whole)
    night(lake, day, scoring, proved_every=2)
    known, noted = kept(lake)
    who, version = known.filter(~pl.col("stirred")).select("customer", "version").row(0)
    older = pl.when(pl.col("customer") == who).then(version - 1).otherwise(pl.col("version"))
    lake.put(standing_key(NUMBER), parquet_bytes(known.with_columns(older.alias("version")), noted.as_footer()))
    assert night(lake, day + 1, scoring, proved_every=2).differences == 0
    told = night(lake, day + 2, scoring, proved_every=2)
    assert [(one.customer, one.feature, one.state, one.lake) for one in told.different] == [
        (who, "version", str(version - 1), str(version))
    ]


def kept(lake: MemoryLake) -> tuple[pl.DataFrame, Notes]:
    """The standing that the last night stored, and its notes."""
    before = night_before(lake, NUMBER)
    assert before.rows is not None
    assert before.noted is not None
    return before.rows, before.noted


def test_a_full_count_names_totals_that_are_others(scoring: Scoring) -> None:
    lake, day = MemoryLake(), FIRST + DAYS + 2
    poured(lake, history(6))
    night(lake, day, scoring, proved_every=2)
    known, noted = kept(lake)
    who = known.filter(~pl.col("stirred") & pl.col("first_bought").is_not_null())["customer"][0]
    wrong = pl.col("first_bought") + pl.when(pl.col("customer") == who).then(1).otherwise(0)
    lake.put(standing_key(NUMBER), parquet_bytes(known.with_columns(wrong), noted.as_footer()))
    assert night(lake, day + 1, scoring, proved_every=2).differences == 0
    told = night(lake, day + 2, scoring, proved_every=2)
    assert [(one.customer, one.feature) for one in told.different] == [(who, "first_bought")]
    assert int(told.different[0].state or 0) - int(told.different[0].lake or 0) == 1
