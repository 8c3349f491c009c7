"""The clone that a command runs in: where its template, rules and tools are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from standing.core.timeline import Timeline


class UserError(Exception):
    """A mistake or a missing piece that the user can mend; the message says how. Shown without a traceback."""


def project_root() -> Path:
    """The folder of `template.yaml`, here or above. Raises UserError outside a clone."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "template.yaml").exists() and (folder / "layers" / "standing").exists():
            return folder
    raise UserError(f"{here} is not inside a clone of Standing: change into one")


def rules_of_clone(folder: Path | None = None) -> Timeline:
    """The rules of a folder, or of the clone; with those that were in force before, where the layer was built of them.

    Raises RulesError where a rule is wrong.
    """
    from standing.core.timeline import Timeline  # noqa: PLC0415 -- help and completion need no rules
    from standing.rulebook.building import built_rules  # noqa: PLC0415 -- as above
    from standing.rulebook.compiling import compile_folder  # noqa: PLC0415 -- as above
    from standing.rulebook.succession import continues  # noqa: PLC0415 -- as above

    root = project_root()
    compiled = compile_folder(folder or root / "rules")
    built = built_rules(root / "layers" / "ruleset")
    return built if built and continues(built, compiled) else Timeline.of(compiled.ruleset)


def tool(root: Path, name: str, program: str) -> Path:
    """A program in one of the clone's tool environments. Raises UserError where it is not installed."""
    path = root / ".tools" / name / "bin" / program
    if not path.exists():
        raise UserError(f"{program} is not installed in this clone: run `make setup`")
    return path
