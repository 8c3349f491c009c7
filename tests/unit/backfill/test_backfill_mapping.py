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
from standing.backfill.mapping.errors import BadMapping, BadRow
from standing.backfill.mapping.field_kinds import FieldKind
from standing.backfill.mapping.fields import FieldSource
from standing.backfill.mapping.mapping import Mapping
from standing.backfill.mapping.reader import read_mapping
from standing.backfill.partition import REFUSED, partition
from standing.rules.ruleset import Ruleset

from tests.make.chinese import english_sentences
from tests.make.support import ROOT, naming, real_ruleset, taking_in

DOCS = (ROOT / "docs" / "backfill.md").read_text()
BANK_ROWS, BANK, BANK_REFUSED, SHOP, *_MORE = re.findall(
    r"^```(?:csv|yaml|json)\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL
)


def value(found: object, use: FieldKind = FieldKind.OTHER, **more: Any) -> Any:
    return FieldSource.model_validate({"column": "c", **more}).value({"c": found}, use)


def moment(found: object, **more: Any) -> Any:
    return value(found, FieldKind.MOMENT, **more)


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
        (date(1990, 5, 17), {}, "1990-05-17"),
    ],
)
def test_a_column_becomes_a_field(found: object, more: dict[str, Any], expected: object) -> None:
    assert value(found, **more) == expected


@pytest.mark.parametrize(
    ("found", "more", "expected"),
    [
        ("01.07.2026 09:30", {"format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"}, "2026-07-01T09:30:00+02:00"),
        ("01.07.2026", {"format": "%d.%m.%Y"}, "2026-07-01T00:00:00+00:00"),
        ("2026-07-01T09:30+0800", {"format": "%Y-%m-%dT%H:%M%z", "zone": "UTC"}, "2026-07-01T09:30:00+08:00"),
        (datetime(2026, 7, 1, 9, 30), {"zone": "Asia/Shanghai"}, "2026-07-01T09:30:00+08:00"),  # noqa: DTZ001
        (datetime(2026, 7, 1, tzinfo=UTC), {"zone": "Asia/Shanghai"}, "2026-07-01T00:00:00+00:00"),
        (date(2026, 7, 1), {"zone": "Asia/Shanghai"}, "2026-07-01T00:00:00+08:00"),
        ("2026-07-01", {"zone": "Asia/Shanghai"}, "2026-07-01T00:00:00+08:00"),
        ("2026-07-01 09:30", {"zone": "Europe/Berlin"}, "2026-07-01T09:30:00+02:00"),
        ("2026-07-01T09:30:00Z", {"zone": "Europe/Berlin"}, "2026-07-01T09:30:00+00:00"),
        ("2026-07-01t09:30:00z", {}, "2026-07-01T09:30:00+00:00"),
        ("2026-06-30T23:59:60Z", {}, "2026-06-30T23:59:59.999999+00:00"),
        ("2026-07-01 10:00 UTC", {"format": "%Y-%m-%d %H:%M %Z", "zone": "Asia/Shanghai"}, "2026-07-01T10:00:00+00:00"),
        (46204.4375, {"format": "excel-days", "zone": "Asia/Shanghai"}, "2026-07-01T10:30:00+08:00"),
        ("46204", {"format": "excel-days"}, "2026-07-01T00:00:00+00:00"),
        (1782900000, {"format": "epoch-seconds", "zone": "Asia/Shanghai"}, "2026-07-01T10:00:00+00:00"),
        ("1782900000123", {"format": "epoch-milliseconds"}, "2026-07-01T10:00:00.123000+00:00"),
        (" 01.07.2026 ", {"format": "%d.%m.%Y"}, "2026-07-01T00:00:00+00:00"),
    ],
)
def test_a_time_has_the_offset_that_it_means(found: object, more: dict[str, Any], expected: str) -> None:
    assert moment(found, **more) == expected


