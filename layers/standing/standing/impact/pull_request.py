"""The comment on a pull request that edits the rules: the check, the scenarios, and the impact."""

from __future__ import annotations

from standing.present.check import check_document
from standing.present.document import Details, Document
from standing.present.renderers.markdown import markdown, shortened
from standing.present.rules.scenarios import scenarios_document
from standing.rules.prove.check import Report
from standing.rules.scenarios.check import ScenarioResults
from standing.values.catalogue import Language
from standing.values.messages import Messages

MARK = "<!-- standing: rules -->"  # the workflow finds its comment by this mark
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


def comment(checked: Report, played: ScenarioResults | None, impact: Document | None, language: Language = "en") -> str:
    """The comment as Markdown. `played` is None if the rules do not compile."""
    folded = [_details("check", check_document(checked, language), is_fine=not checked.failed)]
    if played is not None:
        folded.append(_details("stories", scenarios_document(played, language), is_fine=not played.failed))
    text = markdown(Document(language, tuple(folded), PHRASES.say("rules", language)))
    return "\n".join([f"{MARK}\n", text, *([] if played is None else [_impact(impact, language)])]).rstrip("\n") + "\n"


def _impact(impact: Document | None, language: Language) -> str:
    said = markdown(impact) if impact else PHRASES.say("no_population", language)
    return said if len(said) <= LONGEST else PHRASES.say("too_long", language)


def _details(title: str, document: Document, *, is_fine: bool) -> Details:
    """A part of the comment, collapsed if all is well. A long part is cut to its end: the total, and what failed."""
    mark = "✓" if is_fine else PHRASES.say("wrong", document.language)
    title = f"{PHRASES.say(title, document.language)} {mark}"
    return Details(title, shortened(document, LONGEST).blocks, is_open=not is_fine)
