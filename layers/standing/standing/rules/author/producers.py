"""Checks and compiles the producers of a programme: which source may send which events."""

from __future__ import annotations

from difflib import get_close_matches

from standing.events import MODELS
from standing.events.intake import SOURCE
from standing.events.producers import NAMEABLE, NIGHT_SOURCE, OUR_SOURCE, SCORE
from standing.rules.author.diagnostics import Diagnostics
from standing.rules.author.messages import in_words
from standing.rules.author.reader import Source
from standing.values.messages import Readable, in_a_row

OURS = {OUR_SOURCE: "our_source", NIGHT_SOURCE: "night_source"}


def compile_producers(notes: Diagnostics, source: Source, written: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """The event types that each source may send, in an order that does not depend on the file's."""
    for name, kinds in written.items():
        if wrong := _wrong_source(name):
            notes.note(source, ("producers", name), wrong, at=None)
        for number, kind in enumerate(kinds):
            if wrong := _wrong_kind(kind, kinds[:number]):
                notes.note(source, ("producers", name, number), wrong)
    return {name: tuple(sorted(kinds)) for name, kinds in sorted(written.items())}


def _wrong_source(name: str) -> Readable | None:
    if not SOURCE.fullmatch(name):
        return in_words("no_source", name=name)
    return in_words(OURS[name], name=name) if name in OURS else None


def _wrong_kind(kind: str, before: list[str]) -> Readable | None:
    family = kind.partition(".")[0]
    if family == SCORE:
        return in_words("night_alone", kind=kind)
    if kind in MODELS:
        return in_words("a_version", kind=kind, family=family)
    if kind not in NAMEABLE:
        close = get_close_matches(kind, NAMEABLE, n=1)
        meant = in_words("kind_meant", close=close[0]) if close else in_words("one_of", names=in_a_row(NAMEABLE))
        return in_words("no_kind", kind=kind, meant=meant)
    return in_words("there_twice", name=kind) if kind in before else None
