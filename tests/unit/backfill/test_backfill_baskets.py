"""Mappings that shops need: kinds of event, baskets, files that belong together, currencies; the docs' own examples."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standing.backfill.files.rows import Unreadable
from standing.backfill.mapping.errors import BadMapping
from standing.backfill.mapping.reader import read_mapping
from standing.backfill.partition import RowCounts
from standing.rules.ruleset import Ruleset
from standing.values.messages import read_message

from tests.make.chinese import english_sentences
from tests.make.support import ROOT, naming, real_ruleset, taking_in

DOCS = (ROOT / "docs" / "backfill.md").read_text()
TABLES = re.findall(r"^```csv\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)
MAPPINGS = re.findall(r"^```yaml\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)
_BANK, INVOICES, ORDERS, PAYMENTS, CUSTOMERS, REVIEWS, RATES = TABLES
_BANK_MAP, _SHOP_MAP, INVOICE_MAP, ORDER_MAP, REVIEW_MAP, RATE_MAP = MAPPINGS


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    """The rules of this clone, under which the docs' sources may send what they do."""
    return naming(real_ruleset(), **{"shop.checkout": ("purchase", "refund"), "service.desk": ("feedback",)})


def became(rows: Path | list[Path], mapping: str, ruleset: Ruleset) -> tuple[list[dict[str, Any]], RowCounts]:
    """The events' details with their type, by id, and the counts."""
    paths = rows if isinstance(rows, list) else [rows]
    folder = paths[0].parent
    (folder / "map.yaml").write_text(mapping)
    tally, events = RowCounts(), []
    for one in taking_in(paths, ruleset, folder, folder / "map.yaml"):
        tally.add(one)
        events += [{"type": event.detail.detail_type, **event.detail.stored()} for event in one.events]
    assert tally.rows == tally.taken + tally.skipped + tally.refused.total() - tally.others
    assert english_sentences(in_chinese(tally)) == []
    return sorted(events, key=lambda event: str(event["id"])), tally


def in_chinese(tally: RowCounts) -> str:
    """The reasons of the rows that are refused, after they were stored."""
    return "\n".join(read_message(one["said"]).in_language("zh") for one in tally.as_dict()["reasons"])


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_the_invoices_of_the_docs(ruleset: Ruleset, tmp_path: Path) -> None:
    events, tally = became(written(tmp_path, "rows.csv", INVOICES), INVOICE_MAP, ruleset)
    bought, back = events
    assert bought == {
        "type": "purchase.v1",
        "id": "536365",
        "customer": "17850",
        "time": "2010-12-01T08:26:00Z",
        "amount": "42.42",
        "currency": "USD",
        "category": "85123A",
        "items": 14,
    }
    assert (back["type"], back["id"], back["amount"], back["customer"]) == ("refund.v1", "C536379", "2.55", "17850")
    assert (tally.rows, tally.taken, tally.skipped, tally.refused.total()) == (6, 3, 2, 1)
    ((_, _, expected),) = tally.refused
    assert expected == "column `Quantity`: expected below 0, as the mapping says with `expect` of such a row"
    assert [one.number for one in tally.examples["no-event", "row", expected]] == [5]


def test_lines_of_a_basket_may_stand_anywhere(ruleset: Ruleset, tmp_path: Path) -> None:
    head, *rows = INVOICES.splitlines()
    files = [
        written(tmp_path, name, "\n".join([head, *lines]))
        for name, lines in (("one.csv", [rows[1], *rows[3:]]), ("two.csv", [rows[2], rows[0]]))
    ]
    events, tally = became(files, INVOICE_MAP, ruleset)
    assert [one["amount"] for one in events] == ["42.42", "2.55"]
    assert (tally.rows, tally.taken) == (6, 3)


