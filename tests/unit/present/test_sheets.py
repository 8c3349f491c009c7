"""Files of cells: no text in them is a formula, a number stays a number, and Excel reads Chinese."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standing.present.sheets import harmless, write_sheet

FORMULAS = (
    *(
        "=1+1",
        "+1",
        "-1+2",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\nx",
        "＝1",
        "＋1",
        "－cmd",
        "＠x",
        "−2+3",
        "- 5",
        "-5e3",
        "+44 20 1",
    ),
    *(" =1", '"=1', "'=1", "\u3000=1", '  "  @x', "\ufeff=1", "\u200b=1", "\x00=1", "\xa0+x", "“=1", "\r\n=1"),
)
HARMLESS = ("-5", "−5", "5", "-5.25", "c-1001", "gold", "a=b", "客户", "a\tb", "", "1,234", "0012", "'x", "a - b")


def turned(*texts: str) -> list[str]:
    return pl.DataFrame({"text": texts}).select(harmless(pl.col("text"))).to_series().to_list()


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_a_text(text: str) -> None:
    assert turned(text) == [f"'{text}"]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert turned(text) == [text]


@given(st.text(alphabet=" \t\r\n'\"=+-@＝＋－＠−5.a客\u200b\u3000", max_size=8))
def test_no_text_begins_like_a_formula(text: str) -> None:
    (cell,) = turned(text)
    assert cell in {text, f"'{text}"}
    shown = cell.lstrip(" \t\r\n\"'\u200b\u3000")
    if shown[:1] in set("=+-@＝＋－＠−") and cell == text:
        float(text.replace("−", "-"))  # a number, and nothing but


def test_a_file_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    names = ["=cmd|' /C calc'!A0", "客户，1", 'a "b", c\nd']
    written = {"customer": names, "spend": [Decimal("-5.00"), Decimal("1234.50"), None], "orders": [-5, 3, None]}
    rows = pl.DataFrame(written).with_columns(day=pl.lit(date(2026, 11, 25)))
    write_sheet(rows, file := tmp_path / "list.csv")
    body = file.read_bytes()
    assert body.startswith(b"\xef\xbb\xbf")
    cells = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    assert cells == [
        ["customer", "spend", "orders", "day"],
        [f"'{names[0]}", "-5.00", "-5", "2026-11-25"],
        [names[1], "1234.50", "3", "2026-11-25"],
        [names[2], "", "", "2026-11-25"],
    ]
