"""docs/cost.md adds up, and is worked out from the figures that were measured last."""

from __future__ import annotations

import json
import re

import pytest
from standing.present.report.tables import PRICES

from benchmarks import cost
from tests.make.support import ROOT

PAGE = (ROOT / "docs" / "cost.md").read_text()
RESULTS = {
    name: value
    for name, value in json.loads((ROOT / "benchmarks" / "results.json").read_text()).items()
    if isinstance(value, int | float)
}
ROW = re.compile(r"^\| ([A-Z].*?) \| ([0-9.e-]+) \| ([0-9.]+) \| ([0-9.]+) \|$", re.MULTILINE)
TOTAL = re.compile(r"\*\*([0-9.]+)\*\*")


def test_the_page_is_what_the_results_make_it() -> None:
    assert cost.filled(PAGE, RESULTS) == PAGE


def test_the_totals_are_the_sums_of_their_rows() -> None:
    once, monthly, _ = PAGE.split("Total,")
    for part, total in zip((once, monthly), TOTAL.findall(PAGE), strict=True):
        assert sum(float(row[3]) for row in ROW.findall(part)) == pytest.approx(float(total), abs=0.006)


def test_a_row_is_what_an_event_uses_times_the_price() -> None:
    rows = {part: (float(used), float(price), float(usd)) for part, used, price, usd in ROW.findall(PAGE)}
    writes = RESULTS["decision.write_units_per_event"] * cost.prices(PAGE)["write-units"]
    assert rows["DynamoDB: write units, in transactions"][2] == pytest.approx(writes, abs=0.001)
    for part, (used, price, usd) in rows.items():
        each = 1e6 if " GB " in part or "GB of" in part else 1
        assert usd == pytest.approx(used * price * each, rel=0.01, abs=0.001), part


def test_a_report_counts_with_the_prices_of_the_page() -> None:
    given = cost.prices(PAGE)
    for name, price in PRICES.items():
        assert float(price * 1_000_000) == pytest.approx(given[name.replace("_", "-")])
