"""What an edit of the rules does to customers, as Markdown (for a pull request) and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from standing.batch.impact import CareImpact, Impact, Move, impact
from standing.batch.population import Population
from standing.core.conditions import Condition, Fact
from standing.core.days import day_date
from standing.core.explain import Reason, reasons
from standing.core.ruleset import Rating, Ruleset

NAMED = 5  # customers that are named for each move


@dataclass(frozen=True)
class Report:
    """An impact with the rulesets that it compares, and the population's facts under the new one."""

    before: Ruleset
    after: Ruleset
    population: Population
    impact: Impact


def compared(before: Ruleset, after: Ruleset, old: Population, new: Population) -> Report:
    """The report of two rulesets over the same customers, with their facts under each."""
    return Report(before, after, new, impact(before, after, old.frame, new.frame, new.day))


def markdown(report: Report) -> str:
    """The report as Markdown: what moves, by which comparison, and what it means for care."""
    parts = [_head(report), *_matrices(report), *_movers(report), *_care(report)]
    return "\n\n".join(parts) + "\n"


def as_dict(report: Report) -> dict[str, Any]:
    """The report for machines."""
    found = report.impact
    return {
        "before": report.before.version,
        "after": report.after.version,
        "day": str(day_date(report.population.day)),
        "customers": found.customers,
        "moved": found.moved,
        "would_lose_a_level": found.falls,
        "matrices": {
            rating: [{"from": was, "to": becomes, "customers": count} for (was, becomes), count in matrix.items()]
            for rating, matrix in found.matrices.items()
        },
        "moves": [_move(report, move) for move in found.moves],
        "care": [_care_row(one) for one in found.care],
        "over_a_contact_cap": {"before": found.pressed_before, "after": found.pressed_after},
    }


def _head(report: Report) -> str:
    found, day = report.impact, day_date(report.population.day)
    compared = (
        f"Rules `{report.before.version}` → `{report.after.version}`, over {found.customers:,} customers as of {day}."
    )
    if not found.moves:
        return f"## Impact\n\n{compared} **No customer comes to another level.**"
    lose = f" **{found.falls:,} would lose a level by this edit alone.**" if found.falls else ""
    return f"## Impact\n\n{compared} **{found.moved:,} come to another level.**{lose}"


def _matrices(report: Report) -> Iterator[str]:
    """A table and a picture for each rating that moves."""
    for name in dict.fromkeys(move.rating for move in report.impact.moves):
        before, after = report.before.ratings[name], report.after.ratings[name]
        matrix = report.impact.matrices[name]
        yield f"### {after.title.en} · {after.title.zh}"
        yield _matrix(before, after, matrix)
        yield _picture(name, matrix)


def _matrix(before: Rating, after: Rating, matrix: dict[tuple[str, str], int]) -> str:
    head = f"| from \\ to | {' | '.join(after.levels)} |"
    rows = [f"| **{was}** | {' | '.join(_cell(matrix, was, to) for to in after.levels)} |" for was in before.levels]
    return "\n".join([head, "| --- |" + " ---: |" * len(after.levels), *rows])


def _cell(matrix: dict[tuple[str, str], int], was: str, becomes: str) -> str:
    count = matrix.get((was, becomes), 0)
    shown = f"{count:,}" if count else "·"
    return shown if was == becomes or not count else f"**{shown}**"


def _picture(rating: str, matrix: dict[tuple[str, str], int]) -> str:
    """The flow as a Sankey diagram, which GitHub draws."""
    flows = [f"{rating} {was},{rating} {becomes} (new),{count}" for (was, becomes), count in matrix.items()]
    return "\n".join(["```mermaid", "sankey-beta", *flows, "```"])


def _movers(report: Report) -> Iterator[str]:
    if report.impact.moves:
        rows = [_mover(move, one) for move in report.impact.moves for one in _named(report, move)]
        yield "### Who moves\n\n" + "\n".join(
            [*_table("rating", "move", "#customers", "for example", "because"), *rows]
        )


def _table(*columns: str) -> tuple[str, str]:
    """The head of a table; numbers, marked with #, stand to the right."""
    marks = ("---:" if column.startswith("#") else "---" for column in columns)
    return f"| {' | '.join(column.removeprefix('#') for column in columns)} |", f"| {' | '.join(marks)} |"


def _mover(move: Move, one: dict[str, Any]) -> str:
    lines = "<br>".join(map(_line, one["because"]))
    move_said = f"{move.was} → {move.becomes}"
    return f"| {move.rating} | {move_said} | {len(move.customers):,} | {one['customer']} | {lines} |"


def _line(line: Reason) -> str:
    return f"{'✓' if line['holds'] else '✗'} `{line['line']}` (was {line['actual'] or 'unknown'})"


def _care(report: Report) -> Iterator[str]:
    found = report.impact
    changed = [one for one in found.care if (one.before, one.a_day_before) != (one.after, one.a_day_after)]
    if changed:
        columns = ("care rule", "#holds for, before", "#after", "#actions a day, before", "#after")
        yield "### Care\n\n" + "\n".join([*_table(*columns), *map(_care_line, changed)])
    if found.pressed_before or found.pressed_after:
        counts = f"{found.pressed_before:,} customers before, {found.pressed_after:,} after"
        yield f"More contacts than a cap lets through at once: {counts}."


def _care_line(one: CareImpact) -> str:
    rates = f"{float(one.a_day_before):.2f} | {float(one.a_day_after):.2f}"
    return f"| {one.care} | {one.before:,} | {one.after:,} | {rates} |"


def _move(report: Report, move: Move) -> dict[str, Any]:
    about = {"rating": move.rating, "from": move.was, "to": move.becomes, "fall": move.is_fall}
    return {**about, "customers": len(move.customers), "named": list(_named(report, move))}


def _named(report: Report, move: Move) -> Iterator[dict[str, Any]]:
    """Some of those who move, with the comparisons that moved them: what changed sides, or is new."""
    frame = report.population.frame
    for customer in move.customers[:NAMED]:
        (row,) = frame.filter(frame["customer"] == customer).rows(named=True)
        known = {fact: value for fact, value in row.items() if value is not None}
        yield {"customer": customer, "because": list(_because(report, move, known))}


def _because(report: Report, move: Move, known: dict[str, Fact]) -> Iterator[Reason]:
    rating, before = report.after.ratings[move.rating], report.before.ratings[move.rating]
    level, holds = (move.was, False) if move.is_fall else (move.becomes, True)
    old = {line["line"] for one in _asked(before, level, move) for line in reasons(report.before, one, known)}
    for condition in _asked(rating, level, move):
        lines = reasons(report.after, condition, known)
        new = [line for line in lines if line["holds"] is holds and line["line"] not in old]
        yield from new or [line for line in lines if line["holds"] is holds]


def _asked(rating: Rating, level: str, move: Move) -> list[Condition]:
    found = next(iter(rating.keeping(level)), None) if move.is_fall else rating.qualify.get(level)
    return [found] if found else []


def _care_row(one: CareImpact) -> dict[str, Any]:
    counts = {"before": one.before, "after": one.after}
    return {"care": one.care, **counts, "a_day_before": str(one.a_day_before), "a_day_after": str(one.a_day_after)}
