"""A file of the lake is sealed: whatever bit of it is another, it is refused, and never read as other data."""

from __future__ import annotations

import hashlib
import io
from functools import cache
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from standing.aws.lake_bucket import StoredObject
from standing.lake.compaction import stage
from standing.lake.layout import KINDS, current_key, incoming_prefix
from standing.lake.parquet import SEAL, CorruptFile, Parts, collect, parquet_bytes, scan
from standing.lake.reader import open_bucket
from standing.lake.rows import RECORDS, frame
from standing.lake.standings import standing_in
from standing.values.days import month_of

from tests.make.lakes import MemoryLake, bucket_of


@cache
def rows() -> pl.DataFrame:
    """Purchases, as event records."""
    event = {**dict.fromkeys(RECORDS), "source": "shop", "family": "purchase", "type": "purchase.v1", "late": False}
    numbers = {"day": 20_000, "moment": 7, "amount": 0, "version": 1, "at": 1}
    return frame("records", [{**event, **numbers, "customer": f"c-{n}", "id": f"{n * 7919}"} for n in range(200)])


@cache
def sealed() -> bytes:
    return parquet_bytes(rows())


def unsealed() -> bytes:
    """As from another engine, or of a time before there were seals."""
    file = io.BytesIO()
    rows().write_parquet(file, compression="zstd")
    return file.getvalue()


def flipped(body: bytes, bit: int) -> bytes:
    changed = bytearray(body)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@settings(max_examples=300)
@given(st.data())
def test_a_flipped_bit_anywhere_is_noticed(data: st.DataObject) -> None:
    body = flipped(sealed(), data.draw(st.integers(0, 8 * len(sealed()) - 1)))
    try:
        read = collect(scan("records", body))
    except CorruptFile:
        return
    assert SEAL.encode() not in body or body.rfind(SEAL.encode() + b"\x18\x40") < 0  # the seal's own name, and no more
    assert_frame_equal(read, rows())


@settings(max_examples=100)
@given(st.data())
def test_a_file_that_ends_early_is_noticed(data: st.DataObject) -> None:
    with pytest.raises(CorruptFile):
        collect(scan("records", sealed()[: data.draw(st.integers(0, len(sealed()) - 1))]))


def test_the_seal_is_the_hash_of_the_file_with_zeros_in_its_place(tmp_path: Any) -> None:
    digest = pl.read_parquet_metadata(io.BytesIO(sealed()))[SEAL]
    assert hashlib.sha256(sealed().replace(digest.encode(), b"0" * 64)).hexdigest() == digest
    parts = Parts(str(tmp_path))
    for part in (rows()[:70], rows()[70:]):
        parts.add(part)
    again = parts.parquet_bytes()
    assert_frame_equal(collect(scan("records", again)), rows())
    with pytest.raises(CorruptFile, match="SHA-256"):
        scan("records", flipped(again, 8 * 40))


def test_a_file_without_a_seal_is_read() -> None:
    assert_frame_equal(collect(scan("records", unsealed())), rows())


def test_what_polars_panics_at_is_damaged_and_holds_nothing_else_back(monkeypatch: pytest.MonkeyPatch) -> None:
    lake, calls, collect = MemoryLake(), [], pl.LazyFrame.collect
    odd = f"{incoming_prefix('records')}a.parquet"
    lake.put(odd, unsealed())
    lake.put(f"{incoming_prefix('records')}b.parquet", sealed())

    def panics_at_the_first(self: pl.LazyFrame, **more: Any) -> Any:
        calls.append(self)
        if len(calls) == 1:
            raise pl.exceptions.PanicException("called `Result::unwrap()` on an `Err` value")
        return collect(self, **more)

    monkeypatch.setattr(pl.LazyFrame, "collect", panics_at_the_first)
    wrong = stage(lake).wrong
    assert list(wrong) == [odd]
    assert str(wrong[odd]).startswith("not a whole Parquet file (PanicException); set aside as aside/")
    assert len(lake.keys("staged/")) == len({bucket_of(customer) for customer in rows()["customer"]})


def test_a_standing_that_is_not_as_it_was_written_is_as_good_as_none() -> None:
    assert standing_in(StoredObject(sealed(), "e")) is not None
    assert standing_in(StoredObject(flipped(sealed(), 8 * 40), "e")) is None


def test_a_bucket_is_looked_at_once_however_many_shares_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    lake, looked = MemoryLake(), list[bytes]()
    for kind in KINDS:
        lake.put(
            current_key(kind, 263, month_of(20_000)), parquet_bytes(frame(kind)) if kind != "records" else sealed()
        )
    monkeypatch.setattr("standing.lake.chunks.ROWS", 10)
    monkeypatch.setattr("standing.lake.parquet.check_seal", looked.append)
    opened = open_bucket(lake, 263)
    assert sum(opened.of(share).records.height for share in opened.chunks()) == rows().height
    assert len(looked) == len(KINDS)