@pytest.mark.parametrize(
    ("line", "refused", "expected"),
    [
        ("536365,1,x,many,2010-12-01 08:26:00,1.0,17850.0", 3, "column `Quantity`: expected a number"),
        ("536365,1,x,1,2010-12-01 08:26:00,1.0,99.0", 3, "column `{Customer ID}`: expected the same"),
        ("536365,1,x,1,2010-12-01 08:26:00,1.0,17850.0,", 3, "has 8 cells"),
        ("536365,1,x,-1,2010-12-01 08:26:00,1.0,17850.0", 3, "column `Quantity`: expected above 0"),
        (",1,x,1,2010-12-01 08:26:00,1.0,17850.0", 1, "column `InvoiceNo`: expected a value"),
        ("A1,1,x,1,2010-12-01 08:26:00,1.0,17850.0", 1, "column `InvoiceNo`: expected a row that one of `events`"),
    ],
)
def test_a_basket_with_a_line_that_is_refused_is_refused_whole(
    line: str, refused: int, expected: str, ruleset: Ruleset, tmp_path: Path
) -> None:
    head, *rows = INVOICES.splitlines()
    path = written(tmp_path, "rows.csv", "\n".join([head, rows[0], line, rows[1]]))
    events, tally = became(path, INVOICE_MAP, ruleset)
    assert (len(events), tally.refused.total(), tally.rows) == (1 if refused == 1 else 0, refused, 3)
    assert any(said.startswith(expected) for _, _, said in tally.refused), tally.refused


def test_an_empty_basket_field_and_several_categories(ruleset: Ruleset, tmp_path: Path) -> None:
    mapping = INVOICE_MAP.replace("group_by: InvoiceNo", "group_by: [InvoiceNo, StockCode]").replace(
        'id: "{InvoiceNo}"', 'id: "{InvoiceNo}-{StockCode}"'
    )
    events, _ = became(written(tmp_path, "rows.csv", INVOICES), mapping, ruleset)
    assert [(one["id"], one["amount"]) for one in events] == [
        ("536365-71053", "27.12"),
        ("536365-85123A", "15.30"),
        ("C536379-85123A", "2.55"),
    ]


def test_the_orders_and_reviews_of_the_docs(ruleset: Ruleset, tmp_path: Path) -> None:
    orders = written(tmp_path, "orders.csv", ORDERS)
    written(tmp_path, "payments.csv", PAYMENTS)
    written(tmp_path, "customers.csv", CUSTOMERS)
    events, tally = became(orders, ORDER_MAP, ruleset)
    assert [(one["id"], one["customer"], one["amount"]) for one in events] == [("e481", "7c39", "38.71")]
    assert (tally.rows, tally.taken, tally.skipped) == (2, 1, 1)
    events, tally = became(written(tmp_path, "reviews.csv", REVIEWS), REVIEW_MAP, ruleset)
    assert [(one["customer"], one["score"], one["time"]) for one in events] == [
        ("7c39", 4, "2017-10-11T00:00:00-03:00")
    ]
    assert tally.rows == 1


def test_rows_that_cannot_be_joined_are_named_and_rows_without_others_have_nothing_there(
    ruleset: Ruleset, tmp_path: Path
) -> None:
    orders = written(tmp_path, "orders.csv", f"{ORDERS}77aa,none,delivered,2017-10-02 10:56:33\n")
    written(tmp_path, "payments.csv", f"{PAYMENTS}e481,3,voucher\n,1,voucher,3.00\n77aa,1,voucher,x\n")
    written(tmp_path, "customers.csv", f"{CUSTOMERS}9ef4,other\n")
    events, tally = became(orders, ORDER_MAP, ruleset)
    assert events == []
    assert {expected for _, _, expected in tally.refused} == {
        "has 3 cells, and the line of names has 4",
        "has nothing in `order_id`, by which it is joined",
        "column `customer_unique_id`: expected the same in all rows that belong together, "
        "or with `lines` what they make",
        "column `payment_value`: expected a number such as 1234.56; "
        "say with `mark` which sign its decimals begin with, if it is another",
    }
    assert (tally.rows, tally.others, tally.refused.total()) == (3, 2, 4)


