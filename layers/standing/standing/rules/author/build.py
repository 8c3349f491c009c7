"""Building: the compiled rules, with those that were in force before, as the content of the layer `ruleset`."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from standing.rules.author.compiler import CompiledRules, compile_folder
from standing.rules.author.messages import in_words
from standing.rules.author.problems import Problem, RulesError
from standing.rules.author.succession import continued
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.days import Day

PACKAGE = Path("python") / "standing_ruleset"
FILE = "timeline.json"


def build_ruleset(rules: Path, layer: Path, *, since: Day | None = None) -> Ruleset:
    """Check and compile `rules` into `layer`. Raises RulesError where a rule is wrong; the layer stays as it was.

    With `since`, or from the day that the rules name themselves (`effective`), they are in force after those that the
    layer holds; else on all days.
    """
    timeline = _timeline(compile_folder(rules), layer / PACKAGE / FILE, since)
    write_layer(timeline, layer)
    return timeline.latest


def write_layer(timeline: Timeline, layer: Path) -> None:
    """Write a timeline as a layer's content."""
    package = layer / PACKAGE
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text('"""The compiled rules, as `timeline.json`."""\n')
    (package / FILE).write_text(timeline.model_dump_json(indent=1, exclude_defaults=True) + "\n")


def built_rules(layer: Path) -> Timeline | None:
    """The timeline in a layer, or None if it was never built, or by another version of Standing."""
    try:
        return Timeline.model_validate_json((layer / PACKAGE / FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def _timeline(compiled: CompiledRules, file: Path, since: Day | None) -> Timeline:
    """The rules after those of a file from a day on; for all days where none is named, or nothing was before."""
    day = compiled.ruleset.programme.effective if since is None else since
    if day is None or (since is None and not file.exists()):
        return Timeline.of(compiled.ruleset)
    return continued(_read(file), compiled, day)


def _read(file: Path) -> Timeline:
    try:
        return Timeline.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        raise RulesError([Problem.of(file.name, 1, in_words("no_timeline"))]) from None
    except ValidationError:
        raise RulesError([Problem.of(file.name, 1, in_words("not_a_timeline"))]) from None
