"""Mappings of the backfill: rows of somebody's table as events, and what is said where they are none."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standing.backfill.dealing import REFUSED, deal_out
from standing.backfill.mapping import BadMapping, BadRow, Rows, Taken, read_mapping
from standing.backfill.reading import Unreadable, rows_in
from standing.core.ruleset import Ruleset

from tests.support import NOW, ROOT, naming, real_ruleset

DOCS = (ROOT / "docs" / "backfill.md").read_text()
BANK_ROWS, BANK, BANK_REFUSED, SHOP = re.findall(r"^```(?:csv|yaml|json)\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)


def value(found: object, **more: Any) -> Any:
    return Taken.model_validate({"column": "c", **more}).value({"c": found})


@pytest.mark.parametrize(
    ("found", "more", "expected"),
    [
        ("web", {}, "web"),
        (3, {}, 3),
        (True, {}, True),
        ("", {}, None),
        (None, {"decimals": 2}, None),
        ("12.345", {"decimals": 2}, "12.34"),
        ("12.355", {"decimals": 2}, "12.36"),
        (12.5, {"decimals": 2}, "12.50"),
        (Decimal("7.005"), {"decimals": 2}, "7.00"),
        (7, {"decimals": 0}, "7"),
        ("1.234,56", {"mark": ","}, "1234.56"),
        ("1,234.5", {"mark": "."}, "1234.5"),
        ("-12,00", {"mark": ",", "unsigned": True}, "12.00"),
        (-1250, {"shift": 2, "unsigned": True}, "12.50"),
        (129_90, {"shift": 2, "decimals": 2}, "129.90"),
        (1e6, {"decimals": 0}, "1000000"),
        ("17", {"as": "whole"}, 17),
        (17, {"as": "whole"}, 17),
        ("Yes", {"as": "flag"}, True),
        (0, {"as": "flag"}, False),
        ("J", {"values": {"J": True, "N": False}}, True),
        (1, {"values": {1: "web"}}, "web"),
        (True, {"values": {"True": "web"}}, "web"),
        ("01.07.2026 09:30", {"format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"}, "2026-07-01T09:30:00+02:00"),
        ("01.07.2026", {"format": "%d.%m.%Y"}, "2026-07-01T00:00:00+00:00"),
        ("2026-07-01T09:30+0800", {"format": "%Y-%m-%dT%H:%M%z", "zone": "UTC"}, "2026-07-01T09:30:00+08:00"),
        (datetime(2026, 7, 1, 9, 30), {"zone": "Asia/Shanghai"}, "2026-07-01T09:30:00+08:00"),  # noqa: DTZ001
        (datetime(2026, 7, 1, tzinfo=UTC), {"zone": "Asia/Shanghai"}, "2026-07-01T00:00:00+00:00"),
        (date(1990, 5, 17), {}, "1990-05-17"),
    ],
)
def test_a_column_becomes_a_field(found: object, more: dict[str, Any], expected: object) -> None:
    assert value(found, **more) == expected


@pytest.mark.parametrize(
    ("found", "more", "expected"),
    [
        (12.5, {}, "a fraction: say with `decimals`"),
        (Decimal("12.5"), {}, "a fraction: say with `decimals`"),
        ("x", {"decimals": 2}, "column `c` is 'x': expected a number"),
        ("1,5", {"decimals": 2}, "expected a number"),
        ("1,5x", {"mark": ","}, "expected a number"),
        (float("inf"), {"decimals": 2}, "expected a number"),
        ("2.5", {"as": "whole"}, "expected a whole number"),
        ("maybe", {"as": "flag"}, "expected true or false, yes or no, 1 or 0"),
        ("Q", {"values": {"W": "web", "S": "store"}}, "column `c` is 'Q': expected one of W, S"),
        ("2026-02-31", {"format": "%Y-%m-%d"}, "expected a time as %Y-%m-%d"),
    ],
)
def test_what_does_not_fit_is_named_with_what_was_expected(found: object, more: dict[str, Any], expected: str) -> None:
    with pytest.raises(BadRow, match=re.escape(expected)):
        value(found, **more)


@given(st.decimals("-1e9", "1e9", places=4), st.integers(0, 4))
def test_an_amount_is_rounded_half_to_even(amount: Decimal, decimals: int) -> None:
    assert Decimal(value(str(amount), decimals=decimals)) == round(amount, decimals)
    assert value(f"{amount:,}", mark=".") == f"{amount:f}"


def test_a_row_becomes_an_event_and_an_empty_column_leaves_a_field_out() -> None:
    rows = Rows.model_validate(
        {
            "source": "crm",
            "type": "profile.v1",
            "fields": {
                "id": "{n}-{n}",
                "consent.email": {"column": "mail", "as": "flag"},
                "consent.phone": {"column": "call", "as": "flag"},
                "scale": [1, 5],
                "preferred_channel": "{channel}",
            },
        }
    )
    assert rows.columns == {"n", "mail", "call", "channel"}
    found = rows.envelope({"n": 3, "mail": "no", "call": "", "channel": None})
    assert found == {
        "source": "crm",
        "detail-type": "profile.v1",
        "detail": {"id": "3-3", "consent": {"email": False}, "scale": [1, 5]},
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("source: [", "is not YAML"),
        ("", "the file: Input should be a valid dictionary"),
        ("source: a\ntype: b\n", "fields: Field required"),
        ("source: a\ntype: b\nfields: {}\nkind: c\n", "kind: Extra inputs are not permitted"),
        ("source: a\ntype: b\nfields: {t: {column: c, zone: Mars}}\n", "fields.t.zone: a time zone such as Europe"),
        ("source: a\ntype: b\nfields: {t: {colum: c}}\n", "fields.t.column: Field required"),
        ("source: a\ntype: b\nfields: {t: {column: c, as: money}}\n", "fields.t.as: Input should be 'text', 'whole'"),
        ("source: a\ntype: b\nfields: {}\nseparator: ';;'\n", "separator: String should have at most 1 character"),
    ],
)
def test_a_mapping_that_cannot_be_used_names_the_place(text: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(text)
    with pytest.raises(BadMapping) as caught:
        read_mapping(path)
    assert str(caught.value).startswith(f"{path}: {expected}")


def test_a_file_that_cannot_be_read_says_what_was_expected(tmp_path: Path) -> None:
    mapping = Rows(source="a", type="b", fields={"id": "{n}"})
    (tmp_path / "rows.csv").write_text("m,o\n1,2\n")
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 half of a file")
    for name, its, expected in [
        ("rows.csv", None, "a table needs a mapping"),
        ("rows.csv", mapping, "has no column `n`, which the mapping asks for; it has m, o"),
        ("rows.parquet", mapping, "cannot be read"),
        ("rows.xlsx", mapping, "expected a name that ends with .csv, .jsonl, .ndjson, .parquet"),
        ("none.jsonl", None, "No such file or directory"),
    ]:
        with pytest.raises(Unreadable, match=re.escape(expected)):
            list(rows_in(tmp_path / name, its))


def test_lines_that_are_no_events_are_named(ruleset: Ruleset, tmp_path: Path) -> None:
    ours = {"source": "standing", "detail-type": "purchase.v1", "detail": {}}
    (tmp_path / "events.jsonl").write_text(f"\nnot json\n[1]\n{json.dumps(ours)}\n")
    dealt = deal_out([tmp_path / "events.jsonl"], None, ruleset, NOW, tmp_path, lambda _: None)
    told = [json.loads(line) for line in (tmp_path / REFUSED).read_text().splitlines()]
    assert (dealt.events, [one["row"] for one in told]) == (0, [2, 3, 4])
    assert told[0]["expected"] == "is not JSON: one event a line, as a JSON object"
    assert (told[2]["reason"], told[2]["field"]) == ("not-allowed", "source")


def test_what_a_source_may_not_send_is_no_history_of_it_either(ruleset: Ruleset, tmp_path: Path) -> None:
    (tmp_path / "bank.csv").write_text(BANK_ROWS)
    events, refused = dealt(tmp_path / "bank.csv", BANK, naming(ruleset, **{"core-banking": ("refund",)}))
    assert [one["detail-type"] for one in events] == ["refund.v1"]
    assert {name: refused[0][name] for name in ("row", "reason", "field", "expected")} == {
        "row": 1,
        "reason": "not-allowed",
        "field": "detail-type",
        "expected": "what this source may send: refund",
    }


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    """The rules of this clone."""
    return real_ruleset()


def dealt(rows: Path, mapping: str, ruleset: Ruleset) -> tuple[list[Any], list[Any]]:
    """The events' details, and the rows that were refused."""
    (folder := rows.parent / "work").mkdir()
    (folder / "map.yaml").write_text(mapping)
    deal_out([rows], read_mapping(folder / "map.yaml"), ruleset, NOW, folder, lambda _: None)
    events = [one for path in folder.glob("[0-9]*.jsonl") for one in lines(path)]
    return sorted(events, key=lambda event: str(event["detail"]["id"])), lines(folder / REFUSED)


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_bank_of_the_docs(ruleset: Ruleset, tmp_path: Path) -> None:
    (tmp_path / "bank.csv").write_text(BANK_ROWS)
    named = naming(ruleset, **{"core-banking": ("purchase", "refund")})
    events, refused = dealt(tmp_path / "bank.csv", BANK, named)
    assert [(one["detail-type"], one["detail"]["amount"]) for one in events] == [
        ("purchase.v1", "1234.50"),
        ("refund.v1", "80.00"),
    ]
    assert events[0]["detail"]["time"] == "2026-02-01T09:30:00+01:00"
    assert [one | {"file": "bank.csv"} for one in refused] == [json.loads(BANK_REFUSED)]


def test_the_shop_of_the_docs(ruleset: Ruleset, tmp_path: Path) -> None:
    rows = {
        "order_id": [71],
        "client": ["c-9"],
        "placed_at": [datetime(2026, 1, 5, 8)],  # noqa: DTZ001 -- as their table has it
        "total_cents": [12_990],
        "units": [3],
        "web": [True],
    }
    pl.DataFrame(rows).write_parquet(tmp_path / "shop.parquet")
    events, refused = dealt(tmp_path / "shop.parquet", SHOP, ruleset)
    assert refused == []
    assert [one["detail"] for one in events] == [
        {
            "id": "order-71",
            "customer": "c-9",
            "time": "2026-01-05T08:00:00-05:00",
            "amount": "129.90",
            "currency": "USD",
            "items": 3,
            "channel": "web",
        }
    ]
