"""Suggestions for common mistakes: numbers, days and lines as people write them elsewhere, in the rules' syntax."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from standing.rules.author.messages import in_words
from standing.rules.author.signs import foreign, plain
from standing.rules.features import Unit
from standing.values.messages import Readable

UNIT_DAYS: Mapping[str, int] = {
    **dict.fromkeys(("", "d", "day", "days", "天", "日"), 1),
    **dict.fromkeys(("w", "week", "weeks", "周", "星期"), 7),
    **dict.fromkeys(("m", "mo", "month", "months", "月", "个月"), 30),
    **dict.fromkeys(("q", "quarter", "quarters", "季度", "个季度"), 91),
    **dict.fromkeys(("y", "yr", "year", "years", "年"), 365),
}
IN_A_YEAR = {30: 12, 91: 4}
MOST_DAYS = 9_999
LENGTH = re.compile(r"([0-9]{1,4})\s*([a-z]*|[天日周月年]|星期|个月|个?季度)", re.ASCII)
GROUPED = re.compile(r"-?[0-9]{1,3}(?:[, _'][0-9]{3})+(?:\.[0-9]{1,6})?", re.ASCII)
BARE = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?", re.ASCII)
AROUND = re.compile(r"^(?:[$€£¥￥]|[A-Za-z]{3}\s)\s*|\s*(?:[$€£¥￥]|[A-Z]{3}|元|块|次|个|单|笔|分|points?|times?)$")
PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)\s*[%％]", re.ASCII)
OPERATORS = {"≥": ">=", "≧": ">=", "≤": "<=", "≦": "<=", "≠": "!=", "=>": ">=", "=<": "<=", "<>": "!=", "=": "=="}
SIGN = re.compile(r"[≥≧≤≦≠]|=>|=<|<>|(?<![=!<>])=(?![=<>])|[~≈]=?|===|<=>")
JOINED = re.compile(r"(?<=\s)(and|AND|or|OR|between)(?=\s)|&&?|\|\|?|并且|而且|或者|(?<=\s)[且或和](?=\s)")
GROUP_OF = {"or": "any", "|": "any", "||": "any", "或": "any", "或者": "any"}
NEGATED = re.compile(r"^(not|NOT|!|不是|不|非)(?=[\sa-z])")
CALCULATED = re.compile(r"[\w.)]\s*([*/^×÷]|\s[+-])\s*[\w.(]")
FOLDED = re.compile(r"(?<=\S) - (?=\S)")
TURNED = re.compile(r"(?P<value>-?[0-9.]+)\s*(?P<op><=|>=|<|>|==|!=)\s*(?P<fact>[a-z][a-z0-9_.-]*)", re.ASCII)
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


type IsLine = Callable[[str], bool]


class Suggestion(NamedTuple):
    """What is said of a line that means nothing, and the sign of it at which it goes wrong, counted from 0."""

    said: Readable
    at: int


def suggest_days(text: str) -> str | None:
    """A length such as `12 months` in days, in the rules' syntax."""
    match = LENGTH.fullmatch(text.strip().lower())
    days = UNIT_DAYS.get(match[2]) if match else None
    if match is None or days is None:
        return None
    number = int(match[1])
    years, rest = divmod(number, IN_A_YEAR.get(days, number + 1))
    whole = years * 365 if years and not rest else number * days
    return f"{whole}d" if 0 < whole <= MOST_DAYS else None


def suggest_number(text: str, unit: Unit = "count") -> str | None:
    """A number with a currency, with thousands set apart, in per cent or in days, as rules write it."""
    text = plain(text).strip().strip("'\"")
    if (match := PERCENT.fullmatch(text)) and unit == "score":
        return f"{Decimal(match[1]) / 100:f}"
    if unit == "days" and (days := suggest_days(text)):
        return days.removesuffix("d")
    bare = AROUND.sub("", AROUND.sub("", text)).strip()
    bare = re.sub(r"[, _']", "", bare) if GROUPED.fullmatch(bare) else bare
    return bare if BARE.fullmatch(bare) else None


def suggest_line(text: str, is_line: IsLine) -> Suggestion | None:
    """Why a line means nothing, where that can be told from its signs; `is_line` says whether another one does."""
    return next(filter(None, (find(text, is_line) for find in FINDERS)), None)


def _goes_on(text: str, is_line: IsLine) -> Suggestion | None:
    first, *rest = FOLDED.split(text.strip())
    return Suggestion(in_words("goes_on", text=first), 0) if rest and is_line(rest[-1]) else None


def _foreign(text: str, _: IsLine) -> Suggestion | None:
    slip = foreign(text)
    return Suggestion(*slip) if slip else None


def _joined(text: str, _: IsLine) -> Suggestion | None:
    match = JOINED.search(text)
    if match is None:
        return None
    return Suggestion(in_words("joined", word=match[0], group=GROUP_OF.get(match[0].lower(), "all")), match.start())


def _negated(text: str, _: IsLine) -> Suggestion | None:
    match = NEGATED.search(text.strip())
    return Suggestion(in_words("negated", word=match[1]), 0) if match else None


def _sign(text: str, _: IsLine) -> Suggestion | None:
    match = SIGN.search(text)
    if match is None:
        return None
    meant = OPERATORS.get(match[0])
    advice = in_words("sign", sign=match[0], plain=meant) if meant else in_words("no_sign", sign=match[0])
    return Suggestion(advice, match.start())


def _calculated(text: str, _: IsLine) -> Suggestion | None:
    match = CALCULATED.search(text)
    return Suggestion(in_words("calculates", text=text.strip()), match.start(1)) if match else None


def _turned_round(text: str, is_line: IsLine) -> Suggestion | None:
    match = TURNED.fullmatch(text.strip())
    line = f"{match['fact']} {MIRRORED[match['op']]} {match['value']}" if match else ""
    return Suggestion(in_words("turned", text=text.strip(), line=line), 0) if is_line(line) else None


def _capitals(text: str, is_line: IsLine) -> Suggestion | None:
    line = text.strip().lower()
    return Suggestion(in_words("write_line", text=text.strip(), line=line), 0) if is_line(line) else None


FINDERS = (_goes_on, _foreign, _joined, _negated, _sign, _calculated, _turned_round, _capitals)
