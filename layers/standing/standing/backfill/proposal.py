"""Proposes a mapping for a table from its columns' names and values. People must review and correct it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from standing.backfill.columns import Column, columns_named_like, inspect_columns
from standing.backfill.files.formats import Format, columns_of, is_table, kind_of
from standing.backfill.files.rows import Unreadable
from standing.backfill.files.text import likely_encoding
from standing.rules.ruleset import Programme
from standing.values.catalogue import Language
from standing.values.messages import Messages

SEPARATORS = (",", ";", "\t", "|")
CUSTOMER = (
    "customer.*unique",
    "customer.?id",
    "customer",
    "client",
    "member",
    "user",
    "kund",
    "客户",
    "会员",
    "顾客",
    "用户",
)
EVENT = (
    "review.?id",
    "invoice",
    "order",
    "transaction",
    "booking",
    "receipt",
    "beleg",
    "订单",
    "单号",
    "流水",
    r"^id$",
    "id$",
)
TIME = ("timestamp", "date", "time", "booked", "placed", "created", "datum", "时间", "日期", " at$", "_at$")
AMOUNT = ("amount", "total", "payment.?value", "betrag", "sum", "金额", "实付", "value", "price")
QUANTITY = ("quantity", "qty", "units", "menge", "数量")
PRICE = ("unit.?price", "price", "preis", "单价")
SCORE = ("score", "rating", "stars", "评分")
CATEGORY = ("category", "department", "品类", "类别")
CHANNEL = ("channel", "渠道")
FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y",
    "%m/%d/%y %H:%M", "%d/%m/%y %H:%M", "%d-%m-%Y %H:%M", "%d-%m-%Y", "%Y年%m月%d日", "%Y%m%d",
)  # fmt: skip
UNKNOWN = "?"
NOTES = Messages(
    "proposal",
    {
        "first": "A first mapping of {name}: read it, mend it, then try it with --check.",
        "basket": "its lines are one basket",
        "nobody": "nobody's",
    },
)


def likely_format(path: Path) -> Format:
    """The probable format of a table. Raises Unreadable."""
    if not is_table(path):
        raise Unreadable("{path}: is a file of events, which needs no mapping", path=path)
    if kind_of(path) in {".parquet", ".xlsx"}:
        return Format()
    encoding = likely_encoding(path) or "utf-8"
    forms = [Format(one, encoding) for one in SEPARATORS]
    return max(forms, key=lambda form: len(columns_of(path, form)))


def propose_mapping(path: Path, programme: Programme, language: Language = "en") -> str:
    """A mapping of a table as YAML with comments; a column that is not found is `{?}`. Raises Unreadable."""
    form = likely_format(path)
    columns = inspect_columns(path, form)
    lines = [
        f"# {NOTES.say('first', language, name=path.name)}",
        f"source: {_source(programme)}",
    ]
    lines += _format_lines(path, form)
    return "\n".join([*lines, *_event_lines(columns, programme, language)]) + "\n"


def _source(programme: Programme) -> str:
    """A producer that may send purchases, if the programme names producers."""
    named = [source for source, families in programme.producers.items() if "purchase" in families]
    return next((one for one in named if "refund" in programme.producers[one]), named[0] if named else "my-system")


def _format_lines(path: Path, form: Format) -> list[str]:
    lines = []
    if kind_of(path) not in {".parquet", ".xlsx"} and form.separator != ("\t" if kind_of(path) == ".tsv" else ","):
        lines.append(f'separator: "{"\\t" if form.separator == "\t" else form.separator}"')
    return lines + ([f"encoding: {form.encoding}"] if form.encoding != "utf-8" else [])


def _event_lines(columns: Sequence[Column], programme: Programme, language: Language) -> list[str]:
    filled = [one for one in columns if one.filled]
    score = next(iter(columns_named_like(filled, *SCORE)), None)
    if score is not None and score.kind == "whole":
        return _review(filled, score, programme)
    return _purchase(filled, programme, language)


def _base(columns: Sequence[Column], programme: Programme) -> list[str]:
    event, customer, time = (_first(columns, words) for words in (EVENT, CUSTOMER, TIME))
    return [
        f'  id: "{{{event}}}"',
        f'  customer: "{{{customer}}}"',
        f"  time: {_time(next((one for one in columns if one.name == time), None), programme)}",
    ]


def _first(columns: Sequence[Column], words: Sequence[str]) -> str:
    return next((one.name for one in columns_named_like(columns, *words)), UNKNOWN)


def _review(columns: Sequence[Column], score: Column, programme: Programme) -> list[str]:
    most = max((int(float(one)) for one in score.values if re.fullmatch(r"[0-9]+(\.0)?", one)), default=5)
    scale = [1, 5] if most <= 5 else [0, 10] if most <= 10 else [0, 100]
    return [
        "type: feedback.v1",
        "fields:",
        *_base(columns, programme),
        "  kind: review",
        f"  score: {{column: {_quoted(score.name)}, as: whole}}",
        f"  scale: {scale}",
    ]


def _purchase(columns: Sequence[Column], programme: Programme, language: Language) -> list[str]:
    quantity = next(iter(columns_named_like(columns, *QUANTITY)), None)
    price = next((one for one in columns_named_like(columns, *PRICE) if one is not quantity), None)
    event = _first(columns, EVENT)
    if quantity and price:
        return _baskets(columns, _basket(columns, event, quantity, price, programme), event, language)
    amount = next(iter(columns_named_like([one for one in columns if one.kind in {"whole", "number"}], *AMOUNT)), None)
    amount_source = (
        f"{{column: {_quoted(amount.name)}{_mark(amount)}, decimals: {programme.minor_digits}}}"
        if amount
        else f'"{{{UNKNOWN}}}"'
    )
    lines = ["type: purchase.v1", "fields:", *_base(columns, programme), f"  amount: {amount_source}"]
    return [*lines, f"  currency: {programme.currency}", *_codes(columns)]


def _codes(columns: Sequence[Column]) -> list[str]:
    found = (("category", CATEGORY), ("channel", CHANNEL))
    return [f'  {name}: "{{{one}}}"' for name, words in found if (one := _first(columns, words)) != UNKNOWN]


def _basket(columns: Sequence[Column], event: str, quantity: Column, price: Column, programme: Programme) -> list[str]:
    """A mapping for invoice lines: purchases, and refunds for negative quantities."""
    mark = _mark(price)
    product = f"product: [{_quoted(quantity.name)}, {_quoted(price.name)}]{mark}"
    fields = [
        *(f"    {line}" for line in _base(columns, programme)),
        f"      amount: {{{product}, decimals: {programme.minor_digits}, unsigned: true, lines: sum}}",
        f"      currency: {programme.currency}",
    ]
    time = next(line for line in fields if line.strip().startswith("time:"))
    fields[fields.index(time)] = f"{time[:-1]}, lines: first}}" if time.endswith("}") else time
    kinds = [
        [f"  - type: {kind}", *(f"    {line}" for line in asked), "    fields:", *fields]
        for kind, asked in zip(("purchase.v1", "refund.v1"), _sides(columns, event, quantity), strict=True)
    ]
    return [line for kind in kinds for line in kind]


def _baskets(columns: Sequence[Column], kinds: list[str], event: str, language: Language) -> list[str]:
    """Which lines are of one basket, which are nobody's, and what a basket is."""
    nobody = f"{{column: {_quoted(_first(columns, CUSTOMER))}, empty: true}}"
    return [
        f"group_by: {_quoted(event)}  # {NOTES.say('basket', language)}",
        f"skip:\n  - {nobody}  # {NOTES.say('nobody', language)}",
        "events:",
        *kinds,
    ]