@pytest.mark.parametrize(
    ("found", "more", "expected"),
    [
        ("2026-02-31", {"format": "%Y-%m-%d"}, "expected a time as %Y-%m-%d"),
        ("2026-07-01 09:30", {}, "expected a time with its offset, or in the mapping its `zone`"),
        (datetime(2026, 7, 1, 9, 30), {}, "its `zone`"),  # noqa: DTZ001 -- as a table has it
        ("2026-07-01 10:00 CST", {"format": "%Y-%m-%d %H:%M %Z"}, "expected a time as"),
        ("2026-03-29 02:30", {"zone": "Europe/Berlin"}, "expected a time that clocks showed in Europe/Berlin"),
        (59, {"format": "excel-days"}, "expected a time as excel-days"),
        ("1e12", {"format": "epoch-seconds"}, "expected a number"),
        (10**17, {"format": "epoch-seconds"}, "expected a time as epoch-seconds"),
        ("0001-01-01T00:00", {"zone": "Asia/Shanghai"}, "expected a time as ISO 8601"),
    ],
)
def test_a_time_that_can_be_read_in_two_ways_is_refused(found: object, more: dict[str, Any], expected: str) -> None:
    with pytest.raises(BadRow, match=re.escape(expected)) as caught:
        moment(found, **more)
    assert english_sentences(caught.value.in_language("zh")) == []


@pytest.mark.parametrize(
    ("found", "use", "more", "expected"),
    [
        (17850.0, FieldKind.ID, {}, "17850"),
        ("17850.0", FieldKind.ID, {}, "17850"),
        (" c 1 ", FieldKind.ID, {}, "c 1"),
        (" c1", FieldKind.ID, {"trim": False, "as": "text"}, " c1"),
        (float("nan"), FieldKind.ID, {}, None),
        ("nan", FieldKind.ID, {}, None),
        ("  ", FieldKind.ID, {}, None),
        ("00123", FieldKind.ID, {}, "00123"),
        ("00123", FieldKind.ID, {"decimals": 0}, "00123"),
        ("00123", FieldKind.OTHER, {"decimals": 0}, "00123"),
        (17850.0, FieldKind.ID, {"decimals": 0}, "17850"),
        (17850.0, FieldKind.ID, {"as": "whole"}, "17850"),
        (b"c1", FieldKind.ID, {}, "c1"),
        (3.0, FieldKind.WHOLE, {}, 3),
        ("3.0", FieldKind.WHOLE, {"as": "whole"}, 3),
        ("3", FieldKind.WHOLE, {}, 3),
        (3.0, FieldKind.OTHER, {"as": "whole"}, 3),
        (-3, FieldKind.WHOLE, {"unsigned": True}, 3),
        ("1,200", FieldKind.WHOLE, {"mark": "."}, 1200),
        (3.0, FieldKind.OTHER, {"values": {3: "web"}}, "web"),
        (float("nan"), FieldKind.MONEY, {"decimals": 2}, None),
        ("nan", FieldKind.MONEY, {"decimals": 2}, None),
        ("-0.00", FieldKind.MONEY, {"decimals": 2}, "0.00"),
        (-0.0, FieldKind.MONEY, {"decimals": 2}, "0.00"),
        ("1 234,50", FieldKind.MONEY, {"mark": ","}, "1234.50"),
        ("1'234'567.5", FieldKind.MONEY, {"mark": "."}, "1234567.5"),
        ("1234,56", FieldKind.MONEY, {"mark": ","}, "1234.56"),
        (1e22, FieldKind.MONEY, {"decimals": 2}, "10000000000000000000000.00"),
        ("yes", FieldKind.FLAG, {}, True),
        (1.0, FieldKind.FLAG, {}, True),
        (" web ", FieldKind.OTHER, {}, " web "),
        (" web ", FieldKind.OTHER, {"trim": True}, "web"),
    ],
)
def test_a_value_is_what_it_was_meant_to_be(
    found: object, use: FieldKind, more: dict[str, Any], expected: object
) -> None:
    assert value(found, use, **more) == expected


