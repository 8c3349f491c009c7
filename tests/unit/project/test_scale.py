"""docs/scale.md is worked out from the figures that were measured last, and agrees with the template."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks import cost, scale
from tests.make.support import ROOT

PAGE = (ROOT / "docs" / "scale.md").read_text()
RESULTS = {
    name: value
    for name, value in json.loads((ROOT / "benchmarks" / "results.json").read_text()).items()
    if isinstance(value, int | float)
}


def test_the_page_is_what_the_results_make_it() -> None:
    assert scale.filled(PAGE, RESULTS) == PAGE


def test_a_bucket_holds_no_more_than_was_measured() -> None:
    for night in scale.nights(PAGE, RESULTS):
        assert night.a_bucket * night.buckets == pytest.approx(night.customers)
        assert night.a_bucket <= cost.prices(PAGE)["bucket-customers"]


def test_the_map_and_the_memory_are_those_of_the_template() -> None:
    template, given = (ROOT / "template.yaml").read_text(), cost.prices(PAGE)
    (at_once,) = re.findall(r"NightConcurrency:\n    Type: Number\n    Default: (\d+)", template)
    assert int(at_once) == given["map-concurrency"]
    (memory,) = re.findall(r"CodeUri: functions/rescore/\n(?:.*\n)*?\s+MemorySize: (\d+)", template)
    assert int(memory) / 1024 == given["memory-gb"]


def test_prices_that_both_pages_have_are_the_same() -> None:
    here, there = cost.prices(PAGE), cost.prices((ROOT / "docs" / "cost.md").read_text())
    for name in ("gb-seconds", "calls", "write-units"):
        assert here[name] == there[name]
