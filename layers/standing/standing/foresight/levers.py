"""Levers: hypothetical events that move a feature, to see what they would change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import reduce
from itertools import groupby, zip_longest
from typing import Any, NamedTuple

from standing.events import MODELS, MoneyDetail
from standing.events.intake import Event
from standing.events.models import SCORED
from standing.rules.conditions import Atom
from standing.rules.features import CombinedFeature, Feature, Measure, MeasuredFeature, PointsFeature
from standing.rules.kinds import MEASURING, KindName
from standing.rules.ruleset import Programme, Ruleset
from standing.values.days import Day, end_of_day
from standing.values.money import from_minor

type Fields = dict[str, Any]
type Move = Callable[[int], list[Fields]]
type Ways = tuple[Move | None, Move | None]  # up, down

RISING, FALLING = {">", ">=", "=="}, {"<", "<="}
FAMILIES = {detail_type.partition(".")[0]: model for detail_type, model in MODELS.items()}
MOVED_BY_CUSTOMERS = ("purchase", "feedback", "engagement", "activity", "profile", "refund")
BEST, MIDDLING, WORST = ({"score": score, "scale": [1, 5]} for score in (5, 3, 1))
PLAIN: dict[str, Fields] = {
    "feedback": {"kind": "inquiry"},
    "engagement": {"kind": "visit"},
}
MONEY = {"amount", "amounts"}
MOST_EVENTS, MOST_MONEY = 1_000, 1_000_000_000  # events, and units of the currency
A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Lever:
    """Events of one family that move a feature. `fields` gives the fields of each event for a quantity.

    A quantity is in minor units if the feature sums money, else it is a number of events. `most` is the largest
    quantity to try. `moved` is the part of a score that the events move.
    """

    feature: Feature
    family: str
    where: tuple[tuple[str, str], ...]
    fields: Move
    most: int = MOST_EVENTS
    moved: Feature | None = None

    @property
    def adds_money(self) -> bool:
        """Whether a quantity is an amount. The latest amount is none: one event sets it, whatever it was before."""
        moved = self.moved or self.feature
        return moved.unit == "money" and moved.kind != "latest"

    @property
    def kind(self) -> str:
        """The kind of its events, in one word: `purchase`, `complaint`."""
        return dict(self.where).get("kind", self.family)


class LeverUse(NamedTuple):
    """A lever and the quantity by which it is used."""

    lever: Lever
    quantity: int


def lever(ruleset: Ruleset, feature: Feature, atom: Atom) -> Lever | None:
    """The lever that can make a comparison hold by moving its feature, or None if only time can."""
    if isinstance(feature, PointsFeature):
        return _scored(ruleset, feature, atom)
    if isinstance(feature, CombinedFeature):
        part = feature.second if atom.op in FALLING and feature.kind != "plus" else feature.first
        return _part(ruleset, feature, ruleset.by_name[part], atom)
    measure = ruleset.measures[feature.measure]
    family = next((family for family in MOVED_BY_CUSTOMERS if family in measure.of), None)
    fields = _fields(feature, measure, atom, ruleset.programme) if family else None
    if family is None or fields is None:
        return None
    where = tuple(sorted(measure.where.items()))
    adds = feature.unit == "money" and feature.kind != "latest"
    most = MOST_MONEY * 10**ruleset.programme.minor_digits if adds else MOST_EVENTS
    return Lever(feature, family, where, fields, most)


def events(pulls: Iterable[LeverUse], programme: Programme, day: Day) -> list[Event]:
    """The events of the levers on a day, as few as possible: one purchase counts both as an order and as an amount."""
    by_kind = sorted(pulls, key=_of_one_kind)
    return [
        _event(family, dict(where) | fields, number, programme, day)
        for (family, where), some in groupby(by_kind, key=_of_one_kind)
        for number, fields in enumerate(_laid_together(some))
    ]


def _of_one_kind(pull: LeverUse) -> tuple[str, tuple[tuple[str, str], ...]]:
    return pull.lever.family, pull.lever.where


def _laid_together(pulls: Iterable[LeverUse]) -> list[Fields]:
    several = zip_longest(*(pull.lever.fields(pull.quantity) for pull in pulls), fillvalue={})
    return [reduce(_with, one) for one in several]


def _with(fields: Fields, more: Fields) -> Fields:
    """The fields of two events merged into one event. Entries of one field, such as amounts, are merged, too."""
    both = {name: fields[name] | more[name] for name in fields.keys() & more if isinstance(more[name], dict)}
    return {**fields, **more, **both}


def _part(ruleset: Ruleset, whole: Feature, part: Feature, atom: Atom) -> Lever | None:
    """The lever of a combined feature: its first part moves it up, its second part down. None for latest amounts."""
    if part.kind == "latest":
        return None
    moved_by = lever(ruleset, part, Atom(part.name, ">=", atom.value))
    return replace(moved_by, feature=whole) if moved_by else None


def _scored(ruleset: Ruleset, whole: PointsFeature, atom: Atom) -> Lever | None:
    """The lever of a points score: its part with the highest weight that events can move. A score is only moved up."""
    ramps = sorted(whole.ramps, key=lambda one: -one.weight)
    for ramp in ramps if atom.op in RISING else ():
        part = ruleset.by_name[ramp.part]
        moved_by = lever(ruleset, part, Atom(part.name, ">=" if ramp.rises else "<=", ramp.end))
        if moved_by and part.kind != "latest":
            return replace(moved_by, feature=whole, moved=moved_by.moved or part)
    return None


def _fields(feature: MeasuredFeature, measure: Measure, atom: Atom, programme: Programme) -> Move | None:
    """The fields of each event for a quantity, or None if events cannot move the feature in that direction."""
    if feature.kind == "latest":
        return _saying(measure.value, feature, atom, programme)
    rising, falling = _ways(feature, measure, programme)
    if atom.op == "unknown":
        return rising if atom.value == 0 else None
    return falling if atom.op in FALLING else rising


def _ways(feature: MeasuredFeature, measure: Measure, programme: Programme) -> Ways:
    """How events move a feature up, and how they move it down."""
    return WAYS[feature.kind](feature, measure, programme)


def _ways_of_value(feature: MeasuredFeature, measure: Measure, programme: Programme) -> Ways:
    if feature.unit == "score":
        return _scoring(BEST), _scoring(WORST)
    return _of_amount(measure.value, programme.minor_digits) if feature.unit == "money" else _plain, None


def _ways_of_lowest(feature: MeasuredFeature, measure: Measure, programme: Programme) -> Ways:
    """A further event can lower the lowest amount, but never raise it."""
    return (None, None) if feature.unit == "money" else _ways_of_value(feature, measure, programme)


def _plain(quantity: int) -> list[Fields]:
    return [{} for _ in range(quantity)]


def _once(quantity: int) -> list[Fields]:
    return [{}] if quantity else []


def _of_amount(path: str, minor_digits: int) -> Move:
    field = "amount" if path == "net_amount" else path
    return lambda quantity: [_entry(field, from_minor(quantity, minor_digits))] if quantity else []


def _scoring(answer: Fields) -> Move:
    return lambda quantity: [{"kind": "survey", **answer} for _ in range(quantity)]


def _each_with_another(field: str) -> Move:
    kind: Fields = {"kind": "redemption"} if field == "campaign" else {}
    return lambda quantity: [{field: f"another-{number}", **kind} for number in range(quantity)]


def _saying(path: str, feature: MeasuredFeature, atom: Atom, programme: Programme) -> Move | None:
    """An event with the wanted value. If the values have an order, the lowest one that is enough."""
    if atom.op not in {"==", ">=", "<="}:
        return None
    wanted: Any = atom.value
    if isinstance(wanted, int):
        wanted = feature.levels[wanted] if feature.levels else from_minor(wanted, programme.minor_digits)
    value = {"true": True, "false": False}.get(wanted, wanted)
    return lambda quantity: [_entry(path, value)] if quantity else []


def _entry(path: str, value: object) -> Fields:
    """The fields of an event with one field, or one entry of a field such as `segments.student`."""
    name, _, entry = path.partition(".")
    return {name: {entry: value} if entry else value}


def _event(family: str, fields: Fields, number: int, programme: Programme, day: Day) -> Event:
    """An event at the last moment of a day. Raises ValidationError if the event is not valid."""
    model = FAMILIES[family]
    money = {"amount": "0"} if issubclass(model, MoneyDetail) else {}
    money |= {"currency": programme.currency} if MONEY & {*money, *fields} else {}
    time = end_of_day(day, programme.time_zone) - A_MOMENT
    who = {"id": f"what-if-{number}", "customer": "what-if", "time": time}
    answer = MIDDLING if fields.get("kind") in SCORED else {}
    return Event(
        "what-if", model.model_validate({**who, **money, **PLAIN.get(family, {}), **answer, **fields}), day, ""
    )


WAYS: dict[KindName, Callable[[MeasuredFeature, Measure, Programme], Ways]] = {
    **dict.fromkeys(MEASURING, lambda *_: (None, None)),  # no event is sure to move it; `_saying` sets the latest value
    "count": lambda *_: (_plain, None),
    "sum": _ways_of_value,
    "mean": _ways_of_value,
    "min": _ways_of_lowest,
    "max": _ways_of_value,
    "distinct": lambda _, measure, __: (_each_with_another(measure.value), None),
    "days_since_first": lambda *_: (None, _once),
    "days_since_last": lambda *_: (None, _once),
}
