"""CHK-16 and CHK-17: higher levels that ask for less than lower ones, and higher levels that a rule leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import z3

from standing.rules.conditions import Comparison, Condition, Group, comparisons
from standing.rules.prove.findings import Finding
from standing.rules.prove.needed_lines import needed
from standing.rules.prove.prover import Prover
from standing.rules.prove.words import finding_text, listed
from standing.rules.ruleset import Rating, Ruleset


def asking_less(prover: Prover, rating: Rating, hidden: set[str]) -> Iterator[Finding]:
    """CHK-16: a level for which a customer can qualify without qualifying for the level below.

    Levels that nobody gets (`hidden`) have a finding already.
    """
    for word, conditions in (("qualify", rating.qualify), ("retain", rating.retain)) if rating.ordered else ():
        levels = [level for level in rating.levels if level in conditions]
        for below, above in pairwise(levels):
            prover.asking = ("CHK-16", f"{rating.name}/{word}/{above}")
            if f"{rating.name}/qualify/{below}" not in hidden:
                yield from _asks_less(prover, f"{rating.name}/{word}", conditions, below, above)


def _asks_less(
    prover: Prover, about: str, conditions: Mapping[str, Condition], below: str, above: str
) -> Iterator[Finding]:
    """A finding for each line that the level below needs and the level above does not."""
    met, asked = prover.world.holds(conditions[above]), {line.fact for line in comparisons(conditions[above])}
    for line in needed(conditions[below]):
        fails = z3.Not(prover.world.holds(line))
        if prover.possible(met, fails):
            example = prover.example([met, fails], [conditions[above], conditions[below]])
            name = "asks_less" if line.fact in asked else "drops"
            text = finding_text(name, level=above, below=below, line=line.text)
            yield Finding("CHK-16", f"{about}/{above}", text, example)


def left_out(prover: Prover) -> Iterator[Finding]:
    """CHK-17: a line that names some levels and leaves out higher ones, which would make a difference."""
    for name, condition in prover.ruleset.rules.items():
        for line in dict.fromkeys(comparisons(condition)):
            rating = _by_name(prover.ruleset, line)
            prover.asking = ("CHK-17", name)
            if rating and (above := _above(rating, line)) and not _have_their_own(prover.ruleset, name, line, above):
                yield from _left_out(prover, name, condition, line, above)


def _by_name(ruleset: Ruleset, line: Comparison) -> Rating | None:
    """The ordered rating whose levels a line names. None for a line about a change of level."""
    rating = ruleset.ratings.get(line.fact.removesuffix(".would_become"))
    is_by_name = line.op in {"==", "in"} and line.text.startswith((f"{line.fact} ==", f"{line.fact} in"))
    return rating if rating and rating.ordered and is_by_name else None


def _above(rating: Rating, line: Comparison) -> tuple[str, ...]:
    """The levels above those that a line names, if those are consecutive and do not begin with the lowest."""
    ranks = sorted(rank for rank in line.values if isinstance(rank, int))
    in_a_row = ranks == list(range(ranks[0], ranks[-1] + 1))
    return rating.levels[ranks[-1] + 1 :] if in_a_row and ranks[0] else ()


def _have_their_own(ruleset: Ruleset, name: str, line: Comparison, above: tuple[str, ...]) -> bool:
    """Whether other rules name each of the levels above: then the rules distinguish them on purpose."""
    others = (one for other, condition in ruleset.rules.items() if other != name for one in comparisons(condition))
    named = {rank for one in others if one.fact == line.fact and _by_name(ruleset, one) for rank in one.values}
    rating = _by_name(ruleset, line)
    return rating is not None and {rating.rank(level) for level in above} <= named


def _left_out(
    prover: Prover, name: str, condition: Condition, line: Comparison, above: tuple[str, ...]
) -> Iterator[Finding]:
    rating = prover.ruleset.ratings[line.fact.removesuffix(".would_become")]
    least = min(rank for rank in line.values if isinstance(rank, int))
    meant = Comparison(fact=line.fact, op=">=", value=least, text=f"{line.fact} >= {rating.levels[least]}")
    other = _instead(condition, line, meant)
    differs = z3.Xor(prover.world.holds(condition), prover.world.holds(other))
    if prover.possible(differs):
        text = finding_text("left_out", line=line.text, levels=listed("and", list(above)), meant=meant.text)
        yield Finding("CHK-17", name, text, prover.example([differs], [condition]), line.text)


def _instead(condition: Condition, line: Comparison, other: Comparison) -> Condition:
    if isinstance(condition, Comparison):
        return other if condition == line else condition
    return Group(group=condition.group, of=tuple(_instead(part, line, other) for part in condition.of))
