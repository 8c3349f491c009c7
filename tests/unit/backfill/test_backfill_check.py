"""`standing backfill --check` and `--propose`: what is said before anything is taken in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from standing.backfill.run import percent
from standing.backfill.view import refused_document
from standing.cli import app
from standing.present.renderers.terminal import plain_text
from standing.values.errors import UserError
from typer.testing import CliRunner, Result

from tests.make.chinese import english_sentences
from tests.make.support import ROOT

ROWS = """order;client;placed;total;note
1;c1;05.01.2026 10:00;1.234,50;a
2;c1;06.01.2026 10:00;12.50;b
3;;07.01.2026 10:00;3,00;c
4;c2;08.01.2026 10:00;4,00;d
5;c2;08.01.2026 10:00;4,00;d;e
"""
MAPPING = """
source: shop.checkout
separator: ";"
type: purchase.v1
fields:
  id: "{order}"
  customer: "{client}"
  time: {column: placed, format: "%d.%m.%Y %H:%M", zone: Europe/Berlin}
  amount: {column: total, mark: ",", decimals: 2}
  currency: USD
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A table of five rows, two of which are events, and its mapping."""
    monkeypatch.chdir(ROOT)
    (tmp_path / "rows.csv").write_text(ROWS)
    (tmp_path / "map.yaml").write_text(MAPPING)
    return str(tmp_path / "rows.csv"), str(tmp_path / "map.yaml")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app.app, ["backfill", "--rules", str(ROOT / "rules"), *arguments], catch_exceptions=False)


def test_a_check_counts_every_row_and_says_why_it_is_refused(files: tuple[str, str]) -> None:
    done = run(files[0], "--mapping", files[1], "--check", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert {name: told[name] for name in ("rows", "taken", "events", "refused", "skipped", "customers")} == {
        "rows": 5,
        "taken": 2,
        "events": 2,
        "refused": 3,
        "skipped": 0,
        "customers": 2,
    }
    assert [(one["rows"], one["field"], one["examples"][0]["row"]) for one in told["reasons"]] == [
        (1, "row", 2),
        (1, "detail.customer", 3),
        (1, "row", 5),
    ]
    assert "12.50" not in done.stdout
    assert "12.50" in run(files[0], "--mapping", files[1], "--check", "--json", "--show-values").stdout


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_check_is_shown_with_columns_reasons_and_events(files: tuple[str, str], language: str) -> None:
    done = run(files[0], "--mapping", files[1], "--check", "--lang", language)
    for text in ("99.99.9999 99:99", "rows.csv:2", "purchase.v1", "1234.50"):
        assert text in done.stdout
    assert ("Rows refused" in done.stdout) == (language == "en")
    assert (english_sentences(done.stdout) == []) == (language == "zh")


def test_what_ends_a_backfill_is_told_in_chinese(files: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "half.yaml").write_text(MAPPING.replace("mark", "marks"))
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    for words in (
        [files[0]],
        [files[0], "--mapping", str(tmp_path / "none.yaml")],
        [files[0], "--mapping", str(tmp_path / "half.yaml")],
        [str(tmp_path / "other.csv"), "--mapping", files[1]],
        [str(tmp_path / "none.csv"), "--mapping", files[1]],
    ):
        with pytest.raises(UserError) as caught:
            run(*words, "--check")
        assert len(english_sentences(str(caught.value))) >= 1
        assert english_sentences(caught.value.in_language("zh")) == []


def test_the_notes_of_a_first_mapping_are_in_the_readers_language(files: tuple[str, str]) -> None:
    assert "A first mapping of rows.csv" in run(files[0], "--propose").stdout
    notes = [line.partition("# ")[2] for line in run(files[0], "--propose", "--lang", "zh").stdout.splitlines()]
    assert "映射初稿" in notes[0]
    assert english_sentences("\n".join(notes)) == []


def test_reasons_are_in_the_readers_language_after_they_were_stored(files: tuple[str, str]) -> None:
    done = json.loads(run(files[0], "--mapping", files[1], "--check", "--json").stdout)
    said = plain_text(refused_document(done | {"aside": [], "refused_rows": "refused.jsonl"}, "zh"), 100)
    assert "应为" in said
    assert english_sentences(said) == []


def test_a_check_writes_nothing(files: tuple[str, str]) -> None:
    before = set((ROOT / ".standing" / "backfill").rglob("*"))
    run(files[0], "--mapping", files[1], "--check")
    assert {path.name for path in Path(files[0]).parent.iterdir()} == {"rows.csv", "map.yaml"}
    assert set((ROOT / ".standing" / "backfill").rglob("*")) == before


def test_a_first_mapping_is_proposed_that_can_be_used(files: tuple[str, str], tmp_path: Path) -> None:
    done = run(files[0], "--propose")
    (tmp_path / "proposed.yaml").write_text(done.stdout)
    for line in ('separator: ";"', 'customer: "{client}"', 'format: "%d.%m.%Y %H:%M"', 'mark: ","'):
        assert line in done.stdout
    told = json.loads(run(files[0], "--mapping", str(tmp_path / "proposed.yaml"), "--check", "--json").stdout)
    assert told["taken"] == 2


INVOICES = """InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID
536365,85123A,6,12/1/2010 8:26,2.55,17850.0
536365,71053,6,12/13/2010 8:26,3.39,17850.0
C536379,D,-1,12/1/2010 9:41,27.5,17850.0
536414,22139,56,12/1/2010 11:52,0.0,
C536380,D,1,12/1/2010 9:41,27.5,14527.0
"""
REVIEWS = """review_id,order_id,customer_unique_id,review_score,review_creation_date
r1,o1,c1,5,2018-01-05 00:00:00
r2,o2,c2,1,2018-01-06 00:00:00
"""


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        (
            "invoices",
            INVOICES,
            [
                "group_by: InvoiceNo",
                "{column: CustomerID, empty: true}",
                "when: {column: InvoiceNo, starts: C}",
                "expect: {column: Quantity, below: 0}",
                'format: "%m/%d/%Y %H:%M"',
            ],
        ),
        (
            "reviews",
            REVIEWS,
            ["type: feedback.v1", "scale: [1, 5]", 'id: "{review_id}"', 'customer: "{customer_unique_id}"'],
        ),
    ],
)
def test_what_shops_export_is_recognised(
    name: str, text: str, lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (tmp_path / f"{name}.csv").write_text(text)
    said = run(str(tmp_path / f"{name}.csv"), "--propose").stdout
    assert [line for line in lines if line not in said] == []
    (tmp_path / "proposed.yaml").write_text(said)
    done = run(str(tmp_path / f"{name}.csv"), "--mapping", str(tmp_path / "proposed.yaml"), "--check", "--json")
    assert json.loads(done.stdout)["rows"] == text.count("\n") - 1


@pytest.mark.parametrize(("text", "part"), [("5 %", 0.05), ("5%", 0.05), ("0", 0), ("100", 1), (" 2.5 % ", 0.025)])
def test_a_percentage_is_a_part(text: str, part: float) -> None:
    assert percent(text) == part


@pytest.mark.parametrize("text", ["x", "-1", "101", "nan", ""])
def test_a_percentage_that_is_none_is_named(text: str) -> None:
    with pytest.raises(UserError, match="expected a percentage from 0 to 100"):
        percent(text)
