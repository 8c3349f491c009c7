"""The report of an impact: the source of every view of it, and its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from standing.engine.reasons import Reason
from standing.impact.impact import CareImpact, Impact, Move, impact
from standing.impact.population import Population
from standing.impact.reasons import moved_by, sides
from standing.rules.ruleset import Ruleset
from standing.values.days import day_date

EXACT_DIGITS = 4  # decimals of a cost in JSON


@dataclass(frozen=True)
class Mover:
    """A customer who moves, with the comparisons that moved it: their result changed, or they are new."""

    move: Move
    customer: str
    because: tuple[Reason, ...]


@dataclass(frozen=True)
class Report:
    """An impact with the two rulesets, and the population's facts under the new ruleset and under the `old` one."""

    before: Ruleset
    after: Ruleset
    population: Population
    impact: Impact
    old: Population | None = None

    @property
    def ratings(self) -> list[str]:
        """The ratings in which at least one customer moves."""
        return list(dict.fromkeys(move.rating for move in self.impact.moves))

    @property
    def care(self) -> list[CareImpact]:
        """The care rules whose figures change."""
        return [one for one in self.impact.care if one.is_changed]

    @cached_property
    def movers(self) -> tuple[Mover, ...]:
        """The example customers, move by move."""
        moves, day = self.impact.moves, self.population.day
        named = list({who for move in moves for who in move.named})
        before = sides(self.before, (self.old or self.population).frame, named, day)
        after = sides(self.after, self.population.frame, named, day)
        return tuple(Mover(move, who, moved_by(before[who], after[who], move)) for move in moves for who in move.named)

    def money(self, minor: Fraction | None, digits: int | None = None) -> str | None:
        """An amount a day in the programme's currency, rounded to its decimals, or to `digits` decimals."""
        shared = self.after.programme
        if minor is None:
            return None
        return f"{minor / 10**shared.minor_digits:.{shared.minor_digits if digits is None else digits}f}"


def compare_rulesets(before: Ruleset, after: Ruleset, old: Population, new: Population) -> Report:
    """The report on two rulesets. `old` and `new` are the same customers' facts under each ruleset."""
    return Report(before, after, new, impact(before, after, old.frame, new.frame, new.day), old)


def as_dict(report: Report) -> dict[str, Any]:
    """The report as JSON. Costs are a day, in the programme's currency."""
    impact = report.impact
    return {
        "before": report.before.version,
        "after": report.after.version,
        "day": str(day_date(report.population.day)),
        "currency": report.after.programme.currency,
        "customers": impact.customers,
        "moved": impact.moved,
        "would_lose_a_level": impact.falls,
        "matrices": {
            rating: [{"from": was, "to": becomes, "customers": count} for (was, becomes), count in matrix.items()]
            for rating, matrix in impact.matrices.items()
        },
        "moves": [_move(report, move) for move in impact.moves],
        "effective": _effective(report.after),
        "kept_by_older_rules": impact.by_terms,
        "care": [_care_row(report, one) for one in impact.care],
        "cost_a_day": _exact_costs(report, impact.cost_before, impact.cost_after),
        "over_a_contact_cap": {"before": impact.pressed_before, "after": impact.pressed_after},
    }


def _effective(ruleset: Ruleset) -> str | None:
    effective = ruleset.programme.effective
    return None if effective is None else str(day_date(effective))


def _move(report: Report, move: Move) -> dict[str, Any]:
    about = {"rating": move.rating, "from": move.was, "to": move.becomes, "fall": move.is_fall}
    named = [{"customer": one.customer, "because": list(one.because)} for one in report.movers if one.move is move]
    return {**about, "customers": move.customers, "named": named}


def _care_row(report: Report, care: CareImpact) -> dict[str, Any]:
    counts = {"before": care.before, "after": care.after}
    rates = {"a_day_before": str(care.a_day_before), "a_day_after": str(care.a_day_after)}
    return {"care": care.care, **counts, **rates, "cost_a_day": _exact_costs(report, care.cost_before, care.cost_after)}


def _exact_costs(report: Report, before: Fraction | None, after: Fraction | None) -> dict[str, str | None]:
    return {"before": report.money(before, EXACT_DIGITS), "after": report.money(after, EXACT_DIGITS)}
