"""CHK-15: lines without effect, since they hold for every customer or for none; and values that no feature has."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import z3

from standing.engine.reasons import display
from standing.rules.author.messages import NOTHING
from standing.rules.conditions import Comparison, Condition, comparisons
from standing.rules.features import PointsFeature, Ramp
from standing.rules.prove.findings import Finding
from standing.rules.prove.prover import Prover
from standing.rules.prove.ranges import Range, range_of
from standing.rules.prove.words import finding_text
from standing.rules.ruleset import TEN_THOUSAND, Care, Ruleset
from standing.values.messages import Message

CHECK = "CHK-15"
TENTHS, PER_CENT = 10, 100


def idle_lines(by_hand: Prover, blamed: set[str]) -> Iterator[Finding]:
    """Lines that hold for every customer whose fact is known, or for none. Rules in `blamed` have a finding already.

    Overrides count: the line must have no effect for any customer.
    """
    for name, condition in by_hand.ruleset.rules.items():
        for line in _single_lines(by_hand.ruleset, condition):
            by_hand.asking = (CHECK, name)
            findings = _idle(by_hand, name, line)
            yield from (one for one in findings if name not in blamed)


def _single_lines(ruleset: Ruleset, condition: Condition) -> Iterator[Comparison]:
    """The lines that are one comparison, each text once. `entered`, `left` and comparisons of texts are left out."""
    seen: set[str] = set()
    for part in comparisons(condition):
        feature = ruleset.by_name.get(part.fact)
        is_text = feature is not None and feature.unit == "text"
        if part.op != "unknown" and part.text not in seen and not is_text and not _is_transition(part):
            seen.add(part.text)
            yield part


def _is_transition(line: Comparison) -> bool:
    return any(f" {verb} " in line.text for verb in ("entered", "left", "was", "is"))


def _idle(prover: Prover, name: str, line: Comparison) -> Iterator[Finding]:
    known, met = prover.world.known(line.fact), prover.world.holds(line)
    if prover.impossible(known, z3.Not(met)):
        code = "always" if prover.possible(z3.Not(known)) else "always_all"
        yield _finding(prover.ruleset, name, line, code)
    elif prover.impossible(met):
        yield _finding(prover.ruleset, name, line, "never_line")


def _finding(ruleset: Ruleset, name: str, line: Comparison, code: str) -> Finding:
    """A finding; a question if the line may be a way to say that the fact is known."""
    about = {"line": line.text, "fact": line.fact, "range": told_range(ruleset, line), "hint": hint(ruleset, line)}
    within = all(_is_in(range_of(ruleset, line.fact), value) for value in line.values)
    return Finding(CHECK, name, finding_text(code, **about), line=line.text, may_be_meant=code == "always" and within)


def _is_in(bounds: Range, value: object) -> bool:
    if not isinstance(value, int):
        return True
    return (bounds.low is None or value >= bounds.low) and (bounds.high is None or value <= bounds.high)


def told_range(ruleset: Ruleset, line: Comparison) -> Message:
    """The range of a fact, in words."""
    low, high = range_of(ruleset, line.fact)
    if low is None:
        return NOTHING
    first = _shown(ruleset, line.fact, low)
    if high is None:
        return finding_text("from_on", low=first)
    return finding_text("from_to", low=first, high=_shown(ruleset, line.fact, high))


def _shown(ruleset: Ruleset, fact: str, value: int) -> str:
    feature = ruleset.by_name.get(fact)
    if feature and feature.unit == "score":
        return f"{(Decimal(value) / TEN_THOUSAND).normalize():f}"
    return display(ruleset, fact, value) or str(value)


def hint(ruleset: Ruleset, line: Comparison) -> Message:
    """The number on the feature's own scale: 0.3 for a score of 3 or 30. Empty if that is no better."""
    is_a_share = range_of(ruleset, line.fact) == (0, TEN_THOUSAND)
    meant = on_scale(line.value) if is_a_share and isinstance(line.value, int) else None
    if meant is None:
        return NOTHING
    return finding_text("scale", line=f"{line.fact} {line.op} {(Decimal(meant) / TEN_THOUSAND).normalize():f}")


def on_scale(value: int) -> int | None:
    """A score written in tenths or in per cent, in ten-thousandths. None if it is neither."""
    if TEN_THOUSAND < value <= TENTHS * TEN_THOUSAND:
        return value // TENTHS
    return value // PER_CENT if TEN_THOUSAND < value <= PER_CENT * TEN_THOUSAND else None


def idle_values(ruleset: Ruleset) -> Iterator[Finding]:
    """Values outside of lines: the success of an action, its holdout, and the points of a score."""
    for care in ruleset.care.values():
        yield from _of_care(ruleset, care)
    for feature in ruleset.features:
        for ramp in feature.ramps if isinstance(feature, PointsFeature) else ():
            yield from _of_ramp(ruleset, feature.name, ramp)


def _of_care(ruleset: Ruleset, care: Care) -> Iterator[Finding]:
    about = f"care/{care.name}"
    if care.holdout == TEN_THOUSAND:
        yield Finding(CHECK, about, finding_text("all_held_out"), may_be_meant=True)
    if care.success:
        fact, least = care.success.feature, care.success.at_least
        line = Comparison(fact=fact, op=">=", value=least, text=f"{fact} >= {_shown(ruleset, fact, least)}")
        low, high = range_of(ruleset, fact)
        if low is not None and least <= low:
            yield _finding(ruleset, about, line, "always_succeeds")
        elif high is not None and least > high:
            yield _finding(ruleset, about, line, "never_succeeds")


def _of_ramp(ruleset: Ruleset, name: str, ramp: Ramp) -> Iterator[Finding]:
    part, bounds = ramp.part, range_of(ruleset, ramp.part)
    for value in (ramp.begin, ramp.end):
        if not _is_in(bounds, value):
            line = Comparison(fact=part, op=">=", value=value, text=_shown(ruleset, part, value))
            yield _finding(ruleset, name, line, "beyond")
