"""What is to be sent is looked at before: what the rules would reject is told with its line and the reason."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standing.operations.check import SHOWN, described, prepare
from standing.operations.sender import SendResult
from standing.rules.ruleset import Ruleset

from tests.make.support import NOW, purchase, real_ruleset


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return real_ruleset()


def file_of(folder: Path, *lines: dict[str, Any] | str) -> Path:
    path = folder / "events.jsonl"
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines), encoding="utf-8")
    return path


def wrong(number: int, **changes: Any) -> dict[str, Any]:
    found = purchase(number)
    return {**found, "detail": {**found["detail"], **changes}}


def test_what_the_rules_would_reject_is_held_back_with_the_reason(tmp_path: Path, ruleset: Ruleset) -> None:
    stranger = {**purchase(3), "source": "nobody"}
    future = wrong(4, time=(NOW + timedelta(days=1)).isoformat())
    path = file_of(tmp_path, purchase(1), wrong(2, currency="EUR"), stranger, future, "{")
    read = prepare(path, ruleset, NOW)
    assert [line.number for line in read.lines] == [1]
    assert [one.number for one in read.unsendable] == [5]
    assert [(one.number, str(one.reason)) for one in read.doomed] == [
        (2, "wrong-currency in `detail.currency`"),
        (3, "not-allowed in `source`"),
        (4, "in-the-future in `detail.time`"),
    ]
    assert read.doomed[0].why == (
        "would be rejected: wrong-currency: detail.currency: expected USD, the programme's currency"
    )


def test_it_is_told_and_sent_where_that_is_asked_for(tmp_path: Path, ruleset: Ruleset) -> None:
    read = prepare(file_of(tmp_path, purchase(1), wrong(2, currency="EUR")), ruleset, NOW, anyway=True)
    assert [line.number for line in read.lines] == [1, 2]
    assert [one.number for one in read.doomed] == [2]


def test_without_rules_nothing_is_held_back(tmp_path: Path) -> None:
    read = prepare(file_of(tmp_path, wrong(2, currency="EUR")), None, NOW)
    assert ([line.number for line in read.lines], read.doomed) == ([1], [])


def test_of_many_lines_the_first_are_told_and_all_are_summed_up_by_reason(tmp_path: Path, ruleset: Ruleset) -> None:
    path = file_of(tmp_path, *["{"] * 7_000, *[wrong(n, currency="EUR") for n in range(3_000)])
    read = prepare(path, ruleset, NOW)
    lines = [*map(str, described(path, [*read.doomed, *read.unsendable]))]
    assert len(lines) == SHOWN + 3
    assert lines[0] == f"{path}:1: is not JSON: one event a line, as a JSON object"
    assert lines[SHOWN:] == [
        "… and 9,990 lines more. Of all 10,000:",
        "    7,000  is not JSON: one event a line, as a JSON object",
        "    3,000  wrong-currency in `detail.currency`",
    ]


@pytest.mark.parametrize(("bad", "last"), [(SHOWN, 10), (SHOWN + 1, 12)])
def test_up_to_ten_lines_are_told_whole(tmp_path: Path, bad: int, last: int) -> None:
    path = file_of(tmp_path, *["{"] * bad)
    lines = [*map(str, described(path, prepare(path, None, NOW).unsendable))]
    assert len(lines) == last
    assert [line for line in lines if line.startswith("…")] == (["… and 1 line more. Of all 11:"] if last > 10 else [])


def test_for_machines_every_line_is_named(tmp_path: Path, ruleset: Ruleset) -> None:
    read = prepare(file_of(tmp_path, "{", *[wrong(n, currency="EUR") for n in range(12)]), ruleset, NOW)
    said = SendResult(0, read.unsendable, 0.0, read.doomed).as_dict()
    assert [len(said[name]) for name in ("refused", "to_be_rejected")] == [1, 12]
