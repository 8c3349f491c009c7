"""The rules of a clone: those of its folder, after those that were in force before."""

from __future__ import annotations

from pathlib import Path

from standing.local.project import project_root
from standing.rules.author.build import built_rules
from standing.rules.author.compiler import compile_folder
from standing.rules.author.succession import continues
from standing.rules.timeline import Timeline


def rules_of_clone(folder: Path | None = None) -> Timeline:
    """The rules of a folder, or of the clone; with those that were in force before, where the layer was built of them.

    Raises RulesError where a rule is wrong.
    """
    root = project_root()
    compiled = compile_folder(folder or root / "rules")
    built = built_rules(root / "layers" / "ruleset")
    return built if built and continues(built, compiled) else Timeline.of(compiled.ruleset)
