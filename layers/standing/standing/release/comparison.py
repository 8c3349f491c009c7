"""Compares the live rules with a shadow candidate: customers with other levels, why, and the care it requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from standing.aws.table import Customers, stored_history
from standing.engine.reasons import Reason, reasons_for_level
from standing.engine.start import NOTHING, features_changed
from standing.engine.state import LevelState, State
from standing.engine.view import View, view
from standing.rules.conditions import Fact
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_date, day_of

NAMED = 5  # customers named for each move


class RulesSide(NamedTuple):
    """One side of the comparison: its rules and its table."""

    rules: Timeline
    customers: Customers


@dataclass
class Move:
    """Customers with one level live and another in the shadow; some with the conditions that make the difference."""

    customers: list[str] = field(default_factory=list)
    because: dict[str, tuple[Reason, ...]] = field(default_factory=dict)


@dataclass
class Comparison:
    """The results of both sides for the same customers, as of a day."""

    day: Day
    live: Ruleset
    candidate: Ruleset
    since: Day
    both: int = 0
    only_live: int = 0
    only_shadow: int = 0
    matrices: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    moves: dict[tuple[str, str, str], Move] = field(default_factory=dict)
    care: dict[str, tuple[Counter[str], Counter[str]]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "day": str(day_date(self.day)),
            "live": self.live.version,
            "candidate": self.candidate.version,
            "since": str(day_date(self.since)),
            "customers": {"both": self.both, "only_live": self.only_live, "only_shadow": self.only_shadow},
            "matrices": {
                rating: [
                    {"live": was, "shadow": becomes, "customers": count}
                    for (was, becomes), count in sorted(counts.items())
                ]
                for rating, counts in self.matrices.items()
            },
            "moves": [
                {"rating": rating, "live": was, "shadow": becomes, "customers": move.customers, "because": move.because}
                for (rating, was, becomes), move in sorted(self.moves.items())
            ],
            "care": {name: {"live": dict(live), "shadow": dict(shadow)} for name, (live, shadow) in self.care.items()},
        }


def compare(live: RulesSide, shadow: RulesSide) -> Comparison:
    """Move the clock to today on both sides, without writing, and compare. Scans both tables."""
    candidate = shadow.rules.latest
    day, since = day_of(datetime.now(UTC), candidate.programme.time_zone), shadow.rules.entries[-1].since
    comparison = Comparison(day, live.rules.on(day), candidate, since)
    names = [name for name in candidate.ratings if name in comparison.live.ratings]
    comparison.matrices = {name: Counter() for name in names}
    shadows = {state.customer: state for state in shadow.customers.states()}
    for state in live.customers.states():
        other = shadows.pop(state.customer, None)
        if other is None:
            comparison.only_live += 1
        else:
            comparison.both += 1
            _add(comparison, state.customer, _seen(live, state, day), _seen(shadow, other, day))
    comparison.only_shadow = len(shadows)
    comparison.care = _care(live, shadow, since)
    return comparison


def _seen(side: RulesSide, state: State, day: Day) -> View:
    """A customer as of a day, as `show` would have it."""
    needed = features_changed(state, side.rules, day)
    stored = stored_history(side.customers.history(state.customer)) if needed else NOTHING
    return view(state, side.rules, day, stored.events)


def _add(comparison: Comparison, customer: str, live: View, shadow: View) -> None:
    held, becomes = live.memory.all_shown(), _levels(shadow)
    for name, counts in comparison.matrices.items():
        was = held[name].level
        counts[was, becomes[name]] += 1
        if was != becomes[name]:
            move = comparison.moves.setdefault((name, was, becomes[name]), Move())
            if len(move.customers) < NAMED:
                known = {**shadow.facts, **_ranks(comparison.candidate, becomes)}
                move.because[customer] = _difference(comparison, name, held[name], becomes[name], known)
            move.customers.append(customer)


def _levels(seen: View) -> dict[str, str]:
    return {name: held.level for name, held in seen.memory.all_shown().items()}


def _ranks(ruleset: Ruleset, levels: dict[str, str]) -> dict[str, Fact]:
    return {name: ruleset.ratings[name].rank(level) for name, level in levels.items() if name in ruleset.ratings}


def _difference(
    comparison: Comparison, name: str, was: LevelState, becomes: str, known: dict[str, Fact]
) -> tuple[Reason, ...]:
    """The candidate's conditions that led to another level; if possible, only those that the live rules do not have."""
    rating = comparison.candidate.ratings[name]
    fell = rating.ordered and was.level in rating.levels and rating.rank(was.level) > rating.rank(becomes)
    lines = reasons_for_level(comparison.candidate, rating, was, becomes, known)
    decisive = [line for line in lines if line["holds"] is not fell]
    live_lines = reasons_for_level(comparison.live, comparison.live.ratings[name], was, becomes, known)
    old = {line["line"] for line in live_lines}
    return tuple([line for line in decisive if line["line"] not in old] or decisive)


def _care(live: RulesSide, shadow: RulesSide, since: Day) -> dict[str, tuple[Counter[str], Counter[str]]]:
    """The statuses of each care rule's actions, live and shadow, on the days that the candidate decides."""
    counts = [Counter(_actions(side.customers.care(), since)) for side in (live, shadow)]
    names = sorted({name for count in counts for name, _ in count})
    return {name: (_of(counts[0], name), _of(counts[1], name)) for name in names}


def _of(counts: Counter[tuple[str, str]], name: str) -> Counter[str]:
    return Counter({status: count for (care, status), count in counts.items() if care == name})


def _actions(details: Iterable[dict[str, Any]], since: Day) -> Iterator[tuple[str, str]]:
    first = str(day_date(since))
    for detail in details:
        if "action" in detail and detail["day"] >= first:
            yield detail["care"], detail.get("gate") or detail["status"]
