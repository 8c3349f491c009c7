"""The kinds of rule files: where each lies under `rules/`, the model that it fits, and how its entries stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from standing.rules.author.scenario.sources import SCENARIOS
from standing.rules.author.sources import CARE, FEATURES, PROGRAMME, RATING


@dataclass(frozen=True)
class Kind:
    """A kind of rule file. `pattern` is below `rules/`; `apart`: a blank line stands between its entries.

    `as_written`: people lay it out as they like, and only its first line is ours.
    """

    name: str
    pattern: str
    shape: TypeAdapter[Any]
    title: str
    apart: bool = False
    as_written: bool = False

    @property
    def schema(self) -> str:
        """The name of its JSON Schema's file."""
        return f"{self.name}.schema.json"


KINDS = (
    Kind("programme", "programme.yaml", PROGRAMME, "What all rules share"),
    Kind("features", "features.yaml", FEATURES, "Every number a rule may use", apart=True),
    Kind("rating", "ratings/*.yaml", RATING, "A rating and its levels"),
    Kind("care", "care/*.yaml", CARE, "Care rules: when something is to be done, and what", apart=True),
    Kind("scenario", "scenarios/*.yaml", SCENARIOS, "Stories, played by `standing rules test`", as_written=True),
)


def rule_files(folder: Path) -> Iterator[tuple[Kind, Path]]:
    """Every rule file of a folder, with its kind."""
    for kind in KINDS:
        for path in sorted(folder.glob(kind.pattern)):
            yield kind, path


def unrecognised_files(folder: Path) -> Iterator[Path]:
    """YAML files of a rules folder that nothing reads, because of their name or place; stories speak for themselves."""
    read = {*(path for _, path in rule_files(folder)), *(folder / "scenarios").glob("*.yml")}
    yield from sorted(path for path in folder.rglob("*.y*ml") if path not in read and path.suffix in {".yaml", ".yml"})
