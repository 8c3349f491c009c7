"""The comment on a pull request that edits the rules: what was proved, which stories hold, and whom it moves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rich.console import Console

from standing.present.check import print_report
from standing.present.markdown import block
from standing.present.output import printed
from standing.present.rules.scenarios import print_checked
from standing.rules.prove.check import Report
from standing.rules.scenarios.check import ScenarioResults
from standing.values.catalogue import Language
from standing.values.messages import Messages

MARK = "<!-- standing: rules -->"  # by which the workflow finds its comment again
LONGEST = 20_000  # characters of each of the three parts: GitHub takes 65,536 in all
PHRASES = Messages(
    "comment",
    {
        "rules": "Rules",
        "check": "Check",
        "stories": "Stories",
        "wrong": "✗ to be mended",
        "no_population": (
            "No population to compare on: `standing rules snapshot --out FILE` takes one (see the workflow)."
        ),
        "too_long": "The impact is too long for a comment: `standing rules impact` shows it.",
    },
)


def comment(checked: Report, played: ScenarioResults | None, impact: str | None, language: Language = "en") -> str:
    """The comment as Markdown. Without stories played, the rules could not be compiled."""
    says = partial(print_report, checked, language)
    heading = f"## {PHRASES.say('rules', language)}"
    parts = [MARK, heading, _section("check", says, language, fine=not checked.failed)]
    if played is not None:
        plays = partial(print_checked, played, language)
        parts.append(_section("stories", plays, language, fine=not played.failed))
        parts.append(_impact(impact, language))
    return "\n\n".join(parts) + "\n"


def _impact(impact: str | None, language: Language) -> str:
    if impact is None:
        return PHRASES.say("no_population", language)
    return impact if len(impact) <= LONGEST else PHRASES.say("too_long", language)


def _section(title: str, say: Callable[[Console], None], language: Language, *, fine: bool) -> str:
    """What a command prints, folded away where all is well."""
    opened, mark = ("", "✓") if fine else (" open", PHRASES.say("wrong", language))
    said = PHRASES.say(title, language)
    return f"<details{opened}><summary><b>{said} {mark}</b></summary>\n\n{_told(say)}\n\n</details>"


def _told(say: Callable[[Console], None]) -> str:
    """What a command prints, as a block; of a long one the end, where the sum and what failed stand."""
    whole = printed(say, 120).rstrip()
    return block(whole if len(whole) <= LONGEST else f"…{whole[-LONGEST:]}")
