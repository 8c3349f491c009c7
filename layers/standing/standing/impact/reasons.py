"""Why an edit of the rules moves a customer: the comparisons whose result changed, or that are new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from standing.engine.backends.plain import holds
from standing.engine.ratings import next_review
from standing.engine.reasons import Reason, reasons
from standing.impact.impact import Move
from standing.impact.settled_levels import settle
from standing.rules.conditions import Condition, Fact
from standing.rules.ruleset import Rating, Ruleset
from standing.values.days import Day


@dataclass(frozen=True)
class CustomerUnderRules:
    """A customer under one of the two rulesets: its facts, with the ranks at which its ratings settle."""

    ruleset: Ruleset
    facts: Mapping[str, Fact]

    def reasons(self, condition: Condition | None, *, held: bool) -> list[Reason]:
        """The comparisons of a condition that hold, or that do not hold."""
        lines = reasons(self.ruleset, condition, self.facts) if condition else ()
        return [line for line in lines if line["holds"] is held]


def sides(ruleset: Ruleset, frame: pl.DataFrame, customers: Sequence[str], day: Day) -> dict[str, CustomerUnderRules]:
    """The customers under a ruleset, by id."""
    rows = frame.filter(pl.col("customer").is_in(customers))
    settled = settle(ruleset, rows, day).rows(named=True)
    known = zip(rows.rows(named=True), settled, strict=True)
    return {row["customer"]: CustomerUnderRules(ruleset, _facts(ruleset, row, ranks, day)) for row, ranks in known}


def moved_by(before: CustomerUnderRules, after: CustomerUnderRules, move: Move) -> tuple[Reason, ...]:
    """The comparisons behind a move: those that now reach the new level, or that no longer keep the old one."""
    old, new = before.ruleset.ratings[move.rating], after.ruleset.ratings[move.rating]
    gains = _gains(new, move)
    level = move.becomes if gains else move.was
    lines = [line for pair in _ways(old, new, level, after) for line in _changed(before, after, pair, gains=gains)]
    lines = lines or after.reasons(new.qualify.get(move.becomes), held=True)
    return tuple({line["line"]: line for line in lines}.values())


def _facts(ruleset: Ruleset, row: Mapping[str, Fact | None], ranks: Mapping[str, int], day: Day) -> dict[str, Fact]:
    known = {fact: value for fact, value in row.items() if value is not None}
    for name, rating in ruleset.ratings.items():
        now, was, later, review = rating.fact_names
        known |= {now: ranks[name], was: ranks[name], later: ranks[name]}
        known[review] = next_review(rating.stability.review, day) - day
    return known


def _gains(rating: Rating, move: Move) -> bool:
    """Whether the customer now meets the conditions of the new level, and does not only lose the old one."""
    if move.was not in rating.levels:
        return True
    higher = rating.rank(move.becomes) > rating.rank(move.was)
    return higher if rating.ordered else not higher


def _ways(
    old: Rating, new: Rating, level: str, side: CustomerUnderRules
) -> Iterator[tuple[Condition | None, Condition | None]]:
    """Before and after, as pairs: the conditions to qualify for a level, and to keep it for those at or above it."""
    yield old.qualify.get(level), new.qualify.get(level)
    rank = new.ranks.get(str(side.facts.get(f"{new.name}/level")), -1)
    if new.ordered and rank >= new.ranks.get(level, len(new.levels)):
        yield old.retain.get(level), new.retain.get(level)


def _changed(
    before: CustomerUnderRules,
    after: CustomerUnderRules,
    pair: tuple[Condition | None, Condition | None],
    *,
    gains: bool,
) -> list[Reason]:
    """The comparisons that changed, of a condition that holds now but not before (or the other way round)."""
    old, new = pair
    side, decisive = (after, new) if gains else (before, old)
    if decisive is None or not holds(decisive, side.facts):
        return []
    lines = after.reasons(new, held=gains)
    same = {line["line"] for line in before.reasons(old, held=gains)}
    return [line for line in lines if line["line"] not in same] or lines
