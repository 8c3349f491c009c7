"""Compiling features: each is a measure over a window, or made of other features."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import get_args

from pydantic import TypeAdapter

from standing.rules.author.diagnostics import Diagnostics
from standing.rules.author.lines import LineError, Symbol, parse_literal
from standing.rules.author.messages import NOTHING, in_words
from standing.rules.author.reader import Place, Source
from standing.rules.author.sources import FeatureSource, RampSource
from standing.rules.author.vocabulary import FAMILIES, Family, Value, allowed_values
from standing.rules.features import (
    MOST_VALUES,
    AnyFeature,
    Feature,
    Measure,
    MembershipYear,
    PointsFeature,
    Ramp,
    Unit,
    Window,
)
from standing.rules.kinds import FEATURE_KINDS, KindName, Wants
from standing.rules.ruleset import Programme
from standing.values.messages import LISTS, Joined, Message, Readable, in_a_row
from standing.values.scales import REMAINDER

DIGITS: dict[Unit, int] = {"score": 4}
COUNT = Value("count")
ALL_POINTS = 100
ACTIVITY, SCORE = "activity", "score"
FEATURE: TypeAdapter[Feature] = TypeAdapter(Feature)
SHAPES: dict[KindName, type[AnyFeature]] = {
    kind: shape
    for shape in get_args(get_args(Feature.__value__)[0])
    for kind in get_args(shape.model_fields["kind"].annotation)
}
EVENTS = {event for family in FAMILIES.values() for event in family.of}


def compile_feature(
    notes: Diagnostics, source: Source, name: str, written: FeatureSource, programme: Programme
) -> Feature | None:
    """A feature, or nothing where its problems were noted."""
    feature = _compiled(notes, source, name, written, programme)
    if feature is None:
        notes.broken.add(name)
    return feature


def _compiled(
    notes: Diagnostics, source: Source, name: str, written: FeatureSource, programme: Programme
) -> Feature | None:
    if written.points:
        return _score(notes, source, name, written, written.points)
    if written.parts:
        return _combination(notes, source, name, written)
    place: Place = (name, written.kind)
    family_name, dot, path = written.measured.partition(".")
    family = FAMILIES.get(family_name)
    if family is None:
        notes.note(source, place, _not_allowed(family_name, list(FAMILIES)))
        return None
    if family_name == ACTIVITY and not programme.activities:
        notes.note(source, place, in_words("no_activities"))
        return None
    value = None if dot and not path else _value(written.kind, path, family)
    if value is None:
        notes.note(source, place, _value_problem(written.kind, path, family_name, family))
        return None
    _check_where(notes, source, name, written, family, programme)
    if (family_name, path) in {(SCORE, "value"), (SCORE, "band")} and "name" not in written.where:
        notes.note(source, place, in_words("which_score"))
    return _measured(notes, name, written, programme, Measurement(family, path, value))


class Measurement:
    """What a feature measures: an event family, a value of it, and what is known of that value."""

    def __init__(self, family: Family, path: str, value: Value) -> None:
        self.family, self.path, self.value = family, path, value

    def measure(self, written: FeatureSource) -> Measure:
        """As the state keeps it."""
        keeps = FEATURE_KINDS[written.kind].keeps
        assert keeps  # noqa: S101 -- it is not made of other features
        return Measure(of=self.family.of, where=written.where, value=self.path or "count", keeps=keeps)

    def has_remainder(self, written: FeatureSource) -> bool:
        """Whether answers on scales are added up: what is floored of each is kept, too."""
        return FEATURE_KINDS[written.kind].adds_up and self.family.of == ("feedback",) and self.path == "score"

    def remainder(self, written: FeatureSource) -> Measure:
        """What flooring leaves of each value."""
        return self.measure(written).model_copy(update={"value": REMAINDER})


def _measured(
    notes: Diagnostics, name: str, written: FeatureSource, programme: Programme, what: Measurement
) -> Feature:
    unit = _unit(written.kind, what.value)
    levels = what.value.levels if unit == "level" else ()
    digits = programme.minor_digits if unit == "money" else DIGITS.get(unit, 0)
    at_most = written.at_most or MOST_VALUES
    counted = at_most if written.kind == "distinct" else 0
    notes.known[name] = Symbol(unit, digits, levels, personal=what.value.personal, at_most=counted)
    about = {
        "measure": notes.measure(what.measure(written)),
        "window": _window(notes, written, programme),
        "remainder": notes.measure(what.remainder(written)) if what.has_remainder(written) else None,
        "at_most": at_most,
        "order": levels,
    }
    common = {"name": name, "title": written.title, "kind": written.kind, "unit": unit, "personal": what.value.personal}
    fields = SHAPES[written.kind].model_fields
    return FEATURE.validate_python(common | {field: value for field, value in about.items() if field in fields})


def _window(notes: Diagnostics, written: FeatureSource, programme: Programme) -> Window:
    if written.over == "membership-year":
        return Window(over=MembershipYear(anchor=notes.measure(_anything(programme))), ending=written.ending)
    return Window(over=written.over, ending=written.ending)


def _anything(programme: Programme) -> Measure:
    """Everything that can happen to a customer: the first of it begins a membership."""
    happens = EVENTS - {SCORE}  # a score is said of a customer, and begins nothing
    return Measure(of=tuple(sorted(happens if programme.activities else happens - {ACTIVITY})))


def _combination(notes: Diagnostics, source: Source, name: str, written: FeatureSource) -> Feature | None:
    known = [notes.known.get(part) for part in written.parts]
    for number, part in enumerate(written.parts):
        if known[number] is None and part not in notes.broken:
            notes.note(source, (name, written.kind, number), in_words("not_above", name=part))
    first, second = known
    if first is None or second is None:
        return None
    if first.unit != second.unit or first.unit in {"text", "level"}:
        text = in_words("two_of_a_kind", kind=written.kind, first=_kind(first), second=_kind(second))
        notes.note(source, (name, written.kind), text)
        return None
    personal = first.personal or second.personal
    about = Symbol("score", DIGITS["score"]) if written.kind == "ratio" else first
    notes.known[name] = replace(about, personal=personal)
    common = {"name": name, "title": written.title, "kind": written.kind, "unit": about.unit, "personal": personal}
    return FEATURE.validate_python(common | dict(zip(("first", "second"), written.parts, strict=True)))


def _score(
    notes: Diagnostics, source: Source, name: str, written: FeatureSource, points: list[RampSource]
) -> Feature | None:
    """A score from 0 to 100: each of its parts gives points by a ramp."""
    parts = [_ramp(notes, source, (name, "points", number), one) for number, one in enumerate(points)]
    weights = sum(one.weight for one in points)
    if weights != ALL_POINTS:
        notes.note(source, (name, "points"), in_words("weights", weights=weights, all=ALL_POINTS))
    valid = [ramp for ramp in parts if ramp]
    if len(valid) < len(points) or weights != ALL_POINTS:
        return None
    personal = any(notes.known[one.feature].personal for one in points)
    notes.known[name] = Symbol("count", personal=personal)
    ramps = tuple(valid)
    return PointsFeature(name=name, title=written.title, kind="points", unit="count", ramps=ramps, personal=personal)


def _ramp(notes: Diagnostics, source: Source, place: Place, written: RampSource) -> Ramp | None:
    about = notes.known.get(written.feature)
    if about is None or about.levels or about.unit == "text":
        text = in_words("no_number_above" if about else "not_above", name=written.feature)
        if written.feature not in notes.broken:
            notes.note(source, (*place, "feature"), text)
        return None
    try:
        begin, end = (int(parse_literal(about, value)) for value in (written.begin, written.end))
    except LineError as error:
        notes.note(source, place, error.said)
        return None
    if begin == end or written.unknown > written.weight or not written.weight:
        notes.note(source, place, in_words("ramp_flat" if begin == end else "ramp_weight"))
        return None
    return Ramp(part=written.feature, begin=begin, end=end, weight=written.weight, unknown=written.unknown)


def _check_where(
    notes: Diagnostics, source: Source, name: str, written: FeatureSource, family: Family, programme: Programme
) -> None:
    for word, value in written.where.items():
        place: Place = (name, "where", word)
        if word not in family.fields:
            notes.note(source, place, _not_filtered(word, family), at=None)
        elif (allowed := _allowed(family, word, programme)) and value not in allowed:
            notes.note(source, place, _not_allowed(value, allowed))


def _not_filtered(word: str, family: Family) -> Readable:
    fields = in_a_row(family.fields) if family.fields else in_words("nothing")
    return in_words("not_filtered", word=word, fields=fields, nearest=_perhaps(word, family.fields))


def _not_allowed(value: str, allowed: Sequence[str]) -> Readable:
    return in_words("no_family", name=value, names=in_a_row(allowed), nearest=_perhaps(value, allowed))


def _perhaps(word: str, known: Iterable[str]) -> Message:
    """The word that was probably meant, if any is near."""
    close = get_close_matches(word, list(known), n=1)
    return in_words("did_you_mean", close=close[0]) if close else NOTHING


def _kind(known: Symbol) -> Readable:
    return in_words(f"kind_{known.unit}")


def _allowed(family: Family, word: str, programme: Programme) -> tuple[str, ...]:
    """The values a field can have; empty where any text will do."""
    return programme.activities if (family.of, word) == ((ACTIVITY,), "kind") else allowed_values(family, word)


def _value(kind: KindName, path: str, family: Family) -> Value | None:
    """What a kind of feature measures of a family; nothing where the two do not go together."""
    return VALUES[FEATURE_KINDS[kind].wants](path, family)


def _number(path: str, family: Family) -> Value | None:
    value = family.value(path)
    return value if value and value.is_number else None


def _sum(path: str, family: Family) -> Value | None:
    value = _number(path, family)
    return value if value and value.adds_up else None


def _word(path: str, family: Family) -> Value | None:
    value = family.value(path)
    return value if value and not value.is_number else None


VALUES: dict[Wants, Callable[[str, Family], Value | None]] = {
    "events": lambda path, _: None if path else COUNT,
    "sums": _sum,
    "numbers": _number,
    "words": _word,
    "values": lambda path, family: family.value(path),
    "anniversaries": lambda path, family: family.date(path),
    "dates": lambda path, family: family.date(path) if "." in path else None,
}


def measurable(kind: KindName) -> list[str]:
    """What a kind of feature can measure, such as `transaction.net_amount`; `*` stands for any name."""
    alone = [name for name, family in FAMILIES.items() if _value(kind, "", family)]
    values = [(name, path) for name, family in FAMILIES.items() for path in (*family.values, *family.dates)]
    return alone + [f"{name}.{path}" for name, path in values if _value(kind, path, FAMILIES[name])]


def _value_problem(kind: KindName, path: str, family_name: str, family: Family) -> Readable:
    if FEATURE_KINDS[kind].wants == "events":
        return in_words("takes_alone", kind=kind, family=family_name, path=path)
    fits = [name for name in (*family.values, *family.dates) if _value(kind, name, family)]
    names = [f"{family_name}.{name.replace('*', 'NAME')}" for name in fits]
    choices = Joined(tuple(names), LISTS("or")) if names else None
    if not choices:
        return in_words("has_no_value", kind=kind, family=family_name)
    return in_words("needs_value", kind=kind, choices=choices)


def _unit(kind: KindName, value: Value) -> Unit:
    gives = FEATURE_KINDS[kind].gives
    return value.unit if gives == "its value" else gives
