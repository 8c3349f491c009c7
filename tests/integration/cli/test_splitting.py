"""`standing lake split`: what it says, in both languages, and to machines."""

from __future__ import annotations

import json

import pytest
from standing.aws.stack import Target
from standing.cli import app
from standing.lake.buckets import buckets_of
from standing.lake.compaction import compact_all
from standing.lake.layout import kind_prefix
from standing.rules.timeline import Timeline
from typer.testing import CliRunner, Result

from tests.make.lakes import lake_rows, pour
from tests.make.support import purchase, taken


@pytest.fixture
def filled(target: Target, rules: Timeline) -> Target:
    """A stack whose lake has a customer."""
    lake = target.lake
    pour(lake, lake_rows(rules, "c-1", taken(rules.latest, purchase(1))), "one")
    compact_all(lake, [buckets_of(lake).of("c-1")])
    return target


def split(*words: str, language: str = "en") -> Result:
    return CliRunner(env={"STANDING_LANG": language}).invoke(app.app, ["lake", "split", *words])


def test_a_lake_is_split_and_its_buckets_are_told(filled: Target) -> None:
    assert "the lake has 32 buckets" in split("--bits", "5").stdout
    assert buckets_of(filled.lake)[:2] == (5, None)
    assert "数据湖现有 64 个分桶" in split("--bits", "6", language="zh").stdout
    assert json.loads(split("--bits", "6", "--json").stdout) == {"bits": 6, "into": None, "wrong": {}}


def test_fewer_buckets_are_refused(filled: Target) -> None:
    assert buckets_of(filled.lake).bits == 4
    assert str(split("--bits", "3").exception) == (
        "--bits 3: the lake is dealt out by 4 bits, and can only be split by more"
    )


def test_what_is_damaged_is_named_and_what_to_do(filled: Target) -> None:
    lake = filled.lake
    (key,) = lake.keys(kind_prefix("records", buckets_of(lake).of("c-1")))
    lake.put(key, b"PAR1 and no more")
    result = split("--bits", "5")
    told = " ".join(result.output.split())
    assert result.exit_code == 1
    assert "the lake is not split to the end: restore what is damaged, and the same command goes on" in told
    assert f"{key}: not a whole Parquet file" in told
