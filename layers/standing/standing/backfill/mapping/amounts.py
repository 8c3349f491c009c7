"""Parses amounts as people write them, exactly. Ambiguous numbers are refused."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation
from functools import cache
from typing import Literal

from standing.backfill.mapping.cells import NOT_A_NUMBER
from standing.backfill.mapping.errors import BadRow
from standing.values.messages import message

type Mark = Literal[".", ","]
BETWEEN = "\u0020\u00a0\u2009\u202f'\u2019"  # what stands between thousands, beside the other mark
LONGEST = 40
ENOUGH = Context(prec=100)
EXAMPLES = {
    None: message("a number such as 1234.56; say with `mark` which sign its decimals begin with, if it is another"),
    ".": message("a number such as 1234.56 or 1,234.56"),
    ",": message("a number such as 1234,56 or 1.234,56"),
}


def number(value: object, mark: Mark | None, column: str) -> Decimal | None:
    """An exact number, or None for a text such as NaN. Raises BadRow."""
    if isinstance(value, str):
        text = value.strip()
        return None if text in NOT_A_NUMBER else _written(text, mark, column)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise BadRow(column, "a number", value)
    if not math.isfinite(value) or abs(value) >= 10**LONGEST:
        raise BadRow(column, "a number", value)
    return Decimal(str(value))


def _written(text: str, mark: Mark | None, column: str) -> Decimal:
    match = _pattern(mark).fullmatch(text) if len(text) <= LONGEST else None
    if not match:
        raise BadRow(column, EXAMPLES[mark], text)
    sign, figures, _, fraction = match.groups()
    whole = "".join(one for one in figures if one.isdigit())
    return Decimal(f"{sign or ''}{whole}{f'.{fraction}' if fraction else ''}")


@cache
def _pattern(mark: Mark | None) -> re.Pattern[str]:
    """The pattern of a number. With a decimal mark, thousands may be separated in groups of three, by one character."""
    between = re.escape(BETWEEN) + {None: "", ".": ",", ",": r"\."}[mark]
    grouped = rf"|[0-9]{{1,3}}([{between}])[0-9]{{3}}(?:\3[0-9]{{3}})*" if mark else "|(?!)()"
    return re.compile(rf"([+-])?([0-9]+{grouped})(?:{re.escape(mark or '.')}([0-9]+))?", re.ASCII)


def rounded(amount: Decimal, decimals: int | None, column: str) -> Decimal:
    """An amount rounded half to even to some decimals, or unchanged if None. Raises BadRow."""
    if decimals is None:
        return amount
    try:
        return amount.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN, ENOUGH)
    except InvalidOperation:
        raise BadRow(column, "a number that is not as long", amount) from None


def shifted(amount: Decimal, places: int) -> Decimal:
    """An amount with its decimal point moved to the left, exactly."""
    return amount.scaleb(-places, ENOUGH)


def product(factors: list[Decimal]) -> Decimal:
    """The exact product of numbers."""
    exact, result = Context(prec=LONGEST * 4, traps=[Inexact]), Decimal(1)
    for factor in factors:
        result = exact.multiply(result, factor)
    return result


def spelled(amount: Decimal) -> str:
    """An amount as in events. Zero has no sign."""
    return f"{abs(amount) if amount == 0 else amount:f}"
