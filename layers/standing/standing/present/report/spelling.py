"""How a report writes months, days, amounts and large numbers, in English and Chinese. Independent of any page."""

from __future__ import annotations

from calendar import month_name

from standing.rules.ruleset import Programme
from standing.values.catalogue import Language

TEN_THOUSAND, THOUSAND, MILLION = 10_000, 1_000, 1_000_000
NOTHING = "–"


def month(key: str, language: Language) -> str:
    """`2026-10` in words: October 2026, 2026年10月."""
    year, number = key.split("-")
    return f"{year}年{int(number)}月" if language == "zh" else f"{month_name[int(number)]} {year}"


def rounded(minor: int, programme: Programme, language: Language) -> str:
    """Minor units as a short amount: 45k, 1.2M; 4.5万."""
    whole = minor / 10**programme.minor_digits
    if language == "zh":
        return f"{whole / TEN_THOUSAND:,.1f}万" if abs(whole) >= TEN_THOUSAND else f"{whole:,.0f}"
    if abs(whole) >= MILLION:
        return f"{whole / MILLION:,.1f}M"
    return f"{whole / THOUSAND:,.0f}k" if abs(whole) >= THOUSAND else f"{whole:,.0f}"


def value(found: str | None) -> str:
    """A feature's value, or a dash if there is none."""
    return NOTHING if found is None else found
