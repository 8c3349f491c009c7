"""A list of customers and a trend, as documents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
from standing.present.document import Column, Paragraph, Table
from standing.present.renderers.terminal import plain_text
from standing.search.listing import list_document
from standing.search.trend import Trend, trend_document

from tests.make.support import real_ruleset

ROWS = pl.DataFrame(
    {
        "customer": ["c-1", "a\nb"],
        "spend_365d": [Decimal("2500.00"), None],
        "orders_90d": [1_200, 0],
        "due": [date(2026, 3, 1), None],
    }
)


def test_numbers_stand_to_the_right_days_are_whole_and_what_is_unknown_is_a_dash() -> None:
    (table,) = list_document(ROWS, "en").blocks
    assert isinstance(table, Table)
    assert table.columns == (
        Column("Customer"),
        Column("spend_365d", is_number=True, is_whole=True),
        Column("orders_90d", is_number=True, is_whole=True),
        Column("Due on", is_whole=True),
    )
    assert table.rows == (("c-1", "2,500.00", "1,200", "2026-03-01"), ("a\nb", "–", "0", "–"))


def test_a_customer_is_a_line_whatever_its_id_is() -> None:
    drawn = plain_text(list_document(ROWS, "en"), 100).splitlines()
    assert [line.split()[0] for line in drawn] == ["Customer", "─" * len(drawn[1].strip()), "c-1", "a\\nb"]


def test_a_trend_has_a_row_a_level_and_names_the_nights_that_it_lacks() -> None:
    rating = real_ruleset().ratings["tier"]
    counts = {"2026-03-01": {"gold": 1_000}, "2026-03-03": {"gold": 1_200, "old": 1}}
    missing = tuple(f"2026-02-{day:02}" for day in range(1, 11))
    shown = trend_document(Trend(rating, counts, missing, ()), "en")
    table, note = shown.blocks
    assert shown.title == "Tier: customers by level, from 2026-03-01 to 2026-03-03 (nights: 2)"
    assert isinstance(table, Table)
    assert [column.is_number for column in table.columns] == [False, True, True, True, False]
    assert {row[0]: row[1:] for row in table.rows}["gold"] == ("1,000", "1,200", "+200", "▁ █")
    assert table.rows[-1][0] == "old"
    assert isinstance(note, Paragraph)
    assert (note.look, str(note.said)[-3:]) == ("warning", "8 …")


def test_where_no_night_counts_only_what_is_lacking_is_named() -> None:
    shown = trend_document(Trend(real_ruleset().ratings["tier"], {}, (), ("2026-03-01",)), "en")
    assert (shown.title, len(shown.blocks)) == ("", 1)