@pytest.mark.parametrize(
    ("found", "use", "more", "expected"),
    [
        ("12.50", FieldKind.MONEY, {"mark": ","}, "such as 1234,56 or 1.234,56"),
        ("1234.56", FieldKind.MONEY, {"mark": ","}, "such as 1234,56 or 1.234,56"),
        ("1,5", FieldKind.MONEY, {"mark": "."}, "such as 1234.56 or 1,234.56"),
        ("1,234,5", FieldKind.MONEY, {"mark": "."}, "such as 1234.56"),
        ("1.234'567,5", FieldKind.MONEY, {"mark": ","}, "such as 1234,56"),
        ("1e3", FieldKind.MONEY, {}, "a number such as 1234.56; say with `mark`"),
        ("1e99999999", FieldKind.MONEY, {"decimals": 2}, "a number such as 1234.56"),
        ("1_000", FieldKind.MONEY, {"decimals": 2}, "a number such as 1234.56"),
        ("１２", FieldKind.MONEY, {"decimals": 2}, "a number such as 1234.56"),
        ("٣", FieldKind.WHOLE, {}, "a number such as 1234.56"),
        (12.5, FieldKind.MONEY, {}, "with `decimals`"),
        (12.5, FieldKind.ID, {}, "a whole number"),
        (2.0**60, FieldKind.ID, {}, "a whole number"),
        (b"c\xff", FieldKind.ID, {}, "these bytes are no UTF-8"),
        (2.5, FieldKind.WHOLE, {}, "a whole number"),
        (["a"], FieldKind.ID, {}, "one value: this column has lists"),
        (True, FieldKind.MONEY, {"decimals": 2}, "a number"),
        (1e300, FieldKind.MONEY, {"decimals": 2}, "a number"),
    ],
)
def test_a_value_that_can_be_read_in_two_ways_is_refused(
    found: object, use: FieldKind, more: dict[str, Any], expected: str
) -> None:
    with pytest.raises(BadRow, match=re.escape(expected)) as caught:
        value(found, use, **more)
    assert str(found) not in str(caught.value)
    assert english_sentences(caught.value.in_language("zh")) == []


@pytest.mark.parametrize(
    ("found", "more", "expected"),
    [
        (12.5, {}, "with `decimals` to how many digits"),
        (Decimal("12.5"), {}, "with `decimals` to how many digits"),
        ("x", {"decimals": 2}, "column `c`: expected a number"),
        ("1,5", {"decimals": 2}, "expected a number"),
        ("1,5x", {"mark": ","}, "expected a number"),
        (float("inf"), {"decimals": 2}, "expected a number"),
        ("2.5", {"as": "whole"}, "expected a whole number"),
        ("maybe", {"as": "flag"}, "expected true or false, yes or no, 1 or 0"),
        ("Q", {"values": {"W": "web", "S": "store"}}, "column `c`: expected one of W, S"),
    ],
)
def test_what_does_not_fit_is_named_with_what_was_expected(found: object, more: dict[str, Any], expected: str) -> None:
    with pytest.raises(BadRow, match=re.escape(expected)) as caught:
        value(found, **more)
    assert english_sentences(caught.value.in_language("zh")) == []


@given(st.decimals("-1e9", "1e9", places=4), st.integers(0, 4))
def test_an_amount_is_rounded_half_to_even(amount: Decimal, decimals: int) -> None:
    assert Decimal(value(str(amount), decimals=decimals)) == round(amount, decimals)
    assert value(f"{amount:,}", mark=".") == f"{amount:f}"


