"""Measures: what happened to a customer, gathered into the series that features are taken from.

Knows events; knows nothing of windows being compared or of rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from standing.engine.refunds import Key, purchase_days
from standing.engine.series import Amended, Amendment, Extremes, Latest, Observation, Seen, Series, Sums
from standing.events import EventDetail, Feedback, Score
from standing.events.intake import Event
from standing.rules.conditions import Fact
from standing.rules.features import Measure
from standing.rules.kinds import Keeps
from standing.rules.ruleset import Ruleset
from standing.values.days import Day
from standing.values.money import to_minor
from standing.values.scales import OF_ANSWERS

EMPTY: dict[Keeps, Series] = {"sums": Sums(), "extremes": Extremes(), "latest": Latest(), "seen": Seen()}

type StoredBuckets = tuple[Series, ...]  # of each measure, in the ruleset's `series_order`: a state has no names


class Buckets:
    """What is kept of a customer: the series of each measure by its name, and once more by what they hold."""

    __slots__ = ("extremes", "latest", "seen", "series", "sums")

    def __init__(self, series: Mapping[str, Series]) -> None:
        self.series = series
        self.sums: dict[str, Sums] = {}
        self.extremes: dict[str, Extremes] = {}
        self.latest: dict[str, Latest] = {}
        self.seen: dict[str, Seen] = {}
        for name, entry in series.items():  # in one pass: each event makes buckets anew
            match entry:
                case Sums():
                    self.sums[name] = entry
                case Latest():
                    self.latest[name] = entry
                case Extremes():
                    self.extremes[name] = entry
                case Seen():
                    self.seen[name] = entry


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
    happened, digits = list(events), ruleset.programme.minor_digits
    families = {event.detail.family for event in happened}
    moved = purchase_days(happened, happened if among is None else among, ruleset) if ruleset.nets else {}
    changed = {
        name: _with(buckets.series[name], measure, _values(measure, happened, digits), moved)
        for name, measure in ruleset.measures.items()
        if not families.isdisjoint(measure.of)
    }
    return Buckets({**buckets.series, **changed}) if changed else buckets


def _plus(series: Series, values: list[Observation], measure: Measure) -> Series:
    return series.plus(values, measure.precedence) if isinstance(series, Latest) else series.plus(values)


def prune(buckets: Buckets, day: int, ruleset: Ruleset) -> StoredBuckets:
    """What a state has of the buckets: without what no feature can tell apart any more from `day` on."""
    series, reaches = buckets.series, ruleset.reaches
    return tuple(_as_of(series[name], day).evict(day, reaches[name]) for name in ruleset.series_order)


def _as_of(series: Series, day: Day) -> Series:
    return series.as_of(day) if isinstance(series, Amended) else series


def _with(series: Series, measure: Measure, values: list[tuple[Key, Observation]], moved: dict[Key, Day]) -> Series:
    """A series with more values; the amount of a refund that names its purchase waits for the refund's own day."""
    if not (isinstance(series, Amended) and measure.nets and moved):
        return _plus(series, [value for _, value in values], measure) if values else series
    later = [Amendment(value.day, value._replace(day=moved[key])) for key, value in values if key in moved]
    now = [value for key, value in values if key not in moved]
    series = series.plus(now) if now else series
    return series.awaiting(later) if later else series


def values_of(measure: Measure, events: Iterable[Event], minor_digits: int) -> list[Observation]:
    """What some events say of a measure, amounts in minor units; those that do not count for it are left out."""
    return [value for _, value in _values(measure, events, minor_digits)]


def _values(measure: Measure, events: Iterable[Event], minor_digits: int) -> list[tuple[Key, Observation]]:
    return [
        (event.key, Observation(event.day, event.detail.moment, value))
        for event in events
        if _counts(measure, event.detail) and (value := _value(measure, event.detail, minor_digits)) is not None
    ]


def _counts(measure: Measure, detail: EventDetail) -> bool:
    return detail.family in measure.of and all(
        getattr(detail, name, None) == wanted for name, wanted in measure.where.items()
    )


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