def test_a_file_to_join_has_to_be_there_with_its_columns(ruleset: Ruleset, tmp_path: Path) -> None:
    orders = written(tmp_path, "orders.csv", ORDERS)
    with pytest.raises(Unreadable, match=r"payments\.csv: "):
        became(orders, ORDER_MAP, ruleset)
    written(tmp_path, "payments.csv", "order,value\n")
    with pytest.raises(Unreadable, match=r"payments\.csv: has no column `order_id`; it has order, value"):
        became(orders, ORDER_MAP, ruleset)


SALES = """order,client,placed,total,money
1,c,2026-01-03T12:00:00Z,10.00,EUR
2,c,2026-01-05T12:00:00Z,0.4449,EUR
3,c,2026-01-05T12:00:00Z,10.005,USD
4,c,2026-01-20T12:00:00Z,10.00,EUR
5,c,2026-01-05T12:00:00Z,10.00,GBP
6,c,2026-01-01T12:00:00Z,10.00,EUR
7,c,2026-01-05T12:00:00Z,10.00,
"""


def test_amounts_are_converted_by_the_rate_of_their_day_or_refused(ruleset: Ruleset, tmp_path: Path) -> None:
    written(tmp_path, "rates.csv", RATES)
    events, tally = became(written(tmp_path, "sales.csv", SALES), RATE_MAP, ruleset)
    assert [one["amount"] for one in events] == ["11.72", "0.52", "10.00"]
    assert [one.number for examples in tally.examples.values() for one in examples] == [4, 5, 6]
    assert tally.refused.total() == 4


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ("day,currency,rate\n2026-01-02,EUR,0\n", "row 1: column `rate`: expected a rate above nought"),
        ("day,currency,rate\nyesterday,EUR,1\n", "row 1: "),
        ("day,currency,rate\n2026-01-02,EUR\n", "row 1: has 2 cells"),
    ],
)
def test_a_table_of_rates_that_is_wrong_is_no_table(
    rates: str, expected: str, ruleset: Ruleset, tmp_path: Path
) -> None:
    written(tmp_path, "rates.csv", rates)
    with pytest.raises(Unreadable, match=re.escape(expected)) as caught:
        became(written(tmp_path, "sales.csv", SALES), RATE_MAP, ruleset)
    assert english_sentences(caught.value.in_language("zh")) == []


PROFILES = """who,at,born,deposits
1,2026-01-05T12:00:00Z,1990-05-17,
2,2026-01-05T12:00:00Z,,1200
"""


def test_a_constant_currency_beside_an_amount_that_is_empty_is_left_out(ruleset: Ruleset, tmp_path: Path) -> None:
    mapping = """
source: crm.profiles
type: profile.v1
fields:
  id: "p-{who}"
  customer: "{who}"
  time: {column: at}
  birthday: {column: born}
  amounts.deposits: {column: deposits}
  currency: USD
"""
    named = naming(ruleset, **{"crm.profiles": ("profile",)})
    events, tally = became(written(tmp_path, "profiles.csv", PROFILES), mapping, named)
    assert tally.taken == 2
    assert [one.get("birthday") for one in events] == ["05-17", None]
    assert [one.get("currency") for one in events] == [None, "USD"]


KINDS = """id,who,at,kind,amount,stars
1,c,2026-01-05T12:00:00Z,sale,3.00,
2,c,2026-01-05T12:00:00Z,rated sale,4.00,5
3,c,2026-01-05T12:00:00Z,rated sale,5.00,9
4,c,2026-01-05T12:00:00Z,else,3.00,
"""


