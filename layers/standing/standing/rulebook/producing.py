"""The producers of a programme: which source may send which events, checked and compiled."""

from __future__ import annotations

from difflib import get_close_matches

from standing.core.events import MODELS
from standing.core.intake import SOURCE
from standing.core.producers import NAMEABLE, NIGHT_SOURCE, OUR_SOURCE, SCORE
from standing.rulebook.notes import Notes
from standing.rulebook.reading import Source

OURS = {
    OUR_SOURCE: "is the source of what Standing itself says, and no event comes from it: name the system that sends",
    NIGHT_SOURCE: "is the source of the night's scores, and needs no name here: leave it out",
}


def compile_producers(notes: Notes, source: Source, written: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """By source, what it may send, in an order that does not depend on the file's."""
    for name, kinds in written.items():
        if wrong := _wrong_source(name):
            notes.note(source, ("producers", name), f"`{name}` {wrong}")
        for number, kind in enumerate(kinds):
            if wrong := _wrong_kind(kind, kinds[:number]):
                notes.note(source, ("producers", name, number), f"`{kind}` {wrong}")
    return {name: tuple(sorted(kinds)) for name, kinds in sorted(written.items())}


def _wrong_source(name: str) -> str | None:
    if not SOURCE.fullmatch(name):
        return "is no source: it has 1 to 128 letters, digits, dots, dashes, underscores or slashes"
    return OURS.get(name)


def _wrong_kind(kind: str, before: list[str]) -> str | None:
    family = kind.partition(".")[0]
    if family == SCORE:
        return "comes from the night alone: leave it out"
    if kind in MODELS:
        return f"is one version of an event: write `{family}`, whatever its version"
    if kind not in NAMEABLE:
        close = get_close_matches(kind, NAMEABLE, n=1)
        return "is no kind of event: " + (f"did you mean `{close[0]}`?" if close else "one of " + ", ".join(NAMEABLE))
    return "is there twice" if kind in before else None
