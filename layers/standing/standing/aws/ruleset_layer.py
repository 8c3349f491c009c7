"""The deployed rules: the content of the layer `ruleset`, read once when a function starts."""

from __future__ import annotations

from importlib.resources import files

from standing.rules.timeline import Timeline


def deployed_rules() -> Timeline:
    """The timeline in the layer `ruleset`."""
    return Timeline.model_validate_json(files("standing_ruleset").joinpath("timeline.json").read_bytes())
