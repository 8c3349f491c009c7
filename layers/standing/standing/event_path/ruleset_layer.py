"""The rules that were deployed: the content of the layer `ruleset`, read once at the start of a function."""

from __future__ import annotations

from importlib.resources import files

from standing.core.ruleset import Ruleset


def deployed_ruleset() -> Ruleset:
    """The ruleset of the layer beside this one."""
    return Ruleset.model_validate_json(files("standing_ruleset").joinpath("ruleset.json").read_bytes())
