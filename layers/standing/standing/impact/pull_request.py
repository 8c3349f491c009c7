"""The comment on a pull request that edits the rules: what was proved, which stories hold, and whom it moves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rich.console import Console

from standing.present.check import print_report
from standing.present.language import Language, phrase_of, phrases
from standing.present.markdown import block
from standing.present.output import printed
from standing.present.rules.scenarios import print_checked
from standing.rules.prove.check import Report
from standing.rules.scenarios.check import ScenarioResults

MARK = "<!-- standing: rules -->"  # by which the workflow finds its comment again
LONGEST = 20_000  # characters of each of the three parts: GitHub takes 65,536 in all
NO_POPULATION = "No population to compare on: `standing rules snapshot --out FILE` takes one (see the workflow)."
PHRASES = phrases(
    ("rules", "Rules", "规则"),
    ("check", "Check", "检查"),
    ("stories", "Stories", "情景用例"),
    ("wrong", "✗ to be mended", "✗ 待改正"),
    (
        "no_population",
        NO_POPULATION,
        "没有可对比的客户数据：`standing rules snapshot --out FILE` 可生成一份（见工作流）。",
    ),
    (
        "too_long",
        "The impact is too long for a comment: `standing rules impact` shows it.",
        "影响报告过长，无法放入评论：可用 `standing rules impact` 查看。",
    ),
)


def comment(checked: Report, played: ScenarioResults | None, impact: str | None, language: Language = "en") -> str:
    """The comment as Markdown. Without stories played, the rules could not be compiled."""
    says = partial(print_report, checked, language)
    heading = f"## {phrase_of(PHRASES, 'rules', language)}"
    parts = [MARK, heading, _section("check", says, language, fine=not checked.failed)]
    if played is not None:
        plays = partial(print_checked, played, language)
        parts.append(_section("stories", plays, language, fine=not played.failed))
        parts.append(_impact(impact, language))
    return "\n\n".join(parts) + "\n"


def _impact(impact: str | None, language: Language) -> str:
    if impact is None:
        return phrase_of(PHRASES, "no_population", language)
    return impact if len(impact) <= LONGEST else phrase_of(PHRASES, "too_long", language)


def _section(title: str, say: Callable[[Console], None], language: Language, *, fine: bool) -> str:
    """What a command prints, folded away where all is well."""
    opened, mark = ("", "✓") if fine else (" open", phrase_of(PHRASES, "wrong", language))
    said = phrase_of(PHRASES, title, language)
    return f"<details{opened}><summary><b>{said} {mark}</b></summary>\n\n{_told(say)}\n\n</details>"


def _told(say: Callable[[Console], None]) -> str:
    """What a command prints, as a block; of a long one the end, where the sum and what failed stand."""
    whole = printed(say, 120).rstrip()
    return block(whole if len(whole) <= LONGEST else f"…{whole[-LONGEST:]}")
