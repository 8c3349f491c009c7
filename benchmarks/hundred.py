"""Synthetic rules and customers for the commands that rule authors wait for: 100 rules over 30 features, a population.

Ordered and unordered ratings, retention, care with a cost, nested groups. Every number comes from a place in a list, so
that the rules are the same each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
from standing.impact.population import Population
from standing.rules.features import Feature
from standing.rules.ruleset import Ruleset

from benchmarks.made import LAST, RULES

MORE_FEATURES = """
orders_7d: {title: {en: Orders in a week, zh: 基准测试用}, count: purchase, over: 7d}
spend_30d: {title: {en: Spend in 30 days, zh: 基准测试用}, sum: transaction.net_amount, over: 30d}
visits_365d: {title: {en: Visits in a year, zh: 基准测试用}, count: engagement, where: {kind: visit}, over: 365d}
highest_order: {title: {en: Highest order, zh: 基准测试用}, max: purchase.amount, over: 365d}
lowest_score: {title: {en: Lowest score, zh: 基准测试用}, min: feedback.score, over: 90d}
"""
PROGRAMME = """
channels: [email, phone]
contact_caps: [{at_most: 2, within: 7d}, {at_most: 1, within: 30d, channel: phone}]
"""
TITLE = "{en: Made, zh: 基准测试用}"
# By rating: the feature that raises it, another that may, and one that prevents it, with the number of the first level.
ORDERED = {
    "value": (("spend_365d", 800.00), ("spend_90d", 260.00), ("orders_365d", 5), ("refunds_365d", 9)),
    "rhythm": (("orders_90d", 3), ("orders_30d", 1), ("visits_90d", 2), ("days_since_order", 90)),
    "loyalty": (("days_a_customer", 90), ("orders_365d", 4), ("spend_this_year", 300.00), ("complaints_365d", 8)),
    "interest": (("visits_365d", 10), ("visits_30d", 1), ("orders_7d", 1), ("days_since_visit", 120)),
    "trust": (("surveys_365d", 1), ("satisfaction_365d", 0.2), ("lowest_score", 0.1), ("complaints_90d", 6)),
    "basket": (("highest_order", 40.00), ("spend_30d", 60.00), ("refunds_90d", 1), ("refunded_365d", 900.00)),
}
LEVELS = ("low", "middle", "high", "top")
STAGES = ("first", "second", "third", "fourth", "fifth", "other")
UNORDERED = {
    "stage": (("days_since_order", 20), ("orders_before_90d", 1), "rhythm"),
    "mood": (("days_since_complaint", 30), ("satisfaction_180d", 0.3), "trust"),
    "trend": (("days_since_visit", 15), ("orders_trend", 0.2), "value"),
}
EDITED = {"value": 0.9, "rhythm": 1.34}  # the factor of the edit: one rating asks for less, the other for more
CARE = 49
ASKED = (
    ("spend_trend", "<=", 0.4),
    ("orders_trend", "<=", 0.5),
    ("complaints_7d", ">=", 1),
    ("days_since_order", ">=", 25),
    ("satisfaction_180d", "<", 0.6),
    ("spend_before_90d", ">=", 90.00),
    ("refunds_90d", ">=", 1),
)


def write_rules(folder: Path, *, edited: bool = False) -> Path:
    """Write a `rules/` folder in `folder`. `edited`: one rating asks for less, one for more, and there is less care."""
    for name in ("ratings", "care"):
        (folder / name).mkdir(parents=True)
    (folder / "programme.yaml").write_text((RULES / "programme.yaml").read_text() + PROGRAMME)
    (folder / "features.yaml").write_text((RULES / "features.yaml").read_text() + MORE_FEATURES)
    for name in ORDERED:
        change = EDITED.get(name, 1.0) if edited else 1.0
        (folder / "ratings" / f"{name}.yaml").write_text("\n".join(_ordered(name, change)))
    for name in UNORDERED:
        (folder / "ratings" / f"{name}.yaml").write_text("\n".join(_unordered(name)))
    (folder / "care" / "made.yaml").write_text("\n".join(_care(edited=edited)))
    return folder


def population(ruleset: Ruleset, customers: int) -> Population:
    """Synthetic customers: many with low values, few with high ones. A tenth of the facts that can be unknown are."""
    number = pl.int_range(customers, dtype=pl.Int64)
    names = ("c-" + number.cast(pl.String).str.zfill(8)).alias("customer")
    facts = [_drawn(place, feature) for place, feature in enumerate(ruleset.features)]
    ratings = enumerate(ruleset.ratings.values())
    levels = [_level(place, rating.levels).alias(f"{rating.name}/level") for place, rating in ratings]
    frame = pl.select(names).with_columns(*facts, *levels)
    return Population(LAST, frame, {one.name: ruleset.definition(one) for one in ruleset.features})


def _ordered(name: str, less: float) -> Iterator[str]:
    (main, first), (second, other), (third, least), (against, most) = ORDERED[name]
    yield f"rating: {name}\ntitle: {TITLE}\nordered: true\nlevels: [{', '.join(LEVELS)}]\nqualify:"
    for rank, level in enumerate(LEVELS[1:], 1):
        twice = f"{main} >= {_times(first, rank * rank * 2)}"
        yield f"  {level}:\n    all:\n      - {main} >= {_times(first, rank * rank * less)}\n      - any:"
        yield f"          - {second} >= {_times(other, rank)}"
        yield f"          - all:\n              - {third} >= {_times(least, rank)}\n              - {twice}"
        yield f"      - none:\n          - {against} > {_times(most, 1 / rank)}"
    yield "retain:"
    for rank, level in enumerate(LEVELS[1:], 1):
        yield f"  {level}:\n    all:\n      - {main} >= {_times(first, rank * rank * 0.8 * less)}"
        yield f"      - none:\n          - {against} > {_times(most, 1.5 / rank)}"
    yield "stability: {rise: immediate, review: monthly, grace: 30d, fall: one-level}\n"


def _unordered(name: str) -> Iterator[str]:
    (since, days), (more, much), rating = UNORDERED[name]
    yield f"rating: {name}\ntitle: {TITLE}\nordered: false\nlevels: [{', '.join(STAGES)}]\nqualify:"
    for rank, stage in enumerate(STAGES[:-1], 1):
        yield f"  {stage}:\n    any:\n      - all:\n          - {since} <= {_times(days, rank)}"
        yield f"          - {more} >= {_times(much, 1 / rank)}"
        yield f"      - all:\n          - {since} > {_times(days, 6 * rank)}"
        yield f"          - {rating} >= {LEVELS[1 + rank % 3]}"
    yield ""


def _care(*, edited: bool) -> Iterator[str]:
    ratings, stages = list(ORDERED), list(UNORDERED)
    for number in range(CARE):
        rating, stage = ratings[number % len(ratings)], stages[number % len(stages)]
        (fact, op, value), (other, way, much) = (ASKED[(number * step) % len(ASKED)] for step in (1, 3))
        repeat = 30 + number % 7 * (20 if edited and not number % 5 else 10)
        channel = ("", ", channel: email", ", channel: phone, consent: not-needed")[number % 3]
        yield f"- care: care-{number:02}\n  title: {TITLE}\n  when:\n    all:"
        yield f"      - {rating} >= {LEVELS[1 + number % 3]}"
        yield f"      - {stage} in [{STAGES[number % 5]}, {STAGES[(number + 2) % 5]}]"
        yield f"      - any:\n          - {fact} {op} {value}"
        yield f"          - {other} {way} {_times(much, 1 + number % 4 / 10)}"
        yield f"      - none:\n          - complaints_90d > {4 + number % 5}"
        yield f"  do: {{action: act-{number:02}, owner: us, within: 5d{channel}, cost: {number / 10:.2f}}}"
        yield f"  repeat_after: {repeat}d\n  holdout: {number % 3 * 5}%\n"


def _times(value: float, factor: float) -> str:
    """A value times a factor, with the value's number of decimals."""
    return f"{value * factor:.2f}" if isinstance(value, float) else str(max(1, round(value * factor)))


def _drawn(place: int, feature: Feature) -> pl.Expr:
    units = {"money": 900_000, "score": 10_000, "days": 800, "count": 40}
    most = 30_000 if feature.kind == "ratio" else units[feature.unit]
    value = (_uniform(place) * _uniform(50 + place) * most).cast(pl.Int64)
    known = pl.lit(value=True) if feature.kind in {"count", "sum"} else _uniform(100 + place) > 0.1
    return pl.when(known).then(value).alias(feature.name)


def _level(place: int, levels: Sequence[str]) -> pl.Expr:
    rank = (_uniform(200 + place) * len(levels)).cast(pl.Int64)
    return rank.replace_strict(dict(enumerate(levels)), return_dtype=pl.Enum(levels))


def _uniform(seed: int) -> pl.Expr:
    """Uniform numbers from 0 to 1, the same each time."""
    return (pl.int_range(pl.len(), dtype=pl.Int64).hash(seed) % 1_000_003).cast(pl.Float64) / 1_000_003
