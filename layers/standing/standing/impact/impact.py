"""Impact: what an edit of the rules does to a population before it is merged.

Both rulesets are settled over the same customers on the same day, so that every difference comes from the edit. A
customer takes one small number for each rating; only the few customers in the examples keep their ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

import polars as pl

from standing.impact.settled_levels import older_terms_column, settled_plan
from standing.rules.ruleset import TEN_THOUSAND, Care, Rating, Ruleset
from standing.values.days import Day

NAMED = 5  # example customers for each move
PRESSED = "pressed by a cap"
MOST_LEVELS = 100  # above the limit of levels of a rating

type Pair = tuple[str, str]


@dataclass(frozen=True)
class Move:
    """How many customers an edit moves from one level of a rating to another, with the first ids in order."""

    rating: str
    was: str
    becomes: str
    customers: int
    named: tuple[str, ...]
    is_fall: bool


@dataclass(frozen=True)
class CareImpact:
    """A care rule: for how many customers its conditions hold before and after, and the actions a day that follow.

    While the conditions hold, a customer gets one action in `repeat_after` days; a customer in the holdout gets none.
    Costs are in minor units of the currency, and None if the rule states no cost or does not exist.
    """

    care: str
    before: int
    after: int
    a_day_before: Fraction
    a_day_after: Fraction
    cost_before: Fraction | None = None
    cost_after: Fraction | None = None

    @property
    def is_changed(self) -> bool:
        """Whether the edit changes any of its figures."""
        before = (self.before, self.a_day_before, self.cost_before)
        return before != (self.after, self.a_day_after, self.cost_after)


@dataclass(frozen=True)
class Impact:
    """What an edit does: the number of customers, the migration and the moves of each rating, and care.

    `moved`: customers whose level changes in at least one rating. `falls`: customers who lose a level by this edit.
    `pressed`: customers for whom more contacts are due at once than a contact cap allows. `by_terms`: by rating, the
    customers who keep their level only by older terms.
    """

    customers: int
    matrices: dict[str, dict[Pair, int]]
    moves: tuple[Move, ...]
    moved: int
    falls: int
    care: tuple[CareImpact, ...]
    pressed_before: int
    pressed_after: int
    by_terms: dict[str, int] = field(default_factory=dict)

    @property
    def cost_before(self) -> Fraction | None:
        """The cost of care a day before the edit, in minor units. None if no rule states a cost."""
        return _total(one.cost_before for one in self.care)

    @property
    def cost_after(self) -> Fraction | None:
        """The cost of care a day after the edit, in minor units. None if no rule states a cost."""
        return _total(one.cost_after for one in self.care)


def impact(before: Ruleset, after: Ruleset, old: pl.DataFrame, new: pl.DataFrame, day: Day) -> Impact:
    """The impact of replacing a ruleset. `old` and `new` are the same customers' facts under each ruleset."""
    old, new = _side_by_side(old, new)
    plans = [settled_plan(*one).with_columns(_pressed(one[0])) for one in ((before, old, day), (after, new, day))]
    was, becomes = pl.collect_all(plans, engine="streaming")
    names = [name for name in before.ratings if name in after.ratings]
    both = {name: RatingTransition(before.ratings[name], after.ratings[name]) for name in names}
    steps = _steps(both, was, becomes)
    matrices = {name: _matrix(one, steps) for name, one in both.items()}
    moves = tuple(move for name, one in both.items() for move in _moves(one, matrices[name], steps))
    moved, falls = (_count(both, moves, steps, only_falls=only) for only in (False, True))
    care = tuple(_care(before, after, was, becomes))
    pressed = [int(settled[PRESSED].sum()) for settled in (was, becomes)]
    with_terms = [rating for rating in after.ratings.values() if rating.terms]
    by_terms = {rating.name: int(becomes[older_terms_column(rating)].sum()) for rating in with_terms}
    return Impact(old.height, matrices, moves, moved, falls, care, pressed[0], pressed[1], by_terms)