def _sides(columns: Sequence[Column], event: str, quantity: Column) -> tuple[list[str], list[str]]:
    """The conditions for purchases and refunds: by the letter of a cancelled invoice, or by the sign."""
    values = [text for one in columns if one.name == event for text in one.values]
    bought, back = (f"{{column: {_quoted(quantity.name)}, {side}: 0}}" for side in ("above", "below"))
    if not any(re.fullmatch("C[0-9]+", one) for one in values):
        return [f"when: {bought}"], [f"when: {back}"]
    number, letter = f"{{column: {_quoted(event)}, matches: '[0-9]+'}}", f"{{column: {_quoted(event)}, starts: C}}"
    return [f"when: {number}", f"expect: {bought}"], [f"when: {letter}", f"expect: {back}"]


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else f'"{name}"'


def _mark(column: Column) -> str:
    """The option `mark`, if commas are decimal marks or separate thousands."""
    if not any("," in one for one in column.values):
        return ""
    return ', mark: ","' if any(re.search(r",[0-9]{1,2}$", one) for one in column.values) else ', mark: "."'


def _time(column: Column | None, programme: Programme) -> str:
    if column is None:
        return f'"{{{UNKNOWN}}}"'
    form = next((one for one in FORMATS if all(_fits(text, one) for text in column.values)), None)
    form_option = f', format: "{form}"' if form and column.kinds["time"] + column.kinds["whole"] else ""
    return f"{{column: {_quoted(column.name)}{form_option}, zone: {programme.time_zone}}}"


def _fits(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 -- only whether it can be read
    except ValueError:
        return False
    return True
