"""Where rules are written: the file and line of each rule and of each of its comparisons, in the order of writing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from standing.rulebook.reading import Place, Source, read


class Written(NamedTuple):
    """Where a rule is written: its file, its own line, and those of its comparisons."""

    file: str
    line: int
    lines: tuple[int, ...]


def places(folder: Path) -> dict[str, Written]:
    """The place of every rule, by the name that the ruleset gives it. The rules are known to compile."""
    found: dict[str, Written] = {}
    for path in sorted([*(folder / "ratings").glob("*.yaml"), *(folder / "care").glob("*.yaml")]):
        source = read(path, path.relative_to(folder.parent).as_posix())
        for name, place in _rules(source.data):
            found[name] = Written(source.file, source.lines[place], tuple(_leaves(source, place)))
    return found


def _rules(data: Any) -> Iterator[tuple[str, Place]]:  # noqa: ANN401 -- any rule file
    if isinstance(data, list):
        yield from ((f"care/{entry['care']}", (number, "when")) for number, entry in enumerate(data))
        return
    for way in ("qualify", "retain"):
        yield from ((f"{data['rating']}/{way}/{level}", (way, level)) for level in data.get(way, {}))


def _leaves(source: Source, place: Place) -> Iterator[int]:
    """The lines of the comparisons below a place."""
    data = source.data
    for step in place:
        data = data[step]
    entries = data.keys() if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    if isinstance(data, str):
        yield source.lines[place]
    for entry in entries:
        yield from _leaves(source, (*place, entry))
