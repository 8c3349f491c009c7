"""Condition lines, `feature operator value`: from the text a person wrote to a comparison in whole units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

from standing.core.conditions import Comparison, Condition, Fact, Group, Operator
from standing.core.features import EXACT
from standing.core.money import MoneyError, to_minor
from standing.core.ruleset import Unit

LINE = re.compile(
    r"(?P<fact>[a-z][a-z0-9_-]*(?:\.[a-z_]+)?)\s+(?P<op>==|!=|<=|>=|<(?!=)|>(?!=)|in\b|is\b|entered\b|left\b|was\b)\s*(?P<value>\S.*)",
    re.ASCII,
)
LONG = re.compile(r"-?[0-9]{16,}(\.[0-9]+)?", re.ASCII)
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)


TEXT = re.compile(r"[^\x00-\x1f\x7f,\[\]\"]{1,64}")


class LineError(ValueError):
    """A condition line that means nothing; the message says what was expected."""

    check = "CHK-11"


class UnknownFact(LineError):  # noqa: N818 -- the message's own words
    """A line about something that is neither a feature nor a rating."""

    check = "CHK-10"


@dataclass(frozen=True)
class Known:
    """What a line may speak of: a feature with its unit, or a rating with its levels. Is it about a person?

    `at_most`: up to how many different values are counted; 0 where none are.
    """

    unit: Unit = "count"
    digits: int = 0
    levels: tuple[str, ...] = ()
    ordered: bool = True
    personal: bool = False
    at_most: int = 0


def parse_line(text: str, known: Mapping[str, Known]) -> Condition:
    """The comparison that a line stands for. Raises LineError."""
    match = LINE.fullmatch(text.strip())
    if not match:
        raise LineError(f"`{text}` is not a condition: write `feature operator value`, such as `orders_90d >= 3`")
    fact, verb, value = match["fact"], match["op"], match["value"].strip()
    if fact not in known:
        raise UnknownFact(f"`{fact}` is not a feature or rating{nearest(fact, known)}")
    about = known[fact]
    if verb == "is":
        return _state_of(fact, about, value, text)
    if verb in {"entered", "left", "was"}:
        return _transition(fact, verb, about, value, text)
    if verb == "in":
        return Comparison(fact=fact, op="in", value=_list(about, value), text=text)
    if about.unit == "text" and verb not in {"==", "!="}:
        raise LineError(f"`{verb}` compares by size; `{fact}` is a text: use ==, != or in")
    if not about.ordered and verb not in {"==", "!="}:
        raise LineError(f"`{verb}` needs an order; the levels of `{fact}` have none: use ==, != or in")
    return Comparison(fact=fact, op=_operator(verb), value=parse_literal(about, value), text=text)


def _operator(verb: str) -> Operator:
    operators: dict[str, Operator] = {"==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
    return operators[verb]


def _state_of(fact: str, about: Known, value: str, text: str) -> Condition:
    if value == "saturated" and about.at_most:
        return Comparison(fact=fact, op=">=", value=about.at_most, text=text)
    if value == "saturated":
        raise LineError(f"`is saturated` speaks of a feature that counts different values; `{fact}` is not one")
    if value != "unknown":
        raise LineError(f"`is` is followed by `unknown` or `saturated`, not by `{value}`")
    return Comparison(fact=fact, op="unknown", text=text)


def _transition(fact: str, verb: str, about: Known, value: str, text: str) -> Condition:
    if about.unit == "level" or not about.levels or "." in fact:
        raise LineError(f"`{verb}` speaks of a rating; `{fact}` is not one")
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


def _list(about: Known, value: str) -> tuple[Fact, ...]:
    if not (value.startswith("[") and value.endswith("]") and value[1:-1].strip()):
        raise LineError(f"`in` is followed by a list such as [gold, platinum], not by `{value}`")
    return tuple(parse_literal(about, item.strip()) for item in value[1:-1].split(","))


def parse_literal(about: Known, value: str) -> Fact:
    """A value as it was written, in the fact's whole units. Raises LineError."""
    if about.unit == "text":
        return _text(value)
    if about.levels:
        if value not in about.levels:
            raise LineError(f"`{value}` is not one of its levels: {', '.join(about.levels)}")
        return about.levels.index(value)
    if not NUMBER.fullmatch(value):
        said = "is too large to compare exactly" if LONG.fullmatch(value) else "is not a number such as 3 or 0.5"
        raise LineError(f"`{value}` {said}")
    try:
        whole = to_minor(Decimal(value), about.digits)
    except MoneyError as error:
        raise LineError(f"`{value}` has too many decimals for {_units(about)}: {error}") from None
    if abs(whole) > EXACT:
        raise LineError(f"`{value}` is too large to compare exactly")
    return whole


def _text(value: str) -> str:
    bare = value[1:-1] if value[:1] == value[-1:] == '"' else value
    if not TEXT.fullmatch(bare):
        raise LineError(f"`{value}` is not a text of at most 64 characters without commas, brackets and quotes")
    return bare


def _units(about: Known) -> str:
    return {"money": "an amount of money", "score": "a score", "days": "whole days"}.get(about.unit, "a count")


def nearest(word: str, known: Iterable[str]) -> str:
    """The way out of an unknown word: the one that was probably meant, or all there are."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; there are {', '.join(names)}"
