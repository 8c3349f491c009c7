"""What an edit of the rules does to customers, as Markdown (for a pull request) and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from standing.batch.impact import CareImpact, Impact, Move, Pair, impact
from standing.batch.population import Population
from standing.core.days import day_date
from standing.core.explain import Reason
from standing.core.ruleset import Rating, Ruleset
from standing.tools.rules.moving import moved_by, sides

EXACT_DIGITS = 4  # of a cost for machines


@dataclass(frozen=True)
class Mover:
    """One of those who move, with the comparisons that moved it: what changed sides, or is new."""

    move: Move
    customer: str
    because: tuple[Reason, ...]


@dataclass(frozen=True)
class Report:
    """An impact with the rulesets that it compares, and the population's facts under the new one (and the `old`)."""

    before: Ruleset
    after: Ruleset
    population: Population
    impact: Impact
    old: Population | None = None

    @property
    def ratings(self) -> list[str]:
        """The ratings in which somebody moves."""
        return list(dict.fromkeys(move.rating for move in self.impact.moves))

    @property
    def care(self) -> list[CareImpact]:
        """The care rules about which something changes."""
        return [one for one in self.impact.care if one.is_changed]

    @cached_property
    def movers(self) -> tuple[Mover, ...]:
        """The customers that are named, move by move."""
        moves, day = self.impact.moves, self.population.day
        named = list({who for move in moves for who in move.named})
        before = sides(self.before, (self.old or self.population).frame, named, day)
        after = sides(self.after, self.population.frame, named, day)
        return tuple(Mover(move, who, moved_by(before[who], after[who], move)) for move in moves for who in move.named)

    def money(self, minor: Fraction | None, digits: int | None = None) -> str | None:
        """An amount a day in the programme's currency, rounded to its decimals, or to other ones."""
        shared = self.after.programme
        if minor is None:
            return None
        return f"{minor / 10**shared.minor_digits:.{shared.minor_digits if digits is None else digits}f}"


def compared(before: Ruleset, after: Ruleset, old: Population, new: Population) -> Report:
    """The report of two rulesets over the same customers, with their facts under each."""
    return Report(before, after, new, impact(before, after, old.frame, new.frame, new.day), old)


def markdown(report: Report) -> str:
    """The report as Markdown: what moves, by which comparison, and what it means for care."""
    parts = [_head(report), *_policy(report), *_matrices(report), *_movers(report), *_care(report)]
    return "\n\n".join(parts) + "\n"


def as_dict(report: Report) -> dict[str, Any]:
    """The report for machines. Costs are in the programme's currency, a day."""
    found = report.impact
    return {
        "before": report.before.version,
        "after": report.after.version,
        "day": str(day_date(report.population.day)),
        "currency": report.after.programme.currency,
        "customers": found.customers,
        "moved": found.moved,
        "would_lose_a_level": found.falls,
        "matrices": {
            rating: [{"from": was, "to": becomes, "customers": count} for (was, becomes), count in matrix.items()]
            for rating, matrix in found.matrices.items()
        },
        "moves": [_move(report, move) for move in found.moves],
        "effective": _effective(report.after),
        "kept_by_older_rules": found.by_terms,
        "care": [_care_row(report, one) for one in found.care],
        "cost_a_day": _exact_costs(report, found.cost_before, found.cost_after),
        "over_a_contact_cap": {"before": found.pressed_before, "after": found.pressed_after},
    }


def _effective(ruleset: Ruleset) -> str | None:
    effective = ruleset.programme.effective
    return None if effective is None else str(day_date(effective))


def _head(report: Report) -> str:
    found, day = report.impact, day_date(report.population.day)
    compared = (
        f"Rules `{report.before.version}` → `{report.after.version}`, over {found.customers:,} customers as of {day}."
    )
    if not found.moves:
        return f"## Impact\n\n{compared} **No customer comes to another level.**"
    lose = f" **{found.falls:,} would lose a level by this edit alone.**" if found.falls else ""
    return f"## Impact\n\n{compared} **{found.moved:,} come to another level.**{lose}"


def _policy(report: Report) -> Iterator[str]:
    """From which day the edit counts, and for whom the older rules go on."""
    effective = report.after.programme.effective
    if effective is not None and effective != report.before.programme.effective:
        yield f"In force from {day_date(effective)}."
    for name, kept in report.impact.by_terms.items():
        said = f"`existing: keep`: **{kept:,} keep their level by nothing but the rules under which they reached it.**"
        yield f"{report.after.ratings[name].title.en}: {said}"


