"""Impact: what an edit of the rules does to a population, before it is merged.

Both rulesets are settled over the same customers, so that only the edit can make a difference, and time none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from standing.batch.settling import settle
from standing.core.days import Day
from standing.core.ruleset import Care, Rating, Ruleset


@dataclass(frozen=True)
class Move:
    """Customers that an edit moves from one level of a rating to another; none where the rating had or has no such."""

    rating: str
    was: str
    becomes: str
    customers: tuple[str, ...]
    is_fall: bool


@dataclass(frozen=True)
class CareImpact:
    """A care rule: for how many customers its lines hold before and after, and how many actions a day that makes.

    A customer for whom they go on holding is acted on once in `repeat_after` days.
    """

    care: str
    before: int
    after: int
    a_day_before: Fraction
    a_day_after: Fraction


@dataclass(frozen=True)
class Impact:
    """What an edit does: how many customers there are, the migration of each rating, its moves, and care."""

    customers: int
    matrices: dict[str, dict[tuple[str, str], int]]
    moves: tuple[Move, ...]
    care: tuple[CareImpact, ...]
    pressed_before: int
    pressed_after: int

    @property
    def moved(self) -> int:
        """How many customers change in some rating."""
        return len({customer for move in self.moves for customer in move.customers})

    @property
    def falls(self) -> int:
        """How many customers would lose a level by this edit alone."""
        return len({customer for move in self.moves if move.is_fall for customer in move.customers})


def impact(before: Ruleset, after: Ruleset, old: pl.DataFrame, new: pl.DataFrame, day: Day) -> Impact:
    """The impact of going from one ruleset to another. `old` and `new` are the same customers' facts under each."""
    settled_before, settled_after = settle(before, old, day), settle(after, new, day)
    both = settled_before.join(settled_after, on="customer", suffix="'", how="inner", maintain_order="left")
    names = [name for name in after.ratings if name in before.ratings]
    matrices = {name: _matrix(before.ratings[name], after.ratings[name], both) for name in names}
    moves = (move for name in names for move in _moves(before.ratings[name], after.ratings[name], both))
    care = tuple(_care(before, after, settled_before, settled_after))
    pressed = (_pressed(before, settled_before), _pressed(after, settled_after))
    return Impact(both.height, matrices, tuple(moves), care, *pressed)


def _pairs(before: Rating, after: Rating, both: pl.DataFrame) -> pl.DataFrame:
    """Each customer with the words of the two levels."""
    was, becomes = pl.col(before.name), pl.col(f"{after.name}'")
    return both.select("customer", _word(was, before).alias("was"), _word(becomes, after).alias("becomes"))


def _word(rank: pl.Expr, rating: Rating) -> pl.Expr:
    return rank.replace_strict(dict(enumerate(rating.levels)), return_dtype=pl.String)


def _matrix(before: Rating, after: Rating, both: pl.DataFrame) -> dict[tuple[str, str], int]:
    counts = _pairs(before, after, both).group_by("was", "becomes").len()
    return {(was, becomes): count for was, becomes, count in counts.sort("was", "becomes").iter_rows()}


def _moves(before: Rating, after: Rating, both: pl.DataFrame) -> Iterator[Move]:
    moved = _pairs(before, after, both).filter(pl.col("was") != pl.col("becomes"))
    for (was, becomes), rows in sorted(moved.group_by("was", "becomes")):
        is_fall = after.ordered and (was not in after.levels or after.rank(str(was)) > after.rank(str(becomes)))
        yield Move(after.name, str(was), str(becomes), tuple(rows["customer"].sort()), is_fall)


def _care(before: Ruleset, after: Ruleset, old: pl.DataFrame, new: pl.DataFrame) -> Iterator[CareImpact]:
    for name in dict.fromkeys([*before.care, *after.care]):
        was, becomes = _holding(before, old, name), _holding(after, new, name)
        rates = _a_day(before.care.get(name), was), _a_day(after.care.get(name), becomes)
        yield CareImpact(name, was, becomes, *rates)


def _holding(ruleset: Ruleset, settled: pl.DataFrame, name: str) -> int:
    return int(settled[f"care/{name}"].sum()) if name in ruleset.care else 0


def _a_day(care: Care | None, holding: int) -> Fraction:
    return Fraction(holding, care.repeat_after) if care else Fraction(0)


def _pressed(ruleset: Ruleset, settled: pl.DataFrame) -> int:
    """For how many customers more contacts would be due at once than some cap lets through."""
    over = [_wanted(ruleset, cap.channel) > cap.at_most for cap in ruleset.programme.caps]
    return int(settled.select(pl.any_horizontal(*over).sum()).item()) if over else 0


def _wanted(ruleset: Ruleset, channel: str | None) -> pl.Expr:
    """How many contacts a customer would be due."""
    rules = [pl.col(f"care/{name}").cast(pl.Int64) for name in _contacts(ruleset, channel)]
    return pl.sum_horizontal(pl.lit(0), *rules)


def _contacts(ruleset: Ruleset, channel: str | None) -> Iterator[str]:
    for name, care in ruleset.care.items():
        if care.do.channel and channel in {None, care.do.channel}:
            yield name
