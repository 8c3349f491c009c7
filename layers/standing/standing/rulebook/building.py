"""Building: the compiled rules, with those that were in force before, as the content of the layer `ruleset`."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from standing.core.days import Day
from standing.core.ruleset import Ruleset
from standing.core.timeline import Timeline
from standing.rulebook.compiling import compile_rules
from standing.rulebook.problems import Problem, RulesError

PACKAGE = Path("python") / "standing_ruleset"
FILE = "timeline.json"


def build_ruleset(rules: Path, layer: Path, *, since: Day | None = None) -> Ruleset:
    """Check and compile `rules` into `layer`. Raises RulesError where a rule is wrong; the layer stays as it was.

    With `since`, the rules are in force from that day on, after those that the layer holds; else on all days.
    """
    ruleset = compile_rules(rules)
    file = layer / PACKAGE / FILE
    lay(Timeline.of(ruleset) if since is None else _continued(file, ruleset, since), layer)
    return ruleset


def lay(timeline: Timeline, layer: Path) -> None:
    """Write a timeline as the content of a layer."""
    package = layer / PACKAGE
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text('"""The compiled rules, as `timeline.json`."""\n')
    (package / FILE).write_text(timeline.model_dump_json(indent=1, exclude_defaults=True) + "\n")


def built_rules(layer: Path) -> Timeline | None:
    """What a layer holds; nothing where it was never built, or by another version of Standing."""
    try:
        return Timeline.model_validate_json((layer / PACKAGE / FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def _continued(file: Path, ruleset: Ruleset, since: Day) -> Timeline:
    try:
        before = Timeline.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        raise RulesError([Problem(file.name, 1, "is missing: build the rules that were in force before")]) from None
    except ValidationError:
        raise RulesError([Problem(file.name, 1, "is not a timeline that this version of Standing reads")]) from None
    return continued(before, ruleset, since)


def continued(before: Timeline, ruleset: Ruleset, since: Day) -> Timeline:
    """A timeline with rules in force from a day on. Raises RulesError where they cannot follow those before."""
    for word in ("currency", "time_zone"):
        if getattr(before.latest.programme, word) != getattr(ruleset.programme, word):
            raise RulesError(
                [Problem("rules/programme.yaml", 1, f"`{word}` cannot change: days and amounts are stored")]
            )
    return before.followed_by(ruleset, since)
