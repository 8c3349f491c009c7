"""Bad input of every kind in one lake: each is named in the night's report, the rest goes on, nothing is half there."""

from __future__ import annotations

import io
import json

import boto3
import polars as pl
import pytest
from standing.aws.lake_bucket import Lake
from standing.aws.table import Customers
from standing.ingest.batch import Ingest
from standing.lake.compaction import stage
from standing.lake.gaps import refill
from standing.lake.incoming import write_rows
from standing.lake.layout import current_key, incoming_prefix, partition
from standing.lake.parquet import CorruptFile, parquet_bytes
from standing.lake.rows import RECORDS, STATES
from standing.nightly import anomalies
from standing.nightly.summary import findings_passed_on, summarise
from standing.nightly.work import BucketWork
from standing.present.page import escape
from standing.present.report.page import page
from standing.report.model import Report
from standing.report.upgrade import read_faults
from standing.rules.timeline import Timeline
from standing.values.days import day_in
from standing.values.faults import Fault

from tests.integration.nightly.test_night import LATER, RULES
from tests.make.lakes import bucket_of, last_file
from tests.make.nights import begun
from tests.make.support import NOW, KeptRejections, message, purchase

GOOD, TORN, MANY, EMPTY = "c-1", "c-2", "c-3", 511


@pytest.fixture
def rules() -> Timeline:
    """A tier by the spend of five days, and a call after six days without an order."""
    return RULES


@pytest.fixture
def lake(customers: Customers, rules: Timeline) -> Lake:
    """Three customers in buckets of their own, each with something wrong but the first."""
    client = boto3.client("s3")
    client.create_bucket(Bucket="lake")
    lake = Lake(client, "lake", at_once=1, bits=8)
    ingest = Ingest(rules, customers, KeptRejections(), clock=lambda: NOW)
    for who in (GOOD, TORN, MANY):
        assert not ingest.batch([message(1, purchase(1, customer=who, amount="2500.00", days_ago=3))]).failed
    refill(lake, customers, rules, [GOOD, TORN, MANY])
    return lake


def night(lake: Lake, customers: Customers, rules: Timeline) -> Report:
    """A night as the state machine runs it."""
    planned, steps = begun(lake, rules.latest, LATER)
    work = BucketWork(lake, customers, rules, clock=lambda: LATER)
    for number in planned.due:
        try:
            work.bucket(number, day_in(planned.day), 1.0)
        except CorruptFile:
            continue
    return summarise(lake, steps)


def test_each_kind_is_named_and_the_rest_goes_on(
    lake: Lake, customers: Customers, rules: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    night_before = night(lake, customers, rules)  # so that the buckets have files
    assert night_before.wrong == {}
    lake.delete(lake.keys("nights/"))
    torn = lake.get(last_file(lake, "records", bucket_of(TORN))).body
    lake.put(last_file(lake, "records", bucket_of(TORN)), torn[:-40])
    lake.put(f"{incoming_prefix('records')}other.parquet", parquet_bytes(pl.DataFrame({"who": ["x"]})))
    lake.put(f"{incoming_prefix('states')}torn.parquet", b"PAR1 and no more")
    lake.put(current_key("records", EMPTY, "2026-01"), parquet_bytes(pl.DataFrame(schema=RECORDS)))
    lake.put(current_key("states", EMPTY, "2026-01"), parquet_bytes(pl.DataFrame(schema=STATES)))
    _add_oddities(lake)
    monkeypatch.setattr(anomalies, "MANY", 1_000)

    report = night(lake, customers, rules)
    assert report.failed_buckets == [bucket_of(TORN)]
    wrong = {key: str(why) for key, why in report.wrong.items()}
    assert "not a whole Parquet file" in wrong[partition(bucket_of(TORN))]
    assert "column `customer` is missing" in wrong[f"{incoming_prefix('records')}other.parquet"]
    assert "not a whole Parquet file" in wrong[f"{incoming_prefix('states')}torn.parquet"]
    odd = {name: str(one.what) for name, one in report.odd.items()}
    assert "2,002 event records" in odd[f"many-records/{MANY}"]
    assert "2,000 purchases with the amount 0" in odd["of-nothing/shop.checkout"]
    assert "1 event of days to come" in odd["to-come/shop.checkout"]
    assert report.buckets == 3
    assert report.customers == 2
    assert lake.get(last_file(lake, "records", bucket_of(TORN))).body == torn[:-40]
    shown = page(report, rules.latest, "en")
    for told in (*wrong, *map(escape, wrong.values()), f"customer {MANY}", "source shop.checkout", *odd.values()):
        assert told in shown


def _add_oddities(lake: Lake) -> None:
    """Two thousand purchases of nothing, and one of the far future, as records that no state counts yet."""
    key = last_file(lake, "records", bucket_of(MANY))
    (row,) = pl.read_parquet(io.BytesIO(lake.get(key).body)).to_dicts()
    rows = [row | {"id": f"n-{number}", "amount": 0} for number in range(2_000)]
    rows.append(row | {"id": "far", "day": row["day"] + 4_000})
    write_rows(lake, "records", rows)


def test_however_much_is_damaged_it_fits_between_two_steps(lake: Lake) -> None:
    foreign = parquet_bytes(
        pl.DataFrame({"x" * 50_000: ["who"], **{name: [None] for name in RECORDS}}, schema_overrides=RECORDS)
    )
    for number in range(60):
        lake.put(f"{incoming_prefix('records')}{number:03d}-{'n' * 900}.parquet", foreign if number % 2 else b"PAR1")
    told = findings_passed_on(stage(lake).wrong)
    assert len(json.dumps(told)) < 200_000
    wrong = read_faults(told)
    assert [*wrong.items()][-1] == ("aside/", Fault("more-set-aside", {"count": 10}))
    assert wrong[f"{incoming_prefix('records')}000-{'n' * 900}.parquet"].code == "not-whole"
    assert "no column `xxx" in str(wrong[f"{incoming_prefix('records')}001-{'n' * 900}.parquet"])
    assert len(lake.keys("aside/")) == 60