def _matrices(report: Report) -> Iterator[str]:
    """A table and a picture for each rating that moves."""
    for name in report.ratings:
        before, after = report.before.ratings[name], report.after.ratings[name]
        matrix = report.impact.matrices[name]
        yield f"### {after.title.en} · {after.title.zh}"
        yield _matrix(before, after, matrix)
        yield _picture(name, matrix)


def _matrix(before: Rating, after: Rating, matrix: dict[Pair, int]) -> str:
    head = f"| from \\ to | {' | '.join(after.levels)} |"
    rows = [f"| **{was}** | {' | '.join(_cell(matrix, was, to) for to in after.levels)} |" for was in before.levels]
    return "\n".join([head, "| --- |" + " ---: |" * len(after.levels), *rows])


def _cell(matrix: dict[Pair, int], was: str, becomes: str) -> str:
    count = matrix.get((was, becomes), 0)
    shown = f"{count:,}" if count else "·"
    return shown if was == becomes or not count else f"**{shown}**"


def _picture(rating: str, matrix: dict[Pair, int]) -> str:
    """The flow as a Sankey diagram, which GitHub draws."""
    flows = [f"{rating} {was},{rating} {becomes} (new),{count}" for (was, becomes), count in matrix.items()]
    return "\n".join(["```mermaid", "sankey-beta", *flows, "```"])


def _movers(report: Report) -> Iterator[str]:
    if report.movers:
        columns = ("rating", "move", "#customers", "for example", "because")
        yield "### Who moves\n\n" + "\n".join([*_table(*columns), *map(_mover, report.movers)])


def _table(*columns: str) -> tuple[str, str]:
    """The head of a table; numbers, marked with #, stand to the right."""
    marks = ("---:" if column.startswith("#") else "---" for column in columns)
    return _row(*(column.removeprefix("#") for column in columns)), _row(*marks)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _mover(one: Mover) -> str:
    move, lines = one.move, "<br>".join(map(_line, one.because))
    return _row(move.rating, f"{move.was} → {move.becomes}", f"{move.customers:,}", one.customer, lines)


def _line(line: Reason) -> str:
    return f"{'✓' if line['holds'] else '✗'} `{line['line']}` (was {line['actual'] or 'unknown'})"


def _care(report: Report) -> Iterator[str]:
    found = report.impact
    if report.care:
        costs = (f"#{report.after.programme.currency} a day, before", "#after")
        columns = ("care rule", "#holds for, before", "#after", "#actions a day, before", "#after", *costs)
        rows = [_care_line(report, one) for one in report.care]
        yield "### Care\n\n" + "\n".join([*_table(*columns), *rows, *_all_care(report)])
    if found.pressed_before or found.pressed_after:
        counts = f"{found.pressed_before:,} customers before, {found.pressed_after:,} after"
        yield f"More contacts than a cap lets through at once: {counts}."


def _care_line(report: Report, one: CareImpact) -> str:
    rates = (f"{float(rate):.2f}" for rate in (one.a_day_before, one.a_day_after))
    costs = (report.money(cost) or "" for cost in (one.cost_before, one.cost_after))
    return _row(one.care, f"{one.before:,}", f"{one.after:,}", *rates, *costs)


def _all_care(report: Report) -> Iterator[str]:
    """What all care costs, that which does not change with it."""
    found = report.impact
    costs = [report.money(cost) for cost in (found.cost_before, found.cost_after)]
    if any(costs):
        bold = (f"**{cost}**" if cost else "" for cost in costs)
        yield _row("**all care that states a cost**", "", "", "", "", *bold)


def _move(report: Report, move: Move) -> dict[str, Any]:
    about = {"rating": move.rating, "from": move.was, "to": move.becomes, "fall": move.is_fall}
    named = [{"customer": one.customer, "because": list(one.because)} for one in report.movers if one.move is move]
    return {**about, "customers": move.customers, "named": named}


def _care_row(report: Report, one: CareImpact) -> dict[str, Any]:
    counts = {"before": one.before, "after": one.after}
    rates = {"a_day_before": str(one.a_day_before), "a_day_after": str(one.a_day_after)}
    return {"care": one.care, **counts, **rates, "cost_a_day": _exact_costs(report, one.cost_before, one.cost_after)}


def _exact_costs(report: Report, before: Fraction | None, after: Fraction | None) -> dict[str, str | None]:
    return {"before": report.money(before, EXACT_DIGITS), "after": report.money(after, EXACT_DIGITS)}