def test_a_row_becomes_an_event_and_an_empty_column_leaves_a_field_out() -> None:
    rows = Mapping.model_validate(
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
    (found,) = rows.envelopes([{"n": " 3 ", "mail": "no", "call": "", "channel": None}])
    assert found == {
        "source": "crm",
        "detail-type": "profile.v1",
        "detail": {"id": "3-3", "consent": {"email": False}},
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("source: [", "is not YAML"),
        ("", "the file: expected a mapping: `source`, `type` and `fields`"),
        ("source: a\ntype: b\n", "fields: expected a value: it is required"),
        ("source: a\ntype: b\nfields: {}\nkind: c\n", "kind: expected nothing: a mapping has no such word"),
        (
            "source: a\ntype: b\nfields: {t: {column: c, zone: Mars}}\n",
            "fields.t.zone: expected a time zone such as Europe",
        ),
        (
            "source: a\ntype: b\nfields: {t: {colum: c}}\n",
            "fields.t.colum: expected nothing: a mapping has no such word",
        ),
        (
            "source: a\ntype: b\nfields: {t: {column: c, as: money}}\n",
            "fields.t.as: expected 'text', 'whole'",
        ),
        ("source: a\ntype: b\nfields: {}\nencoding: klingon\n", "encoding: expected the name of an encoding"),
        ("source: a\ntype: b\nfields: {}\nencoding: base64\n", "encoding: expected the name of an encoding"),
        (
            "source: a\ntype: b\nfields: {}\nseparator: ';;'\n",
            "separator: expected one character that sets cells apart",
        ),
    ],
)
def test_a_mapping_that_cannot_be_used_names_the_place(text: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(text)
    with pytest.raises(BadMapping) as caught:
        read_mapping(path)
    assert str(caught.value).startswith(f"{path}: {expected}")
    assert english_sentences(caught.value.in_language("zh")) == []


def test_lines_that_are_no_events_are_named(ruleset: Ruleset, tmp_path: Path) -> None:
    ours = {"source": "standing", "detail-type": "purchase.v1", "detail": {}}
    twice = '{"source": "a", "source": "b"}'
    large = json.dumps({"source": "shop", "detail-type": "purchase.v1", "detail": {}, "more": 2**70})
    half = '{"source": "shop", "detail-type": "purchase.v1", "detail": {}, "more": "\\ud800"}'
    (tmp_path / "events.jsonl").write_text(
        "\n".join(["", "not json", "[1]", json.dumps(ours), twice, large, half, "NaN", ""])
    )
    tally = partition(taking_in([tmp_path / "events.jsonl"], ruleset, tmp_path), tmp_path, lambda _: None)
    told = [json.loads(line) for line in (tmp_path / REFUSED).read_text().splitlines()]
    assert (tally.rows, tally.events, [one["row"] for one in told]) == (7, 0, [2, 3, 4, 5, 6, 7, 8])
    assert told[0]["expected"] == "is not JSON: one event a line, as a JSON object"
    assert (told[2]["reason"], told[2]["field"]) == ("not-allowed", "source")
    assert told[3]["expected"].startswith("has `source` twice")
    assert (
        told[4]["expected"]
        == told[5]["expected"]
        == "JSON whose texts are Unicode and whose numbers have at most 64 bits"
    )


def test_what_a_source_may_not_send_is_no_history_of_it_either(ruleset: Ruleset, tmp_path: Path) -> None:
    (tmp_path / "bank.csv").write_text(BANK_ROWS)
    events, refused = dealt(tmp_path / "bank.csv", BANK, naming(ruleset, **{"core-banking": ("refund",)}))
    assert [one["type"] for one in events] == ["refund.v1"]
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
    taking = taking_in([rows], ruleset, folder, folder / "map.yaml")
    partition(taking, folder, lambda _: None)
    events = [one for path in folder.glob("[0-9]*.jsonl") for one in lines(path)]
    return sorted(events, key=lambda event: str(event["detail"]["id"])), lines(folder / REFUSED)


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_bank_of_the_docs(ruleset: Ruleset, tmp_path: Path) -> None:
    (tmp_path / "bank.csv").write_text(BANK_ROWS)
    named = naming(ruleset, **{"core-banking": ("purchase", "refund")})
    events, refused = dealt(tmp_path / "bank.csv", BANK, named)
    assert [(one["type"], one["detail"]["amount"]) for one in events] == [
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
