"""What a step expects, checked against the rules: their ratings and levels, features and values, care and gates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, get_args

from standing.engine.care import Gate
from standing.rules.author.lines import LineError, Symbol, parse_literal
from standing.rules.author.messages import NOTHING, nearest
from standing.rules.author.reader import Place
from standing.rules.author.scenario.messages import in_words
from standing.rules.author.scenario.scenario import Kind
from standing.rules.author.scenario.sources import StepSource
from standing.rules.conditions import Fact
from standing.rules.features import Feature
from standing.rules.ruleset import Ruleset
from standing.values.messages import LISTS, Joined, Message, Readable, in_a_row, listed

FEATURES = "features"
GATES: tuple[Gate, ...] = get_args(Gate.__value__)
DIGITS = {"score": 4}
EXAMPLES = {"money", "score", "text"}

type Note = Callable[[Place, Readable], None]


class ExpectedFact(NamedTuple):
    """Something expected, and the place of the step where it is written."""

    place: Place
    kind: Kind
    about: str
    wanted: Fact | None = None


def expected_facts(ruleset: Ruleset, step: StepSource, note: Note) -> Iterator[ExpectedFact]:
    """Everything a step expects. What means nothing is noted instead."""
    for name, wanted in step.expect.items():
        if name == FEATURES and isinstance(wanted, dict):
            yield from _features(ruleset, wanted, note)
        else:
            yield from _levels(ruleset, ("expect", name), "rating", {name: wanted}, note)
    for name, unwanted in step.expect_not.items():
        for level in unwanted if isinstance(unwanted, list) else [unwanted]:
            yield from _levels(ruleset, ("expect_not", name), "not-rating", {name: level}, note)
    yield from _care(ruleset, "care", "care", step.due, note)
    yield from _care(ruleset, "no_care", "no-care", step.no_care, note)
    yield from _gates(ruleset, step.held_back, note)


def never_facts(ruleset: Ruleset, never: Iterable[Any], note: Note) -> Iterator[ExpectedFact]:
    """Everything that a story says never happens: care rules, and levels such as `{tier: platinum}`."""
    for number, wish in enumerate(never):
        place = ("never", number)
        if isinstance(wish, dict):
            yield from _levels(ruleset, place, "not-rating", wish, note)
        elif is_care(ruleset, place, wish, note):
            yield ExpectedFact(place, "no-care", wish)


def is_care(ruleset: Ruleset, place: Place, name: Any, note: Note) -> bool:  # noqa: ANN401 -- any YAML
    """Whether there is a care rule of this name; noted where there is not."""
    known = isinstance(name, str) and name in ruleset.care
    if not known:
        note(place, in_words("no_care", name=name, nearest=nearest(str(name), ruleset.care)))
    return known


def _levels(
    ruleset: Ruleset, place: Place, kind: Kind, levels: Mapping[str, Any], note: Note
) -> Iterator[ExpectedFact]:
    for name, level in levels.items():
        rating = ruleset.ratings.get(name)
        if rating is None:
            near, perhaps = nearest(name, ruleset.ratings), _perhaps_feature(ruleset, name)
            note(place, in_words("no_rating", name=name, nearest=near, perhaps=perhaps))
        elif level not in rating.levels:
            note(place, in_words("no_level", level=level, name=name, levels=in_a_row(rating.levels)))
        else:
            yield ExpectedFact(place, kind, name, level)


def _perhaps_feature(ruleset: Ruleset, name: str) -> Message:
    return in_words("a_feature", name=name, word=FEATURES) if name in ruleset.by_name else NOTHING


def _care(ruleset: Ruleset, word: str, kind: Kind, names: Iterable[str], note: Note) -> Iterator[ExpectedFact]:
    places = ((word, number) for number, _ in enumerate(names))
    return (
        ExpectedFact(at, kind, name) for at, name in zip(places, names, strict=True) if is_care(ruleset, at, name, note)
    )


def _gates(ruleset: Ruleset, gates: Mapping[str, str], note: Note) -> Iterator[ExpectedFact]:
    for name, gate in gates.items():
        place = ("held_back", name)
        if gate not in GATES:
            either = Joined(tuple(GATES), LISTS("or"))
            note(place, in_words("no_gate", gate=gate, gates=either))
        elif is_care(ruleset, place, name, note):
            yield ExpectedFact(place, "held-back", name, gate)


def _features(ruleset: Ruleset, values: Mapping[str, Any], note: Note) -> Iterator[ExpectedFact]:
    for name, text in values.items():
        place = ("expect", FEATURES, name)
        feature = ruleset.by_name.get(name)
        if feature is None:
            note(place, in_words("no_feature", name=name, nearest=nearest(name, ruleset.by_name)))
            continue
        try:
            yield ExpectedFact(place, "feature", name, _value(ruleset, feature, text))
        except LineError:
            note(place, in_words("no_value", text=text, name=name, example=_example(feature)))


def _value(ruleset: Ruleset, feature: Feature, text: object) -> Fact | None:
    """A feature's value in whole units; none for unknown. Raises LineError."""
    if text == "unknown":
        return None
    digits = ruleset.programme.minor_digits if feature.unit == "money" else DIGITS.get(feature.unit, 0)
    written = str(text).lower() if isinstance(text, bool) else text
    if not isinstance(written, str):
        raise LineError(_example(feature))
    return parse_literal(Symbol(feature.unit, digits, feature.levels), written)


def _example(feature: Feature) -> Readable:
    if feature.levels:
        return listed("or", feature.levels)
    return in_words(f"example_{feature.unit if feature.unit in EXAMPLES else 'whole'}")
