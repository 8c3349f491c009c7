"""The comment on a pull request that edits the rules: what was proved, which stories hold, and whom it moves."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

from rich.console import Console

from standing.rulebook.checking import Report
from standing.rulebook.scenarios.checking import Checked
from standing.tools.check_report import print_report
from standing.tools.stories import print_checked

MARK = "<!-- standing: rules -->"  # by which the workflow finds its comment again
NO_POPULATION = "No population to compare on: `standing rules snapshot --out FILE` takes one (see the workflow)."


def comment(checked: Report, played: Checked | None, impact: str | None) -> str:
    """The comment as Markdown. Without stories played, the rules could not be compiled."""
    mended = "✗ to be mended" if checked.problems or checked.faults else "✓"
    parts = [MARK, f"## Rules\n\n### Check {mended}", _told(lambda console: print_report(checked, "en", console))]
    if played is not None:
        parts += [
            f"### Stories {'✗' if played.failed else '✓'}",
            _told(lambda console: print_checked(played, "en", console)),
        ]
    if played is not None or impact:
        parts.append(impact or NO_POPULATION)
    return "\n\n".join(parts) + "\n"


def _told(say: Callable[[Console], None]) -> str:
    """What a command prints, as a block."""
    said = StringIO()
    say(Console(file=said, width=120))
    return f"```text\n{said.getvalue().rstrip()}\n```"
