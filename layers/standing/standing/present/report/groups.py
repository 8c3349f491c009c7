"""The customers behind a report's figures: some ids, and the command that lists all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from standing.present.document import Said, Span
from standing.present.report.words import titled
from standing.report.model import Group, Groups
from standing.rules.ruleset import Ruleset
from standing.values.catalogue import Language

BETWEEN: Mapping[Language, str] = {"en": ", ", "zh": "、"}


class MovedGroup(NamedTuple):
    """The customers who moved from one level of a rating to another on a report's day: how many, and some ids."""

    rating: str
    before: str
    level: str
    customers: int
    first: list[str]

    def command(self, day: str) -> str:
        """What lists them all."""
        move = f"{self.rating}: {self.before} → {self.level}"
        return f"standing list --moved '{move}' --since {day} --until {day}"


class ExpiredCare(NamedTuple):
    """The care that expired on a report's day: how many actions, by rule, and some customers' ids."""

    by_rule: dict[str, int]
    first: list[str]

    @staticmethod
    def command(day: str) -> str:
        """What lists them all."""
        return f"standing list care --status expired --since {day} --until {day}"


def moved(groups: Groups) -> list[MovedGroup]:
    """The customers who moved, by rating, the largest groups first."""
    parts = ((key.split("/"), one) for key, one in _under("moved", groups))
    found = [MovedGroup(path[1], path[2], path[3], one.customers, one.first) for path, one in parts]
    return sorted(found, key=lambda one: (one.rating, -one.customers, one.before, one.level))


def step_of(one: MovedGroup, ruleset: Ruleset, language: Language) -> str:
    """The step, with the titles of both levels."""
    rating = ruleset.ratings.get(one.rating)
    levels = (one.before, one.level)
    return " → ".join(titled(rating.title_of(level), language) if rating else level for level in levels)


def move_of(one: MovedGroup, ruleset: Ruleset, language: Language) -> str:
    """The step, with the title of the rating."""
    rating = ruleset.ratings.get(one.rating)
    return f"{titled(rating.title, language) if rating else one.rating}: {step_of(one, ruleset, language)}"


def expired(groups: Groups) -> ExpiredCare:
    """The care that expired."""
    found = [(key.partition("/")[2], one) for key, one in _under("expired", groups)]
    names = sorted({name for _, one in found for name in one.first})
    return ExpiredCare({care: one.customers for care, one in found}, names)


def _under(kind: str, groups: Groups) -> Iterable[tuple[str, Group]]:
    return ((key, one) for key, one in sorted(groups.items()) if key.startswith(f"{kind}/"))


def spans_named(names: Sequence[str], total: int, language: Language, most: int = 10) -> Said:
    """Like `named`, as spans, with no id wrapped."""
    shown = [part for name in names[:most] for part in (Span(BETWEEN[language]), Span(name, "whole"))][1:]
    return (*shown, *([" …"] if len(names[:most]) < total else []))


def named(names: Iterable[str], total: int, language: Language, most: int = 10) -> str:
    """Some ids, and an ellipsis if there are more: `c-1, c-2 …`."""
    shown = list(names)[:most]
    listed = BETWEEN[language].join(shown)
    return f"{listed} …" if len(shown) < total else listed
