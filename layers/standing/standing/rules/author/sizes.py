"""Sizes: how many bytes a customer's state can come to under some rules, whatever happens to the customer.

Each bound is of the MessagePack that `engine/codec.py` writes; deflated, it is mostly a half or less. A property test
holds them against states that are made as large as they can be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from standing.engine.series import SHORT
from standing.rules.features import RULING, Feature, Measure, Reach, WindowedFeature
from standing.rules.ruleset import Rating, Ruleset
from standing.values.scales import REMAINDER

KB = 1_024
MOST_NAMED = 3  # series, where there is no room for all
MOST_STATE = 300 * KB  # a row of the table holds 400 KB, its keys and attributes included
MOST_COMMIT = 3_000 * KB  # a transaction holds 4 MB; the rest is for events and decisions
SHORTEST_MONTH, CHECKPOINTS_KEPT_LONGER = 28, 3
HEAD = 32  # bytes: a series' kind, the lengths of its columns, and what its first day takes more than others
DAY, STEP, COUNT, MOMENT = 3, 3, 5, 9  # bytes: a day; from a day to the next; events of a day; microseconds
TEXT, RULED = 64 * 4 + 3, 640  # a code of 64 characters; a level set by hand with its author and its reason
A_DAY = 10  # a day with its name, and what stands around it
GATES = 48  # why an action was held back, and since when
HELD_BACK_BY = 3  # gates by which the ledger holds an action back
MONEY = {"amount", "net_amount", "value"}
ADDED_UP, ALONE = {"score": 9, REMAINDER: 22, "count": 0}, {"score": 3}  # bytes; of money and model's scores below
MONEY_ADDED_UP, MONEY_ALONE = 12, 9


@dataclass(frozen=True)
class Sizes:
    """What a state can come to, in bytes: each series under the features that are taken from it, and the rest."""

    series: dict[str, int]
    rest: int
    limit: int

    @cached_property
    def most(self) -> int:
        """All together."""
        return sum(self.series.values()) + self.rest

    @property
    def fits(self) -> bool:
        """Whether every state can be saved."""
        return self.most <= self.limit

    @property
    def largest(self) -> list[tuple[str, int]]:
        """The series, the largest first."""
        return sorted(self.series.items(), key=lambda one: (-one[1], one[0]))


def sizes_of(ruleset: Ruleset) -> Sizes:
    """How large a customer's state can become."""
    names = _names(ruleset)
    series: dict[str, int] = {}
    for name in ruleset.series_order:
        size = KINDS[ruleset.measures[name].keeps](ruleset.measures[name], ruleset.reaches[name])
        series[names[name]] = series.get(names[name], 0) + size
    rows = 1 + ruleset.programme.lateness // SHORTEST_MONTH + CHECKPOINTS_KEPT_LONGER  # of one commit, at most
    return Sizes(series, KB + _remembered(ruleset), min(MOST_STATE, MOST_COMMIT // rows))


def _names(ruleset: Ruleset) -> dict[str, str]:
    """For each measure the features that are taken from it, or what else it is kept for."""
    features: dict[str, list[str]] = {name: [] for name in ruleset.measures}
    for feature in ruleset.features:
        for name in dict.fromkeys((*feature.measures, *_anchors(feature))):
            features[name].append(feature.name)
    return {name: ", ".join(features[name]) or one.value for name, one in ruleset.measures.items()}


def _anchors(feature: Feature) -> Iterator[str]:
    if isinstance(feature, WindowedFeature) and feature.window.anchor:
        yield feature.window.anchor


def _sums(measure: Measure, reach: Reach) -> int:
    return HEAD + (reach.days + 1) * (STEP + COUNT + ADDED_UP.get(measure.value, MONEY_ADDED_UP))


def _extremes(measure: Measure, reach: Reach) -> int:
    return HEAD + (reach.days + 1) * (STEP + 2 * ALONE.get(measure.value, MONEY_ALONE))


def _latest(measure: Measure, _: Reach) -> int:
    return HEAD + 2 * (DAY + MOMENT + (RULED if measure.value == RULING else TEXT))


def _seen(_: Measure, reach: Reach) -> int:
    return HEAD + reach.most * (2 + SHORT + 1 + DAY)


def _remembered(ruleset: Ruleset) -> int:
    """Memories and the ledger: what a day opened with, what changed on it, and what was said and done."""
    memory = sum(map(_of_rating, ruleset.ratings.values())) + sum(_of_care(ruleset))
    return 2 * memory + sum(map(_of_rating, ruleset.ratings.values())) + sum(_of_ledger(ruleset))


def _of_rating(rating: Rating) -> int:
    return 2 * (len(rating.name) + max(map(len, rating.levels)) + 3 * A_DAY)


def _of_care(ruleset: Ruleset) -> Iterator[int]:
    """When each action was due; and, where it is a contact, why it was held back, and the days that caps count."""
    for name, care in ruleset.care.items():
        contacts = ruleset.longest_cap // care.repeat_after + 2
        of_contact = len(name) + GATES + contacts * A_DAY + len(care.do.channel or "") if care.do.channel else 0
        yield len(name) + A_DAY + of_contact


def _of_ledger(ruleset: Ruleset) -> Iterator[int]:
    """When each action was asked for, and until when it waits; which are unanswered; of contacts, when, and why not."""
    cares = ruleset.care.values()
    counted = ruleset.longest_cap + max((care.do.within for care in cares), default=0)
    for care in cares:
        channel, an_entry = care.do.channel, len(care.name) + 2 * A_DAY
        unanswered = care.do.within // care.repeat_after + 1
        contacts = len(care.name) + len(channel) + (counted // care.repeat_after + 3) * A_DAY if channel else 0
        yield 2 * an_entry + (unanswered + HELD_BACK_BY) * an_entry + contacts


KINDS = {"sums": _sums, "extremes": _extremes, "latest": _latest, "seen": _seen}
