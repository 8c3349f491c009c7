"""Condition lines, `feature operator value`: parses a line into a comparison in integer units."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from standing.engine.features import EXACT
from standing.rules.author.messages import RuleTextError, in_words, instead, nearest
from standing.rules.author.signs import QUOTES, foreign
from standing.rules.author.suggestions import suggest_line, suggest_number
from standing.rules.conditions import Comparison, Condition, Fact, Group, Operator
from standing.rules.features import Unit
from standing.values.messages import Readable, in_a_row
from standing.values.money import MoneyError, to_minor

LINE = re.compile(
    r"(?P<fact>[a-z][a-z0-9_-]*(?:\.[a-z_]+)?)"
    r"(?:\s*(?P<sign>==|!=|<=|>=|<(?![=>])|>(?!=))|\s+(?P<verb>in|is|entered|left|was)\b)\s*(?P<value>\S.*)",
    re.ASCII,
)
LONG = re.compile(r"-?[0-9]{16,}(\.[0-9]+)?", re.ASCII)
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)
BY_SIZE = {"<", "<=", ">", ">="}
TEXT = re.compile(r"[^\x00-\x1f\x7f,\[\]\"]{1,64}")


class LineError(RuleTextError):
    """A condition line that means nothing; the message says what was expected.

    `has_way_out`: whether it also says what to write.
    """

    check = "CHK-11"
    has_way_out = False


class UnknownFact(LineError):  # noqa: N818 -- the message's own words
    """A line whose first word is neither a feature nor a rating."""

    check = "CHK-10"


def line_error(name: str, /, **parts: object) -> LineError:
    """The error that says a message."""
    return LineError(in_words(name, **parts))


@dataclass(frozen=True)
class Symbol:
    """What a line may speak of: a feature with its unit, or a rating with its levels. Is it about a person?

    `at_most`: up to how many different values are counted; 0 where none are.
    """

    unit: Unit = "count"
    digits: int = 0
    levels: tuple[str, ...] = ()
    ordered: bool = True
    personal: bool = False
    at_most: int = 0


def canonical(text: str) -> str:
    """A line in canonical form, with one space on each side of its operator. An invalid line stays as it is."""
    match = LINE.fullmatch(text.strip())
    if not match:
        return text
    value = match["value"].strip()
    if match["verb"] == "in" and value.startswith("[") and value.endswith("]"):
        value = f"[{', '.join(item.strip() for item in value[1:-1].split(','))}]"
    return f"{match['fact']} {match['sign'] or match['verb']} {value}"


def parse_line(text: str, known: Mapping[str, Symbol]) -> Condition:
    """Parse a line into a comparison. Raises LineError at the wrong character."""
    try:
        return _read_line(text, known)
    except UnknownFact:
        raise
    except LineError as error:
        meant = None if error.has_way_out else suggest_line(text, partial(_is_line, known))
        if meant is None:
            raise
        raise LineError(*meant) from None


def _is_line(known: Mapping[str, Symbol], text: str) -> bool:
    try:
        return bool(_read_line(text, known))
    except LineError:
        return False


def _read_line(text: str, known: Mapping[str, Symbol]) -> Condition:
    match = LINE.fullmatch(text.strip())
    if not match:
        raise line_error("no_condition", text=text)
    fact, verb = match["fact"], match["sign"] or match["verb"]
    about = known.get(fact)
    if about is None:
        raise UnknownFact(in_words("unknown_fact", fact=fact, nearest=nearest(fact, known)))
    if about.unit == "text" and verb in BY_SIZE:
        raise line_error("text_by_size", verb=verb, fact=fact)
    if not about.ordered and verb in BY_SIZE:
        raise line_error("no_order", verb=verb, fact=fact)
    try:
        return _compared(fact, verb, about, match["value"].strip(), canonical(text))
    except LineError as error:
        error.at = match.start("value") + len(text) - len(text.lstrip())
        raise


def _compared(fact: str, verb: str, about: Symbol, value: str, text: str) -> Condition:
    if verb == "is":
        return _state_of(fact, about, value, text)
    if verb in {"entered", "left", "was"}:
        return _transition(fact, verb, about, value, text)
    if verb == "in":
        return Comparison(fact=fact, op="in", value=_list(about, value), text=text)
    return Comparison(fact=fact, op=_operator(verb), value=parse_literal(about, value), text=text)


def _operator(verb: str) -> Operator:
    operators: dict[str, Operator] = {"==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
    return operators[verb]


def _state_of(fact: str, about: Symbol, value: str, text: str) -> Condition:
    if value == "saturated" and about.at_most:
        return Comparison(fact=fact, op=">=", value=about.at_most, text=text)
    if value == "saturated":
        raise line_error("saturated", fact=fact)
    if value != "unknown":
        raise line_error("is_what", value=value)
    return Comparison(fact=fact, op="unknown", text=text)


def _transition(fact: str, verb: str, about: Symbol, value: str, text: str) -> Condition:
    if about.unit == "level" or not about.levels or "." in fact:
        raise line_error("not_a_rating", verb=verb, fact=fact)
    rank, before = parse_literal(about, value), f"{fact}.was"
    if verb == "was":
        return Comparison(fact=before, op="==", value=rank, text=text)
    now, then = ("==", "!=") if verb == "entered" else ("!=", "==")
    return Group(
        group="all",
        of=(
            Comparison(fact=fact, op=_operator(now), value=rank, text=text),
            Comparison(fact=before, op=_operator(then), value=rank, text=text),
        ),
    )


def _list(about: Symbol, value: str) -> tuple[Fact, ...]:
    if not (value.startswith("[") and value.endswith("]") and value[1:-1].strip()):
        raise line_error("in_what", value=value)
    return tuple(parse_literal(about, item.strip()) for item in value[1:-1].split(","))


def parse_literal(about: Symbol, value: str) -> Fact:
    """Parse a value into the fact's integer units. Raises LineError."""
    if about.unit == "text":
        return _text(value)
    if about.levels:
        if value not in about.levels:
            raise line_error("no_level", value=value, levels=in_a_row(about.levels))
        return about.levels.index(value)
    if not NUMBER.fullmatch(value):
        if LONG.fullmatch(value):
            raise line_error("too_large", value=value)
        raise _no_number(value, about)
    try:
        whole = to_minor(Decimal(value), about.digits)
    except MoneyError:
        raise line_error("decimals", value=value, units=_units(about), digits=about.digits) from None
    if abs(whole) > EXACT:
        raise line_error("too_large", value=value)
    return whole


def _no_number(value: str, about: Symbol) -> LineError:
    meant = suggest_number(value, about.unit)
    error = line_error("no_number", value=value, instead=instead(meant))
    error.has_way_out = meant is not None
    return error


def _text(value: str) -> str:
    if slip := foreign(value[:1] if value[:1] in QUOTES else ""):
        raise LineError(slip.said)
    bare = value[1:-1] if value[:1] == value[-1:] == '"' else value
    if not TEXT.fullmatch(bare):
        raise line_error("no_text", value=value)
    return bare


def _units(about: Symbol) -> Readable:
    return in_words(f"unit_{about.unit if about.unit in {'money', 'score', 'days'} else 'count'}")
