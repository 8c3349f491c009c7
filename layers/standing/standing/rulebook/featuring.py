"""Compiling features: each is a measure over a window, or made of other features."""

from __future__ import annotations

from dataclasses import replace

from standing.core.answers import REMAINDER
from standing.core.ruleset import MOST_VALUES, Feature, Keeps, Measure, Programme, Ramp, Unit
from standing.rulebook.lines import Known, LineError, parse_literal
from standing.rulebook.notes import Notes
from standing.rulebook.reading import Place, Source
from standing.rulebook.sources import FeatureSource, RampSource
from standing.rulebook.vocabulary import FAMILIES, Family, Value, allowed_values

DIGITS: dict[Unit, int] = {"score": 4}
KEEPS: dict[str, Keeps] = {
    "min": "extremes",
    "max": "extremes",
    "latest": "latest",
    "days_until": "latest",
    "days_to": "latest",
    "distinct": "seen",
}
OF_DATES = {"days_until", "days_to"}
ADDED_UP = {"sum", "mean"}
NUMBERS = {"sum", "mean", "min", "max"}
COUNT = Value("count")
ALL_POINTS = 100
ACTIVITY, SCORE = "activity", "score"
EVENTS = {event for family in FAMILIES.values() for event in family.of}


def compile_feature(
    notes: Notes, source: Source, name: str, written: FeatureSource, programme: Programme
) -> Feature | None:
    """A feature, or nothing where its problems were noted."""
    if written.points:
        return _score(notes, source, name, written, written.points)
    if written.parts:
        return _combination(notes, source, name, written)
    place: Place = (name, written.kind)
    family_name, dot, path = written.measured.partition(".")
    family = FAMILIES.get(family_name)
    if family is None:
        notes.note(source, place, f"`{family_name}` is not one of {', '.join(FAMILIES)}")
        return None
    if family_name == ACTIVITY and not programme.activities:
        notes.note(source, place, "programme.yaml names no `activities`: what they are called, such as [deposit]")
        return None
    value = None if dot and not path else _value(written.kind, path, family)
    if value is None:
        notes.note(source, place, _value_problem(written.kind, path, family_name, family))
        return None
    _check_where(notes, source, name, written, family, programme)
    if (family_name, path) in {(SCORE, "value"), (SCORE, "band")} and "name" not in written.where:
        notes.note(source, place, "of which score? Name it, such as `where: {name: churn}`")
    return _measured(notes, name, written, programme, Measured(family, path, value))


class Measured:
    """What a feature measures: an event family, a value of it, and what is known of that value."""

    def __init__(self, family: Family, path: str, value: Value) -> None:
        self.family, self.path, self.value = family, path, value

    def measure(self, written: FeatureSource) -> Measure:
        """As the state keeps it."""
        keeps = KEEPS.get(written.kind, "sums")
        return Measure(of=self.family.of, where=written.where, value=self.path or "count", keeps=keeps)

    def has_remainder(self, written: FeatureSource) -> bool:
        """Whether answers on scales are added up: what is floored of each is kept, too."""
        return written.kind in ADDED_UP and self.family.of == ("feedback",) and self.path == "score"

    def remainder(self, written: FeatureSource) -> Measure:
        """What flooring leaves of each value."""
        return self.measure(written).model_copy(update={"value": REMAINDER})


def _measured(notes: Notes, name: str, written: FeatureSource, programme: Programme, what: Measured) -> Feature:
    unit = _unit(written.kind, what.value)
    levels = what.value.levels if unit == "level" else ()
    digits = programme.minor_digits if unit == "money" else DIGITS.get(unit, 0)
    at_most = written.at_most or MOST_VALUES
    counted = at_most if written.kind == "distinct" else 0
    notes.known[name] = Known(unit, digits, levels, personal=what.value.personal, at_most=counted)
    return Feature(
        name=name,
        title=written.title,
        kind=written.kind,
        measure=notes.measure(what.measure(written)),
        remainder=notes.measure(what.remainder(written)) if what.has_remainder(written) else -1,
        unit=unit,
        levels=levels,
        over=written.over,
        anchor=notes.measure(_anything(programme)) if written.over == "membership-year" else -1,
        ending=written.ending,
        at_most=at_most,
        personal=what.value.personal,
    )


def _anything(programme: Programme) -> Measure:
    """Everything that can happen to a customer: the first of it begins a membership."""
    happens = EVENTS - {SCORE}  # a score is said of a customer, and begins nothing
    return Measure(of=tuple(sorted(happens if programme.activities else happens - {ACTIVITY})))


