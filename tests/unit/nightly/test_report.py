"""Reports as they are stored: read, written, and those that older code left upgraded, whatever part they lack."""

from __future__ import annotations

import json
from typing import Any

import pytest
from standing.lake.parquet import CorruptFile
from standing.nightly.summary import NightSteps, summarise
from standing.present.renderers.terminal import plain_text
from standing.present.report.attention import attention
from standing.present.report.page import page, report_document
from standing.report.model import BucketReport, Report, ScoreModel, bucket_json, report_json
from standing.report.upgrade import read_bucket, read_report
from standing.values.catalogue import LANGUAGES, Language
from standing.values.errors import UserError
from standing.values.faults import Fault

from tests.make import reports
from tests.make.lakes import MemoryLake
from tests.make.support import ROOT, real_ruleset

STORED = ROOT / "tests" / "fixtures" / "nights"
RULESET = real_ruleset()
NEEDED = {"day", "customers"}


def stored(name: str) -> bytes:
    return (STORED / name).read_bytes()


def whole() -> dict[str, Any]:
    """A made report with every part, as JSON has it."""
    found: dict[str, Any] = json.loads(report_json(reports.bad(RULESET)))
    return found


def shown(report: Report, language: Language) -> str:
    """The page of a report and what the terminal says of it."""
    return page(report, RULESET, language) + plain_text(report_document(report, RULESET, language, is_brief=True), 200)


def test_what_is_read_is_written_as_it_was_to_the_byte() -> None:
    assert bucket_json(read_bucket(stored("bucket.json"))) == stored("bucket.json")
    for made in (reports.bad(RULESET), reports.ordinary(RULESET), reports.first()):
        assert read_report(report_json(made)) == made


def test_figures_of_no_bucket_are_left_out() -> None:
    assert json.loads(report_json(Report("2026-11-25", customers=0)))["figures"] == {}
    assert len(json.loads(report_json(Report("2026-11-25", customers=0, buckets=1)))["figures"]) == 11


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(whole().keys() - NEEDED))
def test_a_report_without_a_part_is_shown(name: str, language: Language) -> None:
    told = whole()
    del told[name]
    assert "2026-11-25" in shown(read_report(json.dumps(told).encode()), language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(whole()["figures"]))
def test_a_report_without_a_figure_is_shown(name: str, language: Language) -> None:
    told = whole()
    del told["figures"][name]
    assert "2026-11-25" in shown(read_report(json.dumps(told).encode()), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_least_that_a_report_has_is_shown(language: Language) -> None:
    report = read_report(b'{"day": "2026-11-25", "customers": 7}')
    assert report == Report("2026-11-25", customers=7)
    assert "2026-11-25" in shown(report, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_older_code_said_in_its_own_words_is_shown_so(language: Language) -> None:
    text = shown(read_report(stored("report.in-words.json")), language)
    for said in ("column `customer` is missing; set aside as aside/", "bucket 098", "2,002 event records", "c-3"):
        assert said in text
    assert "0 customers bought on a second day" in text
    part = read_bucket(stored("bucket.in-words.json"))
    assert [one.customer for one in part.odd.values()] == ["c-3", None, None]


def test_those_who_were_named_and_not_counted_are_counted() -> None:
    told = whole() | {"incomplete": ["c-8", "c-9"]}
    del told["incomplete_customers"]
    report = read_report(json.dumps(told).encode())
    assert report.incomplete_customers == 2
    assert any("c-8, c-9" in line for line in attention(report, "en"))


def test_a_failure_that_older_code_kept_is_named() -> None:
    lake = MemoryLake()
    lake.put("nights/failed/2026-04-06/bucket=000098.json", stored("failed.in-words.json"))
    report = summarise(lake, NightSteps("2026-04-06", [98]))
    assert "not a whole Parquet file" in str(report.wrong["bucket 098"])
    assert report.model == ScoreModel()


@pytest.mark.parametrize("body", [b"", b"half a rep", b"[]", b'{"customers": 1}', b'{"day": "x", "customers": "y"}'])
@pytest.mark.parametrize("more", [{}, {"wrong": 7}, {"odd": ["x"]}, {"model": "x"}])
def test_what_is_no_report_is_told_by_a_value_error(body: bytes, more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_report(body)
    if more:
        with pytest.raises(ValueError, match=r".*"):
            read_report(json.dumps(whole() | more).encode())


def test_a_fault_is_told_in_both_languages_with_its_place_and_what_was_done() -> None:
    fault = Fault("column-missing", {"column": "day"}).at("records/x").handled("set-aside", aside="aside/x")
    assert str(fault) == "records/x: of another schema: column `day` is missing; set aside as aside/x"
    assert fault.in_language("zh") == "records/x：结构不符：缺少列 `day`；已移至 aside/x"
    assert str(Fault("scores-refused", {"refused": 1, "entries": 1})) == "the bus refused 1 of 1 score event"


def test_an_error_that_carries_a_fault_is_told_in_the_readers_language() -> None:
    error = UserError("{error}; {way_out}", error=CorruptFile(Fault("not-the-same").at("records/x")), way_out="…")
    assert str(error) == "records/x: not as it was written: its SHA-256 is another; …"
    assert error.in_language("zh").startswith("records/x：与写入时不一致")


def test_a_fault_of_newer_code_is_told_by_its_code_and_values() -> None:
    assert str(Fault("unheard-of", {"key": 7})) == "unheard-of ({'key': 7})"
    assert str(Fault("not-whole")) == "not-whole ({})"  # without what its words ask for


def test_what_is_passed_on_is_no_longer_than_it_may_be() -> None:
    assert Fault("told", {"text": "x" * 900, "count": 7}).shortened(400).values == {"text": "x" * 400, "count": 7}


def test_a_bucket_needs_its_number_alone() -> None:
    assert read_bucket(b'{"bucket": 7}') == BucketReport(7)
