"""The mutants: one TOML file a room of the code, one `[[mutant]]` a mechanism that is taken out.

    name = 'care-late-control'        # a promise's mutants begin with its id: inv-4-…
    takes_out = 'that a control that is known too late is missed, too'
    kills = 'tests/unit/engine/test_care.py' # the test that must fail, by file or by name
    file = 'layers/standing/standing/engine/ledger/care.py'
    old = 'what stands there exactly once'
    new = 'what stands there instead'

Where more than one place changes, each is a `[[mutant.edit]]` with `file`, `old` and `new`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.make.support import ROOT

HERE = Path(__file__).parent


class OutdatedError(Exception):
    """What a mutant replaces is not in its file exactly once."""


@dataclass(frozen=True)
class Edit:
    """One text of one file, and what stands there instead."""

    file: str
    old: str
    new: str

    def apply(self, tree: Path) -> None:
        """Edit a copy of the tree. Raises OutdatedError."""
        path = tree / self.file
        text = path.read_text()
        if text.count(self.old) != 1:
            raise OutdatedError(f"{self.file} has it {text.count(self.old)} times, and must have it once: {self.old}")
        path.write_text(text.replace(self.old, self.new))


@dataclass(frozen=True)
class Mutant:
    """What a mutant takes out, where, and the test that it must make fail."""

    name: str
    takes_out: str
    kills: str
    edits: tuple[Edit, ...]


def mutants() -> list[Mutant]:
    """All mutants, by name."""
    tables = [table for path in HERE.rglob("*.toml") for table in tomllib.loads(path.read_text())["mutant"]]
    return sorted(map(_mutant, tables), key=lambda mutant: mutant.name)


def _mutant(table: dict[str, Any]) -> Mutant:
    edits = table.get("edit") or [{key: table[key] for key in ("file", "old", "new")}]
    return Mutant(table["name"], table["takes_out"], table["kills"], tuple(Edit(**edit) for edit in edits))


def in_the_tree(file: str) -> str:
    """The text of a file of the tree as it is."""
    return (ROOT / file).read_text()