def _side_by_side(old: pl.DataFrame, new: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both frames, reduced to the customers that both have, and sorted by customer: equal rows, equal customers."""
    if old is new or old["customer"].equals(new["customer"]):
        same = old if old["customer"].is_sorted() else old.sort("customer")
        return same, same if old is new else new if same is old else new.sort("customer")
    shared = [one.join(other, on="customer", how="semi").sort("customer") for one, other in ((old, new), (new, old))]
    return shared[0], shared[1]


@dataclass(frozen=True)
class RatingTransition:
    """A rating before and after. It encodes a customer's step, from a level to a level, as one number."""

    before: Rating
    after: Rating

    def step(self, was: str, becomes: str) -> int:
        """The number of a step."""
        return self.before.rank(was) * MOST_LEVELS + self.after.rank(becomes)

    def pair(self, step: int) -> Pair:
        """The levels of a step."""
        was, becomes = divmod(step, MOST_LEVELS)
        return self.before.levels[was], self.after.levels[becomes]

    def is_fall(self, was: str, becomes: str) -> bool:
        """Whether a step is for the worse, by the new rules."""
        return self.after.worsens(was, becomes)


def _steps(both: dict[str, RatingTransition], was: pl.DataFrame, becomes: pl.DataFrame) -> pl.DataFrame:
    """A row for each customer with its step in each rating."""
    columns = [was[name].cast(pl.Int16) * MOST_LEVELS + becomes[name] for name in both]
    return pl.DataFrame([was["customer"], *(one.alias(name) for name, one in zip(both, columns, strict=True))])


def _matrix(both: RatingTransition, steps: pl.DataFrame) -> dict[Pair, int]:
    name = both.after.name
    pairs = sorted(product(both.before.levels, both.after.levels))
    counts = steps.select((pl.col(name) == both.step(*pair)).sum().alias("/".join(pair)) for pair in pairs)
    return {pair: count for pair, count in zip(pairs, counts.row(0), strict=True) if count}


def _moves(both: RatingTransition, matrix: dict[Pair, int], steps: pl.DataFrame) -> Iterator[Move]:
    name = both.after.name
    for (was, becomes), count in matrix.items():
        if was != becomes:
            those = steps.lazy().filter(pl.col(name) == both.step(was, becomes)).head(NAMED).collect()
            yield Move(name, was, becomes, count, tuple(those["customer"]), both.is_fall(was, becomes))


def _count(both: dict[str, RatingTransition], moves: tuple[Move, ...], steps: pl.DataFrame, *, only_falls: bool) -> int:
    """The number of customers who make at least one of the moves, or of the falls."""
    made: dict[str, list[int]] = {}
    for move in moves:
        if move.is_fall or not only_falls:
            made.setdefault(move.rating, []).append(both[move.rating].step(move.was, move.becomes))
    made_by = [pl.col(name).is_in(numbers) for name, numbers in made.items()]
    return int(steps.select(pl.any_horizontal(made_by).sum()).item()) if made_by else 0


def _care(before: Ruleset, after: Ruleset, old: pl.DataFrame, new: pl.DataFrame) -> Iterator[CareImpact]:
    for name in dict.fromkeys([*before.care, *after.care]):
        was, becomes = _holding(before, old, name), _holding(after, new, name)
        rules = ((before.care.get(name), was), (after.care.get(name), becomes))
        rates = [_a_day(care, holding) for care, holding in rules]
        costs = [_cost(care, rate) for (care, _), rate in zip(rules, rates, strict=True)]
        yield CareImpact(name, was, becomes, rates[0], rates[1], costs[0], costs[1])


def _holding(ruleset: Ruleset, settled: pl.DataFrame, name: str) -> int:
    return int(settled[f"care/{name}"].sum()) if name in ruleset.care else 0


def _a_day(care: Care | None, holding: int) -> Fraction:
    if care is None:
        return Fraction(0)
    return Fraction(holding, care.repeat_after) * Fraction(TEN_THOUSAND - care.holdout, TEN_THOUSAND)


def _cost(care: Care | None, a_day: Fraction) -> Fraction | None:
    return None if care is None or care.do.cost is None else care.do.cost * a_day


def _total(costs: Iterator[Fraction | None]) -> Fraction | None:
    stated = [cost for cost in costs if cost is not None]
    return sum(stated, Fraction(0)) if stated else None


def _pressed(ruleset: Ruleset) -> pl.Expr:
    """Whether more contacts are due at once than a contact cap allows."""
    over = [_wanted(ruleset, cap.channel) > cap.at_most for cap in ruleset.programme.caps]
    return pl.any_horizontal(pl.lit(value=False), *over).alias(PRESSED)


def _wanted(ruleset: Ruleset, channel: str | None) -> pl.Expr:
    """How many contacts are due for a customer."""
    rules = [pl.col(f"care/{name}").cast(pl.UInt16) for name in _contacts(ruleset, channel)]
    return pl.sum_horizontal(pl.lit(0, dtype=pl.UInt16), *rules)


def _contacts(ruleset: Ruleset, channel: str | None) -> Iterator[str]:
    for name, care in ruleset.care.items():
        if care.do.channel and channel in {None, care.do.channel}:
            yield name
