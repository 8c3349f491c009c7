"""Building: the compiled rules as the content of the layer `ruleset`."""

from __future__ import annotations

from pathlib import Path

from standing.core.ruleset import Ruleset
from standing.rulebook.compiling import compile_rules

PACKAGE = Path("python") / "standing_ruleset"


def build_ruleset(rules: Path, layer: Path) -> Ruleset:
    """Check and compile `rules` into `layer`. Raises RulesError where a rule is wrong; the layer stays as it was."""
    ruleset = compile_rules(rules)
    package = layer / PACKAGE
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text('"""The compiled rules, as `ruleset.json` beside this file."""\n')
    (package / "ruleset.json").write_text(ruleset.model_dump_json(indent=1) + "\n")
    return ruleset
