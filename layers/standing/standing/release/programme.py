"""The rules of a programme: those of its folder, after those that were in force before."""

from __future__ import annotations

from pathlib import Path

from standing.local.project import programme_folder, ruleset_layer
from standing.rules.author.build import built_rules
from standing.rules.author.compiler import compile_folder
from standing.rules.author.succession import continues
from standing.rules.timeline import Timeline


def rules_of_programme(folder: Path | None = None) -> Timeline:
    """The rules of a folder, or of the programme, after those that were in force before.

    Those before are there where the layer was built of these. Raises RulesError where a rule is wrong.
    """
    root = programme_folder()
    compiled = compile_folder(folder or root / "rules")
    built = built_rules(ruleset_layer(root))
    return built if built and continues(built, compiled) else Timeline.of(compiled.ruleset)
