"""The rules that were deployed: the content of the layer `ruleset`, read once at the start of a function."""

from __future__ import annotations

from importlib.resources import files

from standing.rules.timeline import Timeline


def deployed_rules() -> Timeline:
    """The timeline of the layer beside this one."""
    return Timeline.model_validate_json(files("standing_ruleset").joinpath("timeline.json").read_bytes())
