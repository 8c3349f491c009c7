"""A backfill, its check and its runs, as documents."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from standing.backfill import columns, view
from standing.backfill.check import CheckResult
from standing.present.document import BREAK, Item, Items, Paragraph, Section, Span, Table
from standing.present.renderers.terminal import plain_text
from standing.values.messages import message

from tests.make.support import purchase, real_ruleset, taken

RUN: dict[str, Any] = {"run": "20260301-1200-aaaaaaaa", "began": "2026-03-01T12:00:00+00:00", "state": "done"}
RUN |= {"files": ["a.csv", "b.csv"], "counts": {"events": 1_234}}
HERE = {"folder": "work/x", "command": "standing backfill a.csv", "run": RUN["run"]}
COUNTS: dict[str, Any] = dict.fromkeys({*view.COUNTED, *view.RETRACTED}, 1_234)
REASON: dict[str, Any] = {"rows": 1_200, "field": "amount", "values": ["x"]}
REASON |= {"examples": [{"file": "/long/a.csv", "row": 3}], "said": message("column `{column}`", column="sum").stored()}


def test_a_result_has_its_counts_and_the_name_of_its_run_on_a_line_that_is_not_broken() -> None:
    counts, run = view.result_document(COUNTS | {"run": RUN["run"]}, "en").blocks
    assert isinstance(counts, Table)
    assert [value for _, value in counts.rows] == ["1,234"] * len(view.COUNTED)
    assert isinstance(run, Items)
    drawn = plain_text(view.refused_document({"reasons": [REASON], "aside": [], "refused_rows": "/x" * 60}, "en"), 80)
    assert drawn.splitlines()[-1].endswith("/x" * 60)


def test_where_nothing_was_refused_and_nothing_set_aside_nothing_is_said() -> None:
    assert plain_text(view.refused_document({"reasons": [], "aside": []}, "en"), 80) == ""


def test_of_many_reasons_the_first_are_named_and_the_others_counted() -> None:
    refused = view.refused_document({"reasons": [REASON] * 12, "aside": ["lake/x"], "refused_rows": "r"}, "en")
    table, lines = refused.blocks
    assert isinstance(table, Table)
    assert len(table.rows) == view.MOST_REASONS + 1
    assert table.rows[0] == ("1,200", "amount", (Span("column "), Span("sum", "quoted")), (Span("a.csv:3"),))
    assert table.rows[-1] == ("2,400", "…", "", "")
    assert isinstance(lines, Items)
    assert [item.said.look for item in lines.items if isinstance(item.said, Span)] == ["bad", "bad"]


@pytest.mark.parametrize("kind", ["refund", "records-gone"])
def test_what_is_taken_back_names_what_could_not_be(kind: str) -> None:
    conflicts = [{"customer": "c-1", "event": "e-1", "kind": kind}]
    _, table = view.retraction_document(COUNTS | {"conflicts": conflicts}, "en").blocks
    assert isinstance(table, Table)
    assert table.rows[0][:2] == ("c-1", "e-1")
    assert len(view.retraction_document(COUNTS | {"conflicts": []}, "en").blocks) == 1


def test_runs_have_a_row_each_and_what_to_do_with_the_folders_that_are_here() -> None:
    dealt, anew = HERE | {"dealt": True}, HERE | {"dealt": False}
    table, first, second = view.runs_document([RUN], [dealt, anew], "en").blocks
    assert isinstance(table, Table)
    files = (Span("a.csv"), BREAK, Span("b.csv"))
    assert table.rows == ((RUN["run"], "2026-03-01 12:00", files, "done", "1,234", ""),)
    ways = [section.blocks[0] for section in (first, second) if isinstance(section, Section)]
    assert [[_command(item) for item in way.items] for way in ways if isinstance(way, Items)] == [
        ["standing backfill a.csv", f"standing backfill --retract {RUN['run']}"],
        ["standing backfill a.csv"],
    ]
    assert view.runs_document([], [], "en").blocks == (Paragraph("There is no run yet."),)


def _command(item: Item) -> str:
    assert isinstance(item.said, tuple)
    assert isinstance(item.said[-1], Span)
    return item.said[-1].text


@pytest.mark.parametrize("values", [True, False])
def test_a_check_shows_values_and_personal_fields_only_where_they_were_asked_for(values: bool) -> None:
    column = columns.Column("who", rows=2, filled=1, values=Counter({"Ann": 1}))
    checked = CheckResult(events=taken(real_ruleset(), purchase(1)))
    drawn = view.check_document(checked, {Path("/x/a.csv"): [column]}, "en", values=values)
    assert [block.title for block in drawn.blocks if isinstance(block, Section)] == ["a.csv", ""]
    assert ("Ann" in plain_text(drawn, 200)) is values
    assert "50%" in plain_text(drawn, 200)
    assert "p-1" in plain_text(drawn, 200)


def test_the_columns_of_the_first_tables_are_described(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("who,what\nc-1,2\n", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text("{}\n", encoding="utf-8")
    described = columns.columns_of_tables([tmp_path / "a.csv", tmp_path / "b.jsonl"], None)
    assert {path.name: [column.name for column in some] for path, some in described.items()} == {
        "a.csv": ["who", "what"]
    }
