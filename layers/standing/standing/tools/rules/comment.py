"""The comment on a pull request that edits the rules: what was proved, which stories hold, and whom it moves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from io import StringIO

from rich.console import Console

from standing.rulebook.checking import Report
from standing.rulebook.scenarios.checking import Checked
from standing.tools.rules.check_report import print_report
from standing.tools.rules.stories import print_checked

MARK = "<!-- standing: rules -->"  # by which the workflow finds its comment again
NO_POPULATION = "No population to compare on: `standing rules snapshot --out FILE` takes one (see the workflow)."


def comment(checked: Report, played: Checked | None, impact: str | None) -> str:
    """The comment as Markdown. Without stories played, the rules could not be compiled."""
    fine = not checked.failed
    parts = [MARK, "## Rules", _section("Check", lambda console: print_report(checked, "en", console), fine=fine)]
    if played is not None:
        says = partial(print_checked, played, "en")
        parts += [_section("Stories", says, fine=not played.failed), impact or NO_POPULATION]
    return "\n\n".join(parts) + "\n"


def _section(title: str, say: Callable[[Console], None], *, fine: bool) -> str:
    """What a command prints, folded away where all is well."""
    opened, mark = ("", "✓") if fine else (" open", "✗ to be mended")
    return f"<details{opened}><summary><b>{title} {mark}</b></summary>\n\n{_told(say)}\n\n</details>"


def _told(say: Callable[[Console], None]) -> str:
    """What a command prints, as a block."""
    said = StringIO()
    say(Console(file=said, width=120))
    return f"```text\n{said.getvalue().rstrip()}\n```"