def _combination(notes: Notes, source: Source, name: str, written: FeatureSource) -> Feature | None:
    known = [notes.known.get(part) for part in written.parts]
    for number, part in enumerate(written.parts):
        if known[number] is None:
            notes.note(source, (name, written.kind, number), f"`{part}` is not a feature that stands above this one")
    first, second = known
    if first is None or second is None:
        return None
    if first.unit != second.unit or first.unit in {"text", "level"}:
        said = f"{written.kind} needs two numbers of a kind, not {first.unit} and {second.unit}"
        notes.note(source, (name, written.kind), said)
        return None
    personal = first.personal or second.personal
    about = Known("score", DIGITS["score"]) if written.kind == "ratio" else first
    notes.known[name] = replace(about, personal=personal)
    content = {"kind": written.kind, "unit": about.unit, "parts": tuple(written.parts), "personal": personal}
    return Feature.model_validate({"name": name, "title": written.title, **content})


def _score(notes: Notes, source: Source, name: str, written: FeatureSource, points: list[RampSource]) -> Feature | None:
    """A score from 0 to 100: each of its parts gives points by a ramp."""
    ramps = [_ramp(notes, source, (name, "points", number), one) for number, one in enumerate(points)]
    weights = sum(one.weight for one in points)
    if weights != ALL_POINTS:
        notes.note(source, (name, "points"), f"the weights add up to {weights}: together they are to be {ALL_POINTS}")
    found = [ramp for ramp in ramps if ramp]
    if len(found) < len(points) or weights != ALL_POINTS:
        return None
    personal = any(notes.known[one.feature].personal for one in points)
    notes.known[name] = Known("count", personal=personal)
    parts = tuple(one.feature for one in points)
    return Feature(
        name=name, title=written.title, kind="points", unit="count", parts=parts, ramps=tuple(found), personal=personal
    )


def _ramp(notes: Notes, source: Source, place: Place, written: RampSource) -> Ramp | None:
    about = notes.known.get(written.feature)
    if about is None or about.levels or about.unit == "text":
        said = "is not a number that stands above this one" if about else "is not a feature that stands above this one"
        notes.note(source, (*place, "feature"), f"`{written.feature}` {said}")
        return None
    try:
        begin, end = (int(parse_literal(about, value)) for value in (written.begin, written.end))
    except LineError as error:
        notes.note(source, place, str(error))
        return None
    if begin == end or written.unknown > written.weight or not written.weight:
        wrong = (
            "`from` and `to` are the same" if begin == end else "`weight` is at least 1, and `unknown` no more than it"
        )
        notes.note(source, place, wrong)
        return None
    return Ramp(begin=begin, end=end, weight=written.weight, unknown=written.unknown)


def _check_where(
    notes: Notes, source: Source, name: str, written: FeatureSource, family: Family, programme: Programme
) -> None:
    for word, value in written.where.items():
        place: Place = (name, "where", word)
        if word not in family.fields:
            notes.note(source, place, f"`{word}` cannot be filtered here; {', '.join(family.fields) or 'nothing'} can")
        elif (allowed := _allowed(family, word, programme)) and value not in allowed:
            notes.note(source, place, f"`{value}` is not one of {', '.join(allowed)}")


def _allowed(family: Family, word: str, programme: Programme) -> tuple[str, ...]:
    """The values a field can have; empty where any text will do."""
    return programme.activities if (family.of, word) == ((ACTIVITY,), "kind") else allowed_values(family, word)


def _value(kind: str, path: str, family: Family) -> Value | None:
    """What a kind of feature measures of a family; nothing where the two do not go together."""
    if kind in OF_DATES:
        return family.date(path) if kind == "days_until" or "." in path else None
    if kind in NUMBERS:
        value = family.value(path)
        return value if value and value.is_number and (value.adds_up or kind != "sum") else None
    if kind == "latest":
        return family.value(path)
    if kind == "distinct":
        value = family.value(path)
        return value if value and not value.is_number else None
    return None if path else COUNT


def measurable(kind: str) -> list[str]:
    """What a kind of feature can measure, such as `transaction.net_amount`; `*` stands for any name."""
    alone = [name for name, family in FAMILIES.items() if _value(kind, "", family)]
    values = [(name, path) for name, family in FAMILIES.items() for path in (*family.values, *family.dates)]
    return alone + [f"{name}.{path}" for name, path in values if _value(kind, path, FAMILIES[name])]


def _value_problem(kind: str, path: str, family_name: str, family: Family) -> str:
    if kind not in {*NUMBERS, *OF_DATES, "latest", "distinct"}:
        return f"{kind} takes {family_name} alone, without `.{path}`"
    fits = [name for name in (*family.values, *family.dates) if _value(kind, name, family)]
    choices = " or ".join(f"{family_name}.{name.replace('*', 'NAME')}" for name in fits)
    return f"{kind} needs a value: {choices}" if choices else f"{kind} needs a value, and {family_name} has none for it"


def _unit(kind: str, value: Value) -> Unit:
    if kind in {*NUMBERS, "latest"}:
        return value.unit
    return "days" if kind.startswith("days_") else "count"
