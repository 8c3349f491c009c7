"""Measures: what happened to a customer, gathered into the series that features are taken from.

Knows events; knows nothing of windows being compared or of rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from standing.engine.refunds import Key, purchase_days
from standing.engine.series import Amended, Amendment, Extremes, Latest, Observation, Seen, Series, Sums
from standing.events import EventDetail, Feedback, Score
from standing.events.intake import Event
from standing.rules.conditions import Fact
from standing.rules.features import Measure, Reach
from standing.rules.kinds import Keeps
from standing.rules.ruleset import Ruleset
from standing.values.days import Day
from standing.values.money import to_minor
from standing.values.scales import OF_ANSWERS

EMPTY: dict[Keeps, Series] = {"sums": Sums(), "extremes": Extremes(), "latest": Latest(), "seen": Seen()}

type StoredBuckets = tuple[Series, ...]  # of each measure, in the ruleset's `series_order`: a state has no names


class Buckets:
    """What is kept of a customer: the series of each measure by its name.

    There is one mapping; its other names say what the series of a measure that is looked up there holds.
    """

    __slots__ = ("extremes", "latest", "seen", "series", "sums")

    def __init__(self, series: Mapping[str, Any]) -> None:
        self.series: Mapping[str, Series] = series
        self.sums: Mapping[str, Sums] = series
        self.extremes: Mapping[str, Extremes] = series
        self.latest: Mapping[str, Latest] = series
        self.seen: Mapping[str, Seen] = series

    def up_to(self, day: Day) -> Buckets:
        """Without what happened after a day."""
        return Buckets({name: series.up_to(day) for name, series in self.series.items()})


def empty(ruleset: Ruleset) -> Buckets:
    """The buckets of a customer without events."""
    return Buckets({name: EMPTY[measure.keeps] for name, measure in ruleset.measures.items()})


def from_stored(buckets: StoredBuckets, ruleset: Ruleset) -> Buckets:
    """The buckets of a state whose features are defined as in a ruleset."""
    return Buckets(dict(zip(ruleset.series_order, buckets, strict=True)))


def aggregate(
    buckets: Buckets, events: Iterable[Event], ruleset: Ruleset, among: Iterable[Event] | None = None
) -> Buckets:
    """The buckets with these events counted in. Commutative: their order makes no difference.

    `among` are all events that there are, in which the purchases that refunds name are looked for; without it, these.
    """
    happened = list(events)
    moved = purchase_days(happened, happened if among is None else among, ruleset) if ruleset.nets else {}
    changed = {
        name: _with(buckets.series[name], ruleset.measures[name], values, moved)
        for name, values in _observed(happened, ruleset).items()
    }
    return Buckets({**buckets.series, **changed}) if changed else buckets


def _observed(events: Iterable[Event], ruleset: Ruleset) -> dict[str, list[tuple[Key, Observation]]]:
    """What some events say of each measure, in their order; measures of which they say nothing are left out."""
    observed: dict[str, list[tuple[Key, Observation]]] = {}
    by_family, digits = ruleset.derived(_measures_by_family), ruleset.programme.minor_digits
    for event in events:
        detail = event.detail
        for name, measure in by_family.get(detail.family, ()):
            if _counts(measure, detail) and (value := _value(measure, detail, digits)) is not None:
                seen = Observation(event.day, detail.moment, value)
                observed.setdefault(name, []).append((event.key, seen))
    return observed


def _measures_by_family(ruleset: Ruleset) -> dict[str, list[tuple[str, Measure]]]:
    """By each type of event the measures that may count it, with their names."""
    by_family: dict[str, list[tuple[str, Measure]]] = {}
    for name, measure in ruleset.measures.items():
        for family in measure.of:
            by_family.setdefault(family, []).append((name, measure))
    return by_family


def _plus(series: Series, values: list[Observation], measure: Measure) -> Series:
    return series.plus(values, measure.precedence) if isinstance(series, Latest) else series.plus(values)


def prune(buckets: Buckets, day: int, ruleset: Ruleset) -> StoredBuckets:
    """What a state has of the buckets: without what no feature can tell apart any more from `day` on."""
    series = buckets.series
    return tuple([_pruned(series[name], day, reach) for name, reach in ruleset.derived(_reaches_in_order)])


def _reaches_in_order(ruleset: Ruleset) -> tuple[tuple[str, Reach], ...]:
    return tuple((name, ruleset.reaches[name]) for name in ruleset.series_order)


def _pruned(series: Series, day: Day, reach: Reach) -> Series:
    if isinstance(series, Amended) and series.pending:
        return series.as_of(day).evict(day, reach)
    return series.evict(day, reach) if series.days else series


def _with(series: Series, measure: Measure, values: list[tuple[Key, Observation]], moved: dict[Key, Day]) -> Series:
    """A series with more values; the amount of a refund that names its purchase waits for the refund's own day."""
    if not (isinstance(series, Amended) and measure.nets and moved):
        return _plus(series, [value for _, value in values], measure)
    later = [Amendment(value.day, value._replace(day=moved[key])) for key, value in values if key in moved]
    now = [value for key, value in values if key not in moved]
    series = series.plus(now) if now else series
    return series.awaiting(later) if later else series


def values_of(measure: Measure, events: Iterable[Event], minor_digits: int) -> list[Observation]:
    """What some events say of a measure, amounts in minor units; those that do not count for it are left out."""
    return [
        Observation(event.day, event.detail.moment, value)
        for event in events
        if _counts(measure, event.detail) and (value := _value(measure, event.detail, minor_digits)) is not None
    ]


def _counts(measure: Measure, detail: EventDetail) -> bool:
    if detail.family not in measure.of:
        return False
    return all(getattr(detail, name, None) == wanted for name, wanted in measure.where.items())


def _value(measure: Measure, detail: EventDetail, minor_digits: int) -> Fact | None:
    if measure.value == "count":
        return 0
    value = value_of("amount" if measure.value == "net_amount" else measure.value, detail, minor_digits)
    is_returned = measure.value == "net_amount" and detail.family == "refund"
    return -value if is_returned and isinstance(value, int) else value


def value_of(path: str, detail: EventDetail, minor_digits: int) -> Fact | None:
    """What an event says under a name such as `amount` (in minor units), `score`, `kind` or `segments.student`."""
    if (amount := detail.money.get(path)) is not None:
        return to_minor(Decimal(amount), minor_digits)
    if isinstance(detail, Feedback) and path in OF_ANSWERS:
        return _of_answer(path, detail)
    if isinstance(detail, Score) and path == "value":
        return detail.value
    return _field(path, detail)


def _of_answer(path: str, detail: Feedback) -> int | None:
    if detail.score is None or detail.scale is None:
        return None
    lowest, highest = detail.scale
    return OF_ANSWERS[path](detail.score - lowest, highest - lowest)


def _field(path: str, detail: EventDetail) -> str | None:
    """A field of an event, or an entry of one such as `segments.student`, as text."""
    name, _, entry = path.partition(".")
    value = getattr(detail, name, None)
    value = (value or {}).get(entry) if entry else value
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)
