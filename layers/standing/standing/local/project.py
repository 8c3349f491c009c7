"""The clone that a command runs in: where its template, rules and tools are."""

from __future__ import annotations

from pathlib import Path

from standing.values.errors import UserError


def project_root() -> Path:
    """The folder of `template.yaml`, here or above. Raises UserError outside a clone."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "template.yaml").exists() and (folder / "layers" / "standing").exists():
            return folder
    raise UserError(f"{here} is not inside a clone of Standing: change into one")


def tool(root: Path, name: str, program: str) -> Path:
    """A program in one of the clone's tool environments. Raises UserError where it is not installed."""
    path = root / ".tools" / name / "bin" / program
    if not path.exists():
        raise UserError(f"{program} is not installed in this clone: run `make setup`")
    return path