def test_several_kinds_of_one_row_go_in_together_or_not_at_all(ruleset: Ruleset, tmp_path: Path) -> None:
    mapping = """
source: shop.checkout
events:
  - type: purchase.v1
    when: {column: kind, matches: ".*sale"}
    fields: {id: "s-{id}", customer: "{who}", time: {column: at}, amount: {column: amount}, currency: USD}
  - type: feedback.v1
    when: {column: stars, empty: false}
    fields: {id: "r-{id}", customer: "{who}", time: {column: at}, kind: review, scale: [1, 5], score: {column: stars}}
"""
    named = naming(ruleset, **{"shop.checkout": ("purchase", "feedback")})
    events, tally = became(written(tmp_path, "rows.csv", KINDS), mapping, named)
    assert [one["id"] for one in events] == ["r-2", "s-1", "s-2"]
    assert (tally.rows, tally.taken, tally.events, tally.refused.total()) == (4, 2, 3, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("skip: {column: a}\n", "skip.0: expected what the column has to be: is, is_not"),
        ("skip: {column: a, matches: '('}\n", "skip.0.matches: expected a regular expression"),
        ("skip: {column: a, under: 3}\n", "skip.0.under: expected nothing"),
        ("join: [{file: b.csv, on: a}]\n", "join.0.columns: expected a value"),
    ],
)
def test_a_word_of_a_mapping_that_is_wrong_is_named(text: str, expected: str, tmp_path: Path) -> None:
    path = written(tmp_path, "map.yaml", f"source: a\ntype: b\nfields: {{}}\n{text}")
    with pytest.raises(BadMapping) as caught:
        read_mapping(path)
    assert str(caught.value).startswith(f"{path}: {expected}")
    assert english_sentences(caught.value.in_language("zh")) == []


def test_what_belongs_to_baskets_or_rates_needs_them(tmp_path: Path) -> None:
    for field, expected in (("lines: sum", "`group_by`, since"), ("from: b", "`rates`, since")):
        path = written(tmp_path, "map.yaml", f"source: a\ntype: b\nfields: {{amount: {{column: a, {field}}}}}\n")
        with pytest.raises(BadMapping, match=re.escape(expected)) as caught:
            read_mapping(path)
        assert english_sentences(caught.value.in_language("zh")) == []


LINES = st.tuples(
    st.integers(1, 4), st.integers(1, 9), st.decimals("0.01", "99.99", places=2), st.sampled_from(["", "", "", *"qcw"])
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINES, min_size=1, max_size=15), back=st.booleans())
def test_every_row_is_taken_skipped_or_refused_and_sums_are_right_or_absent(
    lines: list[tuple[int, int, Decimal, str]], back: bool, ruleset: Ruleset, tmp_path: Path
) -> None:
    """The law, over made files: some lines have a stray quote (q), no customer (c) or a cell too many (w)."""
    rows = [_invoice_line(line, back=back) for line in lines]
    path = written(tmp_path, "rows.csv", "\n".join([INVOICES.splitlines()[0], *rows]))
    events, tally = became(path, INVOICE_MAP, ruleset)
    broken = {number for number, _, _, flaw in lines if flaw in {"q", "w"}}
    sums: dict[int, Decimal] = {}
    for number, quantity, price, flaw in lines:
        if number not in broken and flaw != "c":
            sums[number] = sums.get(number, Decimal()) + quantity * price
    assert {one["id"]: one["amount"] for one in events} == {f"{'C' * back}{n}": f"{sums[n]:.2f}" for n in sums}
    assert (tally.rows, tally.events) == (len(lines), len(sums))
    assert tally.skipped == sum(flaw == "c" for *_, flaw in lines)


def _invoice_line(line: tuple[int, int, Decimal, str], *, back: bool) -> str:
    number, quantity, price, flaw = line
    what = {"q": '24" screen'}.get(flaw, "screen")
    who = {"c": ""}.get(flaw, "17850.0")
    more = {"w": ",x"}.get(flaw, "")
    return f"{'C' * back}{number},85123A,{what},{'-' * back}{quantity},2010-12-01 08:26:00,{price},{who}{more}"
