"""Levels night by night: of whole nights alone, and a night without a report is a gap."""

from __future__ import annotations

import subprocess
import sys

import pytest
from standing.nightly.summary import report_key
from standing.nightly.trends import levels_of_nights, with_trend
from standing.present.renderers.terminal import plain_text
from standing.report.model import Figures, Report, report_json
from standing.search.trend import drawn, trend_document, trend_of
from standing.values.catalogue import Language
from standing.values.errors import UserError

from tests.make.lakes import MemoryLake
from tests.make.support import real_ruleset

RULESET = real_ruleset()
GOLD = {"2026-11-20": 10, "2026-11-21": 12, "2026-11-23": 40, "2026-11-24": 11, "2026-11-25": 24}
PARTIAL = "2026-11-23"


def told(day: str, gold: int) -> Report:
    figures = Figures(levels={"tier": {"gold": gold, "bronze": 1000 - gold}})
    return Report(day, customers=1000, failed_buckets=[7] if day == PARTIAL else [], figures=figures)


@pytest.fixture
def lake() -> MemoryLake:
    """Five nights of six days, one of which lacks a bucket; and what is no report."""
    found = MemoryLake()
    for day, gold in GOLD.items():
        found.put(report_key(day), report_json(told(day, gold)))
    found.put(report_key("2026-11-19"), b"half a rep")
    return found


def test_a_trend_is_of_whole_nights_and_names_the_others(lake: MemoryLake) -> None:
    found = trend_of(lake, RULESET, "tier", 30)
    assert {day: some["gold"] for day, some in found.counts.items()} == {d: n for d, n in GOLD.items() if d != PARTIAL}
    assert (found.missing, found.partial) == (("2026-11-22",), (PARTIAL,))
    assert found.as_dict()["nights"][0] == {
        "day": "2026-11-20",
        "levels": {"platinum": 0, "gold": 10, "silver": 0, "bronze": 990},
    }
    assert [*trend_of(lake, RULESET, "tier", 2).counts] == ["2026-11-24", "2026-11-25"]


def test_a_trend_of_nothing_says_what_there_is(lake: MemoryLake) -> None:
    with pytest.raises(UserError, match="`teir` is not a rating; did you mean `tier`"):
        trend_of(lake, RULESET, "teir", 30)
    with pytest.raises(UserError, match="no night has ended yet"):
        trend_of(MemoryLake(), RULESET, "tier", 30)


def test_a_report_looks_back_on_the_whole_nights_before_it(lake: MemoryLake) -> None:
    report = told("2026-11-26", 30)
    trend = with_trend(report, lake).trend or {}
    assert [*trend] == [*(day for day in GOLD if day != PARTIAL), "2026-11-26"]
    assert trend["2026-11-26"]["tier"]["gold"] == 30
    assert [*(with_trend(told("2026-11-24", 11), lake).trend or {})] == ["2026-11-20", "2026-11-21", "2026-11-24"]
    assert [one.day for one in levels_of_nights(lake, "2026-11-24", 3)] == ["2026-11-23", "2026-11-24"]
    assert [one.day for one in levels_of_nights(lake, "2026-11-25", 3)] == ["2026-11-23", "2026-11-24", "2026-11-25"]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([0, 7], "▁█"),
        ([5, None, 5], "▄ ▄"),
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([1000, 1001, 1000], "▁█▁"),
        ([3], "▄"),
    ],
)
def test_a_line_goes_from_its_least_to_its_most(values: list[int | None], line: str) -> None:
    assert drawn(values) == line


@pytest.mark.parametrize(("language", "change"), [("en", "Change"), ("zh", "变化")])
def test_the_terminal_shows_a_line_a_level(lake: MemoryLake, language: Language, change: str) -> None:
    lines = plain_text(trend_document(trend_of(lake, RULESET, "tier", 30), language), 80).splitlines()
    assert any(change in line for line in lines)
    (gold,) = [line for line in lines if line.startswith("gold")]
    assert gold.split() == ["gold", "10", "24", "+14", "▁▂", "▁█"]
    assert PARTIAL in lines[-2]
    assert "2026-11-22" in lines[-1]
    assert max(map(len, lines)) <= 80


def test_whoever_plans_a_night_or_sums_it_up_has_no_polars() -> None:
    names = [f"standing.nightly.{name}" for name in ("plan", "summary", "arrivals", "trends")]
    asked = f"import sys, {', '.join(names)}, standing.present.report.page; print('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "False\n"
