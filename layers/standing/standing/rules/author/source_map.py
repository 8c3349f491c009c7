"""Places: where in the rule files each condition and each line is written, and which findings are accepted there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from standing.rules.author.lines import canonical
from standing.rules.author.reader import Place, Source
from standing.rules.author.sources import Block


class Location(NamedTuple):
    """A line of a rule file."""

    file: str
    line: int


@dataclass
class SourceMap:
    """By a rule's name (`tier/qualify/gold`, `care/welcome`), a rating's or a feature's: where it is written.

    `lines` are the condition lines of a rule as they follow each other, with their text; `accepted` the reasons for
    which a check's finding is.
    """

    spots: dict[str, Location] = field(default_factory=dict)
    lines: dict[str, list[tuple[str, Location]]] = field(default_factory=dict)
    accepted: dict[tuple[str, str], str] = field(default_factory=dict)

    def mark(self, name: str, source: Source, place: Place, block: Block | None = None) -> None:
        """Note where something is written, and each of its lines."""
        self.spots[name] = Location(source.file, source.line(place))
        written = _written(place, block) if block else ()
        self.lines[name] = [(canonical(text), Location(source.file, source.line(at))) for at, text in written]

    def accept(self, name: str, source: Source, place: Place, reasons: Mapping[str, str]) -> None:
        """Note what is accepted about a feature, a rating or a care rule."""
        self.spots.setdefault(name, Location(source.file, source.line(place)))
        self.accepted |= {(name, check): reason for check, reason in reasons.items()}

    def find(self, about: str, line: str = "") -> Location:
        """Where a rule is written: the line, the rule, or what it belongs to."""
        parts = about.split("/")
        names = ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]
        known = next((self.spots[name] for name in names if name in self.spots), Location("rules", 1))
        return next((spot for text, spot in self.lines.get(about, ()) if text == line), known)


def owner(about: str) -> str:
    """What a rule belongs to, where a finding about it can be accepted: its rating, itself if it is care."""
    return about if about.startswith("care/") else about.partition("/")[0]


def _written(place: Place, block: Block) -> Iterator[tuple[Place, str]]:
    (kind,) = block.model_fields_set
    for number, part in enumerate(getattr(block, kind)):
        at = (*place, kind, number)
        if isinstance(part, Block):
            yield from _written(at, part)
        else:
            yield at, part
